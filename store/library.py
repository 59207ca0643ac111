"""The only door to a library: it adds, removes, lists and searches, and keeps the three in step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from store.adding import AddReport, Progress, Record, take_in
from store.ahead import read_beside
from store.browsing import Browsing
from store.catalog import Catalog
from store.changes import Index
from store.courtesy import Courtesy
from store.encoding import Encoder
from store.errors import BrokenLibrary
from store.filters import Filters
from store.indexing import Indexing
from store.intake import Intake
from store.lock import LibraryLock
from store.orders import Order
from store.paper import Paper
from store.parts import Parts
from store.removing import Removal
from store.searching import Searches
from store.settings import StoreSettings

if TYPE_CHECKING:
    import numpy as np
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.schema import TextNode
    from numpy.typing import NDArray

    from store.late import Pieces
    from store.minilm import Reading
    from store.pieces import PieceIndex
    from store.vectors import VectorIndex
    from store.words import WordIndex


class Library:
    """A folder of papers: the catalogue, the words and the vectors.

    Opening is cheap: each part is loaded when it is first needed, and the lock is taken with
    the first part that only one process may hold. Use as a context manager, or call `close`.
    Safe to use from several threads.

    Raises (from any method): LibraryInUse, WrongEmbedder, BrokenLibrary, EmbedderFailed.
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
        self._courtesy = Courtesy()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BrokenLibrary(
                f"The library {self.folder} can't be opened ({error}): check the folder, or name "
                "another with --library."
            ) from error
        self.catalog = Catalog(self.folder / "papers.sqlite")
        self._parts = Parts(settings, self.catalog, owner, embedder)
        self._encoder = Encoder(self._parts, settings.window)
        self._indexing = Indexing(self.catalog, self._parts, self._encoder, self._courtesy)
        self._searches = Searches(self.catalog, self._parts)
        self._browsing = Browsing(self.catalog, self._parts.words_to_read)

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
        """What is being added is broken off, once what is being written is there."""
        self._indexing.close()

    # --- the parts, opened when first used ------------------------------------------------

    def own(self) -> None:
        """Takes the library for this process; raises LibraryInUse if another one has it."""
        self._parts.own()

    def announce(self, **facts: Any) -> None:
        """Takes the library for this process and tells those who find it taken these facts; only
        the same user can read them. See `announced`."""
        self.own()
        self._parts.lock.announce(**facts)

    @staticmethod
    def announced(folder: Path) -> dict[str, Any] | None:
        """What the process that now has the library in `folder` tells of itself, its `pid`,
        `owner` and `since` among it; None where no process has it. Opens nothing."""
        note = LibraryLock.note(folder)
        return note if note is not None and LibraryLock.taken(folder) else None

    @staticmethod
    def in_words(note: Mapping[str, Any]) -> str:
        """The process that a note of `announced` tells of."""
        return LibraryLock.in_words(note)

    @property
    def embedder(self) -> BaseEmbedding:
        return self._parts.embedder

    @property
    def embeds_here(self) -> bool:
        """Whether the built-in embedder reads texts, not an endpoint."""
        return self._encoder.works_here

    @property
    def works_here(self) -> bool:
        """Whether a search waits for no other machine: neither for an embedder nor for Chroma."""
        return self.embeds_here and not self.settings.chroma_url

    @property
    def words(self) -> WordIndex:
        return self._parts.words

    @property
    def vectors(self) -> VectorIndex:
        return self._parts.vectors

    @property
    def pieces(self) -> PieceIndex:
        """The word pieces of the papers, for late interaction; see `pieces_of`."""
        return self._parts.pieces

    # --- changing -------------------------------------------------------------------------

    def add(self, records: Iterable[Record], progress: Progress | None = None) -> AddReport:
        """Takes records into the catalogue and brings both indexes up to date.

        `progress` is told how many of the changed papers are embedded, and how many they are.
        Records from files may come as a stream: of many, the first are embedded while the others
        are read. What is in the catalogue when this is interrupted is indexed by the next call.
        Where another thread is adding many, that one embeds these too, and this doesn't wait.
        """
        return self._indexing.add(records, self.catalogue, progress)

    def catalogue(self, records: Iterable[Record]) -> AddReport:
        """Takes records into the catalogue only; the papers can be found once `index` has run."""
        self.own()
        return take_in(self.catalog, records)

    def remove_papers(self, ids: Sequence[str]) -> int:
        """Removes papers everywhere; returns how many of the ids were there."""
        return self.remove_with_undo(ids).papers

    def remove_source(self, source: str) -> int:
        """Removes what one source gave, everywhere; returns how many papers it touched."""
        return self.remove_source_with_undo(source).papers

    def remove_with_undo(self, ids: Sequence[str]) -> Removal:
        """As `remove_papers`; the token that comes back is for `undo`."""
        self.own()
        removal = self.catalog.remove_papers(ids)
        self.index()
        return removal

    def remove_source_with_undo(self, source: str) -> Removal:
        """As `remove_source`; the token that comes back is for `undo`."""
        self.own()
        removal = self.catalog.remove_source(source)
        self.index()
        return removal

    def undo(self, token: str) -> int:
        """Brings back what a removal took; returns how many papers that touched.

        Raises KeyError where there is nothing to bring back: see `Catalog.undo`.
        """
        self.own()
        count = self.catalog.undo(token)
        self.index()
        return count

    def reindex(self, progress: Progress | None = None) -> int:
        """Makes both indexes anew from the catalogue, with the embedder configured now."""
        self.own()
        self._indexing.anew()
        return self.index(progress)

    # --- keeping in step ------------------------------------------------------------------

    def pending(self, index: Index) -> int:
        """How many papers an index has yet to follow."""
        return self.catalog.changes.count(index)

    def index(self, progress: Progress | None = None) -> int:
        """Brings the words and the vectors up to date; returns how many papers it embedded."""
        return self._indexing.index(progress)

    def index_words(self) -> None:
        """Makes every paper of the catalogue findable by its words; takes no time to speak of."""
        self._indexing.words()

    def index_vectors(self, progress: Progress | None = None, intake: Intake | None = None) -> int:
        """Embeds what has changed, and what an `intake` takes in meanwhile; see `Indexing`."""
        return self._indexing.vectors(progress, intake)

    def ahead(self) -> AbstractContextManager[None]:
        """For the time of a question: what is being embedded meanwhile lets it pass."""
        return self._courtesy.ahead()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts, shape (len(texts), dimensions), with this library's embedder."""
        return self._encoder.embed(texts)

    def embed_query(self, question: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dimensions,)."""
        return self.read_query(question)[0]

    def read_query(self, question: str) -> tuple[NDArray[np.float32], Reading]:
        """A question's vector, shape (dimensions,), and its word pieces."""
        return self._encoder.read_query(question)

    def pieces_of(self, papers: Mapping[str, Paper], most: int) -> dict[str, Pieces]:
        """The word pieces of papers by id; see `PieceIndex.of`."""
        return self.pieces.of(papers, self.chunk, self.get, most)

    def pieces_held(self, digests: Mapping[str, str]) -> dict[str, Pieces]:
        """The word pieces of papers that are kept, by id; see `PieceIndex.held`."""
        return self.pieces.held(digests)

    def chunk(self, paper: Paper) -> list[TextNode]:
        """The nodes of a paper as they stand in the vector index."""
        return self._encoder.chunk(paper)

    def read_ahead(self) -> int:
        """Has the system read what questions look up here and there, so that the first ones don't
        wait for the disk; for a process that will be asked many, in a thread of its own. Returns
        how many bytes that were; see `store.ahead`."""
        names = ("pieces.sqlite", "papers.sqlite", "matrix")
        return read_beside([self.folder / name for name in names])

    # --- finding --------------------------------------------------------------------------

    def get(self, ids: Sequence[str]) -> dict[str, Paper]:
        """Papers by id; unknown ids are left out."""
        return self.catalog.get(ids)

    def count(self, filters: Filters = Filters()) -> int:
        return self.catalog.count(filters)

    def browse(
        self, text: str, filters: Filters, order: Order, offset: int, limit: int
    ) -> tuple[list[Paper], int]:
        """A page of the papers that hold `text`, and how many these are; see `Browsing`."""
        return self._browsing.page(text, filters, order, offset, limit)

    def matching(self, text: str, filters: Filters, order: Order = "added") -> Iterator[Paper]:
        """All papers that `browse` would list."""
        return self._browsing.all(text, filters, order)

    def search_words(self, text: str, limit: int, filters: Filters) -> list[tuple[str, float]]:
        """Papers by BM25: (paper id, score), best first."""
        return self._searches.words(text, limit, filters)

    def search_vectors(
        self, vector: NDArray[np.float32], limit: int, filters: Filters
    ) -> list[tuple[str, float]]:
        """Chunks by cosine: (chunk id, cosine), best first."""
        return self._searches.vectors(vector, limit, filters)
