"""Spans, as a collector receives them over the wire."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from starlette.testclient import TestClient

from tests.ui.observed import QUESTION, STAGES, an_answer, observed_app
from ui.metrics import Metrics
from ui.settings import ServerSettings, load_settings
from ui.tracing import Spans, Tracing, make_tracing

BEGAN = 1_700_000_000_000_000_000
MS = 1_000_000


class Collector(TraceServiceServicer):
    """A real receiver on loopback that keeps what it gets."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        self._server = grpc.server(ThreadPoolExecutor(1))
        add_TraceServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        self.address = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Export(  # noqa: N802 - gRPC calls it so
        self, request: ExportTraceServiceRequest, context: Any
    ) -> ExportTraceServiceResponse:
        self.requests.append(request)
        return ExportTraceServiceResponse()

    def spans(self) -> dict[str, Any]:
        """The spans by name."""
        return {
            span.name: span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }

    def stop(self) -> None:
        self._server.stop(None).wait()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.stop()


def traced(collector: Collector, **more: Any) -> Tracing:
    return make_tracing(ServerSettings(otlp_endpoint=collector.address, **more))


def attributes(span: Any) -> dict[str, Any]:
    return {a.key: a.value.string_value or a.value.int_value for a in span.attributes}


def test_a_question_is_a_span_with_one_for_each_stage_in_its_order(collector: Collector) -> None:
    tracing = traced(collector)
    tracing.answered(an_answer(), BEGAN, request_id="mine")
    tracing.close()
    spans = collector.spans()
    root = spans.pop("assistant.ask")
    assert (root.start_time_unix_nano, root.end_time_unix_nano) == (BEGAN, BEGAN + 97 * MS)
    assert not root.parent_span_id
    assert set(spans) == set(STAGES)
    assert {span.parent_span_id for span in spans.values()} == {root.span_id}
    at = BEGAN
    for stage, milliseconds in STAGES.items():
        assert spans[stage].start_time_unix_nano == at
        at += round(milliseconds * MS)
        assert spans[stage].end_time_unix_nano == at
    assert attributes(root) == {
        "assistant.status": "answered",
        "assistant.papers": 3,
        "assistant.writer": "gemma",
        "assistant.tokens.prompt": 900,
        "assistant.tokens.completion": 40,
        "assistant.request_id": "mine",
    }
    resource = collector.requests[0].resource_spans[0].resource
    assert attributes(resource)["service.name"] == "paper-assistant"


def test_no_span_holds_a_question_unless_it_is_asked_for(collector: Collector) -> None:
    silent = traced(collector)
    silent.answered(an_answer(), BEGAN)
    silent.close()
    assert "lighthouse" not in str(collector.requests)
    telling = traced(collector, log_questions=True)
    telling.answered(an_answer(), BEGAN)
    telling.close()
    assert attributes(collector.spans()["assistant.ask"])["assistant.question"] == QUESTION


@pytest.mark.parametrize("flags", ["01", "00"])
def test_the_trace_of_the_request_is_carried_on(collector: Collector, flags: str) -> None:
    tracing = traced(collector)
    client = TestClient(observed_app(Metrics(lambda: 0), tracing=tracing))
    client.post("/v1/ask", headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-{flags}"})
    tracing.close()
    if flags == "00":  # whoever asks has decided that this trace is not kept
        assert not collector.spans()
        return
    root = collector.spans()["assistant.ask"]
    assert (root.trace_id.hex(), root.parent_span_id.hex()) == ("ab" * 16, "cd" * 8)


@pytest.mark.parametrize("odd", ["", "00-zz-zz-01", f"00-{'0' * 32}-{'0' * 16}-01", "x" * 9000])
def test_a_broken_trace_header_begins_a_new_trace(collector: Collector, odd: str) -> None:
    tracing = traced(collector)
    tracing.answered(an_answer(), BEGAN, {"traceparent": odd})
    tracing.close()
    assert not collector.spans()["assistant.ask"].parent_span_id


def test_nothing_is_told_where_no_endpoint_is_configured() -> None:
    tracing = make_tracing(ServerSettings())
    assert not isinstance(tracing, Spans)
    tracing.answered(an_answer(), BEGAN)
    tracing.close()


def test_the_variable_that_other_programs_know_names_the_endpoint_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://theirs:4317")
    assert load_settings().otlp_endpoint == "http://theirs:4317"
    monkeypatch.setenv("ASSISTANT_OTLP_ENDPOINT", "http://ours:4317")
    assert load_settings().otlp_endpoint == "http://ours:4317"


def test_a_collector_that_is_away_holds_up_neither_answers_nor_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ui.tracing._FLUSH_WITHIN", 0.2)
    tracing = make_tracing(ServerSettings(otlp_endpoint="http://127.0.0.1:9"))
    began = time.monotonic()
    tracing.answered(an_answer(), BEGAN)
    tracing.close()
    assert time.monotonic() - began < 8  # the exporter itself would try for ten
