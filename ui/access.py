"""Who may come in, and for what: one password, named keys, and who is who in a browser.

Whoever opens the page gets a cookie with a name of its own, by which conversations are kept
apart. It is no login: it tells browsers apart, not people.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.keys import SCOPES, BrokenKeys, Keys, NamedKey
from ui.limiting import Rate, address_of, under
from ui.page.rendering import render
from ui.problems import problem

VISITOR = "assistant_visitor"
_SESSION = "assistant_session"
_DAY = 86_400
_OPEN = ("/healthz", "/readyz")  # tell nothing about the library
_LOOKING = ("GET", "HEAD", "OPTIONS")
_ASKING = (  # what is sent there changes no paper
    "/v1/ask",
    "/v1/search",
    "/v1/table",
    "/v1/compare",
    "/v1/brief",
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/conversations",
    "/v1/feedback",
)
_ABOUT = ("/docs", "/openapi.json", "/static-offline-docs")  # what programs can ask for
_ALL = frozenset[str](SCOPES)
_OWNER = "api"  # of conversations that belong to no key and no browser
_BY_KEY = "key:"
_FAILURES = "10/minute"  # wrong passwords and keys from one address

log = logging.getLogger("assistant.access")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on that address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Caller:
    """Who sent a request, what it may do, and whose its conversations are."""

    name: str
    scopes: frozenset[str]
    owner: str

    @property
    def by_key(self) -> bool:
        """Whether it is a program with a key of its own."""
        return self.owner.startswith(_BY_KEY)


def caller_of(request: HTTPConnection) -> Caller:
    """Who sent a request that `Access` let in."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


def visitor_of(cookies: Mapping[str, str]) -> str:
    """The name by which a browser's conversations are kept; nobody's where it has none.

    A cookie is whatever its sender likes, but never the name of a program's conversations.
    """
    name = cookies.get(VISITOR, "")
    return "" if name == _OWNER or name.startswith(_BY_KEY) else name


def scope_needed(method: str, path: str) -> str:
    """What a caller must be allowed for a request: "read", "write" or "admin"."""
    if under(path, "/mcp"):
        return "read"  # the tool that adds papers looks for more itself
    if under(path, "/v1"):
        return "read" if method in _LOOKING or under(path, *_ASKING) else "write"
    if under(path, *_ABOUT):
        return "read"
    return "admin"  # the page, which can do everything, and /metrics


class Access:
    """ASGI middleware: finds out who calls, and turns away who has no business there.

    A program sends a key or the password as `Authorization: Bearer …` (or `X-API-Key: …`). A
    browser is asked once, for the password or a key with the scope admin, and keeps a cookie that
    a changed password or a revoked key makes worthless. Where there is neither a password nor a
    key, everybody may do everything; but once there was a key, nobody comes in without one until
    the next start. `local_token` lets in whoever can read the owner's files on this machine.
    """

    def __init__(
        self,
        app: ASGIApp,
        password: str | None,
        keys: Keys | None = None,
        local_token: str | None = None,
    ) -> None:
        self.app = app
        self._password = password or ""
        self._keys = keys
        self._local_token = local_token or ""
        self._secret = hashlib.scrypt(
            self._password.encode(), salt=b"paper-assistant session", n=2**12, r=8, p=1
        )
        # Sessions by a key end with the process: a secret on disk would lie beside the hashes.
        self._keys_secret = secrets.token_bytes(32)
        self._failures = Rate(_FAILURES)
        self._locked = bool(self._password)
        self._complained = False
        self._look("")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _OPEN:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        found = self._admit(request)
        if self._locked and scope["path"] == "/enter" and scope["method"] == "POST":
            found = await self._enter(request)
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = found
        if request.cookies.get(VISITOR) or scope["path"] != "/":
            await self.app(scope, receive, send)
            return

        async def naming(message: Message) -> None:
            if message["type"] == "http.response.start":
                _set_cookie(MutableHeaders(scope=message), VISITOR, secrets.token_urlsafe(18), 400)
            await send(message)

        await self.app(scope, receive, naming)

    def _admit(self, request: Request) -> Caller | Response:
        found = self._recognise(request)
        if isinstance(found, Response):
            return found
        needed = scope_needed(request.method, request.url.path)
        if needed in found.scopes:
            return found
        return problem(
            403,
            f"This needs a key with the scope '{needed}', which '{found.name}' doesn't have.",
            {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'},
            scope=needed,
        )

    def _recognise(self, request: Request) -> Caller | Response:
        given = _credential(request.headers)
        if _same(given, self._local_token):
            return Caller("local", _ALL, _OWNER)
        keys, key = self._look(given)
        if key:
            return Caller(key.name, key.allowed, f"{_BY_KEY}{key.name}")
        visitor = request.cookies.get(VISITOR, "")
        owner = _OWNER if not visitor or visitor.startswith(_BY_KEY) else visitor
        if not self._locked:
            return Caller("anyone", _ALL, owner)
        if given:
            # Only the password can be guessed: whoever has a key or a session isn't held up.
            if self._failures.full(who := address_of(request.scope)):
                detail = "Too many wrong passwords or keys from this address: wait, then try again."
                return problem(429, detail, self._failures.retry(who))
            if _same(given, self._password):
                return Caller("password", _ALL, owner)
            if self._password or keys is not None:
                self._failures.hit(who)
        elif name := self._in_session(request.cookies.get(_SESSION, ""), keys or ()):
            return Caller(name, _ALL, owner)
        return self._refusal(request, broken=keys is None)

    def _look(self, given: str) -> tuple[tuple[NamedKey, ...] | None, NamedKey | None]:
        """All keys, or None where they can't be read, and the one that was given."""
        if self._keys is None:
            return (), None
        try:
            keys, key = self._keys.list(), self._keys.find(given) if given else None
        except BrokenKeys as error:
            self._locked = True
            if not self._complained:
                log.error("Nobody comes in by a key: %s", error)
            self._complained = True
            return None, None
        self._complained = False
        self._locked = self._locked or bool(keys)
        return keys, key

    def _refusal(self, request: Request, *, broken: bool) -> Response:
        """The form for somebody who looks at a page, else a plain refusal."""
        if broken and not self._password:
            return problem(503, "The keys of this server can't be read: tell whoever runs it.")
        if "text/html" in request.headers.get("accept", ""):
            return self._form(401)
        what = "the password or a key" if self._password else "a key"
        return problem(
            401,
            f"This library asks for {what}: send it as 'Authorization: Bearer …'.",
            {"WWW-Authenticate": "Bearer"},
        )

    def _in_session(self, cookie: str, keys: Sequence[NamedKey]) -> str:
        """By what a browser came in: "password" or the name of a key; empty where it didn't."""
        until, _, _ = cookie.partition(".")
        if not (until.isdecimal() and len(until) < 16) or int(until) < time.time():
            return ""
        if self._password and _same(cookie, _session(self._secret, int(until))):
            return "password"
        for key in keys:
            if "admin" in key.scopes and _same(cookie, _session(self._signer(key), int(until))):
                return key.name
        return ""

    def _signer(self, key: NamedKey) -> bytes:
        return self._keys_secret + key.digest.encode()

    async def _enter(self, request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > 4096:
                return self._form(413, "That is too long.")
        given = parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]
        if self._failures.full(who := address_of(request.scope)):
            return self._form(429, "That was wrong too often: wait a minute.")
        _, key = self._look(given)
        if self._password and _same(given, self._password):
            secret = self._secret
        elif key and "admin" in key.scopes:
            secret = self._signer(key)
        else:
            self._failures.hit(who)
            await asyncio.sleep(1)  # makes guessing slow
            wrong = "the password" if self._password else "a key with the scope admin"
            return self._form(401, f"That is not {wrong}.")
        response = RedirectResponse("/", 303)
        until = int(time.time()) + 30 * _DAY
        _set_cookie(response.headers, _SESSION, _session(secret, until), 30)
        return response

    def _form(self, status: int, complaint: str = "") -> Response:
        wanted = "Password" if self._password else "Key with the scope admin"
        return HTMLResponse(render("enter", wanted=wanted, complaint=complaint), status)


def _credential(headers: Headers) -> str:
    """The key or password that a program sent; empty without one."""
    kind, _, given = headers.get("authorization", "").partition(" ")
    found = given if kind.lower() == "bearer" else headers.get("x-api-key", "")
    return found.strip().encode("latin-1").decode("utf-8", "replace")  # as programs write it


def _same(given: str, expected: str) -> bool:
    """Whether both are the same secret; an empty one is none."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def _session(secret: bytes, until: int) -> str:
    return f"{until}.{hmac.new(secret, str(until).encode(), hashlib.sha256).hexdigest()}"


def _set_cookie(headers: MutableHeaders, name: str, value: str, days: int) -> None:
    headers.append(
        "set-cookie",
        f"{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={days * _DAY}",
    )
