"""Sentences that stand alone, what introduces the others, and data that are named."""

from __future__ import annotations

import pytest

from assistant.surveying.choosing import says_something
from assistant.surveying.clauses import shorten
from assistant.surveying.columns import column_of
from assistant.surveying.data import data_and_rest, names_data
from assistant.surveying.standing import dangles, introduced_by, points, reports, short_name
from store.paper import Paper

LANTERN = Paper(title="Lantern: Sorting by Light", abstract="We propose Lantern, a way to sort.")
PLAIN = Paper(title="On Sorting by Light", abstract="A method called LSort sorts by light.")


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("This mitigates both kinds of error.", True),
        ("However, it fails at night.", True),
        ("In this paper, we sort by light.", False),
        ("However, it has been observed that lanterns flicker.", False),
        ("Lanterns flicker.", False),
    ],
)
def test_an_opening_that_points_back_dangles(text: str, does: bool) -> None:
    assert dangles(text) == does


def test_a_sentence_is_introduced_where_only_its_paper_explains_it() -> None:
    assert introduced_by(LANTERN, "Our method sorts ten lists.") == "Lantern"
    assert introduced_by(PLAIN, "Experiments show that ten lists are sorted.") == PLAIN.title
    assert introduced_by(LANTERN, "Lantern sorts ten lists in a night.") == ""
    assert (short_name(LANTERN), short_name(PLAIN)) == ("Lantern", "LSort")
    assert points("Lantern solves these problems.")


def test_what_only_reports_goes_if_the_rest_stands_alone() -> None:
    assert reports("Our experiments show that Lantern sorts ten lists.") == 26
    assert reports("We show that it sorts ten lists.") == 0
    text = "To address these issues, we propose Lantern."
    assert text[shorten(text)[0] :] == "we propose Lantern."


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("our method enjoys high robustness across different datasets", False),
        (
            "Extensive experiments on several classification tasks show the effect of Lantern.",
            False,
        ),
        ("We evaluate it on ImageNet.", True),
        ("We evaluate it on MS MARCO and TREC CAR.", True),
        ("We evaluate it on three datasets.", True),
        ("We evaluate it on a handwriting dataset.", True),
        ("It is trained on Chinese dialogues.", True),
    ],
)
def test_data_are_named_or_counted(text: str, does: bool) -> None:
    assert names_data(text, "Lantern") == does


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("However, some problems still remain.", False),
        ("Lantern overcomes these limitations by learning from daylight.", False),
        ("However, lanterns flicker when the wind is strong.", True),
    ],
)
def test_a_problem_says_something_and_is_not_a_method(text: str, does: bool) -> None:
    assert says_something(column_of("problem"), text, {}) == does


def test_data_and_result_share_a_sentence_out() -> None:
    text = "Experiments on GSM8K and MATH show that Lantern reads twice as many pages in a night."
    parts = data_and_rest(text)
    assert parts is not None
    assert [text[start:end] for start, end in parts] == [
        "Experiments on GSM8K and MATH", "Lantern reads twice as many pages in a night.",
    ]  # fmt: skip
    assert data_and_rest("Lantern reads many pages.") is None
