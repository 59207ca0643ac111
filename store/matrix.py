"""The vectors of all chunks in one flat file, to compare a question with some of them exactly.

Chroma finds the nearest of all quickly, but takes long to hand out vectors by name, and to search
among a few thousand named ones. Here these are rows of a file that is mapped into memory. It can be
made again from Chroma at any time: see `VectorIndex`.

    matrix.f32   one row a chunk, float32
    matrix.ids   which row is whose, a line each: "+id" for the next row (and its length, behind a
                 tab, unless that is 1), "-id" for one let go of
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_GROWS = 4096  # rows at a time
_ONE = 1e-5  # how far from 1 the length of a vector may be that counts as 1
_SPARSE = 2  # times as many rows as are in use make the file worth writing anew


@dataclass(frozen=True, slots=True)
class Places:
    """Some chunks that are here, and the rows they have. They stay good until the file is opened
    anew, for chunks that are removed meanwhile too."""

    ids: list[str]
    rows: NDArray[np.intp]


class Matrix:
    """Vectors by chunk id. Safe to use from several threads; the folder is its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changing = threading.Lock()
        self._at: dict[str, int] = {}
        self._used = 0
        self._lengths: dict[int, float] = {}  # of rows whose length isn't 1
        self._rows: Vectors | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._load()

    def __len__(self) -> int:
        return len(self._at)

    def __contains__(self, chunk_id: object) -> bool:
        return chunk_id in self._at

    def ids(self) -> list[str]:
        return list(self._at)

    def add(self, chunk_ids: Sequence[str], vectors: Vectors) -> None:
        """Keeps vectors, shape (len(chunk_ids), dimensions); those of known ids are left alone."""
        with self._changing:
            new = [n for n, chunk_id in enumerate(chunk_ids) if chunk_id not in self._at]
            if not new:
                return
            rows = self._room(len(new), vectors.shape[1])
            rows[self._used : self._used + len(new)] = vectors[new]
            names = []
            for row, n in enumerate(new, self._used):
                self._at[chunk_ids[n]] = row
                length = float(np.linalg.norm(vectors[n]))
                if abs(length - 1) > _ONE:
                    self._lengths[row] = length
                names.append(chunk_ids[n] + (f"\t{length!r}" if row in self._lengths else ""))
            self._used += len(new)
            self._note("+", names)

    def remove(self, chunk_ids: Iterable[str]) -> None:
        """Forgets vectors; their rows are given back when the file is next opened."""
        with self._changing:
            gone = [i for i in dict.fromkeys(chunk_ids) if self._at.pop(i, None) is not None]
            self._note("-", gone)

    def take(self, chunk_ids: Sequence[str]) -> tuple[list[str], Vectors]:
        """The ids among these that are here, and their vectors, a row each."""
        places, rows = self.places(chunk_ids), self._rows
        if rows is None or not places.ids:
            return [], np.empty((0, 0), np.float32)
        return places.ids, rows[places.rows]

    def places(self, chunk_ids: Sequence[str]) -> Places:
        """The chunks among these that are here, to search among them again and again."""
        at = self._at
        found = [(i, row) for i in chunk_ids if (row := at.get(i)) is not None]
        return Places([i for i, _ in found], np.array([row for _, row in found], np.intp))

    def places_of(self, paper_ids: Iterable[str]) -> Places:
        """The same for all chunks of papers, which are numbered from 0 without gaps."""
        at = self._at
        ids: list[str] = []
        rows: list[int] = []
        for paper_id in paper_ids:
            number = 0
            while (row := at.get(chunk_id := f"{paper_id}#{number}")) is not None:
                ids.append(chunk_id)
                rows.append(row)
                number += 1
        return Places(ids, np.array(rows, np.intp))

    def nearest(self, vector: Vectors, limit: int, among: Places) -> list[tuple[str, float]]:
        """The nearest chunks by cosine: (chunk id, cosine), nearest first."""
        rows = self._rows
        if rows is None or not among.ids or limit < 1:
            return []
        cosines = rows[among.rows] @ (vector / max(float(np.linalg.norm(vector)), 1e-9))
        if self._lengths:
            lengths = [self._lengths.get(row, 1.0) for row in among.rows.tolist()]
            cosines /= np.array(lengths, np.float32).clip(1e-9)
        best = np.arange(len(cosines))
        if limit < len(best):
            best = np.argpartition(-cosines, limit - 1)[:limit]
        found = [(among.ids[n], float(cosines[n])) for n in best]
        return sorted(found, key=lambda one: (-one[1], one[0]))

    def close(self) -> None:
        with self._changing:
            self._rows = None
            self._at = {}

    # --- the files ------------------------------------------------------------------------

    @property
    def _data(self) -> Path:
        return self._folder / "matrix.f32"

    @property
    def _names(self) -> Path:
        return self._folder / "matrix.ids"

    def _load(self) -> None:
        """Reads which row is whose. What was broken off in mid-write is as if it never came."""
        lines = self._names.read_text("utf-8").split("\n") if self._names.exists() else []
        if len(lines) < 2 or not lines[0].isdecimal():
            self._clear()
            return
        dimensions = int(lines[0])
        there = self._data.stat().st_size // (4 * dimensions) if self._data.exists() else 0
        for line in lines[1:-1]:  # the last is empty, or cut off
            if line[:1] == "+":
                chunk_id, _, length = line[1:].partition("\t")
                if self._used < there:
                    self._at[chunk_id] = self._used
                    if length:
                        self._lengths[self._used] = float(length)
                self._used += 1
            else:
                self._at.pop(line[1:], None)
        if self._used > there or (lines[-1] and self._at) or self._used > _SPARSE * len(self._at):
            self._rewrite(there, dimensions)
        elif there:
            self._map(there, dimensions)

    def _rewrite(self, there: int, dimensions: int) -> None:
        """Writes both files anew, without the rows that nobody has."""
        if not self._at or not there:
            self._clear()
            return
        old = np.fromfile(self._data, np.float32, there * dimensions).reshape(there, dimensions)
        ids, kept = list(self._at), old[list(self._at.values())]
        self._clear()
        self.add(ids, kept)

    def _clear(self) -> None:
        self._rows, self._at, self._used, self._lengths = None, {}, 0, {}
        self._names.unlink(missing_ok=True)
        self._data.unlink(missing_ok=True)

    def _room(self, count: int, dimensions: int) -> Vectors:
        """The rows, with room for `count` more."""
        if self._rows is None and not self._names.exists():
            self._names.write_text(f"{dimensions}\n", "utf-8")
        if self._rows is None or self._used + count > len(self._rows):
            rows = -(-(self._used + count) // _GROWS) * _GROWS
            with self._data.open("ab") as file:
                file.truncate(rows * dimensions * 4)
            self._map(rows, dimensions)
        assert self._rows is not None
        return self._rows

    def _map(self, rows: int, dimensions: int) -> None:
        self._rows = np.memmap(self._data, np.float32, "r+", shape=(rows, dimensions))

    def _note(self, sign: str, chunk_ids: Iterable[str]) -> None:
        text = "".join(f"{sign}{chunk_id}\n" for chunk_id in chunk_ids)
        if text:
            with self._names.open("a", encoding="utf-8") as file:
                file.write(text)
