"""Does a passage support a sentence, and which of its sentences says so."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Passage
from assistant.evidence import SentenceVectors
from store.library import Library
from store.sentences import Span

# Chosen by `assistant eval support` on labelled statements; see eval/README.md.
SUPPORTED_FROM = 0.5
_WEIGHTS = {"bias": -6.0, "cosine": 5.0, "words": 5.0}
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?:\s?[%×xkKMB]\b|%)?")
_NUMBER_WORDS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "twenty": "20", "hundred": "100",
}  # fmt: skip
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|cannot|without|fails?|failed|unable|lacks?|hardly|"
    r"\w+n['’]t)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Support:
    """How far a passage bears a sentence out (0 to 1), and the passage's sentence that does."""

    score: float
    span: Span

    @property
    def enough(self) -> bool:
        return self.score >= SUPPORTED_FROM


class SupportCheck:
    """A deterministic check: words, meaning, figures and negation. No language model judges."""

    def __init__(self, library: Library, vectors: SentenceVectors) -> None:
        self._library = library
        self._vectors = vectors

    def of(self, sentence: str, passage: Passage) -> Support:
        """The support that one passage gives a sentence."""
        vector = self._library.embed([sentence])[0]
        return self.check(sentence, vector, [passage])[0]

    def check(
        self, sentence: str, vector: NDArray[np.float32], passages: Sequence[Passage]
    ) -> list[Support]:
        """The support of each passage for one sentence, whose vector the caller has."""
        found = self._vectors.of([passage.paper for passage in passages])
        stems = self._library.words.stems(sentence)
        papers = max(self._library.count(), 1)
        weights = {
            s: math.log(1 + (papers + 0.5) / (self._library.words.held_by(s) + 0.5)) for s in stems
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
        text = passage.paper.abstract
        if not spans:
            return Support(0.0, (0, 0))
        parts = [text[start:end] for start, end in spans]
        total = sum(weights.values()) or 1.0
        cosines = rows @ vector
        title = set(self._library.words.stems(passage.paper.title))
        stems = [set(self._library.words.stems(part)) for part in parts]
        shares = [
            sum(w for s, w in weights.items() if s in own or s in title) / total for own in stems
        ]
        best = max(range(len(parts)), key=lambda i: 0.5 * float(cosines[i]) + 0.5 * shares[i])
        everything = set().union(title, *stems)
        whole = sum(w for s, w in weights.items() if s in everything) / total
        words = 0.5 * shares[best] + 0.5 * whole
        raw = (
            _WEIGHTS["bias"] + _WEIGHTS["cosine"] * float(cosines[best]) + _WEIGHTS["words"] * words
        )
        score = 1 / (1 + math.exp(-raw))
        if not numbers_in(sentence) <= numbers_in(f"{passage.paper.title} {text}"):
            score = min(score, 0.2)
        if _denies(sentence) != _denies(parts[best]) and _denies(sentence):
            score *= 0.6
        return Support(round(score, 4), spans[best])


def numbers_in(text: str) -> set[str]:
    """The figures of a text in one form: `1,000` and `1000`, `5%` and `5 %`, `two` and `2`."""
    found = {re.sub(r"[\s,%×xX]", "", n).rstrip(".").lower() for n in _NUMBER.findall(text)}
    words = {_NUMBER_WORDS[w] for w in re.findall(r"[a-z]+", text.lower()) if w in _NUMBER_WORDS}
    return found | words


def _denies(text: str) -> bool:
    return bool(_NEGATION.search(text))
