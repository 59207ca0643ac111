"""Refusing measured on hand-counted answers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine import CitedQueryEngine
from assistant.refusal import shipped_model
from assistant.settings import AnswerSettings
from eval.choosing import Asked
from eval.questions import Question
from eval.refusals import ask_boldly, at_threshold, measure, risk_coverage, roc_areas
from eval.run import ask_all
from eval.scores import Outcome, auroc, outcome
from store.library import Library
from store.paper import Paper, normal_title
from store.settings import StoreSettings
from tests.assistant.answers import QUESTION, READING
from tests.assistant.any_answers import answered
from tests.assistant.invented import BEES, BELLS, LEDGERS, PAPERS


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("refused")
    with Library(StoreSettings(library=folder), owner="a test") as opened:
        opened.add(PAPERS)
        yield opened


def bold(kind: str, confidence: float, *right: Paper) -> Outcome:
    """An answer that cites BEES, to a question that these papers answer."""
    titles = tuple(normal_title(paper.title) for paper in right)
    answer = answered("?", ("A [1].", 1, BEES, "We released 600 honeybees"))
    asked = Question(f"{kind} {confidence}", "test", kind, "?", titles)
    return outcome(asked, replace(answer, confidence=confidence))


OUTCOMES = [
    bold("detail", 0.9, BEES),
    bold("near-miss", 0.8),
    bold("detail", 0.7, BELLS),  # answered, but from another paper
    bold("general", 0.3),
    bold("topic", 0.2, BEES),
    bold("near-miss", 0.1),
]


def test_the_curve_has_a_point_for_every_confidence_and_its_area_by_trapezia() -> None:
    curve = risk_coverage([(0.2, False), (0.9, False), (0.8, True), (0.5, True)], 4)
    assert curve.points == ((0.25, 0), (0.5, 1 / 2), (0.75, 2 / 3), (1, 1 / 2))
    assert curve.area == pytest.approx((0 + 1 / 4 + 7 / 12 + 7 / 12) / 4)


def test_equal_confidences_come_in_together_and_what_nothing_answers_never() -> None:
    curve = risk_coverage([(0.5, True), (0.5, False), (0.4, False)], 4)
    assert curve.points == ((0.5, 1 / 2), (0.75, 1 / 3))
    assert curve.area == pytest.approx(0.5 * 0.5 + 0.25 * 5 / 12)
    assert risk_coverage([], 3).points == ()
    assert math.isnan(risk_coverage([], 3).area)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_a_curve_ends_where_all_are_answered(answered: list[tuple[float, bool]]) -> None:
    curve = risk_coverage(answered, len(answered))
    wrong = sum(bad for _, bad in answered) / len(answered)
    assert curve.points[-1] == (1, wrong)
    assert 0 <= curve.area <= 1


def test_an_area_may_hold_questions_of_one_length_against_each_other_only() -> None:
    asked = (("a b c", 0.9, True), ("a", 0.95, False), ("a b c d", 0.3, False))
    outcomes = []
    for text, confidence, answerable in asked:
        one = bold("detail", confidence, *([BEES] if answerable else []))
        outcomes.append(replace(one, question=replace(one.question, question=text)))
    assert auroc(outcomes) == 0.5
    assert auroc(outcomes, within=1) == 1.0
    assert math.isnan(auroc(outcomes, within=0))


def test_areas_are_against_all_unanswerable_questions_and_near_misses() -> None:
    areas = roc_areas(OUTCOMES)
    # Of 9 pairs of an answerable and another question 6 stand in the right order; 4 of 6.
    assert areas == pytest.approx({"auroc": 6 / 9, "auroc_near_misses": 4 / 6})
    assert areas["auroc"] == pytest.approx(auroc(OUTCOMES))
    assert math.isnan(roc_areas(OUTCOMES[:1])["auroc"])


def test_the_threshold_in_force_is_told_with_its_risks_and_kinds(library: Library) -> None:
    engine = CitedQueryEngine(library, AnswerSettings(refuse_below=0.5))
    found = measure(Asked("any", Path("any"), False, datetime.now(UTC), engine, OUTCOMES))
    figures = found.figures
    everything = figures["all"]
    assert everything["threshold"] == everything["coverage"] == 0.5
    assert everything["precision"] == everything["recall"] == 2 / 3
    assert everything["answered_right"] == 2 / 3
    near = figures["to_refuse"]["near-miss"]
    assert (near["precision"], near["recall"]) == (1 / 2, 1 / 2)
    assert figures["to_refuse"]["general"]["recall"] == 1
    assert figures["to_answer"]["topic"]["refused"] == 1
    unfit, wrong = figures["risk_coverage"].values()
    assert (unfit["risk_at_threshold"], unfit["risk_if_all_answered"]) == (1 / 3, 1 / 2)
    assert (wrong["risk_at_threshold"], wrong["risk_if_all_answered"]) == (2 / 3, 2 / 3)
    assert found.plots.keys() == {"risk-coverage", "roc"}
    assert found.each["near-miss 0.8"] == {
        "refused_right": 0, "confidence": 0.8, "unanswerable_refused": 0,
    }  # fmt: skip
    assert found.each["detail 0.7"]["first_citation_to_a_right_paper"] == 0
    assert "first_citation_to_a_right_paper" not in found.each["topic 0.2"]


def test_asking_boldly_answers_all_and_the_threshold_refuses_what_the_engine_would(
    library: Library,
) -> None:
    engine = CitedQueryEngine(library)
    texts = (READING, "Who won the chess final in 1972?")
    questions = [Question(text, "test", "any", text, ()) for text in texts]
    title = normal_title(LEDGERS.title)
    follow_up = Question("f", "test", "followup", QUESTION, (title,), history=(READING,))
    outcomes = ask_boldly(engine, [*questions, follow_up])
    assert all(o.answer.sentences for o in outcomes)
    assert engine.settings.refuse_below is None
    usual = ask_all(engine, [*questions, follow_up])
    refused = [o.answer.status for o in at_threshold(outcomes, shipped_model().threshold)]
    assert refused == [o.answer.status for o in usual]
    assert refused[1] == "refused"
