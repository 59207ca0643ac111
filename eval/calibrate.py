"""Chooses the refusal model and its threshold from data, and prints the trade-off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Turn, turn_of
from assistant.engine import CitedQueryEngine
from assistant.finding import Found
from assistant.refusal import FEATURES
from eval.fitting import fit_logistic
from eval.questions import Question
from store.filters import Filters
from store.paper import normal_title

_TOP = 5  # an answerable question counts if a right paper is among so many
# What a question without its papers counts for, by the side of one that was written to have none.
_WITHOUT = 0.2
# And one of the training questions, of which there are ten times as many.
TRAINING_COUNT = 0.1


@dataclass(frozen=True, slots=True)
class Case:
    """A question's features, and whether it should be answered.

    `without` tells that the right papers were hidden from the search: what is then the nearest
    should not be answered from. `count` is what the case counts for in learning.
    """

    question: Question
    features: tuple[float, ...]
    answer: bool
    without: bool = False
    count: float = 1.0


def cases(
    engine: CitedQueryEngine,
    questions: Sequence[Question],
    tell: Callable[[int, int], None] = lambda done, total: None,
    count: float = 1.0,
) -> list[Case]:
    """The cases to learn from. An answerable question whose papers the search didn't bring is
    left out, as there is nothing right to say to it; so are the questions put in other words
    on purpose, whose papers are mostly not brought. The others are searched a second time
    without their papers, follow-ups aside."""
    found = []
    ids = {normal_title(paper.title): paper.id for paper in engine.library.catalog.list()}
    for number, question in enumerate(questions, 1):
        tell(number, len(questions))
        if question.kind in ("paraphrase", "riddle") and count == 1.0:
            continue
        turns: list[Turn] = []
        for earlier in question.history:
            turns.append(turn_of(engine.ask(earlier, turns=turns)))
        search = engine.find(question.question, turns=turns)
        titles = {normal_title(p.paper.title) for p in search.passages[:_TOP]}
        if question.answerable and not titles & set(question.papers):
            continue
        found.append(Case(question, _features(search), question.answerable, count=count))
        if question.answerable and not turns and (count == 1.0 or question.split == "held"):
            others = tuple(i for title, i in ids.items() if title not in question.papers)
            search = engine.find(question.question, filters=Filters(papers=others))
            found.append(
                Case(
                    question, _features(search), answer=False, without=True, count=_WITHOUT * count
                )
            )
    return found


def _features(search: Found) -> tuple[float, ...]:
    return tuple(search.features[name] for name in FEATURES)


def calibrate(
    tune: Sequence[Sequence[Case]], test: Sequence[Sequence[Case]], training: Sequence[Case] = ()
) -> dict[str, Any]:
    """Fits on `tune` and `training`, picks the threshold where both kinds of `tune` fare equally
    well, and shows it on `test`; both halves have the cases of several libraries. Returns the
    model, and the trade-off of both halves and of each library's test."""
    learnt = [*(case for part in tune for case in part), *training]
    counts = np.array([case.count for case in learnt])
    weights, bias = fit_logistic(_rows(learnt), _labels(learnt), counts)
    asked = [
        [[case for case in part if not case.without] for part in half] for half in (tune, test)
    ]
    known, new = ([case for part in half for case in part] for half in asked)
    scores = _confidence(known, weights, bias)
    grid = np.linspace(0.05, 0.95, 91)
    threshold = float(
        max(grid, key=lambda t: min(_kept(known, scores, t), _refused(known, scores, t)))
    )

    def shown(cases: Sequence[Case]) -> dict[str, Any]:
        return _trade_off(cases, _confidence(cases, weights, bias), threshold)

    return {
        "model": {
            "weights": {n: round(float(w), 4) for n, w in zip(FEATURES, weights, strict=True)},
            "bias": round(bias, 4),
            "threshold": round(threshold, 3),
        },
        "tune": shown(known),
        "test": shown(new),
        "test_by_library": [shown(part)["chosen"] for part in asked[1]],
    }


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


def _rows(given: Sequence[Case]) -> NDArray[np.float64]:
    return np.array([case.features for case in given])


def _labels(given: Sequence[Case]) -> NDArray[np.bool_]:
    return np.array([case.answer for case in given])


def _confidence(
    given: Sequence[Case], weights: NDArray[np.float64], bias: float
) -> NDArray[np.float64]:
    scores: NDArray[np.float64] = 1 / (1 + np.exp(-(_rows(given) @ weights + bias)))
    return scores
