"""Filters and the days in them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date as Date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.filters import Filters, parse_day


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", Date(2024, 1, 1), Date(2024, 12, 31)),
        ("2024-02", Date(2024, 2, 1), Date(2024, 2, 29)),
        ("2023-2", Date(2023, 2, 1), Date(2023, 2, 28)),
        ("2024-05-31", Date(2024, 5, 31), Date(2024, 5, 31)),
        (" 2024-5-3 ", Date(2024, 5, 3), Date(2024, 5, 3)),
    ],
)
def test_a_year_month_or_day_is_its_first_or_last_day(text: str, first: Date, last: Date) -> None:
    assert parse_day(text) == first
    assert parse_day(text, last=True) == last


@given(st.dates(min_value=Date(1000, 1, 1)))
def test_every_day_is_read_as_it_is_written(day: Date) -> None:
    assert parse_day(day.isoformat()) == parse_day(day.isoformat(), last=True) == day


@pytest.mark.parametrize(
    "text",
    ["", "24", "20245", "2024-13", "2024-00", "2023-02-29", "2024-05-00", "2024/05", "May 2024",
     "2024-05-31T00:00", "0000", "-2024", "2024-"],
)  # fmt: skip
@pytest.mark.parametrize("last", [False, True])
def test_anything_else_is_told_with_the_forms_that_are_known(text: str, last: bool) -> None:
    with pytest.raises(ValueError, match=r"is no date: write .* 2024, 2024-05 or 2024-05-31\.$"):
        parse_day(text, last=last)


@given(st.text(), st.booleans())
def test_no_text_raises_anything_else(text: str, last: bool) -> None:
    with suppress(ValueError):
        assert isinstance(parse_day(text, last=last), Date)


def test_filters_are_true_when_they_filter_something() -> None:
    assert not Filters()
    day = Date(2024, 1, 1)
    for filters in (Filters(since=day), Filters(until=day), Filters(sources=("a",)),
                    Filters(organisations=("a",)), Filters(papers=("a",))):  # fmt: skip
        assert filters
