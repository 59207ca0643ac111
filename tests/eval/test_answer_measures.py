"""Answers against references, hand-counted, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Tokens
from assistant.engine import CitedQueryEngine
from eval.answers import costs, measure, plain, references, rouge_l
from eval.choosing import Asked
from eval.findings import Findings
from eval.questions import Question, load_questions
from eval.scores import Outcome, outcome
from store.library import Library
from store.paper import normal_title
from store.settings import StoreSettings
from tests.assistant.any_answers import answered, refused
from tests.assistant.invented import BEES, BELLS, PAPERS

TITLE = normal_title(BEES.title)
SAID = answered("?", ("We released 600 honeybees [1].", 1, BEES, "We released 600 honeybees"))
TIMED = replace(SAID, timings_ms={"total": 20.0})


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("referred")
    with Library(StoreSettings(library=folder), owner="a test") as opened:
        opened.catalogue(PAPERS)
        yield opened


def found(library: Library, *outcomes: Outcome) -> Findings:
    engine = CitedQueryEngine(library)
    return measure(Asked("any", Path("any"), False, datetime.now(UTC), engine, list(outcomes)))


def asks(**given: object) -> Question:
    row = {"id": "q", "split": "test", "kind": "detail", "question": "?", "papers": (TITLE,)}
    return Question(**(row | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "reference", "score"),
    [
        # The values of the package rouge-score for the same pairs.
        ("police killed the gunman", "police kill the gunman", 0.75),
        ("the gunman kill police", "police kill the gunman", 0.5),
        ("The Tide, 3.1%!", "the tide 3 1", 1.0),
        ("a b c d", "a x c", 4 / 7),
        ("one", "two", 0.0),
        ("", "two", 0.0),
    ],
)
def test_rouge_l_is_the_mean_of_both_shares_of_the_common_subsequence(
    text: str, reference: str, score: float
) -> None:
    assert rouge_l(text, reference) == pytest.approx(score)


@given(st.text(), st.text())
def test_rouge_l_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    assert 0 <= rouge_l(one, other) == rouge_l(other, one) <= 1


def test_a_reference_answer_goes_before_the_evidence() -> None:
    abstracts = {TITLE: "One. Two. Three.", "other": "Four. Five."}
    evidence = {TITLE: [(10, 16), (0, 4)], "other": [(0, 5)], "gone": [(0, 3)]}
    assert references(asks(evidence=evidence, answer="Six."), abstracts) == ["Six."]
    assert references(asks(evidence=evidence), abstracts) == ["One. Three.", "Four."]
    assert references(asks(), abstracts) == []


def test_a_row_may_carry_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "?", "papers": ["A"], "answer": " Six. "}\n', "utf-8")
    assert load_questions(path=path)[0].answer == "Six."
    path.write_text('{"question": "?", "papers": ["A"], "answer": 6}\n', "utf-8")
    with pytest.raises(ValueError, match="Line 1"):
        load_questions(path=path)


def test_an_answer_is_held_against_its_nearest_reference(library: Library) -> None:
    spans = [BEES.abstract.index("We released"), BEES.abstract.index(", half of them")]
    evidence = {TITLE: [(spans[0], spans[1])], normal_title(BELLS.title): [(0, 20)]}
    done = found(
        library,
        outcome(asks(evidence=evidence), TIMED),
        outcome(asks(id="none"), TIMED),
        outcome(asks(id="not", answer="A."), replace(refused("?"), timings_ms={"total": 1.0})),
    )
    figures = done.figures["all"]
    assert (figures["questions"], figures["answers"], figures["with_reference"]) == (3, 2, 1)
    # "We released 600 honeybees", and "at dawn" behind it in the reference: 2 · 4 / (4 + 6).
    assert done.each["q"]["rouge_l"] == figures["rouge_l"] == pytest.approx(0.8)
    assert 0.7 < done.each["q"]["similarity"] < 1
    assert done.each["q"]["words"] == 4
    assert done.each["none"].keys() == {"total_ms", "prompt_tokens", "completion_tokens", "words"}
    assert "words" not in done.each["not"]
    assert plain(SAID) == "We released 600 honeybees."


def test_the_same_words_are_like_themselves(library: Library) -> None:
    done = found(library, outcome(asks(answer=plain(SAID)), TIMED))
    assert done.figures["all"]["rouge_l"] == 1
    assert done.figures["all"]["similarity"] == pytest.approx(1, abs=1e-5)


def test_without_references_the_output_says_what_to_give(library: Library) -> None:
    done = found(library, outcome(asks(), TIMED))
    assert 'give rows an "answer"' in done.notes[0]
    assert done.plots == {}


def test_costs_are_by_writer_and_a_refusal_has_none_unless_a_model_wrote_it() -> None:
    by_model = replace(SAID, writer="large", tokens=Tokens(300, 50), timings_ms={"total": 900.0})
    short = replace(by_model, tokens=Tokens(100, 10), timings_ms={"total": 100.0})
    nothing = replace(refused("?"), writer="extractive", timings_ms={"total": 5.0})
    declined = replace(
        refused("?"), writer="large", tokens=Tokens(200, 0), timings_ms={"total": 500.0}
    )
    found = costs([by_model, short, TIMED, nothing, declined])
    assert found["large"] == {
        "answers": 3, "prompt_tokens": 200, "completion_tokens": 20, "all_tokens": 660,
        "p50_ms": 500, "p95_ms": pytest.approx(860),
    }  # fmt: skip
    assert found["extractive"]["answers"] == found["nobody (refused)"]["answers"] == 1
    assert found["nobody (refused)"]["p50_ms"] == 5
