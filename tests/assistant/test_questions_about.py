"""What a title and an abstract let one ask."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.questions_about import (
    any_question,
    difference,
    name_in,
    own_question,
    questions_about,
    quoted,
)
from store.paper import Paper
from tests.assistant.invented import BELLS, FERRYBENCH, LANTERN, LEDGERS


def asked(paper: Paper) -> list[str]:
    return [suggestion.question for suggestion in questions_about(paper)]


def paper(title: str, abstract: str = "We find that tides rise. We propose Ebb.") -> Paper:
    return Paper(title=title, abstract=abstract)


def test_a_named_method_is_asked_how_it_works_and_what_it_achieves() -> None:
    assert asked(LANTERN) == [
        "How does Lantern Sort work?",
        "What results does Lantern Sort achieve?",
    ]


def test_a_benchmark_measures_and_data_contains() -> None:
    assert name_in(FERRYBENCH) == "FerryBench"
    data = paper("Tides-9: A Dataset of Tides", "We release Tides-9, with nine tides.")
    assert asked(data) == ["What does Tides-9 contain?"]
    test = paper("TideBench: A Benchmark for Tides", "We introduce TideBench. Best is 61%.")
    assert asked(test) == ["What does TideBench measure?", "How well do models do on TideBench?"]


def test_a_rival_that_the_abstract_names_is_compared_with() -> None:
    ebb = paper(
        "Ebb: Sorting Tides", "We propose Ebb. It outperforms the standard RANSAC-2 by far."
    )
    assert "How does Ebb compare with RANSAC-2?" in asked(ebb)
    vague = paper(
        "Ebb: Sorting Tides", "We propose Ebb. It outperforms SOTA methods and DNNs, too."
    )
    assert not any("compare" in question for question in asked(vague))


@pytest.mark.parametrize(
    "title",
    [
        "Ebb and flow of the tides",
        "A long first part of a title: Ebb",
        "Flow: Sorting Tides",  # the abstract has no Flow
        "Ebb: A Survey",
        "A, B: Ebb",
        "the ebb: small letters",
    ],
)
def test_the_first_words_of_a_title_are_no_name_unless_the_abstract_brings_it(title: str) -> None:
    assert name_in(paper(title)) is None
    assert name_in(paper("Ebb: Sorting Tides")) == "Ebb"


def test_a_title_that_asks_is_the_question() -> None:
    assert own_question("Do Small Boats Teach Tides Well?") == "Do Small Boats Teach Tides Well?"
    assert (
        own_question("TideBench: Can Pupils Read Tides at Sea?") == "Can Pupils Read Tides at Sea?"
    )
    assert own_question("What Is Around the Camera?") is None
    assert own_question("Tides: Rise and Fall?") is None


def test_a_paper_without_a_name_is_asked_what_it_says() -> None:
    claims = paper("Slow Tides", "Our results show that tides are slow.")
    assert asked(claims) == ["What does “Slow Tides” show?"]
    assert asked(BELLS) == []
    assert any_question(BELLS).question == "What is “Slow Cooling Makes Tougher Bell Bronze” about?"
    assert asked(paper("Nothing Known", "")) == []


def test_two_named_methods_differ_and_one_alone_does_not() -> None:
    ebb = paper("Ebb: Sorting Tides")
    suggestion = difference(LANTERN, ebb)
    assert suggestion is not None
    assert suggestion.question == "How do Lantern Sort and Ebb differ?"
    assert suggestion.papers == (LANTERN.id, ebb.id)
    assert difference(LANTERN, LEDGERS) is None
    assert difference(ebb, paper("EBB: Again", "We propose EBB.")) is None


@given(st.text(max_size=300), st.text(max_size=300))
def test_every_question_is_one_line_of_sensible_length(title: str, abstract: str) -> None:
    for text in [*asked(paper(title, abstract)), any_question(paper(title)).question]:
        assert text == " ".join(text.split())
        assert len(text) <= 160
        assert text.endswith("?")


@given(st.text(max_size=300))
def test_a_short_title_stands_in_quotes_as_it_is(title: str) -> None:
    plain = " ".join(title.split())
    if plain.isprintable() and len(plain) <= 110 and not plain.endswith("."):
        assert quoted(title) == f"“{plain}”"
