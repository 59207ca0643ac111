"""Asks every labelled question and reports the measures, whole and by kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from assistant.answer import Turn, turn_of
from assistant.engine import CitedQueryEngine
from eval.questions import Question
from eval.scores import (
    Outcome,
    auroc,
    citations_right,
    first_citation_evident,
    hit_at,
    outcome,
    quotes_verbatim,
    reciprocal_rank,
    refusals,
)
from store.filters import Filters
from store.paper import normal_title

_WORDS = 2  # so many more or fewer, and two questions are as long as each other


def ask_all(
    engine: CitedQueryEngine,
    questions: Sequence[Question],
    tell: Callable[[int, int], None] = lambda done, total: None,
    earlier: CitedQueryEngine | None = None,
) -> list[Outcome]:
    """The outcome of every question; a follow-up is asked after its history (by the engine
    `earlier`, if there is another for that), and one `without` papers of the others."""
    outcomes = []
    titles: dict[str, str] = {}
    if any(question.without for question in questions):
        titles = {p.id: normal_title(p.title) for p in engine.library.catalog.list()}
    for number, question in enumerate(questions, 1):
        turns: list[Turn] = []
        for before in question.history:
            turns.append(turn_of((earlier or engine).ask(before, turns=turns)))
        filters = Filters()
        if question.without:
            others = tuple(i for i, title in titles.items() if title not in question.without)
            filters = Filters(papers=others or ("none",))
        answer = engine.ask(question.question, turns=turns, filters=filters)
        outcomes.append(outcome(question, answer))
        tell(number, len(questions))
    return outcomes


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All measures as one JSON document."""
    times = [o.answer.timings_ms["total"] for o in outcomes]
    near = [o for o in outcomes if o.question.answerable or o.question.kind == "near-miss"]
    kinds = sorted({o.question.kind for o in outcomes})
    return {
        "questions": len(outcomes),
        "hit@1": hit_at(outcomes, 1),
        "hit@5": hit_at(outcomes, 5),
        "mrr": reciprocal_rank(outcomes),
        "citations_to_a_right_paper": citations_right(outcomes),
        "first_citation_is_evidence": first_citation_evident(outcomes),
        "quotes_verbatim": quotes_verbatim(outcomes),
        "refusals": {
            **refusals(outcomes),
            "auroc": auroc(outcomes),
            "auroc_near_misses": auroc(near),
            "auroc_near_misses_of_a_length": auroc(near, within=_WORDS),
        },
        "p50_ms": float(np.median(times)),
        "by_kind": {
            kind: _by_kind([o for o in outcomes if o.question.kind == kind]) for kind in kinds
        },
    }


def _by_kind(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    refused = float(np.mean([o.answer.status == "refused" for o in outcomes]))
    if not outcomes[0].question.answerable:
        return {"questions": len(outcomes), "refused": refused}
    return {
        "questions": len(outcomes),
        "hit@1": hit_at(outcomes, 1),
        "hit@5": hit_at(outcomes, 5),
        "citations_to_a_right_paper": citations_right(outcomes),
        "first_citation_is_evidence": first_citation_evident(outcomes),
        "refused": refused,
    }
