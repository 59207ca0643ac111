"""What Prometheus reads of the server: the figures are those of what happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from tests.ui.making import ABOUT_TIDES, FAKES
from tests.ui.observed import Broken, an_answer, observed_app
from ui.metrics import Metrics


def figures(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Each sample by its name and its labels' values, as a scraper parses them."""
    families = text_string_to_metric_families(metrics.render()[0].decode())
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(lambda: 12)


@pytest.fixture
def client(metrics: Metrics) -> TestClient:
    return TestClient(observed_app(metrics), raise_server_exceptions=False)


def test_an_answer_is_counted_with_its_stages_papers_and_tokens(metrics: Metrics) -> None:
    metrics.answered(an_answer())
    metrics.answered(an_answer(writer="extractive", refused=True))
    found = figures(metrics)
    assert found["assistant_answers_total", "answered", "model"] == 1
    assert found["assistant_answers_total", "refused", "extractive"] == 1
    assert found["assistant_refusals_total",] == 1
    assert found["assistant_stage_seconds_count", "retrieve"] == 2
    assert found["assistant_stage_seconds_sum", "write"] == pytest.approx(0.16)
    assert found["assistant_stage_seconds_sum", "total"] == pytest.approx(0.194)
    assert found["assistant_retrieved_papers_sum",] == 6
    assert found["assistant_tokens_total", "prompt"] == 900
    assert found["assistant_tokens_total", "completion"] == 40


def test_a_real_answer_has_the_stages_that_the_engine_goes_through(
    own_library: Path, metrics: Metrics
) -> None:
    from assistant.engine import CitedQueryEngine
    from store.library import Library
    from store.settings import StoreSettings

    with Library(StoreSettings(library=own_library)) as library:
        own = Metrics(library.count)
        own.answered(CitedQueryEngine(library).ask(ABOUT_TIDES))
        found = figures(own)
    assert found["assistant_papers",] == len(FAKES)
    assert found["assistant_answers_total", "answered", "extractive"] == 1
    stages = {labels[1] for labels in found if labels[0] == "assistant_stage_seconds_count"}
    assert stages == {"understand", "retrieve", "select", "read", "write", "total"}


def test_routes_are_templates_and_what_no_route_answers_is_other(
    client: TestClient, metrics: Metrics
) -> None:
    for path in ("/v1/papers/a", "/v1/papers/b", "/v1/nothing/c", "/wp-admin", "/", "/theme.css"):
        client.get(path)
    client.request("BREW", "/v1/papers/a")
    found = figures(metrics)
    assert found["assistant_requests_total", "GET", "/v1/papers/{paper_id}", "200"] == 2
    assert found["assistant_requests_total", "GET", "page", "200"] == 2
    assert found["assistant_requests_total", "GET", "other", "404"] == 2
    routes = {labels[1] for labels in found if labels[0] == "assistant_request_seconds_count"}
    assert routes == {"/v1/papers/{paper_id}", "page", "other"}
    methods = {labels[1] for labels in found if labels[0] == "assistant_requests_total"}
    assert methods == {"GET", "other"}


def test_errors_are_counted_by_class_whether_told_or_not(
    client: TestClient, metrics: Metrics
) -> None:
    assert client.get("/v1/fail").status_code == 500
    assert client.get("/v1/told").status_code == 422
    found = figures(metrics)
    assert found["assistant_errors_total", Broken.__name__] == 2
    assert found["assistant_requests_total", "GET", "/v1/fail", "500"] == 1
    assert found["assistant_requests_in_progress",] == 0


def test_an_error_counts_once_however_many_hands_it_goes_through(metrics: Metrics) -> None:
    error = OSError("gone")
    metrics.failed(error)
    metrics.failed(error)
    metrics.failed(OSError("gone"))
    assert figures(metrics)["assistant_errors_total", "OSError"] == 2


def test_a_stream_counts_until_its_end_and_is_not_held_back(metrics: Metrics) -> None:
    seen: list[float] = []

    async def pieces() -> AsyncIterator[str]:
        for piece in ("one ", "two"):
            yield piece
            await asyncio.sleep(0.05)
            seen.append(figures(metrics)["assistant_requests_in_progress",])

    client = TestClient(observed_app(metrics, streaming=pieces))
    assert client.get("/v1/stream").text == "one two"
    found = figures(metrics)
    assert seen == [1, 1]
    assert found["assistant_requests_in_progress",] == 0
    assert found["assistant_request_seconds_sum", "/v1/stream"] >= 0.1


def test_pieces_of_a_stream_go_out_as_they_come(metrics: Metrics) -> None:
    order: list[str] = []

    async def pieces() -> AsyncIterator[str]:
        for piece in ("one", "two"):
            order.append(f"made {piece}")
            yield piece

    async def receive() -> dict[str, object]:
        await asyncio.sleep(1)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        if body := message.get("body"):
            assert isinstance(body, bytes)
            order.append(f"sent {body.decode()}")

    app = observed_app(metrics, streaming=pieces)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/stream",
        "query_string": b"",
        "headers": [],
    }
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    assert order == ["made one", "sent one", "made two", "sent two"]


def test_open_metrics_is_given_to_whoever_asks_for_it(metrics: Metrics) -> None:
    metrics.answered(an_answer())
    body, kind = metrics.render("application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert list(openmetrics_parser.text_string_to_metric_families(body.decode()))  # type: ignore[no-untyped-call]
    assert metrics.render()[1].startswith("text/plain")


@pytest.mark.parametrize("accept", ["text/plain; version=abc", "*/*", "application/json", ";;,"])
def test_any_accept_header_is_answered(metrics: Metrics, accept: str) -> None:
    assert b"assistant_papers 12.0" in metrics.render(accept)[0]


def test_a_library_that_cannot_be_read_leaves_the_other_figures(metrics: Metrics) -> None:
    def away() -> int:
        raise OSError("gone")

    broken = Metrics(away)
    broken.failed(OSError("gone"))
    assert b"assistant_papers NaN" in broken.render()[0]
    assert figures(broken)["assistant_errors_total", "OSError"] == 1


def test_two_servers_in_a_process_count_apart(metrics: Metrics) -> None:
    metrics.failed(OSError())
    assert ("assistant_errors_total", "OSError") not in figures(Metrics(lambda: 0))
