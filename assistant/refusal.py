"""Does the library hold an answer? A small calibrated model over what the search found."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from assistant.answer import Passage
from assistant.evidence import Evidence
from assistant.question import Terms
from store.library import Library

_FIRST = 3  # papers that a question is held against

FEATURES = ("dense", "sentences", "names", "news")


@dataclass(frozen=True, slots=True)
class RefusalModel:
    """Logistic regression: the confidence that the passages answer the question.

    `threshold` is where the errors on both kinds of questions balance; `eval calibrate` chose
    it and prints the trade-off.
    """

    weights: Mapping[str, float]
    bias: float
    threshold: float

    def confidence(self, features: Mapping[str, float]) -> float:
        raw = self.bias + sum(self.weights[name] * features[name] for name in self.weights)
        return 1 / (1 + math.exp(-max(min(raw, 30.0), -30.0)))


@cache
def shipped_model() -> RefusalModel:
    """The model that the package carries."""
    values = json.loads(files("assistant").joinpath("refusal.json").read_text("utf-8"))
    return RefusalModel(values["weights"], values["bias"], values["threshold"])


def features_of(
    terms: Terms, passages: Sequence[Passage], evidence: Sequence[Evidence], library: Library
) -> dict[str, float]:
    """What the confidence is made of; every feature is about 0 to 1.

    - dense: cosine of the nearest chunk; of the nearest sentence for a paper that was found by
      its words only
    - sentences: mean cosine of the three nearest sentences of one paper
    - names: share of the question's names, by weight, that stand in one of the first papers
    - news: of the content words that the first paper's title doesn't hold, the share that its
      abstract does: a near miss names the subject, and asks for what isn't told of it
    """
    weights = terms.weights
    if not passages or not weights:
        return dict.fromkeys(FEATURES, 0.0)
    titles = [set(library.words.stems(p.paper.title)) for p in passages[:_FIRST]]
    texts = [
        titles[i] | set(library.words.stems(p.paper.abstract))
        for i, p in enumerate(passages[:_FIRST])
    ]
    new = {stem: weight for stem, weight in weights.items() if stem not in titles[0]}
    names = {stem: weights[stem] for stem in terms.names}
    news = _share(new, texts[0]) if new else 0.5
    cosines = [
        sorted((e.cosine for e in evidence if e.passage == i), reverse=True)[:3]
        for i in range(len(passages))
    ]
    nearest = [
        p.scores.dense if p.scores.dense is not None else max(own, default=0.0)
        for p, own in zip(passages, cosines, strict=True)
    ]
    return {
        "dense": max(nearest),
        "sentences": max((sum(c) / len(c) for c in cosines[:_FIRST] if c), default=0.0),
        "names": max(_share(names, own) for own in texts) if names else 0.5,
        "news": news,
    }


def _share(weights: Mapping[str, float], stems: set[str]) -> float:
    return sum(w for stem, w in weights.items() if stem in stems) / sum(weights.values())
