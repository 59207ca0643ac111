"""Who may come in: a password for everybody where one is set, and who is who in a browser.

Whoever opens the page gets a cookie with a name of its own, by which conversations are kept
apart. It is no login: it tells browsers apart, not people.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
import time
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.page.rendering import render

VISITOR = "assistant_visitor"
_SESSION = "assistant_session"
_DAY = 86_400
_OPEN = ("/healthz", "/readyz")  # tell nothing about the library


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on that address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Access:
    """ASGI middleware: names every browser, and asks for the password where one is set.

    A program sends the password as `Authorization: Bearer …`; a browser is asked once and keeps
    a cookie that a changed password makes worthless.
    """

    def __init__(self, app: ASGIApp, password: str | None) -> None:
        self.app = app
        self._password = password or ""
        self._key = hashlib.scrypt(
            self._password.encode(), salt=b"paper-assistant session", n=2**12, r=8, p=1
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        cookies = Request(scope).cookies
        if self._password and scope["path"] not in _OPEN:
            if scope["path"] == "/enter" and scope["method"] == "POST":
                await (await self._enter(Request(scope, receive)))(scope, receive, send)
                return
            if not self._may(Headers(scope=scope), cookies):
                await _ask(scope)(scope, receive, send)
                return
        if cookies.get(VISITOR) or scope["path"] != "/":
            await self.app(scope, receive, send)
            return

        async def naming(message: Message) -> None:
            if message["type"] == "http.response.start":
                _set_cookie(MutableHeaders(scope=message), VISITOR, secrets.token_urlsafe(18), 400)
            await send(message)

        await self.app(scope, receive, naming)

    def _may(self, headers: Headers, cookies: dict[str, str]) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return hmac.compare_digest(given.strip().encode(), self._password.encode())
        until, _, _ = cookies.get(_SESSION, "").partition(".")
        if not until.isdecimal() or int(until) < time.time():
            return False
        return hmac.compare_digest(cookies[_SESSION].encode(), self._session(int(until)).encode())

    def _session(self, until: int) -> str:
        return f"{until}.{hmac.new(self._key, str(until).encode(), hashlib.sha256).hexdigest()}"

    async def _enter(self, request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > 4096:
                return HTMLResponse(_form("That is too long."), 413)
        given = parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]
        if not hmac.compare_digest(given.encode(), self._password.encode()):
            await asyncio.sleep(1)  # makes guessing slow
            return HTMLResponse(_form("That is not the password."), 401)
        response = RedirectResponse("/", 303)
        until = int(time.time()) + 30 * _DAY
        _set_cookie(response.headers, _SESSION, self._session(until), 30)
        return response


def _form(complaint: str = "") -> str:
    return render("enter", complaint=complaint)


def _ask(scope: Scope) -> Response:
    """The form for somebody who looks at a page, else a plain refusal."""
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return HTMLResponse(_form(), 401)
    return JSONResponse(
        {"detail": "This library has a password: send it as 'Authorization: Bearer …'."},
        401,
        {"WWW-Authenticate": "Bearer"},
    )


def _set_cookie(headers: MutableHeaders, name: str, value: str, days: int) -> None:
    headers.append(
        "set-cookie",
        f"{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={days * _DAY}",
    )
