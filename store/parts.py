"""The parts of a library, each opened when it is first used, by whichever thread comes first."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import BrokenLibrary
from store.lock import LibraryLock

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

    from store.catalog import Catalog
    from store.pieces import PieceIndex
    from store.settings import StoreSettings
    from store.vectors import VectorIndex
    from store.words import WordIndex


class Parts:
    """The indexes over a catalogue, the embedder, and the lock that all but the catalogue need.

    An index that is found empty beside a catalogue that isn't is put before the changes again:
    somebody threw it away, or it was of an earlier kind. Raises as `Library` does.
    """

    def __init__(
        self,
        settings: StoreSettings,
        catalog: Catalog,
        owner: str,
        embedder: BaseEmbedding | None = None,
    ) -> None:
        self.lock = LibraryLock(settings.library, owner)
        self.opening = threading.RLock()
        self._settings = settings
        self._folder = settings.library
        self._catalog = catalog
        self._embedder = embedder
        self._words: WordIndex | None = None
        self._read_words: WordIndex | None = None
        self._vectors: VectorIndex | None = None
        self._pieces: PieceIndex | None = None

    def close(self) -> None:
        self._words = self._read_words = None
        try:
            self._close_vectors()
        finally:
            self._catalog.close()
            self.lock.release()

    def _close_vectors(self) -> None:
        if self._pieces is not None:
            self._pieces.close()
            self._pieces = None
        if self._vectors is not None:
            self._vectors.close()
            self._vectors = None

    def own(self) -> None:
        """Takes the library for this process; raises LibraryInUse if another one has it."""
        if self.lock.held:
            return
        self.lock.acquire(self._settings.lock_wait)
        at = self._vectors_at
        if isinstance(at, Path) and not at.exists() and self._catalog.count_chunks():
            self._catalog.changes.requeue("vectors")

    @property
    def embedder(self) -> BaseEmbedding:
        from store.embedding import make_embedder

        with self.opening:
            if self._embedder is None:
                s = self._settings
                self._embedder = make_embedder(s.embed_model, s.embed_base_url, s.embed_api_key)
            return self._embedder

    @property
    def words(self) -> WordIndex:
        from store.words import WordIndex, outdated

        with self.opening:
            if self._words is None:
                self.own()
                if outdated(self._folder / "words"):
                    self._discard_words()
                self._words = WordIndex(self._folder / "words")
                if len(self._words) == 0 and self._catalog.count():
                    self._catalog.changes.requeue("words")
            return self._words

    def words_to_read(self) -> WordIndex | None:
        """The word index as it is now, also where another process has the library; None where
        there is none yet, or only one of an earlier kind."""
        from store.words import WordIndex, outdated

        folder = self._folder / "words"
        with self.opening:
            if self._words is not None:
                return self._words
            if not (folder / "meta.json").is_file() or outdated(folder):
                return None
            if self._read_words is None:
                self._read_words = WordIndex(folder)
            else:
                self._read_words.look_again()
            return self._read_words

    @property
    def vectors(self) -> VectorIndex:
        from store.embedding import fingerprint_of
        from store.vectors import VectorIndex

        with self.opening:
            if self._vectors is None:
                self.own()
                fingerprint = fingerprint_of(self.embedder)
                self._vectors = VectorIndex(self._vectors_at, fingerprint, self._matrix_at)
                if len(self._vectors) == 0 and self._catalog.count_chunks():
                    self._catalog.changes.requeue("vectors")
            return self._vectors

    @property
    def pieces(self) -> PieceIndex:
        """The word pieces of the papers, for late interaction."""
        from store.embedding import MiniLM
        from store.pieces import PieceIndex

        with self.opening:
            if self._pieces is None:
                self.own()
                # Always the built-in model's: an endpoint gives no more than a text's vector.
                model = self.embedder if isinstance(self.embedder, MiniLM) else MiniLM()
                self._pieces = PieceIndex(self._folder / "pieces.sqlite", model)
            return self._pieces

    def _discard_words(self) -> None:
        folder = self._folder / "words"
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise BrokenLibrary(
                f"The word index in {folder} is of an earlier kind and can't be made anew "
                f"({error.strerror}): make the folder writable."
            ) from error

    def wipe(self) -> None:
        """Throws away what is derived from the catalogue; the caller holds `opening`."""
        from store.vectors import wipe

        self._words = self._read_words = None
        shutil.rmtree(self._folder / "words", ignore_errors=True)
        self._close_vectors()
        wipe(self._vectors_at)
        shutil.rmtree(self._matrix_at, ignore_errors=True)
        self.pieces.clear()

    @property
    def _matrix_at(self) -> Path:
        return self._folder / "matrix"

    @property
    def _vectors_at(self) -> Path | str:
        return self._settings.chroma_url or self._folder / "vectors"
