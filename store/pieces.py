"""The word pieces of every paper, in a file of their own beside the vectors.

They can be made again from the papers at any time: a paper that is missing is read when it is
first asked for, as in a library that was made before there were any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from store.database import Database
from store.late import Coded, LateHead, Pieces
from store.paper import Paper
from store.rows import text_digest
from store.workers import ReadingWorkers, WorkerLost

if TYPE_CHECKING:
    from llama_index.core.schema import TextNode

    from store.embedding import MiniLM, Step
    from store.minilm import Cut, Reading

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pieces (paper TEXT PRIMARY KEY, digest TEXT NOT NULL, code BLOB NOT NULL)
"""
_AT_ONCE = 500  # ids in one statement

Row = tuple[str, str, bytes]  # paper id, digest of its text, pieces
Vectors = NDArray[np.float32]


class PieceIndex:
    """Word pieces by paper. Safe to use from several threads."""

    def __init__(self, path: Path, model: MiniLM) -> None:
        self.head = LateHead()
        self.model = model
        self._database = Database(path, "word pieces", derived=True)
        with self._database.write() as connection:
            connection.execute(_SCHEMA)

    def read(
        self,
        chunks: Sequence[tuple[Paper, Sequence[TextNode]]],
        step: Step = nullcontext,
        workers: ReadingWorkers | None = None,
    ) -> tuple[Vectors, list[Row]]:
        """Reads papers' chunks with the built-in embedder: the chunks' vectors, one row each, and
        what is kept of each paper. `workers` do it in other processes."""
        flat = [(paper, node) for paper, nodes in chunks for node in nodes]
        done = self._read_beside(flat, workers) or self._read_here(flat, step)
        vectors = np.stack([vector for vector, _ in done]) if done else np.empty((0, 0), np.float32)
        coded = iter([code for _, code in done])
        rows = [
            (paper.id, self._digest(paper), self.head.join([next(coded) for _ in nodes]))
            for paper, nodes in chunks
        ]
        return vectors, rows

    def workers(self, asked: Callable[[], bool]) -> ReadingWorkers:
        """As many processes as the model has threads; use them in a `with`."""
        return ReadingWorkers(self.model.folder, self.head.path, self.model.threads, asked)

    def _read_beside(
        self, flat: Sequence[tuple[Paper, TextNode]], workers: ReadingWorkers | None
    ) -> list[tuple[Vectors, Coded]]:
        """What the workers read; nothing where there are none (any more)."""
        if workers is None:
            return []
        texts = [
            (_cut_of(node) or self.model.cut(node.text), len(paper.title), _start_of(node))
            for paper, node in flat
        ]
        try:
            return workers.read(texts)
        except WorkerLost:
            return []

    def _read_here(
        self, flat: Sequence[tuple[Paper, TextNode]], step: Step
    ) -> list[tuple[Vectors, Coded]]:

        def encode(place: int, reading: Reading) -> tuple[Vectors, Coded]:
            paper, node = flat[place]
            return reading.vector, self.head.encode(reading, len(paper.title), _start_of(node))

        texts, cuts = [node.text for _, node in flat], [_cut_of(node) for _, node in flat]
        return self.model.read(texts, encode, step, cuts)

    def put(self, rows: Iterable[Row]) -> None:
        with self._database.write() as connection:
            connection.executemany("INSERT OR REPLACE INTO pieces VALUES (?, ?, ?)", rows)

    def remove(self, paper_ids: Sequence[str]) -> None:
        with self._database.write() as connection:
            connection.executemany("DELETE FROM pieces WHERE paper = ?", ((i,) for i in paper_ids))

    def clear(self) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM pieces")

    def of(
        self,
        papers: Mapping[str, Paper],
        chunk: Callable[[Paper], Sequence[TextNode]],
        known: Callable[[Sequence[str]], Mapping[str, Paper]],
        most: int,
    ) -> dict[str, Pieces]:
        """The pieces of papers by their ids. Of those that are missing here, or have changed, the
        first `most` are read, and kept where they are `known` so; the others are left out."""
        held = self._held(list(papers))
        codes = {
            paper_id: held[paper_id][1]
            for paper_id, paper in papers.items()
            if paper_id in held and held[paper_id][0] == self._digest(paper)
        }
        missing = [paper for paper_id, paper in papers.items() if paper_id not in codes][:most]
        if missing:
            rows = self.read([(paper, chunk(paper)) for paper in missing])[1]
            library = known([paper.id for paper in missing])
            digests = {paper_id: self._digest(paper) for paper_id, paper in library.items()}
            self.put(row for row in rows if digests.get(row[0]) == row[1])
            codes |= {paper_id: code for paper_id, _, code in rows}
        return self._decoded({i: codes[i] for i in papers if i in codes})

    def held(self, digests: Mapping[str, str]) -> dict[str, Pieces]:
        """The pieces of papers by their ids, of those that are kept as they are: `digests` are
        those of their texts."""
        held = self._held(list(digests))
        return self._decoded(
            {
                paper_id: held[paper_id][1]
                for paper_id, digest in digests.items()
                if paper_id in held and held[paper_id][0] == self._made_from(digest)
            }
        )

    def _decoded(self, codes: Mapping[str, bytes]) -> dict[str, Pieces]:
        return dict(zip(codes, self.head.decode(list(codes.values())), strict=True))

    def _digest(self, paper: Paper) -> str:
        """Of what a paper's pieces are made from: its text, the model and the head."""
        return self._made_from(text_digest(paper))

    def _made_from(self, digest: str) -> str:
        return f"{digest} {self.model.fingerprint} {self.head.fingerprint}"

    def close(self) -> None:
        self._database.close()

    def _held(self, paper_ids: Sequence[str]) -> dict[str, tuple[str, bytes]]:
        held: dict[str, tuple[str, bytes]] = {}
        for start in range(0, len(paper_ids), _AT_ONCE):
            part = paper_ids[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            with self._database.read() as connection:
                rows = connection.execute(
                    f"SELECT paper, digest, code FROM pieces WHERE paper IN ({marks})", part
                ).fetchall()
            held |= {paper: (digest, code) for paper, digest, code in rows}
        return held


def _cut_of(node: TextNode) -> Cut | None:
    """The word pieces that a node was counted by."""
    cut: Cut | None = getattr(node, "cut", None)
    return cut


def _start_of(node: TextNode) -> int:
    return int(node.metadata["start"])
