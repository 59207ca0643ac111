"""Goes through the answers of a source, one after the other, and keeps how far it came.

Both generators go on only once the caller is done with a batch, that is when it is in the
library; so an interrupt at any moment asks for one answer twice at the most.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from store.paper import Paper, Rejected, Source
from store.sources.answers import Page
from store.sources.base import Client
from store.sources.state import Fetched


@dataclass(frozen=True, slots=True)
class Batch:
    """The records of an answer and its bytes (see `Page`).

    With it the first `done` of `wanted` are there; the source has `total` altogether. `newer`
    tells that only what is new since the last time is looked for.
    """

    records: tuple[Paper | Rejected, ...]
    raw: tuple[tuple[str, bytes], ...]
    done: int
    wanted: int
    total: int
    newer: bool = False


class Search(Protocol):
    """A query of a source whose results come newest first, `size` at a time and `most` at all."""

    source: str
    size: int
    most: int

    def page(self, client: Client, start: int, count: int) -> Page:
        """The results from `start` (from 0) on; raises SourceFailed."""


@runtime_checkable
class Named(Protocol):
    """Things that a source has by name, of which it is asked for `size` at a time."""

    items: tuple[str, ...]
    size: int

    def source_of(self, item: str) -> str:
        """The source that the records of an item name."""

    def get(self, client: Client, items: Sequence[str]) -> Page:
        """The records of some of the items; raises SourceFailed."""


def follow(
    search: Search, client: Client, state: Fetched, most: int
) -> Generator[Batch, None, None]:
    """The first `most` results that aren't there yet, then what is newer than the last time.

    Papers that arrive push the others down, so that some come twice and none is missed.
    """
    most = min(most, search.most)
    before = state.mark(search.source)
    if before.reached < most and not before.whole:
        yield from _further(search, client, state, most)
    if before.newer > 0:  # where it broke off, though there may be more at the top by now
        yield from _newer(search, client, state, most)
    if before.reached:
        yield from _newer(search, client, state, most)


def _further(
    search: Search, client: Client, state: Fetched, most: int
) -> Generator[Batch, None, None]:
    mark = state.mark(search.source)
    while mark.reached < most:
        page = search.page(client, mark.reached, min(search.size, most - mark.reached))
        done = mark.reached + page.entries
        records = _numbered(page.records, state, mark.run, mark.reached)
        yield Batch(records, page.raw, done, min(most, page.total), page.total)
        ends = done >= page.total or not page.entries
        mark = replace(mark, reached=done, whole=ends and done > 0)
        state.set_mark(search.source, mark)
        if ends:
            break


def _newer(
    search: Search, client: Client, state: Fetched, most: int
) -> Generator[Batch, None, None]:
    """The results from the first one on, until an answer brings nothing but papers that came
    before this run."""
    mark = state.mark(search.source)
    if mark.newer < 0:
        mark = replace(mark, run=mark.run + 1, newer=0)
    while mark.newer < most:
        page = search.page(client, mark.newer, min(search.size, most - mark.newer))
        papers = [one.id for one in page.records if isinstance(one, Paper)]
        knew = bool(papers) and state.knew(search.source, papers, mark.run)
        done = mark.newer + page.entries
        records = _numbered(page.records, state, mark.run, mark.newer)
        yield Batch(records, page.raw, done, min(most, page.total), page.total, newer=True)
        mark = replace(mark, newer=done)
        state.set_mark(search.source, mark)
        if knew or done >= page.total or not page.entries:
            break
    else:  # more is newer than is wanted: what is there from before begins further down
        mark = replace(mark, reached=mark.newer, whole=False)
    state.set_mark(search.source, replace(mark, newer=-1))


def waiting(named: Named, state: Fetched) -> list[str]:
    """The items that weren't fetched yet."""
    return [item for item in named.items if not state.has(named.source_of(item), item)]


def collect(named: Named, client: Client, state: Fetched) -> Generator[Batch, None, None]:
    """The records of all items that weren't fetched yet."""
    items = waiting(named, state)
    for start in range(0, len(items), named.size):
        some = items[start : start + named.size]
        page = named.get(client, some)
        done = start + len(some)
        yield Batch(_numbered(page.records, state), page.raw, done, len(items), len(items))
        for item in some:
            if item not in page.open:
                state.keep(named.source_of(item), item)


def _numbered(
    records: Sequence[Paper | Rejected], state: Fetched, run: int = 1, start: int = 0
) -> tuple[Paper | Rejected, ...]:
    """Records with places of their own in their source.

    A catalogue tells a source's records by their places, and the place of a paper among the
    results changes from day to day. So papers are numbered as they come, each once: a paper
    that comes again replaces what was said of it, and never another. (A source for each paper
    would do that too, but then no query could be listed, filtered by or removed as one.)
    """
    ids: dict[str, list[str]] = {}
    for one in records:
        if isinstance(one, Paper):
            ids.setdefault(one.sources[0].file, []).append(one.id)
    numbers = {source: state.number(source, some, run) for source, some in ids.items()}
    placed: list[Paper | Rejected] = []
    for one in records:
        if isinstance(one, Paper):
            file = one.sources[0].file
            placed.append(replace(one, sources=(Source(file, numbers[file][one.id]),)))
        elif one.source.position:
            place = Source(one.source.file, start + one.source.position)
            placed.append(replace(one, source=place))
        else:
            placed.append(one)
    return tuple(placed)
