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

FEATURES = (
    "dense", "sentence", "coverage", "sentence_coverage", "unknown", "names", "lead", "words",
)  # fmt: skip


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
    """What the confidence is made of; every feature is about 0 to 1, higher is better.

    - dense: cosine of the best chunk; sentence: cosine of the best sentence
    - coverage, sentence_coverage: weighted share of the question's content words in the best
      paper and in the best sentence
    - unknown: share of their weight on words that the library knows
    - names: share of the question's names that stand in the best of the first papers
    - lead: how far the best paper stands before the rest
    - words: how many content words the question has, against ten
    """
    if not passages or not terms.weights:
        return dict.fromkeys(FEATURES, 0.0)
    stems = [set(library.words.stems(f"{p.paper.title} {p.paper.abstract}")) for p in passages[:5]]
    total = sum(terms.weights.values())
    unknown = sum(terms.weights[stem] for stem in terms.unknown) / total
    names = [len(terms.names & own) / len(terms.names) for own in stems] if terms.names else [0.5]
    fused = [p.scores.fused for p in passages]
    return {
        "dense": max((p.scores.dense or 0.0) for p in passages),
        "sentence": max((e.cosine for e in evidence), default=0.0),
        "coverage": max(terms.coverage(own) for own in stems),
        "sentence_coverage": max((e.coverage for e in evidence), default=0.0),
        "unknown": 1.0 - unknown,
        "names": max(names),
        "lead": (fused[0] - sum(fused) / len(fused)) / 3,
        "words": min(len(terms.weights), 10) / 10,
    }
