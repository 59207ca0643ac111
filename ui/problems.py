"""Errors as programs read them: `application/problem+json` (RFC 9457), one clear sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"
_AS_OPENAI = ("/v1/models", "/v1/chat/completions", "/v1/embeddings")
_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


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
    return _Told(problem_document(status, detail, **more), status, dict(headers or {}))


def problem_document(status: int, detail: str, **more: Any) -> dict[str, Any]:
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}


def as_openai(path: str) -> bool:
    """Whether an address is one of OpenAI's API, whose clients read errors in their own shape."""
    return any(path == base or path.startswith(f"{base}/") for base in _AS_OPENAI)


def openai_error(document: Mapping[str, Any]) -> dict[str, Any]:
    """A problem's document as the `error` that OpenAI's clients read."""
    status = document["status"]
    kind = "server_error" if status >= 500 else _KINDS.get(status, "invalid_request_error")
    return {
        "message": document["detail"],
        "type": kind,
        "param": document.get("param"),
        "code": document.get("code"),
    }


class _Told(JSONResponse):
    """A problem. Whoever turns a request away, at the addresses of OpenAI's API it holds their
    `error` too."""

    media_type = MEDIA_TYPE

    def __init__(self, document: dict[str, Any], status: int, headers: dict[str, str]) -> None:
        super().__init__(document, status, headers)
        self._document = document

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if as_openai(scope.get("path", "")):
            self.body = self.render({**self._document, "error": openai_error(self._document)})
            self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)
