"""The labelled pairs of records, of one paper and of two."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from eval.forms import FORMS, in_form
from eval.identity import Pair, load_pairs, measure
from store.paper import Paper
from tests.store.making import record


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return load_pairs()


def test_there_are_enough_of_both_and_they_are_what_they_say(pairs: list[Pair]) -> None:
    assert len(pairs) >= 300
    assert min(Counter(pair.same for pair in pairs).values()) > 150
    short = [pair for pair in pairs if pair.kind == "one short title"]
    assert all(":" not in pair.one.title for pair in short)
    assert {form for form in FORMS if "short" not in form} <= FORMS.keys()


def test_precision_and_recall_are_at_least_what_they_should_be(pairs: list[Pair]) -> None:
    found = measure(pairs)
    assert found["precision"] >= 0.99, found["wrong"]
    assert found["recall"] >= 0.99, found["wrong"]


def test_a_wrong_judgement_counts_against_the_right_figure(pairs: list[Pair]) -> None:
    flipped = [replace(pair, same=not pair.same) for pair in pairs[:4]]
    found = measure([*flipped, *pairs[4:]])
    assert found["precision"] < 1
    assert len(found["wrong"]) == 4


PAPER = record(
    "Wells of the coast: a survey", "We dig. We look. The wells are salty. They were sweet.",
    authors=("Ada M. One", "Ben Two"), year=2020, venue="ICML",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_another_record_of_the_paper(form: str) -> None:
    made = in_form(PAPER, form)
    assert isinstance(made, Paper)
    assert made.abstract
    if form == "page":
        assert (made.authors, made.author_count, made.year) == ((), 2, None)
    if form == "initials":
        assert made.authors == ("A. M. One", "B. Two")
    if form.startswith("short"):
        assert made.title == "Wells of the coast"
    if form in ("bibtex", "ris", "csl-json"):
        assert (made.title, made.authors, made.year) == (PAPER.title, PAPER.authors, 2020)
