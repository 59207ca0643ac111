"""Late interaction: a text as one short vector a word piece, to hold a question's own against.

Each piece of a question looks for its nearest in the text, and the weighted mean of these cosines
says how well the text speaks to it (MaxSim of ColBERT, Khattab and Zaharia 2020). The pieces are
what the built-in embedder reads anyway; here they are projected to 96 numbers, by matrices learnt
from labelled questions together with the embedder (`eval.tune_model`), and kept in 4 bits each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from store.minilm import Reading

Rows = NDArray[np.float32]
Coded = tuple[NDArray[np.uint16], NDArray[np.uint8]]

TITLE = -1  # where a piece of the title stands
_IN_TITLE = 0xFFFF
_LEVELS = 7  # of a 4-bit number: -7 to 7
# The two numbers that each byte holds, as one of eight bytes: looked up together.
_NUMBERS = (
    (np.stack([np.arange(256) >> 4, np.arange(256) & 15], axis=1) - _LEVELS)
    .astype(np.float32)
    .view(np.float64)[:, 0]
)
_HEAD = Path(__file__).parent / "data" / "minilm" / "late.npz"


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text's word pieces: `rows` of shape (n, 96), each of length 1, and `starts` of shape (n,),
    where in the abstract each begins, TITLE for the title's."""

    rows: Rows
    starts: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class AskedPieces:
    """A question's pieces: `rows` (m, 96), and what each counts for, `weights` (m,), 1 in all."""

    rows: Rows
    weights: Rows


class LateHead:
    """The learnt part: projections, what each piece counts for, and which ones say nothing."""

    def __init__(self, path: Path = _HEAD) -> None:
        self.path = path

    @cached_property
    def fingerprint(self) -> str:
        """Names the learnt part: rows of two heads can't be compared."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:12]

    @cached_property
    def _learnt(self) -> dict[str, NDArray[np.generic]]:
        with np.load(self.path) as file:
            return {name: file[name] for name in file.files}

    @cached_property
    def _document(self) -> Rows:
        return self._learnt["document"].astype(np.float32)

    @cached_property
    def _question(self) -> Rows:
        return self._learnt["question"].astype(np.float32)

    @cached_property
    def _weights(self) -> Rows:
        return self._learnt["weights"].astype(np.float32)

    def encode(self, reading: Reading, title: int, start: int) -> Coded:
        """The pieces of a chunk: where each begins in the abstract, and its row in 4 bits.

        Args:
            title: length of the title, which stands before the text with one character between.
            start: where in the abstract the text begins.
        """
        kept = self._learnt["telling"][reading.ids].astype(bool)
        if not kept.any():
            kept[:] = True
        rows = reading.states[kept] @ self._document  # their lengths don't outlast the rounding
        places = reading.starts[kept].astype(np.int64) - (title + 1)
        starts = np.where(places < 0, _IN_TITLE, np.minimum(places + start, _IN_TITLE - 1))
        largest = np.maximum(rows.max(axis=1), -rows.min(axis=1)).clip(1e-9)
        rows *= (_LEVELS / largest)[:, None]
        rows += _LEVELS + 0.5
        levels = rows.astype(np.uint8)
        return starts.astype("<u2"), (levels[:, 0::2] << 4) | levels[:, 1::2]

    @staticmethod
    def join(chunks: Sequence[Coded]) -> bytes:
        """A paper's chunks as they are stored: all places, then all rows."""
        return b"".join(c[0].tobytes() for c in chunks) + b"".join(c[1].tobytes() for c in chunks)

    def decode(self, codes: Sequence[bytes]) -> list[Pieces]:
        """The inverse of `encode` and `join` for some papers, but for what 4 bits don't hold."""
        half = self._document.shape[1] // 2
        counts = [len(code) // (2 + half) for code in codes]
        levels = [
            np.frombuffer(code, np.uint8, offset=2 * count)
            for code, count in zip(codes, counts, strict=True)
        ]
        packed = np.concatenate(levels) if levels else np.zeros(0, np.uint8)
        packed = packed.reshape(-1, half)
        rows = _NUMBERS.take(packed).view(np.float32)
        rows *= (1 / np.sqrt(np.einsum("ij,ij->i", rows, rows)).clip(1e-6))[:, None]
        found, at = [], 0
        for code, count in zip(codes, counts, strict=True):
            starts = np.frombuffer(code, "<u2", count).astype(np.int32)
            starts[starts == _IN_TITLE] = TITLE
            found.append(Pieces(rows[at : at + count], starts))
            at += count
        return found

    def ask(self, reading: Reading, counts: Rows) -> AskedPieces:
        """A question's pieces; `counts`, shape (pieces,), is what each counts for by its place in
        the question, beside what it counts for by how rare it is."""
        weights = self._weights[reading.ids] * counts
        total = float(weights.sum())
        if not total:
            weights = np.ones(len(reading.ids), np.float32)
            total = float(len(weights)) or 1.0
        return AskedPieces(_unit(reading.states @ self._question), weights / total)


def _unit(rows: Rows) -> Rows:
    lengths: Rows = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Rows = rows / lengths.clip(1e-6)
    return unit
