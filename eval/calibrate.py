"""Chooses the refusal model and its threshold from data, and prints the trade-off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Turn, turn_of
from assistant.engine import CitedQueryEngine
from assistant.refusal import FEATURES
from eval.fitting import fit_logistic
from eval.questions import Question
from store.paper import normal_title

_TOP = 5  # an answerable question counts if a right paper is among so many


@dataclass(frozen=True, slots=True)
class Case:
    """A question's features, and whether it should be answered."""

    question: Question
    features: tuple[float, ...]
    answer: bool


def cases(
    engine: CitedQueryEngine,
    questions: Sequence[Question],
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> list[Case]:
    """The cases to learn from. An answerable question whose papers the search didn't bring is
    left out, as there is nothing right to say to it; so are the questions put in other words
    on purpose, whose papers are mostly not brought."""
    found = []
    for number, question in enumerate(questions, 1):
        tell(number, len(questions))
        if question.kind in ("paraphrase", "riddle"):
            continue
        turns: list[Turn] = []
        for earlier in question.history:
            turns.append(turn_of(engine.ask(earlier, turns=turns)))
        search = engine.find(question.question, turns=turns)
        titles = {normal_title(p.paper.title) for p in search.passages[:_TOP]}
        if question.answerable and not titles & set(question.papers):
            continue
        features = tuple(search.features[name] for name in FEATURES)
        found.append(Case(question, features, question.answerable))
    return found


def calibrate(tune: Sequence[Case], test: Sequence[Case]) -> dict[str, Any]:
    """Fits on `tune`, picks the threshold where both kinds fare equally well, shows it on
    `test`. Returns the model and the trade-off of both halves."""
    weights, bias = fit_logistic(_rows(tune), _labels(tune))
    model = {name: round(float(w), 4) for name, w in zip(FEATURES, weights, strict=True)}
    scores = _confidence(tune, weights, bias)
    grid = np.linspace(0.05, 0.95, 91)
    threshold = max(grid, key=lambda t: min(_kept(tune, scores, t), _refused(tune, scores, t)))
    return {
        "model": {
            "weights": model,
            "bias": round(bias, 4),
            "threshold": round(float(threshold), 3),
        },
        "tune": _trade_off(tune, scores, float(threshold)),
        "test": _trade_off(test, _confidence(test, weights, bias), float(threshold)),
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
