"""The desk of a server that may go away before it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from assistant.answer import Answer, Event, Passage
from assistant.surveying.values import Brief, Comparison, Table
from store.adding import AddReport, Progress, Record
from store.filters import Filters
from store.orders import Order
from store.paper import Paper
from ui.desk import Desk, Listing, Removed
from ui.wire import ServerAway

_T = TypeVar("_T")


class FallbackDesk:
    """A server's desk, and the one that `own` opens from the moment the server is away.

    What the server was asked and didn't answer is not asked again: only where nobody listened.
    Safe to use from several threads.
    """

    def __init__(self, server: Desk, own: Callable[[], Desk]) -> None:
        self.has_model = server.has_model
        self._desk = server
        self._own = own
        self._changing = threading.Lock()

    def _do(self, work: Callable[[Desk], _T]) -> _T:
        desk = self._desk
        try:
            return work(desk)
        except ServerAway:
            with self._changing:
                if self._desk is desk:  # else another thread has met the same
                    self._desk = self._own()
                    self.has_model = self._desk.has_model
        return work(self._desk)

    def ask(self, question: str, **how: Any) -> Answer:
        return self._do(lambda desk: desk.ask(question, **how))

    def stream(self, question: str, **how: Any) -> Iterator[Event]:
        return self._do(lambda desk: desk.stream(question, **how))

    def search(self, query: str, **how: Any) -> tuple[Passage, ...]:
        return self._do(lambda desk: desk.search(query, **how))

    def table(self, question: str, columns: Sequence[str] = (), **how: Any) -> Table:
        return self._do(lambda desk: desk.table(question, columns, **how))

    def compare(
        self, methods: Sequence[str], aspects: Sequence[str] = (), **how: Any
    ) -> Comparison:
        return self._do(lambda desk: desk.compare(methods, aspects, **how))

    def brief(self, topic: str, **how: Any) -> Brief:
        return self._do(lambda desk: desk.brief(topic, **how))

    def count(self) -> int:
        return self._do(lambda desk: desk.count())

    def list(self, text: str, filters: Filters, order: Order, offset: int, limit: int) -> Listing:
        return self._do(lambda desk: desk.list(text, filters, order, offset, limit))

    def get(self, ids: Sequence[str]) -> dict[str, Paper]:
        return self._do(lambda desk: desk.get(ids))

    def sources(self) -> dict[str, int]:
        return self._do(lambda desk: desk.sources())

    def remove(self, ids: Sequence[str]) -> Removed:
        return self._do(lambda desk: desk.remove(ids))

    def remove_source(self, source: str) -> Removed:
        return self._do(lambda desk: desk.remove_source(source))

    def add(self, records: Iterable[Record], progress: Progress | None = None) -> AddReport:
        return self._do(lambda desk: desk.add(records, progress))
