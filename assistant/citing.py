"""Does a passage support a sentence, and which of its sentences says so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Passage
from assistant.conflict import conflicts, unknown_figure
from assistant.evidence import SentenceVectors
from store.library import Library
from store.sentences import Span

# Fitted on labelled statements (`assistant eval support` shows what they let through).
SUPPORTED_FROM = 0.6
_BIAS, _COSINE, _NEAR, _WHOLE = -7.4, 5.2, 2.5, 6.6
_CONFLICT = 0.5  # what is left of the score where sentence and source seem to disagree
_UNKNOWN_FIGURE = 0.3  # the same where a figure of the sentence isn't in the paper at all
# A sentence of the paper that is so near to the best one may contradict in its place: one may
# only report what the other denies.
_LIKE_COSINE, _LIKE_SHARE = 0.25, 0.9


@dataclass(frozen=True, slots=True)
class Support:
    """How far a passage bears a sentence out (0 to 1), and the passage's sentence that does."""

    score: float
    span: Span

    @property
    def enough(self) -> bool:
        return self.score >= SUPPORTED_FROM


class SupportCheck:
    """A deterministic check: words, meaning, figures, negation and the sides of a comparison.

    No language model judges. It is strict rather than kind: a true sentence in quite other
    words may go unsupported.
    """

    def __init__(self, library: Library, vectors: SentenceVectors) -> None:
        self._library = library
        self._vectors = vectors

    def of(self, sentence: str, passage: Passage) -> Support:
        """The support that one passage gives a sentence."""
        return self.check(sentence, self._library.embed([sentence])[0], [passage])[0]

    def check(
        self, sentence: str, vector: NDArray[np.float32], passages: Sequence[Passage]
    ) -> list[Support]:
        """The support of each passage for one sentence, whose vector the caller has."""
        found = self._vectors.of([passage.paper for passage in passages])
        words = self._library.words
        papers = max(len(words), 1)
        weights = {
            stem: math.log(1 + (papers + 0.5) / (words.held_by(stem) + 0.5))
            for stem in words.stems(sentence)
        }
        return [
            self._one(sentence, vector, weights, passage, spans, rows)
            for passage, (spans, rows) in zip(passages, found, strict=True)
        ]

    def _one(
        self,
        sentence: str,
        vector: NDArray[np.float32],
        weights: dict[str, float],
        passage: Passage,
        spans: list[Span],
        rows: NDArray[np.float32],
    ) -> Support:
        stems, abstract = self._library.words.stems, passage.paper.abstract
        parts = [abstract[start:end] for start, end in spans]
        said = sentence.split()
        for span, part in zip(spans, parts, strict=True):
            if part.split() == said:  # word for word
                return Support(1.0, span)
        if not spans or not weights:
            return Support(0.0, (0, 0))
        title = set(stems(passage.paper.title))
        held = [set(stems(part)) | title for part in parts]
        total = sum(weights.values())

        def share(own: set[str]) -> float:
            return sum(weight for stem, weight in weights.items() if stem in own) / total

        cosines = rows @ vector
        best = max(range(len(parts)), key=lambda i: float(cosines[i]) + share(held[i]))
        near = max((share(a | b) for a, b in pairwise(held)), default=0.0)
        raw = (
            _BIAS
            + _COSINE * float(cosines[best])
            + _NEAR * max(near, share(held[best]))
            + _WHOLE * share(set().union(*held))
        )
        score = 1 / (1 + math.exp(-raw))
        if unknown_figure(sentence, f"{passage.paper.title} {abstract}"):
            score *= _UNKNOWN_FIGURE
        like = [
            part
            for part, cosine, own in zip(parts, cosines, held, strict=True)
            if cosine >= cosines[best] - _LIKE_COSINE
            and share(own) >= _LIKE_SHARE * share(held[best])
        ]
        if any(conflicts(sentence, part, stems) for part in like):
            score *= _CONFLICT
        return Support(round(score, 4), spans[best])
