"""Does the library hold an answer? A small calibrated model over what the search found."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from assistant.answer import Passage
from assistant.evidence import Evidence
from assistant.late import held
from assistant.question import Terms, asks_for_several
from assistant.telling import asks_figure
from assistant.trees import Trees, chance
from store.late import AskedPieces
from store.library import Library
from store.paper import Paper

# The cosine from which the nearest paper is about what is asked, told or not: between near misses
# and questions of other fields, 92 % right on either side.
_MENTIONED = 0.25
_FIRST = 3  # papers that a question is held against
# A share of few or common words says little: it is drawn to a half, as if by words of this weight.
_PRIOR = 3.0
_ABBREVIATION = range(2, 7)  # letters
_LETTERS = re.compile(r"[A-Za-z]+")

_NEXT, _USUAL_LEAD = 4, 0.3
_RIVALS = 3  # papers whose best sentences the first paper's is held against

FEATURES = (
    "dense", "held", "fresh", "lead", "names", "known", "news", "asked",
    "telling", "told", "figure", "words", "nearer", "clearer", "covered", "several",
)  # fmt: skip
# More of these never speaks against an answer, whatever the questions were that taught it.
SPEAK_FOR = frozenset(FEATURES) - {"figure", "words", "several"}


@dataclass(frozen=True, slots=True)
class RefusalModel:
    """Boosted trees: the confidence that the passages answer the question.

    `threshold` is where the errors on both kinds of questions balance; `reading` is what the
    reader's log-odds count for ("answers") and what keeps the threshold where it is ("bias").
    `eval calibrate` chose them and prints the trade-off.
    """

    trees: Trees
    threshold: float
    reading: Mapping[str, float] = field(default_factory=dict)

    def confidence(self, features: Mapping[str, float]) -> float:
        """From 0 to 1; 0 where the search gave nothing to go by. Where papers were read together
        with the question, what the reader says counts beside the trees."""
        if not any(features.get(name) for name in self.trees.features):
            return 0.0
        log_odds = self.trees.raw(features)
        if "answers" in features and self.reading:
            log_odds += self.reading["answers"] * features["answers"] + self.reading["bias"]
        return chance(log_odds)


@cache
def shipped_model() -> RefusalModel:
    """The model that the package carries."""
    values = json.loads(files("assistant").joinpath("refusal.json").read_text("utf-8"))
    trees = Trees(tuple(values["features"]), values["base"], values["trees"])
    return RefusalModel(trees, values["threshold"], values.get("reading", {}))


def mentioned(features: Mapping[str, float]) -> bool:
    """Whether the library is about what is asked, so that a full text may tell it."""
    return features.get("dense", 0.0) >= _MENTIONED


def features_of(
    question: str,
    asked: AskedPieces,
    terms: Terms,
    passages: Sequence[Passage],
    evidence: Sequence[Evidence],
    one: bool,
    library: Library,
) -> dict[str, float]:
    """What the confidence is made of, about 0 to 1 if nothing else is said.

    `evidence` are the passages' sentences. `one` tells that one paper should answer. Where
    several are wanted, or the conversation says which is meant, none need be ahead, and any of
    the first three may hold what is asked.

    - dense: cosine of the nearest chunk
    - held: share of the question's word pieces that find one like them in the first paper
    - fresh: how well its abstract holds what its title leaves open: a near miss names the
      subject, and asks for what isn't told of it; 1 where the title leaves nothing open, as when
      it is the question, and so is news
    - lead: how far the first paper is ahead of the next four; nearer: the same by cosine alone;
      clearer: how much more telling its best sentence is than those of the next three (about
      -2 to 2)
    - names: share of the question's names, by weight, that stand in the first paper, be it
      spelt out ("MDP": Markov decision process)
    - known: 0 where a name stands in no paper at all
    - news: of the content words that the first paper's title doesn't hold, the share that its
      abstract does
    - asked: share of the words for the thing asked ("how many volunteers") in the first paper
    - told: how telling its most telling sentence is (about -1 to 5); telling: how much of what
      is asked that sentence holds and the title doesn't
    - covered: share of the question's words that one of its sentences holds, in the mean
    - figure: 1 where a figure is asked for; several: 1 where several papers are
    - words: natural logarithm of 1 + how many words the question has, which says nothing by
      itself: the more is told, the less of it any paper matches
    """
    weights = terms.weights
    if not passages or not weights:
        return dict.fromkeys(FEATURES, 0.0)
    first = passages[0].paper
    title = set(library.words.stems(first.title))
    text = title | set(library.words.stems(first.abstract))
    spelt_out = [
        {name for name in terms.names if _spelt_out(name, initials)}
        for initials in (_initials(p.paper) for p in passages[:_FIRST])
    ]
    new = {stem: weight for stem, weight in weights.items() if stem not in title}
    names = {stem: weights[stem] for stem in terms.names}
    things = {stem: weights[stem] for stem in terms.asked}
    unknown = (terms.names & terms.unknown).difference(*spelt_out)
    nearest = {p.paper.id: p.paper for p in passages[: 1 if one else _FIRST]}
    holds = [held(asked, pieces) for pieces in library.pieces_of(nearest, len(nearest)).values()]
    scores = passages[0].scores
    return {
        "dense": max(p.scores.dense or 0.0 for p in passages),
        "held": max(share for share, _ in holds),
        "fresh": max(fresh for _, fresh in holds) if new else 1.0,
        "lead": _lead(passages) if one else _USUAL_LEAD,
        "names": _share(names, text | spelt_out[0], _PRIOR),
        "known": float(not unknown),
        "news": _share(new, text) if new else 1.0,
        "asked": _share(things, text, _PRIOR),
        **_of_sentences(evidence),
        "figure": float(asks_figure(question)),
        "words": math.log1p(len(question.split())),
        "nearer": (scores.dense or 0.0) - _mean([p.scores.dense or 0.0 for p in passages[1:5]]),
        "several": float(asks_for_several(question)),
    }


def _of_sentences(evidence: Sequence[Evidence]) -> dict[str, float]:
    """What the sentences of the first passages tell."""
    of: dict[int, list[Evidence]] = {}
    for one in evidence:
        of.setdefault(one.passage, []).append(one)
    if not of.get(0):
        return {"telling": 0.0, "told": 0.0, "clearer": 0.0, "covered": 0.0}
    best = [max(of[number], key=lambda e: e.telling) for number in sorted(of)[: _RIVALS + 1]]
    others = [one.telling for one in best[1:]]
    return {
        "telling": best[0].features["late_news"],
        "told": best[0].telling,
        "clearer": best[0].telling - _mean(others) if others else 0.0,
        "covered": _mean([one.coverage for one in of[0]]),
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _lead(passages: Sequence[Passage]) -> float:
    """From 0 to 1; the usual lead where there are too few papers to be ahead of."""
    scores = [passage.scores.fused for passage in passages[: _NEXT + 1]]
    if len(scores) <= _NEXT:
        return _USUAL_LEAD
    return min(max(scores[0] - sum(scores[1:]) / _NEXT, 0.0), 1.0)


def _share(weights: Mapping[str, float], stems: Set[str], prior: float = 0.0) -> float:
    """The share of the weight that the stems hold, drawn to a half; a half where there is none."""
    total = sum(weights.values()) + prior
    held = sum(weight for stem, weight in weights.items() if stem in stems)
    return (held + prior / 2) / total if total else 0.5


def _initials(paper: Paper) -> str:
    return "".join(w[0] for w in _LETTERS.findall(f"{paper.title}. {paper.abstract}")).lower()


def _spelt_out(name: str, initials: str) -> bool:
    """Whether words in a row begin with the letters of a name."""
    return len(name) in _ABBREVIATION and name.isalpha() and name in initials
