"""What every face can have done with a library: by the engine here, or by a running server.

The command line and the MCP server work on a `Desk` and don't know which of the two it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assistant.answer import Answer, Event, Passage, Turn, WriterName
from assistant.surveying.values import Brief, Comparison, Table
from store.adding import AddReport, Progress, Record
from store.filters import Filters
from store.library import Library
from store.orders import Order
from store.paper import Paper

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of papers: `total` pass the filters, `everything` is what the library holds.

    `sources` tells how many papers each source gave.
    """

    papers: tuple[Paper, ...]
    total: int
    everything: int
    sources: dict[str, int]


@dataclass(frozen=True, slots=True)
class Removed:
    """What removing did: papers that are gone, those that other sources still hold, those left.

    `undo` is the token that brings them back.
    """

    removed: int
    kept: int
    papers: int
    undo: str


class Desk(Protocol):
    """Raises (from any method) LibraryError, and OSError where a server can't be reached."""

    @property
    def has_model(self) -> bool:
        """Whether a language model may write, which takes a while."""

    def ask(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int | None = None,
        writer: WriterName = "auto",
    ) -> Answer:
        """The whole answer; ValueError for the writer "model" where there is none."""

    def stream(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int | None = None,
        writer: WriterName = "auto",
    ) -> Iterator[Event]:
        """The events of an answer; closing the iterator stops the work."""

    def search(
        self, query: str, *, filters: Filters = Filters(), top_k: int | None = None
    ) -> tuple[Passage, ...]:
        """The nearest papers, best first."""

    def table(
        self,
        question: str,
        columns: Sequence[str] = (),
        *,
        filters: Filters = Filters(),
        top_k: int | None = None,
    ) -> Table:
        """A table of the papers about a question; ValueError for columns that can't be used."""

    def compare(
        self, methods: Sequence[str], aspects: Sequence[str] = (), *, filters: Filters = Filters()
    ) -> Comparison:
        """Methods side by side; ValueError for names and aspects that can't be used."""

    def brief(self, topic: str, *, filters: Filters = Filters(), top_k: int | None = None) -> Brief:
        """A short survey of a topic."""

    def count(self) -> int:
        """How many papers the library holds."""

    def list(self, text: str, filters: Filters, order: Order, offset: int, limit: int) -> Listing:
        """A page of the papers with `text` in title or abstract."""

    def get(self, ids: Sequence[str]) -> dict[str, Paper]:
        """Papers by id; unknown ids are left out."""

    def sources(self) -> dict[str, int]:
        """How many papers each source gave."""

    def remove(self, ids: Sequence[str]) -> Removed:
        """Removes papers; unknown ids are passed over."""

    def remove_source(self, source: str) -> Removed:
        """Removes what only this source gave."""

    def add(self, records: Iterable[Record], progress: Progress | None = None) -> AddReport:
        """Adds records; see `Library.add`."""


class LocalDesk:
    """The desk over a library of this process; `engine` only where something is asked."""

    def __init__(self, library: Library, engine: CitedQueryEngine | None = None) -> None:
        self.library = library
        self._engine = engine

    @property
    def engine(self) -> CitedQueryEngine:
        if self._engine is None:
            raise AssertionError("this desk was opened without an engine")
        return self._engine

    @property
    def has_model(self) -> bool:
        return self._engine is not None and self._engine.llm is not None

    def ask(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int | None = None,
        writer: WriterName = "auto",
    ) -> Answer:
        return self.engine.ask(question, filters=filters, turns=turns, top_k=top_k, writer=writer)

    def stream(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int | None = None,
        writer: WriterName = "auto",
    ) -> Iterator[Event]:
        return self.engine.stream(
            question, filters=filters, turns=turns, top_k=top_k, writer=writer
        )

    def search(
        self, query: str, *, filters: Filters = Filters(), top_k: int | None = None
    ) -> tuple[Passage, ...]:
        return self.engine.find(query, filters=filters, top_k=top_k).passages

    def table(
        self,
        question: str,
        columns: Sequence[str] = (),
        *,
        filters: Filters = Filters(),
        top_k: int | None = None,
    ) -> Table:
        from assistant.surveying.table import make_table

        return make_table(self.engine, question, columns, filters=filters, top_k=top_k)

    def compare(
        self, methods: Sequence[str], aspects: Sequence[str] = (), *, filters: Filters = Filters()
    ) -> Comparison:
        from assistant.surveying.comparing import compare_methods

        return compare_methods(self.engine, methods, aspects, filters=filters)

    def brief(self, topic: str, *, filters: Filters = Filters(), top_k: int | None = None) -> Brief:
        from assistant.surveying.brief import make_brief

        return make_brief(self.engine, topic, filters=filters, top_k=top_k)

    def count(self) -> int:
        return self.library.count()

    def list(self, text: str, filters: Filters, order: Order, offset: int, limit: int) -> Listing:
        catalog = self.library.catalog
        found, total = self.library.browse(text, filters, order, offset, limit)
        return Listing(tuple(found), total, self.library.count(), catalog.sources())

    def get(self, ids: Sequence[str]) -> dict[str, Paper]:
        return self.library.get(ids)

    def sources(self) -> dict[str, int]:
        return self.library.catalog.sources()

    def remove(self, ids: Sequence[str]) -> Removed:
        before = self.library.count()
        removal = self.library.remove_with_undo(ids)
        left = self.library.count()
        return Removed(before - left, removal.papers - (before - left), left, removal.token)

    def remove_source(self, source: str) -> Removed:
        before = self.library.count()
        removal = self.library.remove_source_with_undo(source)
        left = self.library.count()
        return Removed(before - left, removal.papers - (before - left), left, removal.token)

    def add(self, records: Iterable[Record], progress: Progress | None = None) -> AddReport:
        return self.library.add(records, progress)
