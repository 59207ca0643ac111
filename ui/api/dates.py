"""Dates of filters: a year, a month or a day."""

from __future__ import annotations

import calendar
from datetime import date as Date

# Written out as JSON Schema knows it, so that what the schema allows is what is taken.
DATE = r"^[1-9][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"


def first_day(text: str) -> Date:
    """The first day of a date that matches `DATE`."""
    year, month, day = _parts(text)
    return Date(year, month or 1, _within(year, month, day or 1))


def last_day(text: str) -> Date:
    """Its last day; the 31st of a shorter month is that month's last."""
    year, month, day = _parts(text)
    return Date(year, month or 12, _within(year, month or 12, day or 31))


def _parts(text: str) -> tuple[int, int, int]:
    year, month, day = (*(int(part) for part in text.split("-")), 0, 0)[:3]
    return year, month, day


def _within(year: int, month: int, day: int) -> int:
    return min(day, calendar.monthrange(year, month or 1)[1])
