"""The pieces that questions about the collection are worded with, as patterns."""

from __future__ import annotations

import calendar
import re
from datetime import date as Date
from datetime import timedelta

from assistant.collection.query import By, Ranking

LONGEST = 300  # characters; what is longer is no question about the collection
PAPERS = r"(?:papers?|articles?|publications?|preprints?|abstracts?|stud(?:y|ies))"
PAGES = r"(?:(?:saved |listing )?pages?|files?|sources?)"
ORGANISATIONS = (
    r"(?:organi[sz]ations?|orgs?|compan(?:y|ies)|institut(?:es?|ions?)|affiliations?|labs?)"
)
HERE = (
    r"(?:here|(?:(?:in|of|from|within)\s+)?(?:this|the|my|our|your)\s+(?:whole\s+)?(?:library|"
    r"collection|catalogue|catalog|database))"
)

_FIRST_NUMBERS = "one two three four five six seven eight nine ten eleven twelve"
_FIRST_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth"
_NUMBERS = {word: number for number, word in enumerate(_FIRST_NUMBERS.split(), start=1)} | {
    "fifteen": 15,
    "twenty": 20,
    "fifty": 50,
}
NUMBER = rf"(?:\d{{1,4}}|{'|'.join(_NUMBERS)})"
_ORDINALS = {word: number for number, word in enumerate(_FIRST_ORDINALS.split(), start=1)} | {
    "last": -1
}
ORDINAL = rf"(?:{'|'.join(_ORDINALS)}|\d{{1,3}}(?:st|nd|rd|th))"

MOST_UPVOTED = (
    r"(?:most[\s-]+(?:up-?voted|popular|liked|voted)|highest[\s-]+(?:rated|voted)|"
    r"top[\s-]+(?:up-?voted|rated|voted))"
)
NEWEST = r"(?:newest|latest|most recent)"
OLDEST = r"(?:oldest|earliest)"
ADDED = r"(?:(?:last|latest|newly|(?:most[\s-]+)?recently)[\s-]+(?:added|imported))"

SUPERLATIVE = (
    rf"(?:(?P<upvoted>{MOST_UPVOTED})|(?P<added>{ADDED})|(?P<newest>{NEWEST})|(?P<oldest>{OLDEST}))"
)
MOST = r"(?P<upvoted>most\s+(?:up-?votes?|votes|likes))"
SHOW = (
    r"(?:(?:which|what)\s+(?:is|are|was|were)|what['’]?s|which|what|"
    r"(?:show|give|list|find|get|name)(?:\s+me)?)"
)

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_MONTHS["sept"] = 9
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
DATE = (
    rf"(?:{_YEAR}-\d\d(?:-\d\d)?|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTH})\.?,?\s+{_YEAR}|"
    rf"(?:{_MONTH})\.?(?:\s+\d{{1,2}}(?:st|nd|rd|th)?,|\s+of|,)?\s+{_YEAR}|"
    rf"{_YEAR}|(?:this|(?:the\s+)?last)\s+(?:year|month)|today|yesterday)(?![\w-])"
)
_WORDED = re.compile(
    rf"(?:(?P<before>\d{{1,2}})(?:st|nd|rd|th)?\s+)?(?:(?P<month>{_MONTH})\.?,?(?:\s+of)?\s+)?"
    rf"(?:(?P<after>\d{{1,2}})(?:st|nd|rd|th)?,\s+)?(?P<year>{_YEAR})",
    re.IGNORECASE,
)

Days = tuple[Date, Date]


def days_of(text: str, today: Date) -> Days | None:
    """The first and the last day that a `DATE` means; None for a day that no calendar has."""
    text = " ".join(text.lower().split()).removeprefix("the ")
    if text in ("today", "yesterday"):
        day = today - timedelta(days=text == "yesterday")
        return day, day
    if text.endswith("year"):
        year = today.year - text.startswith("last")
        return Date(year, 1, 1), Date(year, 12, 31)
    if text.endswith("month"):
        first = today.replace(day=1)
        return _month(first if text.startswith("this") else first - timedelta(days=1))
    try:
        if re.match(r"\d{4}-", text):
            parts = [int(part) for part in text.split("-")]
            year, month, day_number = (*parts, 0)[:3]
        else:
            found = _WORDED.fullmatch(text)
            if not found:
                return None
            year, month = int(found["year"]), _MONTHS.get((found["month"] or "").lower(), 0)
            day_number = int(found["before"] or found["after"] or 0)
        if not month:
            return Date(year, 1, 1), Date(year, 12, 31)
        if not day_number:
            return _month(Date(year, month, 1))
        return Date(year, month, day_number), Date(year, month, day_number)
    except ValueError:
        return None


def _month(day: Date) -> Days:
    return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])


def number_of(text: str) -> int:
    """A `NUMBER` as one."""
    return _NUMBERS.get(text.lower()) or int(text)


def ordinal_of(text: str) -> int:
    """An `ORDINAL` as a place from 1; -1 is the last."""
    return _ORDINALS.get(text.lower()) or int(re.sub(r"\D", "", text))


def by_of(text: str) -> By:
    """What "per year" and the like sort papers by; files and sources are pages."""
    text = text.lower()
    if re.fullmatch(ORGANISATIONS, text) or text == "companie":
        return "organisation"
    by: dict[str, By] = {"year": "year", "mont": "month"}
    return by.get(text[:4], "page")


def order_of(said: dict[str, str]) -> Ranking:
    """The order that a `SUPERLATIVE` or `MOST` means, by the names of the groups that matched."""
    if "added" in said:
        return "-added"
    if "newest" in said:
        return "-year"
    return "year" if "oldest" in said else "-upvotes"
