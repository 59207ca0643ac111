"""Abbreviations of a question, spelt out by the library's own papers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.abbreviations import Abbreviations, long_form, short_forms
from assistant.retrieval import HybridRetriever
from assistant.settings import AnswerSettings
from store.library import Library
from store.paper import Paper, Source
from store.settings import StoreSettings

PAPERS = [
    Paper(
        title="Tethered gliders hold their height",
        abstract="We study a tethered soaring wing (TSW) above a coast. It holds its height for "
        "nine hours, with no engine at all.",
    ),
    Paper(
        title="Kites as pumps",
        abstract="Nine kites lift water from a lake. One tethered soaring wing lifts as much as "
        "two oxen do.",
    ),
    Paper(
        title="Oxen on the threshing floor",
        abstract="Two oxen turn a mill. They tire after three hours, and rest for one.",
    ),
]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does RLHF change?", ["RLHF"]),
        ("How do LLMs and an LLM differ from NeRFs?", ["LLM", "NeRF"]),
        ("does GPT-4 beat it", ["GPT"]),
        ("What is a Mill in Germany?", []),
        ("WHY", ["WHY"]),
        ("an A and a B", []),
        ("", []),
    ],
)
def test_short_forms_have_two_capitals_and_no_plural(question: str, expected: list[str]) -> None:
    assert short_forms(question) == expected


@pytest.mark.parametrize(
    ("short", "text", "expected"),
    [
        ("TSW", "We fly a tethered soaring wing (TSW).", "tethered soaring wing"),
        ("TSW", "Many tethered soaring wings (TSWs) fly.", "tethered soaring wings"),
        ("HMM", "a hidden Markov model ( HMM )", "hidden Markov model"),
        ("NeRF", "Neural radiance fields (NeRF) are", "Neural radiance fields"),
        ("RL-2", "old (RL-2)", None),
        ("TSW", "It is short (TSW).", None),
        ("TSW", "a tethered soaring wing, TSW", None),
        ("T(W", "a (T(W) b", None),
    ],
)
def test_the_long_form_stands_before_the_bracket(
    short: str, text: str, expected: str | None
) -> None:
    assert long_form(short, text) == expected


@given(
    st.text(st.characters(categories=["L", "N"]), max_size=8),
    st.text(max_size=80),
    st.text(max_size=20),
)
def test_a_long_form_is_text_that_begins_with_the_first_letter(
    short: str, before: str, after: str
) -> None:
    form = long_form(short, f"{before}({short}){after}") if short else None
    if form:
        assert form in " ".join(f"{before}({short}){after}".split())
        assert form[0].lower()[0] == short[0].lower()[0]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(StoreSettings(library=tmp_path / "library"))
    library.add(
        replace(paper, sources=(Source("made up", place),)) for place, paper in enumerate(PAPERS, 1)
    )
    return library


def test_the_librarys_papers_spell_an_abbreviation_out(library: Library) -> None:
    with library:
        abbreviations = Abbreviations(library)
        assert abbreviations.spelt_out("How high does a TSW fly?") == ["tethered soaring wing"]
        assert abbreviations.spelt_out("How high does a QXZ fly?") == []
        gone = [paper.id for paper in library.catalog.list() if "TSW" in paper.abstract]
        assert library.remove_papers(gone) == 1
        assert abbreviations.spelt_out("How high does a TSW fly?") == []


def test_a_paper_that_only_spells_it_out_is_lifted(library: Library) -> None:
    def score(weight: float) -> float:
        settings = AnswerSettings(abbreviation_weight=weight)
        found = HybridRetriever(library, settings).search("How much does a TSW lift?")
        return next(p.scores.fused for p in found if p.paper.title == "Kites as pumps")

    with library:
        assert score(0.5) > score(0.0) + 0.1
