"""The API as part of the server's app: its routes, its errors, its description."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from assistant.history import UnknownConversation
from store.errors import LibraryError
from ui.api import (
    asking,
    conversations,
    openai_chat,
    openai_embeddings,
    openai_listing,
    papers,
    surveying,
)
from ui.api.answering import ClientGone
from ui.api.models import ProblemDocument
from ui.api.openai_models import OpenAIProblem
from ui.logs import REQUEST_ID
from ui.problems import Problem, as_openai, problem, told

_ABOUT = """Ask a library of paper abstracts. Every sentence of an answer carries a citation that
was checked against the abstract; what the papers don't answer is refused in plain words.

Errors are `application/problem+json` with one sentence that says what to do. A server with
keys or a password takes them as `Authorization: Bearer …`."""

_PARTS = (asking, surveying, papers, conversations, openai_listing, openai_chat, openai_embeddings)

log = logging.getLogger("assistant.api")


def add_api(app: FastAPI) -> None:
    """Adds all of `/v1` to an app. `app.state.service` is what answers, once it is there."""
    for part in _PARTS:
        app.include_router(part.router)
    app.add_exception_handler(Problem, _answered)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(LibraryError, _answered)
    app.add_exception_handler(UnknownConversation, _answered)
    app.add_exception_handler(ClientGone, _nobody)
    app.add_exception_handler(Exception, _unforeseen)

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version=app.version, description=_ABOUT, routes=app.routes
            )
            app.openapi_schema = _with_keys(schema)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI says it is done


def _with_keys(schema: dict[str, Any]) -> dict[str, Any]:
    """The description with how keys are sent, and without FastAPI's own errors."""
    parts = schema.setdefault("components", {})
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"key": []}, {}]
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for problem_model in (ProblemDocument, OpenAIProblem):
        made = problem_model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= made.pop("$defs", {})
        schemas[problem_model.__name__] = made
    for path, operations in schema["paths"].items():
        for operation in operations.values() if as_openai(path) else ():
            operation["responses"].pop("422", None)  # it is 400 there
    return schema


def operation_id(route: APIRoute) -> str:
    """What generated clients call a route, as `papers_add`."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name


async def not_served(scope: Scope, receive: Receive, send: Send) -> None:
    """What answers under `/v1` where nothing else does: a 404, or a 405 for other methods."""
    routes = [r for part in _PARTS for r in part.router.routes if isinstance(r, APIRoute)]
    here = [route for route in routes if route.path_regex.match(scope["path"])]
    exact = [route for route in here if route.path == scope["path"]]
    taken = {method for route in exact or here for method in route.methods or ()}
    if taken:
        allowed = ", ".join(sorted(taken))
        detail = f"This address takes {allowed}: /docs says more."
        await problem(405, detail, {"Allow": allowed})(scope, receive, send)
        return
    detail = "There is nothing at this address: /docs lists what there is."
    await problem(404, detail)(scope, receive, send)


async def _answered(_: Request, error: Exception) -> Response:
    return told(error).response()


async def _not_valid(request: Request, error: Exception) -> Response:
    """Names every part that can't be used; what was sent is not sent back."""
    assert isinstance(error, RequestValidationError)
    errors = [
        {"where": [str(part) for part in one["loc"]], "why": _plain(one["msg"])}
        for one in error.errors()[:20]
    ]
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return problem(400, "The body is no valid JSON: /docs shows what is taken here.")
    first = errors[0] if errors else {"where": ["body"], "why": "is not valid"}
    where = ".".join(first["where"][1:]) or first["where"][0]
    detail = f"'{_plain(where)}' can't be used: {first['why']}."
    if as_openai(request.url.path):
        return problem(400, detail, errors=errors, param=_plain(where))
    return problem(422, detail, errors=errors)


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = {
        404: "There is nothing at this address: /docs lists what there is.",
        405: "This address doesn't take that method: /docs lists what it takes.",
    }.get(error.status_code, str(error.detail))
    return problem(error.status_code, detail, error.headers)


async def _nobody(_: Request, __: Exception) -> Response:
    return Response(status_code=499)  # it reaches nobody


async def _unforeseen(_: Request, error: Exception) -> Response:
    log.error("A request failed", exc_info=error)
    response = told(error).response()
    response.headers["X-Request-ID"] = REQUEST_ID.get()  # it goes out past what else names it
    return response


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
