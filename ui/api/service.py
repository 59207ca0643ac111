"""What the API's handlers work with, and the errors that all of them may end with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import Depends, Request

from assistant.history import Conversations
from ui.access import Caller, caller_of
from ui.api.answering import Answering
from ui.api.jobs import Jobs
from ui.problems import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine
    from ui.observing import Observer
    from ui.settings import Settings

_MANY = 32  # answers under way where a language model is what they wait for
_WHY = {
    400: "The body can't be read as what it says it is.",
    401: "No key, or one that is not known.",
    403: "The key's scopes don't allow this.",
    404: "There is nothing of that id.",
    409: "It doesn't go together with how things stand: `detail` says why.",
    413: "The body is larger than the server takes.",
    415: "The body is of a kind that is not read here.",
    422: "Something in the request can't be used; `errors` names it.",
    429: "Too many requests: `Retry-After` says when to go on.",
    500: "Something went wrong; the log has it under the response's `X-Request-ID`.",
    503: "The library is still being opened, or can't be used: `detail` says why.",
}
_ALWAYS = (400, 401, 403, 413, 422, 429, 500, 503)


class Service:
    """The open library with all that answers from it."""

    def __init__(
        self,
        engine: CitedQueryEngine,
        conversations: Conversations,
        settings: Settings,
        observer: Observer,
    ) -> None:
        self.engine = engine
        self.library = engine.library
        self.conversations = conversations
        self.settings = settings
        self.observer = observer
        # More threads than cores would only take turns, unless what they do is wait.
        threads = _MANY if engine.llm is not None else (os.cpu_count() or 2) + 1
        self.answering = Answering(engine, observer, threads)
        self.jobs = Jobs(self.library)

    def close(self) -> None:
        self.answering.close()
        self.jobs.close()


def service_of(request: Request) -> Service:
    """The service; raises Problem (503) while the library is being opened."""
    found = getattr(request.app.state, "service", None)
    if found is None:
        raise Problem(
            503, "The library is being opened: ask again in a moment.", {"Retry-After": "1"}
        )
    return cast(Service, found)


Served = Annotated[Service, Depends(service_of)]
CalledBy = Annotated[Caller, Depends(caller_of)]


def problems(*more: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route for `/docs`: those that any may end with, and `more`.

    `ui.api.mounting` describes the document; as FastAPI's models, hundreds of them, they would
    take a tenth of a second at every start.
    """
    return {
        status: {
            "description": _WHY[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status in sorted({*_ALWAYS, *more})
    }
