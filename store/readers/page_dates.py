"""Which day a date on a listing page means.

The site prints a year only where it isn't the current one, so most dates have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTHS)
_UPVOTES = r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,7}|[0-9]{1,4}\.[0-9]{1,3}[kK]|[0-9]{1,4}[kK]"
_DAY = re.compile(rf"({_MONTH}) ([0-9]{{1,2}})(?:, ([0-9]{{4}}))?(?: ({_UPVOTES}))?")
_COUNT = re.compile(_UPVOTES)
_NUMBER = {name[:3]: number for number, name in enumerate(_MONTHS, start=1)}


@dataclass(frozen=True, slots=True)
class Day:
    """A date as it is printed, perhaps impossible ("Feb 30"), and the upvotes behind it."""

    month: int
    day: int
    year: int | None = None
    upvotes: int | None = None

    def within(self, year: int) -> Date | None:
        """The day in its own year, else in this one; None if there is no such day."""
        try:
            return Date(year if self.year is None else self.year, self.month, self.day)
        except ValueError:
            return None


def read_day(line: str) -> Day | None:
    """The date that makes up a whole line ("Nov 22, 2023", "Apr 13 2"), or None."""
    found = _DAY.fullmatch(line)
    if not found:
        return None
    month, day, year, votes = found.groups()
    return Day(
        month=_NUMBER[month[:3]],
        day=int(day),
        year=int(year) if year else None,
        upvotes=read_count(votes) if votes else None,
    )


def read_count(text: str) -> int | None:
    """A count of upvotes as the site writes it ("7", "1,204", "1.2k"), or None."""
    if not _COUNT.fullmatch(text):
        return None
    if text[-1] in "kK":
        return round(float(text[:-1]) * 1000)
    return int(text.replace(",", ""))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Gives the dates of one page their years.

    `own` is the page's own day, None if nothing tells it. `known` says that its year was
    read or given and not worked out.
    """

    own: Date | None
    known: bool
    today: Date

    @classmethod
    def of(
        cls, header: Day | None, printed: Iterable[Day], saved: Date | None, today: Date
    ) -> Calendar:
        """The calendar of a page from the day in its header and the days printed in it.

        The day it was saved settles the matter, and so does a header with a year. Otherwise
        the page is taken to be from the year after the newest year printed in it: as the
        current year is never printed, it can't be an earlier one, and pages list so much
        recent work that a later one would show in them. The day in the header must not lie
        in the future, or the year before is taken. With no year anywhere nothing is worked
        out.
        """
        if saved is not None:
            return cls(min(saved, today), True, today)
        if header is not None and header.year is not None:
            own = header.within(today.year)
            if own is not None and own <= today:
                return cls(own, True, today)
        years = [
            day.year
            for day in printed
            if day.year is not None and (date := day.within(day.year)) is not None and date <= today
        ]
        if not years:
            return cls(None, False, today)
        year = min(max(years) + 1, today.year)
        yearless = header if header is not None and header.year is None else None
        for candidate in (year, year - 1):
            own = yearless.within(candidate) if yearless else None
            if own is not None and own <= today:
                return cls(own, False, today)
        return cls(min(Date(year, 12, 31), today), False, today)

    def date(self, day: Day) -> tuple[Date | None, bool]:
        """The date of a record and whether its year was worked out; None if it can't be told.

        A printed year is believed unless the day lies in the future. A day without a year
        belongs to the page's own year, and to the year before if it comes later in the
        calendar than the page's own day: a page can't list what isn't out yet, and a page
        from the first days of January is full of December.
        """
        if day.year is not None:
            date = day.within(day.year)
            return (date if date is not None and date <= self.today else None), False
        if self.own is None:
            return None, False
        date = day.within(self.own.year)
        if date is not None and date > self.own:
            date = day.within(self.own.year - 1)
        return date, date is not None and not self.known
