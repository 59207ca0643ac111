"""What is noticed of each request and each answer, for metrics, spans and the log."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import TYPE_CHECKING, Any

from ui.logs import REQUEST_ID
from ui.metrics import Metrics

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from assistant.answer import Answer
    from ui.tracing import Tracing

_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TRACE_HEADERS = (b"traceparent", b"tracestate")
_PROGRAMS = ("/v1", "/mcp")  # whose requests are logged one by one
_WITHOUT_TEMPLATE = ("/mcp", "/docs", "/static-offline-docs", "/openapi.json")
_LEFT = 499  # what proxies log for a client that went before it was answered

log = logging.getLogger("assistant.requests")


class Observed:
    """ASGI middleware: gives each request an id, measures it to its end and logs it in a line.

    Within a request `scope["state"]` holds `request_id`, and `trace` with the headers of the
    trace that it belongs to. Whoever answers can put `caller` there, and into the dictionary
    `log` what belongs on the line; `page` marks a request as the page's own.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        state = scope.setdefault("state", {})
        request_id = state["request_id"] = _take_headers(scope["headers"], state)
        # Never put back: the web server logs an error's trace after us, in the same context.
        REQUEST_ID.set(request_id)
        header = (b"x-request-id", request_id.encode())
        status = 0
        broken: BaseException | None = None

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        self._metrics.began()
        try:
            await self.app(scope, receive, named)
        except BaseException as error:
            broken = error
            raise
        finally:
            seconds = time.perf_counter() - began
            if isinstance(broken, Exception):
                status = status or 500
                self._metrics.failed(broken)
            status = status or _LEFT
            route = route_of(scope, status)
            self._metrics.ended(scope["method"], route, status, seconds)
            if status >= 500 or broken or _is_below(scope["path"], _PROGRAMS):
                _log_request(scope, route, status, seconds, broken)


class Observer:
    """One place to tell of an answer: metrics, spans and the request's line in the log."""

    def __init__(self, metrics: Metrics, tracing: Tracing, *, logs_questions: bool = False) -> None:
        self._metrics = metrics
        self._tracing = tracing
        self._logs_questions = logs_questions

    def answered(
        self, answer: Answer, began_ns: int, request_state: dict[str, Any] | None = None
    ) -> None:
        """A question was answered or refused.

        Args:
            began_ns: `time.time_ns()` of when the question was asked of the engine.
            request_state: the request's `scope["state"]`, where one asked.
        """
        state = {} if request_state is None else request_state
        self._metrics.answered(answer)
        self._tracing.answered(answer, began_ns, state.get("trace"), state.get("request_id", ""))
        fields = {
            "answer": answer.status,
            "papers": len(answer.passages),
            "writer": answer.writer,
            "prompt_tokens": answer.tokens.prompt,
            "completion_tokens": answer.tokens.completion,
            "stages_ms": dict(answer.timings_ms),
        }
        if self._logs_questions:
            fields["question"] = answer.question
        state.setdefault("log", {}).update(fields)

    def failed(self, error: BaseException, request_state: dict[str, Any] | None = None) -> None:
        """An error that becomes a response or the end of a stream. One that is raised on to the
        web server needs no call, as `Observed` sees it."""
        self._metrics.failed(error)
        if request_state is not None:
            request_state.setdefault("log", {})["error"] = type(error).__name__


def route_of(scope: Scope, status: int) -> str:
    """The template of the route that answered, `page`, or `other` where none did."""
    if scope["state"].get("page"):
        return "other" if status in (404, 405) else "page"
    for path in _WITHOUT_TEMPLATE:
        if _is_below(scope["path"], (path,)):
            return path
    return getattr(scope.get("route"), "path", "other")


def _is_below(path: str, above: tuple[str, ...]) -> bool:
    return any(path == start or path.startswith(f"{start}/") for start in above)


def _take_headers(headers: list[tuple[bytes, bytes]], state: dict[str, Any]) -> str:
    """The request's id, the client's own where it is a sane one; trace headers go to `state`."""
    given = b""
    for name, value in headers:
        if name == b"x-request-id":
            given = value
        elif name in _TRACE_HEADERS:
            state.setdefault("trace", {})[name.decode()] = value.decode("latin-1")
    return given.decode() if _SANE_ID.fullmatch(given) else secrets.token_hex(8)


def _log_request(
    scope: Scope, route: str, status: int, seconds: float, broken: BaseException | None
) -> None:
    # 503 says "not yet" or "busy": expected, and asked for again and again while opening.
    failed = isinstance(broken, Exception) or (status >= 500 and status != 503)
    level = logging.ERROR if failed else logging.INFO
    if not log.isEnabledFor(level):
        return
    state = scope["state"]
    fields: dict[str, Any] = {
        "method": scope["method"],
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 2),
    }
    if caller := state.get("caller"):
        fields["caller"] = str(getattr(caller, "name", caller))
    if isinstance(broken, Exception):
        fields["error"] = type(broken).__name__
    fields.update(state.get("log", {}))
    log.log(level, "%s %s %s", scope["method"], route, status, extra={"fields": fields})
