"""Spans of each question for OpenTelemetry, where an endpoint is configured."""

from __future__ import annotations

import threading
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace.export import SpanExporter

    from assistant.answer import Answer
    from ui.settings import ServerSettings

SERVICE = "paper-assistant"
_FLUSH_WITHIN = 3.0  # seconds that the server's end waits for the last spans


class Tracing:
    """Tells nobody: what stands where no endpoint is configured."""

    def answered(
        self,
        answer: Answer,
        began_ns: int,
        parent: Mapping[str, str] | None = None,
        request_id: str = "",
    ) -> None:
        """A question was answered or refused.

        Args:
            began_ns: `time.time_ns()` of when the question was asked.
            parent: the headers `traceparent` and `tracestate` of the request that asked.
        """

    def close(self) -> None:
        """Sends what waits to be sent."""


class Spans(Tracing):
    """One span `assistant.ask` for a question, and one below it for each stage.

    The spans are made from an answer's own timings once it is done, so answering costs nothing.
    They have a provider of their own: Chroma's spans are no part of ours.
    """

    def __init__(self, exporter: SpanExporter, *, with_questions: bool = False) -> None:
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._exporter = exporter
        ours = {"service.name": SERVICE, "service.version": version(SERVICE)}
        # What the operator says in OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES goes before.
        resource = Resource.create(ours).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("assistant", ours["service.version"])
        self._with_questions = with_questions

    def answered(
        self,
        answer: Answer,
        began_ns: int,
        parent: Mapping[str, str] | None = None,
        request_id: str = "",
    ) -> None:
        from opentelemetry.trace import set_span_in_context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        above = TraceContextTextMapPropagator().extract(parent or {})
        root = self._tracer.start_span(
            "assistant.ask",
            context=above,
            start_time=began_ns,
            attributes=self._attributes(answer, request_id),
        )
        inside = set_span_in_context(root, above)
        at = began_ns
        for stage, milliseconds in answer.timings_ms.items():
            if stage == "total":
                continue
            span = self._tracer.start_span(stage, context=inside, start_time=at)
            at += _nanoseconds(milliseconds)
            span.end(at)
        total = began_ns + _nanoseconds(answer.timings_ms.get("total", 0.0))
        root.end(max(at, total))

    def _attributes(self, answer: Answer, request_id: str) -> dict[str, Any]:
        attributes: dict[str, Any] = {
            "assistant.status": answer.status,
            "assistant.papers": len(answer.passages),
            "assistant.writer": answer.writer,
            "assistant.tokens.prompt": answer.tokens.prompt,
            "assistant.tokens.completion": answer.tokens.completion,
        }
        if request_id:
            attributes["assistant.request_id"] = request_id
        if self._with_questions:
            attributes["assistant.question"] = answer.question
        return attributes

    def close(self) -> None:
        flush = threading.Thread(target=self._provider.shutdown, name="flush", daemon=True)
        flush.start()
        flush.join(_FLUSH_WITHIN)
        if flush.is_alive():  # nobody takes them, which the exporter would try for long
            self._exporter.shutdown()


def make_tracing(settings: ServerSettings) -> Tracing:
    """Spans to the configured endpoint over OTLP and gRPC, or the object that tells nobody."""
    if not settings.otlp_endpoint:
        return Tracing()
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    exporter = OTLPSpanExporter(endpoint=settings.otlp_endpoint)
    return Spans(exporter, with_questions=settings.log_questions)


def _nanoseconds(milliseconds: float) -> int:
    return round(milliseconds * 1_000_000)
