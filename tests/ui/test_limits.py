"""Rates, sizes and pages of other sites: what programs may ask of the server, and how much."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from store.library import Library
from ui.access import Access
from ui.cors import Cors, parse_origins
from ui.keys import FILE, Keys
from ui.limiting import MEGABYTE, BodyLimit, RateLimit, address_of, parse_rate
from ui.problems import MEDIA_TYPE
from ui.server import Server
from ui.settings import BadSettings, Settings, load_settings

LAB = "https://lab.example"
ASKED = {"Origin": LAB, "Access-Control-Request-Method": "POST"}


class Echo:
    """A server that tells the size of a body, and how often one was read to its end."""

    def __init__(self) -> None:
        self.whole = 0
        methods = ["GET", "POST"]
        routes = [
            Route("/v1/swallow", self._swallow, methods=methods),
            Route("/v1/early", Early(), methods=methods),
            Route("/{path:path}", self._size, methods=methods),
        ]
        self.app = Starlette(routes=routes)

    async def _size(self, request: Request) -> JSONResponse:
        size = len(await request.body())
        self.whole += 1
        return JSONResponse({"size": size})

    async def _swallow(self, request: Request) -> JSONResponse:
        try:
            return await self._size(request)
        except Exception:  # as a framework does that takes it for a broken body
            return JSONResponse({"size": -1}, 400)


class Early:
    """Begins to answer before it reads."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.body", "body": b"", "more_body": False})


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / FILE)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def address(echo: Echo, keys: Keys) -> Iterator[str]:
    """A real server with limits of 100 bytes, and of 1,000 for papers; it needs a key to write."""
    app = BodyLimit(Access(echo.app, None, keys), 100, {"/v1/papers": 1000})
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        running.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        running.join()


def chunks(count: int, size: int = 50) -> Iterator[bytes]:
    for _ in range(count):
        yield b"x" * size


def test_a_body_that_says_it_is_too_large_is_not_read(address: str, echo: Echo) -> None:
    with httpx.Client(base_url=address) as asker:
        assert asker.post("/v1/ask", content=b"x" * 100).json() == {"size": 100}
        for length in (101, 5 * MEGABYTE):
            refused = asker.post("/v1/ask", content=b"x" * length)
            assert refused.status_code == 413
            assert refused.headers["content-type"] == MEDIA_TYPE
            assert "larger than 100 bytes" in refused.json()["detail"]
        assert asker.post("/v1/papers", content=b"x" * 1000).json() == {"size": 1000}
        assert asker.post("/v1/papers", content=b"x" * 1001).status_code == 413
        assert asker.post("/upload", content=b"x" * 5000).json() == {"size": 5000}
        assert asker.get("/v1/ask").json() == {"size": 0}
    assert echo.whole == 4


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/swallow"])
def test_a_body_of_no_told_length_is_counted_as_it_comes(
    address: str, echo: Echo, path: str
) -> None:
    with httpx.Client(base_url=address) as asker:
        assert asker.post(path, content=chunks(2)).json() == {"size": 100}
        refused = asker.post(path, content=chunks(3))
        assert (refused.status_code, refused.json()["status"]) == (413, 413)
        assert asker.post(path, content=chunks(2000)).status_code == 413
        assert asker.post(path, content=chunks(1)).json() == {"size": 50}
    assert echo.whole == 2


def test_an_answer_that_has_begun_breaks_off_when_the_body_grows_too_large(address: str) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{address}/v1/early", content=chunks(200))


def test_whoever_has_no_key_is_refused_without_reading_the_body(
    address: str, echo: Echo, keys: Keys
) -> None:
    keys.make("notebook", ("write",))
    with httpx.Client(base_url=address) as asker:
        for content in (b"x" * 1000, chunks(20)):
            assert asker.post("/v1/papers", content=content).status_code == 401
        head = asker.head("/v1/papers")
        assert (head.status_code, head.content) == (401, b"")
    assert echo.whole == 0


def limited(rate: str, keys: Keys) -> TestClient:
    return TestClient(Access(RateLimit(Echo().app, rate), None, keys))


def test_too_many_requests_are_told_when_to_go_on(keys: Keys) -> None:
    asker = limited("2/minute", keys)
    first = asker.get("/v1/papers")
    assert [first.headers[f"ratelimit-{name}"] for name in ("limit", "remaining")] == ["2", "1"]
    assert asker.get("/mcp").headers["ratelimit-remaining"] == "0"
    refused = asker.get("/v1/papers")
    assert (refused.status_code, refused.headers["content-type"]) == (429, MEDIA_TYPE)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert asker.get("/").status_code == 200


def test_a_rate_comes_back_with_time(keys: Keys) -> None:
    asker = limited("1/second", keys)
    assert asker.get("/v1/papers").status_code == 200
    refused = asker.get("/v1/papers")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    time.sleep(1.05)
    assert asker.get("/v1/papers").status_code == 200


def test_every_key_has_a_rate_of_its_own(keys: Keys) -> None:
    asker = limited("1/minute", keys)
    one, two = ({"X-API-Key": keys.make(name, ("read",))} for name in ("one", "two"))
    told = [asker.get("/v1/papers", headers=headers).status_code for headers in (one, one, two)]
    assert told == [200, 429, 200]


def test_an_address_of_ipv6_counts_as_its_network() -> None:
    def of(host: str) -> str:
        return address_of({"client": (host, 1)})

    assert of("192.0.2.7") == of("::ffff:192.0.2.7") == "192.0.2.7"
    assert of("2001:db8::1") == of("2001:db8::ffff:1") != of("2001:db8:0:1::1")
    assert of("fe80::1%eth0") == "fe80::/64"
    assert address_of({"client": None}) == "unknown"


def cors(origins: str, app: ASGIApp | None = None) -> TestClient:
    return TestClient(Cors(app or Echo().app, parse_origins(origins)))


def test_pages_of_other_sites_are_kept_out_unless_they_are_named(keys: Keys) -> None:
    closed = cors("")
    assert "access-control-allow-origin" not in closed.get("/v1/a", headers=ASKED).headers
    assert closed.post("/v1/a", headers={"Origin": LAB}).status_code == 403
    assert closed.post("/v1/a", headers={"Origin": "null"}).status_code == 403
    assert closed.post("/v1/a", headers={"Origin": "http://testserver"}).status_code == 200
    assert closed.post("/v1/a").status_code == 200
    proxied = {"Origin": LAB, "Sec-Fetch-Site": "same-origin"}  # whatever name a proxy gives us
    assert closed.post("/v1/a", headers=proxied).status_code == 200
    keys.make("notebook", ("write",))
    opened = cors(f"https://other.example, {LAB}", Access(Echo().app, None, keys))
    preflight = opened.options(
        "/v1/a",
        headers={**ASKED, "Access-Control-Request-Headers": "authorization, idempotency-key"},
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == LAB
    refused = opened.post("/v1/a", headers={"Origin": LAB, "Sec-Fetch-Site": "cross-site"})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, LAB)
    shown = refused.headers["access-control-expose-headers"]
    assert {"Location", "Retry-After", "X-Request-ID"} <= set(shown.split(", "))
    assert "access-control-allow-credentials" not in refused.headers
    assert "access-control-allow-origin" not in opened.get("/", headers={"Origin": LAB}).headers
    assert opened.options("/v1/a", headers={**ASKED, "Origin": "https://x.example"}).is_error


@pytest.mark.parametrize("rate", ["fast", "0/minute", "1/second; 9/minute", "10"])
def test_a_rate_that_is_none_is_told_at_the_start(rate: str) -> None:
    with pytest.raises(BadSettings, match=r"'rate_limit' can't be '.+: it is written as 600/min"):
        load_settings(rate_limit=rate)


@pytest.mark.parametrize("site", ["lab.example", f"{LAB}/", f"{LAB}/x", "https://", "http://["])
def test_a_site_that_is_none_is_told_at_the_start(site: str) -> None:
    with pytest.raises(BadSettings, match=r"'cors_origins' can't be .+: a site is written as"):
        load_settings(cors_origins=f"{LAB}, {site}")


def test_rates_and_sites_are_read_as_written() -> None:
    assert parse_rate("600/minute").get_expiry() == 60
    assert parse_rate("5 per 10 seconds").amount == 5
    assert parse_origins(f" {LAB} ,,http://localhost:3000") == (LAB, "http://localhost:3000")
    assert parse_origins("*") == ("*",)


def test_the_server_has_all_of_it_in_its_order(own_library: Path) -> None:
    settings = Settings(
        library=own_library, rate_limit="3/minute", cors_origins=LAB, upload_limit=5
    )
    keys = Keys(own_library / FILE)
    with Library(settings) as library:
        asker = TestClient(Server(settings, library).app, base_url="http://localhost")
        key = {"X-API-Key": keys.make("notebook", ("read",))}
        assert asker.options("/v1/ask", headers=ASKED).status_code == 200
        assert asker.get("/v1/papers", headers={"Host": "evil.invalid"}).status_code == 400
        large = b"x" * (4 * MEGABYTE + 1)
        refused = asker.post("/v1/ask", content=large, headers={"Origin": LAB})
        assert (refused.status_code, refused.json()["status"]) == (413, 413)
        assert refused.headers["access-control-allow-origin"] == LAB
        assert asker.post("/v1/papers", content=large).status_code == 401
        assert asker.post("/v1/papers", content=large, headers=key).status_code == 403
        assert set(asker.get("/readyz").json()) == {"status"}  # who has no key learns no more
        for expected in (503, 503, 503, 429):  # nobody opened the engine
            assert asker.get("/v1/papers", headers=key).status_code == expected
