"""The only door to a library: it adds, removes, lists and searches, and keeps the three in step."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from store.catalog import Catalog, Change, Index, Outcome
from store.chunking import chunk
from store.errors import BrokenLibrary
from store.filters import Filters
from store.lock import LibraryLock
from store.paper import Paper, Rejected, Skipped
from store.settings import StoreSettings

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.schema import TextNode
    from numpy.typing import NDArray

    from store.vectors import VectorIndex
    from store.words import WordIndex

T = TypeVar("T")
R = TypeVar("R")
Record = Paper | Rejected | Skipped
Progress = Callable[[int, int], None]  # (done, of how many)

_RECORDS = 500  # records a transaction
_PAPERS = 64  # papers embedded and written at a time


@dataclass(frozen=True, slots=True)
class AddReport:
    """What adding did.

    `read` counts records, `new`, `updated` and `unchanged` the different papers among them,
    `papers` all that the library now holds and `embedded` those whose vectors were made.
    """

    read: int
    new: int
    updated: int
    unchanged: int
    rejected: tuple[Rejected, ...]
    skipped: tuple[Skipped, ...]
    papers: int
    embedded: int


class Library:
    """A folder of papers: the catalogue, the words and the vectors.

    Opening is cheap: each part is loaded when it is first needed, and the lock is taken with
    the first part that only one process may hold. Use as a context manager, or call `close`.

    Raises (from any method): LibraryInUse, WrongEmbedder, BrokenLibrary.
    """

    def __init__(
        self,
        settings: StoreSettings,
        *,
        embedder: BaseEmbedding | None = None,
        owner: str = "assistant",
    ) -> None:
        self.settings = settings
        self.folder = settings.library
        self._given_embedder = embedder
        self._opening = threading.RLock()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.catalog = Catalog(self.folder / "papers.sqlite")
        except (OSError, sqlite3.Error) as error:
            raise BrokenLibrary(
                f"The library {self.folder} can't be opened ({error}): check the folder, or name "
                "another with --library."
            ) from error
        self._lock = LibraryLock(self.folder, owner)

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if "vectors" in self.__dict__:
            self.vectors.close()
        self.catalog.close()
        self._lock.release()

    # --- the parts, opened when first used ------------------------------------------------

    def own(self) -> None:
        """Takes the library for this process; raises LibraryInUse if another one has it."""
        self._lock.acquire(self.settings.lock_wait)

    @cached_property
    def embedder(self) -> BaseEmbedding:
        if self._given_embedder is not None:
            return self._given_embedder
        from store.embedding import make_embedder

        s = self.settings
        return make_embedder(s.embed_model, s.embed_base_url, s.embed_api_key)

    @cached_property
    def words(self) -> WordIndex:
        from store.words import WordIndex

        with self._opening:
            self.own()
            words = WordIndex(self.folder / "words")
            if len(words) == 0 and self.catalog.count() and not self.pending("words"):
                self.catalog.requeue("words")  # somebody threw the index away
            return words

    @cached_property
    def vectors(self) -> VectorIndex:
        from store.embedding import fingerprint_of
        from store.vectors import VectorIndex

        with self._opening:
            self.own()
            vectors = VectorIndex(self._vectors_at, fingerprint_of(self.embedder))
            if len(vectors) == 0 and self.catalog.count_chunks():
                self.catalog.requeue("vectors")
            return vectors

    @property
    def _vectors_at(self) -> Path | str:
        return self.settings.chroma_url or self.folder / "vectors"

    # --- changing -------------------------------------------------------------------------

    def add(self, records: Iterable[Record], progress: Progress | None = None) -> AddReport:
        """Takes records into the catalogue and brings both indexes up to date.

        `progress` is told of the papers embedded. Records from files may come as a stream;
        what is in the catalogue when this is interrupted is indexed by the next call.
        """
        report = self.catalogue(records)
        return replace(report, embedded=self.index(progress))

    def catalogue(self, records: Iterable[Record]) -> AddReport:
        """Takes records into the catalogue only; the papers can be found once `index` has run."""
        self.own()
        rejected: list[Rejected] = []
        skipped: list[Skipped] = []
        outcomes: dict[str, Outcome] = {}
        begun: set[tuple[str, str]] = set()
        read = 0
        stream = iter(records)
        while batch := list(islice(stream, _RECORDS)):
            rejected += [record for record in batch if isinstance(record, Rejected)]
            skipped += [record for record in batch if isinstance(record, Skipped)]
            papers = [record for record in batch if isinstance(record, Paper)]
            read += len(papers) + sum(
                isinstance(record, Rejected) and record.source.position > 0 for record in batch
            )
            for paper_id, outcome in self.catalog.put(papers, begun):
                if outcomes.get(paper_id) in (None, "unchanged"):
                    outcomes[paper_id] = outcome
        tally = Counter(outcomes.values())
        return AddReport(
            read=read,
            new=tally["new"],
            updated=tally["updated"],
            unchanged=tally["unchanged"],
            rejected=tuple(rejected),
            skipped=tuple(skipped),
            papers=self.catalog.count(),
            embedded=0,
        )

    def remove_papers(self, ids: Sequence[str]) -> int:
        """Removes papers everywhere; returns how many of the ids were there."""
        self.own()
        count = self.catalog.remove_papers(ids)
        self.index()
        return count

    def remove_source(self, source: str) -> int:
        """Removes what one source gave, everywhere; returns how many papers it touched."""
        self.own()
        count = self.catalog.remove_source(source)
        self.index()
        return count

    def reindex(self, progress: Progress | None = None) -> int:
        """Makes both indexes anew from the catalogue, with the embedder configured now."""
        from store.vectors import wipe

        self.own()
        if "vectors" in self.__dict__:
            self.vectors.close()
            del self.__dict__["vectors"]
        for name in ("vectors", "words"):
            self.catalog.requeue(name)
        wipe(self._vectors_at)
        return self.index(progress)

    # --- keeping in step ------------------------------------------------------------------

    def pending(self, index: Index) -> int:
        """How many papers an index has yet to follow."""
        return self.catalog.count_pending(index)

    def index(self, progress: Progress | None = None) -> int:
        """Brings the words, then the vectors up to date; returns how many papers it embedded."""
        self.index_words()
        return self.index_vectors(progress)

    def index_words(self) -> None:
        """Makes every paper of the catalogue findable by its words; takes no time to speak of."""
        self.own()
        if self.pending("words") or not (self.folder / "words").exists():
            words = self.words
            changes = self.catalog.pending("words")
            for start in range(0, len(changes), 5000):
                part = changes[start : start + 5000]
                papers = self.catalog.get([change.paper_id for change in part])
                gone = [c.paper_id for c in part if c.paper_id not in papers]
                words.apply(papers.values(), gone)
                self.catalog.followed("words", part)

    def index_vectors(self, progress: Progress | None = None) -> int:
        """Embeds what has changed; the next batch is embedded while the last one is written."""
        if not self.pending("vectors"):
            return 0
        index = self.vectors
        changes = self.catalog.pending("vectors")
        embedded = 0
        batches = (changes[i : i + _PAPERS] for i in range(0, len(changes), _PAPERS))
        with ThreadPoolExecutor(1, "embed-ahead") as ahead:
            for part, nodes, vectors in _one_ahead(ahead, self._embed, batches):
                stale = [change.paper_id for change in part if not change.fresh]
                if stale:
                    index.remove(stale)
                if nodes:
                    index.add(nodes, vectors)
                counts: dict[str, int] = {}
                for node in nodes:
                    paper_id = str(node.metadata["paper_id"])
                    counts[paper_id] = counts.get(paper_id, 0) + 1
                self.catalog.followed("vectors", part, counts)
                embedded += len(counts)
                if progress:
                    progress(embedded, len(changes))
        return embedded

    def _embed(
        self, changes: Sequence[Change]
    ) -> tuple[Sequence[Change], list[TextNode], NDArray[np.float32]]:
        papers = self.catalog.get([change.paper_id for change in changes])
        nodes = [node for paper in papers.values() for node in self.chunk(paper)]
        return changes, nodes, self.embed([node.text for node in nodes])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts, shape (len(texts), dimensions), with this library's embedder."""
        from store.embedding import MiniLM

        if isinstance(self.embedder, MiniLM):
            return self.embedder.embed(texts)
        vectors = self.embedder.get_text_embedding_batch(list(texts))
        return np.asarray(vectors, np.float32).reshape(len(texts), -1)

    def embed_query(self, question: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dimensions,)."""
        from store.embedding import MiniLM

        if isinstance(self.embedder, MiniLM):
            return self.embedder.embed([question])[0]
        return np.asarray(self.embedder.get_query_embedding(question), np.float32)

    def chunk(self, paper: Paper) -> list[TextNode]:
        """The nodes of a paper as they stand in the vector index."""
        from store.embedding import token_counter

        return chunk(paper, token_counter(self.embedder), self.settings.window)

    # --- finding --------------------------------------------------------------------------

    def get(self, ids: Sequence[str]) -> dict[str, Paper]:
        """Papers by id; unknown ids are left out."""
        return self.catalog.get(ids)

    def count(self, filters: Filters = Filters()) -> int:
        return self.catalog.count(filters)

    def search_words(self, text: str, limit: int, filters: Filters) -> list[tuple[str, float]]:
        """Papers by BM25: (paper id, score), best first."""
        only = sorted(self.catalog.ids(filters)) if filters else None
        return self.words.search(text, limit, only)

    def search_vectors(
        self, vector: NDArray[np.float32], limit: int, filters: Filters
    ) -> list[tuple[str, float]]:
        """Chunks by cosine: (chunk id, cosine), best first."""
        return self.vectors.search(
            vector, limit, self.catalog.chunk_ids(filters) if filters else None
        )


def _one_ahead(pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """`map(work, items)` with the next item in work while the caller uses the last result."""
    waiting: Future[Any] | None = None
    for item in items:
        started = pool.submit(work, item)
        if waiting is not None:
            yield waiting.result()
        waiting = started
    if waiting is not None:
        yield waiting.result()
