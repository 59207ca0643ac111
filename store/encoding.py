"""Texts as the indexes and a question need them: chunks, vectors and word pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from store.chunking import CountTokens, chunk
from store.errors import EmbedderFailed
from store.paper import Paper

if TYPE_CHECKING:
    import numpy as np
    from llama_index.core.schema import TextNode
    from numpy.typing import NDArray

    from store.embedding import Step
    from store.minilm import Reading
    from store.parts import Parts
    from store.pieces import Row
    from store.workers import ReadingWorkers


class Encoder:
    """The embedder of a library at work, be it the built-in one or an endpoint.

    Raises EmbedderFailed where an endpoint fails.
    """

    def __init__(self, parts: Parts, window: int) -> None:
        self._parts = parts
        self._window = window
        self._count_tokens: CountTokens | None = None

    @property
    def works_here(self) -> bool:
        """Whether the built-in embedder reads texts, not an endpoint."""
        from store.embedding import MiniLM

        return isinstance(self._parts.embedder, MiniLM)

    def chunk(self, paper: Paper) -> list[TextNode]:
        """The nodes of a paper as they stand in the vector index."""
        from store.embedding import MiniLM, token_counter

        embedder = self._parts.embedder
        with self._parts.opening:
            if self._count_tokens is None:
                self._count_tokens = token_counter(embedder)
        pieces = embedder.whole if isinstance(embedder, MiniLM) else None
        return chunk(paper, self._count_tokens, self._window, pieces)

    def read(
        self,
        chunks: Sequence[tuple[Paper, Sequence[TextNode]]],
        step: Step,
        workers: ReadingWorkers | None = None,
    ) -> tuple[NDArray[np.float32], list[Row]]:
        """The vectors of papers' chunks, a row each, and their word pieces, where the same model
        gives them; see `PieceIndex.read`."""
        from store.embedding import MiniLM

        if isinstance(self._parts.embedder, MiniLM):
            return self._parts.pieces.read(chunks, step, workers)
        return self.embed([node.text for _, nodes in chunks for node in nodes]), []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts, shape (len(texts), dimensions)."""
        import numpy as np

        from store.embedding import MiniLM

        if not texts:
            return np.empty((0, 0), np.float32)
        embedder = self._parts.embedder
        if isinstance(embedder, MiniLM):
            return embedder.embed(texts)
        with _endpoint_errors():
            vectors = embedder.get_text_embedding_batch(list(texts))
        return np.asarray(vectors, np.float32).reshape(len(texts), -1)

    def read_query(self, question: str) -> tuple[NDArray[np.float32], Reading]:
        """A question's vector, shape (dimensions,), and its word pieces."""
        import numpy as np

        from store.embedding import MiniLM

        embedder = self._parts.embedder
        (reading,) = self._parts.pieces.model.read([question], lambda _, reading: reading)
        if isinstance(embedder, MiniLM):
            return reading.vector, reading
        with _endpoint_errors():
            vector = np.asarray(embedder.get_query_embedding(question), np.float32)
        return vector, reading


@contextmanager
def _endpoint_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # every client of an endpoint has errors of its own
        raise EmbedderFailed(
            f"The embedding model failed ({type(error).__name__}: {error}): see that it is running "
            "and configured, then run the same command again; what is embedded is kept."
        ) from error
