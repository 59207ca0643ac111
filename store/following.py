"""How the indexes follow the catalogue: what changed goes in, what is gone goes out.

Both can be broken off anywhere and called again: a change is struck off the list only when the
index holds it, and putting in what is there already changes nothing.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from store.catalog import Catalog
from store.changes import Change
from store.intake import Intake, complete
from store.paper import Paper

if TYPE_CHECKING:
    import numpy as np
    from llama_index.core.schema import TextNode
    from numpy.typing import NDArray

    from store.pieces import PieceIndex, Row
    from store.vectors import VectorIndex
    from store.words import WordIndex

    Vectors = NDArray[np.float32]
    Chunks = tuple[Paper, Sequence[TextNode]]

T = TypeVar("T")
R = TypeVar("R")

_WORDS_AT_A_TIME = 5000  # papers a commit
# Papers embedded and written at once. Chroma takes many rows in less time than few at a time,
# and keeps Python's other threads waiting meanwhile. The first are few, as nothing can be
# embedded before they are chunked.
_VECTORS_AT_A_TIME = 128
_VECTORS_FIRST = 16
_RESTS = 10  # looks for more papers after which those that are there are enough


def words_lag(catalog: Catalog) -> bool:
    """Whether so many papers have come that it is time for the word index to take them in."""
    return catalog.changes.count("words") >= _WORDS_AT_A_TIME


def follow_words(catalog: Catalog, index: WordIndex) -> None:
    """Brings the word index up to date; takes no time to speak of."""
    for part in _parts(catalog.changes.pending("words"), _WORDS_AT_A_TIME):
        papers = catalog.get([change.paper_id for change in part])
        gone = [change.paper_id for change in part if change.paper_id not in papers]
        index.apply(papers.values(), gone)
        catalog.changes.followed("words", part)


def follow_vectors(
    catalog: Catalog,
    index: VectorIndex,
    chunk: Callable[[Paper], Sequence[TextNode]],
    embed: Callable[[Sequence[Chunks]], tuple[Vectors, list[Row]]],
    pieces: PieceIndex,
    progress: Callable[[int, int], None] | None = None,
    ahead: int = 1,
    intake: Intake | None = None,
) -> int:
    """Brings the vector index up to date; returns how many papers were embedded.

    While some papers are written the next ones are embedded, `ahead` parts of them, and those
    after them chunked. `embed` gives the chunks' vectors, and the word pieces where the same model
    makes them. `progress` is told how many of the changed papers are done, and how many they are,
    once all have come that `intake` takes in.
    """
    intake = intake or complete()
    coming = _Coming(catalog, intake)

    def chunked(part: Sequence[Change]) -> tuple[Sequence[Change], list[Chunks]]:
        papers = catalog.get([change.paper_id for change in part])
        return part, [(paper, chunk(paper)) for paper in papers.values()]

    def with_vectors(
        chunked: tuple[Sequence[Change], list[Chunks]],
    ) -> tuple[Sequence[Change], list[TextNode], Vectors, list[Row]]:
        part, chunks = chunked
        return part, [node for _, nodes in chunks for node in nodes], *embed(chunks)

    embedded = done = 0
    with ThreadPoolExecutor(1, "chunk") as first, ThreadPoolExecutor(ahead, "embed") as second:
        parts = _ahead(first, chunked, coming.parts(), 1)
        for part, nodes, vectors, rows in _ahead(second, with_vectors, parts, ahead):
            if intake.broken_off:
                for pool in (first, second):
                    pool.shutdown(wait=False, cancel_futures=True)
                break
            if not part:
                continue
            if stale := [change.paper_id for change in part if not change.fresh]:
                index.remove(stale, catalog.changes.chunk_counts(stale))
                pieces.remove(stale)
            if nodes:
                pieces.put(rows)
                index.add(nodes, vectors)
            counts = Counter(str(node.metadata["paper_id"]) for node in nodes)
            catalog.changes.followed("vectors", part, counts)
            embedded += len(counts)
            done += len(part)
            if progress and coming.count:
                progress(done, coming.count)
    return embedded


class _Coming:
    """The changes that the vectors have yet to follow, those that are made meanwhile among them."""

    def __init__(self, catalog: Catalog, intake: Intake) -> None:
        self._changes = catalog.changes
        self._intake = intake
        self._given = self._last = 0
        self.count = 0  # of all changes, 0 for as long as more may come

    def parts(self) -> Iterator[Sequence[Change]]:
        """As many at a time as are embedded together; none while too few have come, so that
        those before come out of the work meanwhile. Ends where the intake is broken off."""
        rests = 0
        while not self._intake.broken_off:
            coming, given = self._intake.coming, self._given
            found = [c for c in self._changes.pending("vectors") if c.seq > self._last]
            self.count = 0 if coming else self._given + len(found)
            few = _VECTORS_AT_A_TIME if rests < _RESTS else 1
            for part in self._sized(found):
                if coming and (len(part) < few or not self._intake.coming):
                    break  # the rest of it is on its way, or there is more to count
                self._given += len(part)
                self._last = part[-1].seq
                yield part
                if self._intake.broken_off:
                    return
            if not coming:
                return
            rests = 0 if self._given > given else rests + 1
            yield ()
            self._intake.rest()

    def _sized(self, found: Sequence[Change]) -> Iterator[Sequence[Change]]:
        few = 0 if self._given or self._intake.coming else _VECTORS_FIRST
        return (part for part in (found[:few], *_parts(found[few:], _VECTORS_AT_A_TIME)) if part)


def _parts(changes: Sequence[Change], size: int) -> Iterator[Sequence[Change]]:
    return (changes[start : start + size] for start in range(0, len(changes), size))


def _ahead(
    pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T], count: int
) -> Iterator[R]:
    """`map(work, items)` with the next items in work while the caller uses the last result."""
    waiting: deque[Future[R]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) > count:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
