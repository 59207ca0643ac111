"""Which papers a question, a search or a listing looks at."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date as Date


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty fields filter nothing. A paper must pass every field, and one value of each.

    `since` and `until` are inclusive; a paper with only a year counts for the whole year, and
    one without any date passes neither. `sources` and `organisations` match by a part of the
    name, whatever its case; `papers` are ids.
    """

    since: Date | None = None
    until: Date | None = None
    sources: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.since or self.until or self.sources or self.organisations or self.papers)


def parse_day(text: str, *, last: bool = False) -> Date:
    """A year, month or day (`2024`, `2024-05`, `2024-05-31`) as its first or `last` day.

    Raises ValueError with a sentence for the user.
    """
    found = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", text.strip())
    try:
        if not found:
            raise ValueError
        year, month, day = (int(part) if part else None for part in found.groups())
        assert year is not None
        if month is None:
            month = 12 if last else 1
        if day is None:
            day = calendar.monthrange(year, month)[1] if last else 1
        return Date(year, month, day)
    except (ValueError, calendar.IllegalMonthError):
        raise ValueError(
            f"'{text}' is no date: write a year, a month or a day as 2024, 2024-05 or 2024-05-31."
        ) from None
