"""Errors as programs read them: `application/problem+json` (RFC 9457), one clear sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """Ends a request with a status and a sentence that says what to do."""

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    def response(self) -> JSONResponse:
        return problem(self.status, self.detail, self.headers, **self.more)


def told(error: Exception) -> Problem:
    """Any error as a problem; what nobody foresaw says no more than that it is in the log."""
    from assistant.history import UnknownConversation
    from store.errors import LibraryError

    if isinstance(error, Problem):
        return error
    if isinstance(error, LibraryError):
        return Problem(503, str(error))
    if isinstance(error, UnknownConversation):
        return Problem(404, str(error))
    return Problem(
        500, "Something went wrong here: the log has it under this response's X-Request-ID."
    )


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """The response; `more` are further members, such as `errors`."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    return JSONResponse(
        {**body, "detail": detail, **more}, status, dict(headers or {}), media_type=MEDIA_TYPE
    )
