"""Is refused what should be, and what would another threshold bring?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import fmean
from typing import Any

from assistant.engine import CitedQueryEngine
from assistant.refusal import shipped_model
from eval.choosing import Asked
from eval.findings import Findings
from eval.plots import Draw, lines
from eval.questions import Question
from eval.run import ask_all
from eval.scores import Outcome, refusals
from store.paper import normal_title

NEAR = "near-miss"
_HOW = (
    "Every question was answered once whatever the confidence, and counts as refused where that is "
    "below the threshold; a turn before a follow-up is refused as usual."
)


@dataclass(frozen=True, slots=True)
class Curve:
    """Risk against coverage. `points` are (share answered, share of these that is wrong), one for
    each confidence that occurs, from the highest down; `area` lies under them, from a coverage
    of 0 on, where the risk is taken to be the first point's."""

    points: tuple[tuple[float, float], ...]
    area: float


def ask_boldly(
    engine: CitedQueryEngine,
    questions: Sequence[Question],
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> list[Outcome]:
    """The outcomes with every question answered that has passages, however unsure."""
    bold = copy(engine)  # the same parts; only the threshold differs
    bold.settings = engine.settings.model_copy(update={"refuse_below": 0.0})
    return ask_all(bold, questions, tell, earlier=engine)


def measure(asked: Asked) -> Findings:
    """All measures of refusing; takes the outcomes of `ask_boldly`."""
    given = asked.engine.settings.refuse_below
    threshold = shipped_model().threshold if given is None else given
    bold, now = asked.outcomes, at_threshold(asked.outcomes, threshold)
    answered = [o for o in now if o.answer.sentences]
    here = len(answered) / len(now)
    risks = {"should not be answered": _unfit, "first citation is not to a right paper": _wrong}
    curves = {name: curve_of(bold, bad) for name, bad in risks.items()}
    stands = {name: _mean([bad(o) for o in answered]) for name, bad in risks.items()}
    figures = {
        "all": {
            "questions": len(now),
            "threshold": threshold,
            "coverage": here,
            **refusals(now),
            **roc_areas(bold),
        },
        **by_kind(now, bold),
        "risk_coverage": {
            name: {
                "area": curve.area,
                "risk_at_threshold": stands[name],
                "risk_if_all_answered": curve.points[-1][1] if curve.points else math.nan,
            }
            for name, curve in curves.items()
        },
    }
    mark = {f"threshold {threshold:.2f}": [(here, risk) for risk in stands.values()]}
    plots = {
        "risk-coverage": lines(
            "Risk against coverage as the threshold falls",
            {name: curve.points for name, curve in curves.items() if curve.points},
            mark if answered else {},
            across="coverage: share of the questions answered",
            up="risk: share of the answered",
        ),
        **_roc(bold, threshold),
    }
    return Findings(figures, {o.question.id: _of_one(o) for o in now}, plots, (_HOW,))


def at_threshold(outcomes: Sequence[Outcome], threshold: float) -> list[Outcome]:
    """The outcomes with what is less sure than the threshold refused."""
    return [
        o
        if o.answer.confidence >= threshold
        else replace(o, answer=replace(o.answer, status="refused", sentences=(), citations=()))
        for o in outcomes
    ]


def by_kind(now: Sequence[Outcome], bold: Sequence[Outcome]) -> dict[str, Any]:
    """Tables of the kinds to refuse and of those to answer.

    The precision of refusing a kind is the share that it has of its own refusals and those of all
    answerable questions; its ROC area is that against all answerable questions.
    """
    some = [o for o in now if o.question.answerable]
    wanted, unwanted = {}, {}
    for kind in sorted({o.question.kind for o in now if not o.question.answerable}):
        own = [o for o in now if o.question.kind == kind and not o.question.answerable]
        found = refusals([*own, *some])
        wanted[kind] = {
            "questions": len(own),
            "precision": found["precision"],
            "recall": found["recall"],
            "auroc": roc_area(
                [o for o in bold if o.question.answerable or o.question.kind == kind]
            ),
        }
    for kind in sorted({o.question.kind for o in some}):
        own = [o for o in some if o.question.kind == kind]
        unwanted[kind] = {
            "questions": len(own),
            "refused": _mean([o.answer.status == "refused" for o in own]),
            "confidence": _mean([o.answer.confidence for o in own]),
        }
    return {"to_refuse": wanted, "to_answer": unwanted}


def roc_areas(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Areas under the ROC curve of the confidence: answerable against all unanswerable questions,
    and against near misses alone."""
    near = [o for o in outcomes if o.question.answerable or o.question.kind == NEAR]
    return {"auroc": roc_area(outcomes), "auroc_near_misses": roc_area(near)}


def roc_area(outcomes: Sequence[Outcome]) -> float:
    """Area under the ROC curve of the confidence; not a number where only one side is there."""
    from sklearn.metrics import roc_auc_score

    labels = [o.question.answerable for o in outcomes]
    if len(set(labels)) < 2:
        return math.nan
    return float(roc_auc_score(labels, [o.answer.confidence for o in outcomes]))


def risk_coverage(answered: Sequence[tuple[float, bool]], questions: int) -> Curve:
    """The curve of a threshold that falls (El-Yaniv and Wiener 2010).

    Args:
        answered: confidence of each question that a low enough threshold answers, and whether
            answering it is wrong.
        questions: how many there are in all, those included that no threshold answers.
    """
    from sklearn.metrics import auc

    points: list[tuple[float, float]] = []
    many = bad = 0
    falling = sorted(answered, key=lambda one: -one[0])
    # A threshold can't tell equal confidences apart, so they come in together.
    for _, equal in groupby(falling, key=lambda one: one[0]):
        for _, wrong in equal:
            many, bad = many + 1, bad + wrong
        points.append((many / questions, bad / many))
    if not points:
        return Curve((), math.nan)
    coverage, risk = zip((0.0, points[0][1]), *points, strict=True)
    return Curve(tuple(points), float(auc(coverage, risk)))


def curve_of(outcomes: Sequence[Outcome], bad: Callable[[Outcome], bool]) -> Curve:
    """The curve over bold outcomes; those that nobody could write an answer to stay out."""
    answered = [(o.answer.confidence, bad(o)) for o in outcomes if o.answer.sentences]
    return risk_coverage(answered, len(outcomes))


def _unfit(o: Outcome) -> bool:
    return not o.question.answerable


def _wrong(o: Outcome) -> bool:
    first = o.answer.citations[:1]
    return not any(normal_title(c.title) in o.question.papers for c in first)


def _roc(outcomes: Sequence[Outcome], threshold: float) -> dict[str, Draw]:
    """The ROC curves as a plot, where there are both kinds of questions."""
    from sklearn.metrics import roc_curve

    near = [o for o in outcomes if o.question.answerable or o.question.kind == NEAR]
    series, marks = {}, []
    for name, group in {"all unanswerable": outcomes, "near misses": near}.items():
        area = roc_area(group)
        if math.isnan(area):
            continue
        labels = [o.question.answerable for o in group]
        scores = [o.answer.confidence for o in group]
        wrong, right, _ = roc_curve(labels, scores)
        series[f"{name} ({area:.2f})"] = list(zip(wrong.tolist(), right.tolist(), strict=True))
        sure = {
            side: _mean(
                [c >= threshold for c, label in zip(scores, labels, strict=True) if label == side]
            )
            for side in (False, True)
        }
        marks.append((sure[False], sure[True]))
    if not series:
        return {}
    return {
        "roc": lines(
            "Answerable questions against others",
            series,
            {f"threshold {threshold:.2f}": marks},
            across="share of the unanswerable answered",
            up="share of the answerable answered",
        )
    }


def _of_one(o: Outcome) -> dict[str, float]:
    refused = not o.answer.sentences
    measures = {
        "refused_right": float(refused != o.question.answerable),
        "confidence": o.answer.confidence,
    }
    if not o.question.answerable:
        return {**measures, "unanswerable_refused": float(refused)}
    if not refused:
        measures["first_citation_to_a_right_paper"] = float(not _wrong(o))
    return {**measures, "answerable_answered": float(not refused)}


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else math.nan
