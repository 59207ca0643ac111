"""Pages of other sites: which of them may use the API from a browser, and that none else does."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.limiting import PROGRAMS, under
from ui.problems import problem

_SAFE = ("GET", "HEAD", "OPTIONS")
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_SENT = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "Last-Event-ID",
    "Mcp-Protocol-Version",
    "Mcp-Session-Id",
    "X-API-Key",
    "X-Request-ID",
)
_SHOWN = (
    "Location",
    "Mcp-Session-Id",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
)


def parse_origins(text: str) -> tuple[str, ...]:
    """Origins such as "https://lab.example" from a text with commas between them, or "*".

    Raises:
        ValueError: something in it is no origin; the message is what it is.
    """
    origins = tuple(filter(None, (part.strip() for part in text.split(","))))
    for origin in origins:
        parts = urlsplit(origin)
        if origin != "*" and (
            origin != f"{parts.scheme}://{parts.netloc}".lower() or not parts.hostname
        ):
            raise ValueError(origin)
    return origins


class Cors:
    """ASGI middleware: lets pages of the `origins` use what is there for programs.

    A browser's cookies are no credentials there. Without it browsers keep answers from other
    sites' pages, but may send what changes the library all the same: that is refused here.
    """

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self.app = app
        self._origins = origins
        self._open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=_SENT,
            expose_headers=_SHOWN,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not under(scope["path"], *PROGRAMS):
            await self.app(scope, receive, send)
        elif scope["method"] not in _SAFE and self._foreign(Headers(scope=scope)):
            detail = "Pages of other sites can't use this server: list theirs in 'cors_origins'."
            await problem(403, detail)(scope, receive, send)
        elif self._origins:
            await self._open(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _foreign(self, headers: Headers) -> bool:
        """Whether a browser sends this for a page that is neither ours nor let in."""
        origin = headers.get("origin", "")
        if not origin or origin in self._origins or "*" in self._origins:
            return False
        if site := headers.get("sec-fetch-site"):  # sent to https and to this machine only
            return site not in ("same-origin", "none")
        return urlsplit(origin).netloc != headers.get("host")
