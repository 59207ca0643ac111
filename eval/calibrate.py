"""Chooses the refusal model and its threshold from data, and prints the trade-off."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Turn, turn_of
from assistant.engine import CitedQueryEngine
from assistant.finding import Found
from assistant.refusal import FEATURES, SPEAK_FOR, RefusalModel, shipped_model
from assistant.trees import Trees
from eval.fitting import fit_trees
from eval.questions import Question
from store.filters import Filters
from store.paper import normal_title

_TOP = 5  # an answerable question counts if a right paper is among so many
# What a question without its papers counts for, by the side of one that was written to have none.
_WITHOUT = 0.2
_ELSEWHERE = 60  # papers drawn by lot that stand for a library of another field
_BEHIND = 0.5


@dataclass(frozen=True, slots=True)
class Case:
    """A question's features, and whether it should be answered.

    `without` tells that the right papers were hidden from the search: what is then the nearest
    should not be answered from. `count` is what the case counts for in learning.
    """

    question: Question
    features: dict[str, float]
    answer: bool
    without: bool = False
    count: float = 1.0


def cases(
    engine: CitedQueryEngine,
    questions: Sequence[Question],
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> list[Case]:
    """The cases to learn from, without the questions put in other words on purpose, whose papers
    are mostly not found. Answerable ones, follow-ups aside, are searched a second time without
    their papers, and a third time in a few papers of any kind, as if in a library of another
    field. What nothing right can be said to, as none of its papers was found, teaches nothing;
    where another paper was found first, it counts half."""
    found = []
    draw = random.Random(0)
    ids = {normal_title(paper.title): paper.id for paper in engine.library.catalog.list()}
    for number, question in enumerate(questions, 1):
        tell(number, len(questions))
        if question.kind in ("paraphrase", "riddle"):
            continue
        turns: list[Turn] = []
        for earlier in question.history:
            turns.append(turn_of(engine.ask(earlier, turns=turns)))
        search = engine.find(question.question, turns=turns)
        found.append(
            Case(question, search.features, question.answerable, count=_count(question, search))
        )
        if question.answerable and not turns:
            others = [i for title, i in ids.items() if title not in question.papers]
            for papers in (others, draw.sample(others, min(_ELSEWHERE, len(others)))):
                search = engine.find(question.question, filters=Filters(papers=tuple(papers)))
                found.append(Case(question, search.features, False, without=True, count=_WITHOUT))
    return found


def _count(question: Question, search: Found) -> float:
    right = [normal_title(p.paper.title) in question.papers for p in search.passages[:_TOP]]
    if question.answerable and not any(right):
        return 0.0
    return 1.0 if not question.answerable or right[0] else _BEHIND


def calibrate(
    learnt: Sequence[Case],
    tune: Sequence[Sequence[Case]],
    test: Sequence[Sequence[Case]],
    held: Sequence[Case] = (),
) -> dict[str, Any]:
    """Fits on `learnt`, or takes the shipped trees where there is none, picks the threshold where
    both kinds of `tune` fare equally well, and shows it on `test`; both have the cases of several
    libraries. What the reader of question and paper says counts beside the trees as much as `tune`
    and `held` tell, none of which it has learnt from. Returns the model, and the trade-off of both
    halves, of each library's test, and of `held`."""
    learnt = [case for case in learnt if case.count]
    trees = shipped_model().trees
    if learnt:
        trees = fit_trees(
            [case.features for case in learnt],
            np.array([case.answer for case in learnt]),
            np.array([case.count for case in learnt]),
            FEATURES,
            SPEAK_FOR,
        )
    asked = [
        [[case for case in part if not case.without] for part in half] for half in (tune, test)
    ]
    known, new = ([case for part in half for case in part] for half in asked)
    clean = [case for case in held if not case.without]
    share = share_of_reading([clean, *asked[0]], trees)
    # Read or not, it is one threshold: the bias moves the other one there.
    threshold = _balanced(known, RefusalModel(trees, 0.0))
    bias = -share * _mean_answers(known)  # about where `_balanced` looks
    model = RefusalModel(trees, threshold, {"answers": share, "bias": bias})
    bias += _log_odds(threshold) - _log_odds(_balanced(known, model))
    model = replace(model, reading={"answers": share, "bias": round(bias, 4)})

    def shown(cases: Sequence[Case]) -> dict[str, Any]:
        return _trade_off(cases, _confidence(cases, model), threshold)

    return {
        "model": {
            "features": list(trees.features),
            "base": trees.base,
            "threshold": round(model.threshold, 3),
            "reading": dict(model.reading),
            "trees": trees.trees,
        },
        "tune": shown(known),
        "test": shown(new),
        "test_by_library": [shown(part)["chosen"] for part in asked[1]],
        "held": shown([case for case in held if not case.without])["chosen"] if held else {},
    }


def share_of_reading(sets: Sequence[Sequence[Case]], trees: Trees) -> float:
    """What the reader's log-odds count for beside the trees': the tenth that gives the largest area
    under the ROC curve, in the mean of the sets. 0 where nothing was read."""
    from sklearn.metrics import roc_auc_score

    read = [[case for case in cases if "answers" in case.features] for cases in sets]
    read = [cases for cases in read if len({case.answer for case in cases}) == 2]
    if not read:
        return 0.0

    def area(share: float) -> float:
        models = RefusalModel(trees, 0.0, {"answers": share, "bias": 0.0})
        areas = [roc_auc_score([c.answer for c in s], _confidence(s, models)) for s in read]
        return float(np.mean(areas))

    return float(max(np.arange(11) / 10, key=area))


def _mean_answers(known: Sequence[Case]) -> float:
    read = [case.features["answers"] for case in known if "answers" in case.features]
    return float(np.mean(read)) if read else 0.0


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))


def _balanced(known: Sequence[Case], model: RefusalModel) -> float:
    """The threshold at which answerable and other questions fare equally well."""
    scores = _confidence(known, model)

    def fares(t: float) -> tuple[float, float]:
        kinds = _kept(known, scores, t), _refused(known, scores, t)
        return min(kinds), sum(kinds)

    return float(max(np.linspace(0.05, 0.95, 451), key=fares))


def _trade_off(
    given: Sequence[Case], scores: NDArray[np.float64], threshold: float
) -> dict[str, Any]:
    def at(t: float) -> dict[str, float]:
        return {
            "threshold": round(float(t), 3),
            "answerable_answered": round(_kept(given, scores, t), 3),
            "unanswerable_refused": round(_refused(given, scores, t), 3),
            "near_misses_refused": round(_refused(given, scores, t, "near-miss"), 3),
        }

    return {
        "cases": len(given),
        "chosen": at(threshold),
        "curve": [at(t) for t in np.linspace(0.1, 0.9, 17)],
    }


def _kept(given: Sequence[Case], scores: NDArray[np.float64], t: float) -> float:
    return float(np.mean([s >= t for c, s in zip(given, scores, strict=True) if c.answer]))


def _refused(
    given: Sequence[Case], scores: NDArray[np.float64], t: float, kind: str | None = None
) -> float:
    return float(
        np.mean(
            [
                s < t
                for c, s in zip(given, scores, strict=True)
                if not c.answer and kind in (None, c.question.kind)
            ]
        )
    )


def _confidence(given: Sequence[Case], model: RefusalModel) -> NDArray[np.float64]:
    return np.array([model.confidence(case.features) for case in given])
