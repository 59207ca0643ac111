"""A question held against papers word piece by word piece: see `store.late`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.question import about_spans
from store.late import TITLE, AskedPieces, Pieces
from store.sentences import Span

if TYPE_CHECKING:
    from store.library import Library

Numbers = NDArray[np.float32]

# What a piece of a word counts for that people ask with ("which", "please"), by one that they
# ask about. It isn't nothing: in a question put in plain words such words carry some meaning.
_ASKING = 0.3
_STEEP = 15.0  # how sharply a piece that is held is told from one that isn't


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the models see it: its vector, shape (dimensions,), and its word pieces."""

    vector: Numbers
    pieces: AskedPieces


@dataclass(frozen=True, slots=True)
class SentenceLate:
    """How well one sentence speaks to a question, 0 to 1 in practice; what of that its paper's
    title doesn't hold; and the direction of its pieces, shape (96,), length 1."""

    late: float
    news: float
    vector: Numbers


def ask(question: str, library: Library) -> Asked:
    """Reads a question with the library's embedder and the built-in one, mostly the same."""
    vector, reading = library.read_query(question)
    about = about_spans(question)
    counts = [
        1.0 if any(start <= at < end for start, end in about) else _ASKING
        for at in reading.starts.tolist()
    ]
    return Asked(vector, library.pieces.head.ask(reading, np.array(counts, np.float32)))


def late_scores(asked: AskedPieces, papers: Mapping[str, Pieces]) -> dict[str, float]:
    """The weighted mean of each asked piece's highest cosine to any piece of a paper."""
    held = {i: pieces for i, pieces in papers.items() if len(pieces.rows)}
    if not held or not len(asked.rows):
        return dict.fromkeys(papers, 0.0)
    cosines = asked.rows @ np.concatenate([pieces.rows for pieces in held.values()]).T
    begins = np.cumsum([0, *(len(pieces.rows) for pieces in held.values())])[:-1]
    best = np.maximum.reduceat(cosines, begins, axis=1)
    return dict.fromkeys(papers, 0.0) | dict(
        zip(held, (asked.weights @ best).tolist(), strict=True)
    )


def held(asked: AskedPieces, pieces: Pieces) -> tuple[float, float]:
    """How much of a question one paper holds, 0 to 1: the share of its pieces, by weight, that
    find one like them (a cosine of a half counts half); and of what the title leaves open, the
    cosine that the abstract finds."""
    if not len(asked.rows) or not len(pieces.rows):
        return 0.0, 0.0
    cosines = asked.rows @ pieces.rows.T
    in_title = pieces.starts == TITLE
    title = cosines[:, in_title].max(axis=1, initial=0.0)
    abstract = cosines[:, ~in_title].max(axis=1, initial=0.0)
    like = 1 / (1 + np.exp(-_STEEP * (np.maximum(title, abstract) - 0.5)))
    left = asked.weights * (1 - title).clip(0)
    fresh = float(left @ abstract / left.sum()) if left.sum() > 0 else 0.5
    return float(asked.weights @ like), fresh


def late_of_sentences(
    asked: AskedPieces, pieces: Pieces, spans: Sequence[Span]
) -> list[SentenceLate]:
    """How well each sentence of a paper speaks to a question by itself; `spans` follow one
    another."""
    nothing = np.zeros(pieces.rows.shape[1], np.float32)
    found = [SentenceLate(0.0, 0.0, nothing) for _ in spans]
    if not spans or not len(asked.rows):
        return found
    begins, ends = np.array(spans).T
    of = np.searchsorted(begins, pieces.starts, side="right") - 1
    own = np.flatnonzero((of >= 0) & (pieces.starts < ends[of]))
    own = own[np.argsort(of[own], kind="stable")]  # where windows overlap, pieces come twice
    if not len(own):
        return found
    places, first = np.unique(of[own], return_index=True)
    vectors = np.add.reduceat(pieces.rows[own], first, axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-9)
    cosines = asked.rows @ pieces.rows.T
    titled = cosines[:, pieces.starts == TITLE]
    title = titled.max(axis=1, keepdims=True) if titled.shape[1] else np.float32(0)
    best = np.maximum.reduceat(cosines[:, own], first, axis=1)
    late = asked.weights @ best
    news = asked.weights @ np.maximum(best - title, 0)
    for place, a, b, vector in zip(places, late.tolist(), news.tolist(), vectors, strict=True):
        found[place] = SentenceLate(a, b, vector)
    return found
