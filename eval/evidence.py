"""Fits which sentence of a paper a reader would pick, on the labelled evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.answer import Passage, Scores
from assistant.engine import CitedQueryEngine
from assistant.evidence import gather
from assistant.late import ask
from assistant.question import terms_of
from assistant.telling import FEATURES, WHAT, shipped_weights
from eval.fitting import Array, fit_choice
from eval.questions import Question
from store.paper import normal_title

Group = tuple[Array, "np.ndarray[Any, np.dtype[np.bool_]]"]


def groups(engine: CitedQueryEngine, questions: Sequence[Question]) -> list[Group]:
    """For each labelled paper of each question the sentences' features and which are evidence."""
    library = engine.library
    papers = {normal_title(paper.title): paper for paper in library.catalog.list()}
    found: list[Group] = []
    for question in questions:
        if question.history:
            continue
        asked = ask(question.question, library)
        terms = terms_of(question.question, library)
        for title, gold in question.evidence.items():
            passage = Passage(papers[title], Scores(0.0))
            evidence = gather(
                question.question, asked, terms, [passage], engine.finder.texts, library
            )
            rows = np.array([[e.features[name] for name in FEATURES] for e in evidence])
            right = np.array(
                [
                    any(e.span[0] < end and start < e.span[1] for start, end in gold)
                    for e in evidence
                ]
            )
            if right.any():
                found.append((rows, right))
    return found


def fit(
    tune: Sequence[Group], held: Sequence[Group], test: Sequence[Group], *, only_what: bool = False
) -> dict[str, Any]:
    """Weights from `tune`; and for each how often the first choice is evidence, with them, with
    the shipped weights and by late interaction alone. `held` are questions that nothing at all
    has learnt from, nor `test`.

    `only_what` fits what counts for questions that ask what something is, from those among
    `tune`; the other weights stay as they are shipped.
    """
    shipped = np.array([shipped_weights()[name] for name in FEATURES])
    if only_what:
        free = np.array([name in WHAT for name in FEATURES])
        asking = [(rows, right) for rows, right in tune if rows[:, free].any()]
        weights = fit_choice(asking, given=shipped * ~free, free=free)
    else:
        weights = fit_choice(list(tune))
    late = np.array([float(name == "late") for name in FEATURES])
    ways = {"fitted": weights, "shipped": shipped, "late alone": late}
    return {
        "weights": {n: round(float(w), 3) for n, w in zip(FEATURES, weights, strict=True)},
        **{
            half: {way: _right(given, by) for way, by in ways.items()}
            for half, given in (("tune", tune), ("held", held), ("test", test))
        },
    }


def _right(given: Sequence[Group], weights: Array) -> float:
    return round(float(np.mean([right[np.argmax(rows @ weights)] for rows, right in given])), 3)
