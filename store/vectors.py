"""The vector index: chunks in Chroma, through LlamaIndex's Chroma vector store."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import numpy as np

from store.errors import BrokenLibrary, WrongEmbedder
from store.matrix import Matrix, Places

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from llama_index.core.schema import BaseNode
    from llama_index.vector_stores.chroma import ChromaVectorStore
    from numpy.typing import NDArray

COLLECTION = "papers"
# Chroma's own search width, 100, loses recall in large libraries: of the ten nearest among 112,000
# chunks 0.984 are found when it is 400, 0.975 when it is 300, in 1 ms less. Built 128 wide the
# graph would find 0.985 of them, and take some 5 % longer to write.
_HNSW: CreateHNSWConfiguration = {
    "space": "cosine",
    "ef_construction": 100,
    "max_neighbors": 24,
    "ef_search": 350,
}

_AT_ONCE = 2_000  # vectors asked of Chroma
# Metadata that isn't written as rows of Chroma's, which saves a tenth of its work: a node's own
# JSON holds what is needed to make the node again.
_IN_NODE = {"start", "end", "sentences", "doc_id", "ref_doc_id"}


class VectorIndex:
    """One Chroma collection of chunks with their vectors, text and metadata.

    `store` is the LlamaIndex vector store, for anybody who wants to build on it. In the folder
    `matrix`, if one is given, the vectors lie once more, for exact comparison: see `Matrix`.

    Raises:
        WrongEmbedder: the collection was made with another embedder than `embedder`.
        BrokenLibrary: Chroma can't read what is there.
    """

    def __init__(self, where: Path | str, embedder: str, matrix: Path | None = None) -> None:
        from chromadb.errors import ChromaError

        self.embedder = embedder
        self._matrix_at = matrix
        try:
            self._client = _client(where)
            try:
                self._open()
                self._level()
            except BaseException:
                self._client.close()
                raise
        except ChromaError as error:
            raise BrokenLibrary(
                f"The vectors in {where} can't be used ({error}): run 'assistant reindex' to make "
                "them anew."
            ) from error

    def _open(self) -> None:
        from llama_index.vector_stores.chroma import ChromaVectorStore

        collection = self._client.get_or_create_collection(
            COLLECTION,
            embedding_function=None,
            configuration={"hnsw": _HNSW},
            metadata={"embedder": self.embedder},
        )
        made_with = (collection.metadata or {}).get("embedder", "an unknown embedder")
        if made_with != self.embedder:
            raise WrongEmbedder(str(made_with), self.embedder)
        hnsw = collection.configuration.get("hnsw") or {}
        if hnsw.get("ef_search") != _HNSW["ef_search"]:  # made when it was another
            collection.modify(configuration={"hnsw": {"ef_search": _HNSW["ef_search"]}})
        self._collection = collection
        self._batch = int(self._client.get_max_batch_size())
        self.store: ChromaVectorStore = ChromaVectorStore(chroma_collection=collection)

    def _level(self) -> None:
        """Brings the matrix level with Chroma, as when it was thrown away, or a process killed
        between the two. Costs nothing to speak of where it is."""
        self._matrix: Matrix | None = None
        if self._matrix_at is None:
            return
        self._matrix = Matrix(self._matrix_at)
        if len(self._matrix) == len(self):
            return
        there = self._collection.get(include=[])["ids"]
        self._matrix.remove(set(self._matrix.ids()).difference(there))
        missing = [chunk_id for chunk_id in there if chunk_id not in self._matrix]
        for start in range(0, len(missing), _AT_ONCE):
            found = self._from_chroma(missing[start : start + _AT_ONCE])
            if found:
                self._matrix.add(list(found), np.stack(list(found.values())))

    def __len__(self) -> int:
        return int(self._collection.count())

    def add(self, nodes: Sequence[BaseNode], vectors: NDArray[np.float32]) -> None:
        """Stores chunks with their vectors, shape (len(nodes), dimensions).

        A chunk whose id is there already is left as it is: remove it first. Written is what
        `store.add` writes, but for metadata that nobody filters by, and with less work.
        """
        from llama_index.core.schema import MetadataMode

        if len(nodes) != len(vectors):
            raise ValueError(f"{len(nodes)} chunks have {len(vectors)} vectors.")
        for start in range(0, len(nodes), self._batch):
            part = nodes[start : start + self._batch]
            self._collection.add(
                ids=[node.node_id for node in part],
                embeddings=list(vectors[start : start + self._batch]),
                documents=[node.get_content(MetadataMode.NONE) for node in part],
                metadatas=[_metadata(node) for node in part],
            )
        if self._matrix is not None:
            self._matrix.add([node.node_id for node in nodes], vectors)

    def remove(self, paper_ids: Sequence[str], counts: Mapping[str, int] = {}) -> None:
        """Removes every chunk of these papers.

        `counts` tells how many chunks a paper has, where that is known: to look for them takes
        the longer the larger the library is.
        """
        found = [f"{i}#{n}" for i in paper_ids for n in range(counts.get(i, 0))]
        sought = [i for i in paper_ids if i not in counts]
        for start in range(0, len(sought), 500):
            part = sought[start : start + 500]
            found += self._collection.get(where={"paper_id": {"$in": part}}, include=[])["ids"]  # type: ignore[dict-item]
        if self._matrix is not None:  # first: what is missing here is fetched, what is old not
            self._matrix.remove(found)
        for at in range(0, len(found), self._batch):
            self._collection.delete(ids=found[at : at + self._batch])

    def search(
        self, vector: NDArray[np.float32], limit: int, only: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """The chunks nearest to a vector: (chunk id, cosine), nearest first.

        `only` keeps the search to these chunk ids, those that are not there aside. With a matrix
        that is exact; Chroma takes as long for a few ids as for many, and its own metadata filter
        ten times as long again.
        """
        from chromadb.errors import InternalError

        if only is not None and not only:
            return []
        if only is not None and self._matrix is not None:
            return self._matrix.nearest(vector, limit, self._matrix.places(only))
        try:
            found = self._collection.query(
                query_embeddings=vector.tolist(),
                n_results=min(limit, len(only)) if only is not None else limit,
                ids=list(only) if only is not None else None,
                include=["distances"],
            )
        except InternalError:
            if only is None:
                raise
            # Chroma knows all ids or fails, and one may have been removed a moment ago.
            there = self._collection.get(ids=list(only), include=[])["ids"]
            if len(there) == len(only):
                raise
            return self.search(vector, limit, there)
        distances = found["distances"]
        assert distances is not None
        return [
            (chunk_id, 1.0 - float(distance))
            for chunk_id, distance in zip(found["ids"][0], distances[0], strict=True)
        ]

    def places_of(self, paper_ids: Iterable[str]) -> Places | None:
        """Papers' chunks, to search `among` again and again; None without a matrix."""
        return self._matrix.places_of(paper_ids) if self._matrix is not None else None

    def among(
        self, vector: NDArray[np.float32], limit: int, places: Places
    ) -> list[tuple[str, float]]:
        """As `search`, exactly."""
        assert self._matrix is not None
        return self._matrix.nearest(vector, limit, places)

    def vectors(self, chunk_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The stored vectors of some chunks; unknown ids are left out."""
        if self._matrix is not None:
            known, rows = self._matrix.take(chunk_ids)
            return dict(zip(known, rows, strict=True))
        return self._from_chroma(chunk_ids)

    def _from_chroma(self, chunk_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        if not chunk_ids:
            return {}
        found = self._collection.get(ids=list(chunk_ids), include=["embeddings"])
        rows = found["embeddings"]
        if rows is None:
            return {}
        return {i: np.asarray(v, np.float32) for i, v in zip(found["ids"], rows, strict=True)}

    def close(self) -> None:
        """Lets go of the database files, so that another process may own them."""
        if self._matrix is not None:
            self._matrix.close()
        self._client.close()


def wipe(where: Path | str) -> None:
    """Throws the collection away, whichever embedder made it and whatever state it is in."""
    if isinstance(where, Path):
        shutil.rmtree(where, ignore_errors=True)
        return
    client = _client(where)
    if COLLECTION in {found.name for found in client.list_collections()}:
        client.delete_collection(COLLECTION)
    client.close()


def _metadata(node: BaseNode) -> dict[str, str | int | float]:
    """A node as LlamaIndex's vector stores keep it, but for what only its own JSON needs."""
    from llama_index.core.vector_stores.utils import node_to_metadata_dict

    told = node_to_metadata_dict(node, remove_text=True, flat_metadata=True)
    kept = {key: value for key, value in told.items() if key not in _IN_NODE}
    return {key: "" if value is None else value for key, value in kept.items()}


def _client(where: Path | str) -> Client:
    """An embedded client on a folder, or a client of the Chroma server at an http(s) address."""
    import chromadb
    from chromadb.config import Settings

    logging.getLogger("chromadb").setLevel(logging.ERROR)
    settings = Settings(anonymized_telemetry=False)
    if isinstance(where, Path):
        return cast("Client", chromadb.PersistentClient(path=str(where), settings=settings))
    address = urlsplit(where)
    server = chromadb.HttpClient(
        host=address.hostname or where,
        port=address.port or (443 if address.scheme == "https" else 80),
        ssl=address.scheme == "https",
        settings=settings,
    )
    return cast("Client", server)
