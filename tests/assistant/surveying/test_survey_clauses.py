"""Long sentences are shortened at their clauses, and never so that they say something else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.surveying.clauses import LONG, bold_in, shorten

LEAD = "In this paper, we propose Lantern Sort, which keeps a fixed window of recent items"
FILLER = " and stores what it has seen in a list that it reads from the front to the back again"


def short(text: str, *keep: str) -> str:
    start, end = shorten(text, [re.compile(k) for k in keep])
    return text[start:end]


def test_a_short_sentence_stands_whole() -> None:
    assert short("In this paper, we do little.") == "In this paper, we do little."


def test_a_long_one_loses_its_lead_and_what_does_not_answer() -> None:
    text = f"{LEAD}{FILLER}, leading to a tidy list{FILLER}."
    assert short(text, "propose") == f"{LEAD.removeprefix('In this paper, ')}{FILLER}"


@pytest.mark.parametrize(
    "rest",
    [
        ", which only works if the window is large enough for all that comes late, or so we think",
        ", while it fails on all the other streams that we have looked at in the last ten years",
        ", achieving 38% fewer comparisons than the method that everybody has used for ten years",
    ],
)
def test_what_turns_the_meaning_or_has_a_figure_is_kept(rest: str) -> None:
    text = f"We propose Lantern Sort{FILLER}{rest}."
    assert len(text) > LONG
    assert short(text, "propose") == text


def test_nothing_is_cut_inside_brackets_or_formulas() -> None:
    text = f"We propose Lantern Sort ({'a b c ' * 20}, which is new{FILLER}) for streams."
    assert short(text, "propose") == text


@given(st.text(max_size=600), st.sampled_from(["a", r"\d", "the"]))
def test_what_is_shown_is_part_of_the_sentence(text: str, pattern: str) -> None:
    start, end = shorten(text, [re.compile(pattern)])
    assert 0 <= start <= end <= len(text)
    assert end > start or not text


@given(st.text(max_size=300), st.sampled_from(["data", "result", "cost", "method", ""]))
def test_what_is_bold_lies_in_the_text_in_order(text: str, known: str) -> None:
    at = 0
    for start, end in bold_in(text, known):
        assert at <= start < end <= len(text)
        at = end


@pytest.mark.parametrize(
    ("text", "known", "bold"),
    [
        ("It reads 94.2% of the characters.", "result", ["94.2%"]),
        ("Training takes 3.5 days on eight GPUs.", "cost", ["3.5 days"]),
        ("Tested on GSM8K and 1,150 questions.", "data", ["GSM8K", "1,150 questions"]),
        ("It reads 94.2% of the characters.", "method", []),
        ("An LLM was trained on text.", "data", []),
    ],
)
def test_figures_and_names_that_answer_are_bold(text: str, known: str, bold: list[str]) -> None:
    assert [text[start:end] for start, end in bold_in(text, known)] == bold
