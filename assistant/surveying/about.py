"""How surely a paper is about a topic, not one that only mentions it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from assistant.answer import Passage
from assistant.evidence import Cut, SentenceTexts
from assistant.late import Numbers
from assistant.question import about_spans, terms_of
from store.late import TITLE, Pieces

if TYPE_CHECKING:
    from store.library import Library

FEATURES = ("dense", "title", "often", "words")
_STEEP = 15.0  # how sharply a piece that is held is told from one that isn't
_USUAL = 0.45  # cosine of a paper that has no vector yet


@dataclass(frozen=True, slots=True)
class AboutModel:
    """Logistic regression: how sure it is that a paper is about a topic. `threshold` is where it
    counts as being so; `python -m eval.about` fits both on labelled papers."""

    weights: Mapping[str, float]
    bias: float
    threshold: float

    def sure(self, features: Mapping[str, float]) -> float:
        """0 to 1."""
        raw = self.bias + sum(self.weights[name] * features[name] for name in FEATURES)
        return 1 / (1 + math.exp(-max(min(raw, 30.0), -30.0)))


@cache
def shipped_about() -> AboutModel:
    """The model that the package carries."""
    text = files("assistant.surveying").joinpath("about.json").read_text("utf-8")
    values = json.loads(text)
    return AboutModel(values["weights"], values["bias"], values["threshold"])


class Topic:
    """A topic read once, to hold papers against it."""

    def __init__(self, topic: str, library: Library, texts: SentenceTexts) -> None:
        self._library = library
        self._texts = texts
        self._terms = terms_of(topic, library)
        spans = about_spans(topic)
        _, reading = library.read_query(topic)
        asked = library.pieces.head.ask(reading, np.ones(len(reading.starts), np.float32))
        places = [
            next((n for n, (start, end) in enumerate(spans) if start <= at < end), -1)
            for at in reading.starts.tolist()
        ]
        self._rows = asked.rows
        self._weights = asked.weights + 1e-9
        masks = [np.array([p == n for p in places], bool) for n in range(len(spans))]
        self._words = [own for own in masks if own.any()]
        stems = [library.words.stems(topic[start:end]) for start, end in spans]
        rare = [max((self._terms.weights.get(s, 0.0) for s in own), default=0.0) for own in stems]
        self._rare = [weight + 1e-3 for weight, own in zip(rare, masks, strict=True) if own.any()]

    def features(self, passages: Sequence[Passage]) -> list[dict[str, float]]:
        """What it rests on whether a paper is about the topic, each about 0 to 1.

        - dense: cosine of its best chunk
        - title: share of the topic's words, by how rare they are, that the title holds, or words
          like them
        - often: share of its sentences that hold all of them, by the weakest
        - words: share of the words, by weight, that it holds to the letter
        """
        papers = {p.paper.id: p.paper for p in passages}
        pieces = self._library.pieces_of(papers, len(papers))
        return [self._features(p, pieces[p.paper.id], self._texts.of(p.paper)) for p in passages]

    def _features(self, passage: Passage, pieces: Pieces, cut: Cut) -> dict[str, float]:
        title = self._held(pieces.rows[pieces.starts == TITLE])
        weakest = [
            min(self._held(pieces.rows[(pieces.starts >= start) & (pieces.starts < end)]))
            for start, end in cut.spans
        ]
        dense = passage.scores.dense
        return {
            "dense": _USUAL if dense is None else dense,
            "title": float(np.average(title, weights=self._rare)) if self._rare else 0.0,
            "often": sum(weakest) / max(len(weakest), 1),
            "words": self._terms.coverage(cut.title.union(*cut.stems)),
        }

    def _held(self, rows: Numbers) -> list[float]:
        """For each word of the topic, 0 to 1, how well these pieces hold it."""
        if not len(rows) or not self._words:
            return [0.0] * max(len(self._words), 1)
        like = 1 / (1 + np.exp(-_STEEP * ((self._rows @ rows.T).max(axis=1) - 0.5)))
        return [float(np.average(like[own], weights=self._weights[own])) for own in self._words]
