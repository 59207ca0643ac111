"""What the server counts and measures, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder, generate_latest

if TYPE_CHECKING:
    from assistant.answer import Answer

_REQUEST_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STAGE_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10, 30, 60)
_PAPERS = (0, 1, 2, 4, 8, 12, 16, 25, 50)
_COUNTED = "_counted_by_metrics"  # put on an error
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Metrics:
    """The instruments of one server in a registry of their own. Safe to use from any thread.

    `papers` tells how many papers the library holds; it is called when metrics are read. Every
    label has few values: clients can make up paths and methods, and each would stay for ever.
    """

    def __init__(self, papers: Callable[[], int]) -> None:
        self._papers = papers
        self.registry = own = CollectorRegistry()
        self._requests = Counter(
            "assistant_requests",
            "Requests that ended.",
            ("method", "route", "status"),
            registry=own,
        )
        self._request_seconds = Histogram(
            "assistant_request_seconds",
            "Seconds to the end of a response, the whole stream where it is one.",
            ("route",),
            buckets=_REQUEST_SECONDS,
            registry=own,
        )
        self._in_progress = Gauge(
            "assistant_requests_in_progress", "Requests that have yet to end.", registry=own
        )
        self._stage_seconds = Histogram(
            "assistant_stage_seconds",
            "Seconds of each stage of an answer.",
            ("stage",),
            buckets=_STAGE_SECONDS,
            registry=own,
        )
        self._answers = Counter(
            "assistant_answers", "Answers written.", ("status", "writer_kind"), registry=own
        )
        self._refusals = Counter(
            "assistant_refusals", "Questions that the papers don't answer.", registry=own
        )
        self._found = Histogram(
            "assistant_retrieved_papers",
            "Papers found for a question.",
            buckets=_PAPERS,
            registry=own,
        )
        self._tokens = Counter(
            "assistant_tokens", "Tokens of the language model.", ("kind",), registry=own
        )
        self._errors = Counter(
            "assistant_errors", "Errors by their exception's class.", ("kind",), registry=own
        )
        held = Gauge("assistant_papers", "Papers in the library.", registry=own)
        held.set_function(self._held)
        ProcessCollector(registry=own)
        PlatformCollector(registry=own)
        GCCollector(registry=own)

    def began(self) -> None:
        """A request began."""
        self._in_progress.inc()

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request ended; `route` is a template such as `/v1/papers/{paper_id}`."""
        self._in_progress.dec()
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def answered(self, answer: Answer) -> None:
        """A question was answered or refused."""
        self._answers.labels(answer.status, writer_kind(answer)).inc()
        if answer.status == "refused":
            self._refusals.inc()
        self._found.observe(len(answer.passages))
        for stage, milliseconds in answer.timings_ms.items():
            self._stage_seconds.labels(stage).observe(milliseconds / 1000)
        if answer.tokens.prompt or answer.tokens.completion:
            self._tokens.labels("prompt").inc(answer.tokens.prompt)
            self._tokens.labels("completion").inc(answer.tokens.completion)

    def failed(self, error: BaseException) -> None:
        """Something went wrong. Only the error's class is kept, and an error counts once however
        many hands it goes through."""
        if vars(error).get(_COUNTED):
            return
        vars(error)[_COUNTED] = True
        self._errors.labels(type(error).__name__).inc()

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """All of it as text, and its content type: OpenMetrics where `accept` asks for it."""
        try:
            encode, kind = choose_encoder(accept)
        except (TypeError, ValueError):  # what names itself a version and is none
            encode, kind = generate_latest, CONTENT_TYPE_PLAIN_0_0_4
        return encode(self.registry), kind

    def _held(self) -> float:
        try:
            return self._papers()
        except Exception:  # the rest is worth most when the library can't be read
            return float("nan")


def writer_kind(answer: Answer) -> str:
    """`extractive`, `catalogue` or `model`: names of models would be labels without end."""
    from assistant.writing.extractive import ExtractiveWriter

    if answer.collection:
        return "catalogue"
    return "extractive" if answer.writer == ExtractiveWriter.name else "model"
