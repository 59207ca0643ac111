"""What `/readyz` says of the library, the embedder and the language model."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from store.library import Library
from tests.ui.making import FAKES
from ui.keys import FILE, Keys
from ui.readiness import Endpoint
from ui.server import Server
from ui.settings import Settings, load_settings


class Models:
    """An endpoint that lists its models with `status`, or takes its time about it."""

    def __init__(self) -> None:
        self.status, self.delay = 200, 0.0
        self.asked: list[str] = []
        models = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                models.asked.append(f"{self.path} {self.headers.get('Authorization', '')}")
                time.sleep(models.delay)
                with suppress(OSError):  # nobody waits for a slow one
                    self.send_response(models.status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self._http.server_port}/v1"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def models() -> Iterator[Models]:
    models = Models()
    yield models
    models.stop()


@pytest.fixture
def opened(own_library: Path) -> Iterator[Library]:
    with Library(load_settings(library=own_library)) as library:
        yield library


def server_over(library: Library, **settings: Any) -> Server:
    """A server whose library is open, without its page."""
    from assistant.engine import CitedQueryEngine

    chosen = load_settings(library=library.folder, **settings)
    server = Server(chosen, library)
    server.engine = CitedQueryEngine(library, chosen)
    return server


def readyz(server: Server) -> tuple[int, dict[str, Any]]:
    answer = TestClient(server.app, base_url="http://localhost").get("/readyz")
    return answer.status_code, answer.json()


def settled(endpoint: Endpoint) -> tuple[bool | None, str]:
    """What the endpoint's first look sees."""
    end = time.monotonic() + 5
    while endpoint.state()[0] is None and time.monotonic() < end:
        time.sleep(0.01)
    return endpoint.state()


def test_a_server_that_is_opening_says_so_with_503(opened: Library) -> None:
    assert readyz(Server(load_settings(), opened)) == (503, {"status": "opening"})


def test_a_server_without_a_model_is_ready_and_asks_nobody(opened: Library) -> None:
    status, body = readyz(server_over(opened))
    assert (status, body["status"], body["page"]) == (200, "ready", False)
    checks = body["checks"]
    assert checks["library"] == {"ok": True, "papers": len(FAKES)}
    assert checks["embedder"] == {"ok": True, "name": "all-MiniLM-L6-v2-abstracts"}
    assert (checks["model"]["ok"], checks["model"]["name"]) == (True, None)
    assert checks["page"] == {"ok": False}
    assert "look" not in {thread.name for thread in threading.enumerate()}


def test_a_model_that_is_away_degrades_the_server_and_does_not_close_it(
    opened: Library,
) -> None:
    server = server_over(opened, llm_model="gemma", llm_base_url="http://127.0.0.1:9/v1")
    assert readyz(server)[1]["checks"]["model"]["ok"] is None  # nobody waits for the first look
    settled(server.readiness._model)
    status, body = readyz(server)
    assert (status, body["status"]) == (200, "degraded")
    assert body["checks"]["model"] == {
        "ok": False,
        "name": "gemma",
        "why": "could not be reached",
    }


def test_a_model_that_is_there_is_asked_once_however_often_we_are(
    opened: Library, models: Models
) -> None:
    server = server_over(
        opened, llm_model="gemma", llm_base_url=models.base_url, llm_api_key="lighthouse"
    )
    readyz(server)
    assert settled(server.readiness._model) == (True, "")
    for _ in range(5):
        assert readyz(server)[1]["checks"]["model"] == {"ok": True, "name": "gemma"}
    assert models.asked == ["/v1/models Bearer lighthouse"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, (True, "")),
        (401, (False, "refused the key")),
        (502, (False, "failed with HTTP status 502")),
    ],
)
def test_an_endpoint_is_judged_by_how_it_answers(
    models: Models, status: int, expected: tuple[bool, str]
) -> None:
    models.status = status
    assert settled(Endpoint(models.base_url, None)) == expected


@pytest.mark.parametrize("address", ["http://[", "no address", "http://127.0.0.1:9"])
def test_an_endpoint_that_is_none_could_not_be_reached(address: str) -> None:
    assert settled(Endpoint(address, None)) == (False, "could not be reached")


def test_a_slow_endpoint_keeps_nobody_waiting(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.readiness._PATIENCE", 0.1)
    models.delay = 0.5
    endpoint = Endpoint(models.base_url, None)
    assert endpoint.state()[0] is None  # whoever waited would know
    assert settled(endpoint) == (False, "did not answer within 0.1 seconds")


def test_an_endpoint_is_looked_at_again_after_a_while(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = Endpoint(models.base_url, None)
    assert settled(endpoint)[0] is True
    models.status = 500
    assert endpoint.state()[0] is True
    monkeypatch.setattr("ui.readiness._BETWEEN", 0.0)
    end = time.monotonic() + 5
    while endpoint.state()[0] and time.monotonic() < end:
        time.sleep(0.01)
    assert endpoint.state()[0] is False


def test_a_library_that_cannot_be_read_is_503(own_library: Path) -> None:
    library = Library(load_settings(library=own_library))
    server = server_over(library)
    library.close()
    (own_library / "papers.sqlite").write_bytes(b"no database at all")
    status, body = readyz(server)
    assert (status, body["status"], body["checks"]["library"]["ok"]) == (503, "degraded", False)


@pytest.mark.parametrize("guard", ["password", "key"])
def test_a_server_that_asks_for_something_tells_nothing_about_its_library(
    opened: Library, guard: str
) -> None:
    if guard == "key":
        Keys(opened.folder / FILE).make("harbour", ("read",))
    _, body = readyz(server_over(opened, password="lighthouse" if guard == "password" else None))
    assert body["checks"] == {
        "library": {"ok": True},
        "embedder": {"ok": True},
        "model": {"ok": True},
        "page": {"ok": False},
    }


def test_an_embeddings_endpoint_is_looked_at_too(opened: Library, models: Models) -> None:
    models.status = 503
    settings = Settings(library=opened.folder, embed_model="e5", embed_base_url=models.base_url)
    server = Server(settings, opened)
    assert server.readiness._embedder is not None
    assert settled(server.readiness._embedder) == (False, "failed with HTTP status 503")


def test_the_servers_metrics_are_those_of_its_library_and_its_requests(opened: Library) -> None:
    client = TestClient(Server(load_settings(), opened).app, base_url="http://localhost")
    client.get("/readyz")
    client.get("/nothing")
    body = client.get("/metrics").text
    assert f"assistant_papers {len(FAKES)}.0" in body
    assert 'route="/readyz",status="503"} 1.0' in body
    assert "/nothing" not in body
