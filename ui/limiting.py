"""How much programs may ask of the server: requests in a time, and bytes in a request."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.problems import problem

if TYPE_CHECKING:
    from limits import RateLimitItem

    from ui.access import Caller

PROGRAMS = ("/v1", "/mcp")  # where programs come; a browser's page has limits of its own
MEGABYTE = 1024 * 1024


def under(path: str, *bases: str) -> bool:
    """Whether a path is one of `bases` or below it."""
    return any(path == base or path.startswith(f"{base}/") for base in bases)


def parse_rate(text: str) -> RateLimitItem:
    """A number of requests in a time, such as "600/minute"; raises ValueError for anything else."""
    from limits import parse_many

    items = parse_many(text)
    if len(items) != 1 or not items[0].amount or not items[0].get_expiry():
        raise ValueError(f"'{text}' is no rate")
    return items[0]


class Rate:
    """Counts what each one does, in a window that moves with the time. In memory only."""

    def __init__(self, rate: str) -> None:
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._item = parse_rate(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, who: str) -> bool:
        """Counts once more; False, and not counted, where it is too much."""
        return self._limiter.hit(self._item, who)

    def full(self, who: str) -> bool:
        """Whether the next would be too much."""
        return not self._limiter.test(self._item, who)

    def headers(self, who: str) -> dict[str, str]:
        """What is left and when there is more, in whole seconds."""
        stats = self._limiter.get_window_stats(self._item, who)
        return {
            "RateLimit-Limit": str(self._item.amount),
            "RateLimit-Remaining": str(stats.remaining),
            "RateLimit-Reset": str(max(1, math.ceil(stats.reset_time - time.time()))),
        }

    def retry(self, who: str) -> dict[str, str]:
        """The headers of a refusal."""
        headers = self.headers(who)
        return {**headers, "Retry-After": headers["RateLimit-Reset"]}


def address_of(scope: Scope) -> str:
    """The client's address; of IPv6 the network, as one client has as many as it likes."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host or "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


class RateLimit:
    """ASGI middleware: requests of programs in a time, by key, else by the client's address.

    It goes inside of `ui.access.Access`, which finds out whose key it is.
    """

    def __init__(self, app: ASGIApp, rate: str) -> None:
        self.app = app
        self._rate = Rate(rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not under(scope["path"], *PROGRAMS):
            await self.app(scope, receive, send)
            return
        caller: Caller = scope["state"]["caller"]
        who = caller.owner if caller.by_key else address_of(scope)
        if not self._rate.hit(who):
            headers = self._rate.retry(who)
            detail = f"Too many requests: wait {headers['Retry-After']} s and send this one again."
            await problem(429, detail, headers)(scope, receive, send)
            return
        told = self._rate.headers(who)

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        await self.app(scope, receive, telling)


class BodyLimit:
    """ASGI middleware: refuses bodies of programs above `limit` bytes, before anybody reads them.

    `larger` has other limits for paths of their own. A body whose length nobody told is counted
    while it comes, and what the app makes of the part that it saw is not sent.
    """

    def __init__(self, app: ASGIApp, limit: int, larger: Mapping[str, int]) -> None:
        self.app = app
        self._limit = limit
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not under(scope["path"], *PROGRAMS):
            await self.app(scope, receive, send)
            return
        limit = self._larger.get(scope["path"].rstrip("/"), self._limit)
        told = Headers(scope=scope).get("content-length", "")
        if told.isdecimal() and (len(told) > 18 or int(told) > limit):
            await _too_large(limit, scope, receive, send)
            return
        counting = _Counting(limit, receive, send)
        try:
            await self.app(scope, counting.receive, counting.send)
        except Exception:  # the error of `receive`, in whatever the app wraps it
            if not counting.refused:
                raise
        if counting.refused:
            await _too_large(limit, scope, receive, send)


class _TooLarge(Exception):
    """Ends the app's reading; to end the body there would make the part look like the whole."""


class _Counting:
    """`receive` and `send` of one request, as long as its body stays within the limit."""

    def __init__(self, limit: int, receive: Receive, send: Send) -> None:
        self._left = limit
        self._receive = receive
        self._send = send
        self._started = False

    @property
    def refused(self) -> bool:
        """Whether the body was too large, and no answer has begun."""
        return self._left < 0 and not self._started

    async def receive(self) -> Message:
        if self._left < 0:
            raise _TooLarge
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise _TooLarge
        return message

    async def send(self, message: Message) -> None:
        if self.refused:
            return
        self._started = True
        await self._send(message)


async def _too_large(limit: int, scope: Scope, receive: Receive, send: Send) -> None:
    size = f"{limit // MEGABYTE} MB" if limit >= MEGABYTE else f"{limit} bytes"
    detail = f"The body is larger than {size}: send less at a time."
    await problem(413, detail)(scope, receive, send)
