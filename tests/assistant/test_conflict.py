"""Sentences that say something else than their source in nearly the same words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.conflict import conflicts, numbers_in, turned_round, unknown_figure
from store.library import Library


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,000 bees", "1000 bees"),
        ("10k plates", "10,000 plates"),
        ("2 million rows", "2M rows"),
        ("a 52-billion-parameter model", "52B parameters"),
        ("seven million pages", "7,000,000 pages"),
        ("5% of them", "5 % of them"),
        ("two sites", "2 sites"),
        ("twice the load", "2 times the load"),
        ("94.20 points", "94.2 points"),
        ("3× faster", "three times as fast"),
    ],
)
def test_figures_written_in_two_ways_are_the_same(one: str, other: str) -> None:
    assert numbers_in(one) == numbers_in(other) != set()


@pytest.mark.parametrize("text", ["GPT2 and Qwen2 differ", "x3 is a name", "no figures here", ""])
def test_digits_inside_a_name_are_no_figures(text: str) -> None:
    assert numbers_in(text) == set()


@given(st.decimals(0, 10**6, places=3, allow_nan=False), st.integers(0, 2))
def test_a_figure_stands_in_a_source_that_gives_it_more_precisely(
    precise: Decimal, places: int
) -> None:
    source = f"It reached {precise} points."
    rounded = f"{float(precise):.{places}f}"
    if abs(Decimal(rounded) - precise) * 2 < Decimal(1).scaleb(-places):  # no tie
        assert not unknown_figure(f"It reached about {rounded} points.", source)


@pytest.mark.parametrize(
    ("sentence", "source", "unknown"),
    [
        ("It reached 94% of them.", "It reached 94.2% of them.", False),
        ("It reached 95% of them.", "It reached 94.2% of them.", True),
        ("It reached 94.25% of them.", "It reached 94.2% of them.", True),
        ("It took 10 days.", "It took 14 days.", True),
        ("It used 40 and 9 plates.", "It used 40 plates.", True),
        ("It used plates.", "It used 40 plates.", False),
    ],
)
def test_a_figure_that_the_source_lacks_is_unknown(
    sentence: str, source: str, unknown: bool
) -> None:
    assert unknown_figure(sentence, source) is unknown


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("Morning light does not help bees.", "Morning light helps bees."),
        ("Morning light helps bees.", "Morning light never helps bees."),
        ("The probe fails in wet soil.", "The probe works in wet soil."),
        ("The probe works without a coin cell.", "The probe works with a coin cell."),
        ("Slow cooling increases the tone.", "Slow cooling lowers the tone."),
        ("Longer prompts hurt the models.", "Longer prompts help the models."),
        ("The effect was smaller on cloudy days.", "The effect was larger on cloudy days."),
        ("Heap sort outperforms Lantern Sort.", "Lantern Sort outperforms heap sort."),
        ("Heap sort is faster than Lantern Sort.", "Lantern Sort is faster than heap sort."),
        ("Heap sort is beaten by merge sort.", "Heap sort beats merge sort."),
        ("Tin needs less heat than zinc.", "Zinc needs less heat than tin."),
        (
            "Heap sort outperforms Lantern Sort on slow streams.",
            "Lantern Sort outperforms heap sort on slow streams.",
        ),
        ("The textbook comes before the boats.", "The boats come before the textbook."),
        ("The lamp was hidden after the count.", "The lamp was hidden before the count."),
    ],
)
def test_the_opposite_of_the_source_is_a_conflict(
    library: Library, sentence: str, source: str
) -> None:
    assert conflicts(sentence, source, library.words.stems)
    assert not conflicts(source, source, library.words.stems)


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("Lantern Sort beats heap sort.", "Lantern Sort outperforms heap sort."),
        ("Heap sort is outperformed by Lantern Sort.", "Lantern Sort outperforms heap sort."),
        ("Heap sort is slower than Lantern Sort.", "Heap sort is slower than Lantern Sort here."),
        ("After washing, zinc outperforms paint.", "Zinc outperforms paint after washing."),
        ("Not only zinc but also washing slows rust.", "Zinc and washing slow rust."),
        ("It holds no matter which colour is used.", "It holds with every colour."),
        ("Bees fly home at dawn.", "At dawn, bees fly home."),
    ],
)
def test_the_same_in_other_words_is_none(library: Library, sentence: str, source: str) -> None:
    assert not conflicts(sentence, source, library.words.stems)


def test_a_comparison_in_only_one_of_both_is_not_turned_round(library: Library) -> None:
    stems = library.words.stems
    assert not turned_round("Zinc outperforms paint.", "Zinc and paint were tried.", stems)
    assert not turned_round("Zinc was tried before paint.", "Zinc outperforms paint.", stems)
