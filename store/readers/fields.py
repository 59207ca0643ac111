"""Papers given as fields, as in a JSON document: the shape in which papers are also shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date as Date
from datetime import datetime
from typing import Any

from store.filters import parse_day
from store.paper import Paper, Rejected, Source, normal_ids
from store.readers.markup import readable

_LONGEST = {"title": 2_000, "abstract": 100_000}  # characters; what is longer is no such thing
_SHORT = 1_000
_NEEDS = ("title", "abstract", "summary")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NO_ABSTRACT = re.compile(
    r"\W*(?:no abstract(?: is)?(?: available| provided| given)?|"
    r"(?:the )?abstract (?:is )?(?:not (?:available|provided|given)|unavailable|missing)|"
    r"n/?a|none)\W*",
    re.IGNORECASE,
)
_NEEDED = "a record needs a 'title' and an 'abstract', both text"


def paper_of(given: object, source: Source) -> Paper | Rejected:
    """The paper that fields describe, or why they describe none; never raises.

    Known are those of `Paper`; `summary` may take the place of `abstract`, `authors` may be
    one text with "; " or " and " between. Others, `id` among them, are passed over: the id is
    made from what identifies the paper. The first of `sources` goes before `source`.
    """
    try:
        if not isinstance(given, Mapping):
            raise ValueError(_NEEDED)
        return _paper(given, source)
    except ValueError as error:
        shown = given.get("title", "") if isinstance(given, Mapping) else ""
        return Rejected(source, str(error), _plain(shown) if isinstance(shown, str) else "")


def record_of(given: Mapping[str, Any], source: Source) -> Paper | Rejected:
    """The paper of a record in somebody else's format, or why it describes none; never raises.

    As `paper_of`, but lenient: LaTeX and HTML in texts become readable, "No abstract available" and
    the like count as none, dates may be written in most ways (a year or a month gives the year
    alone), an address at arXiv or of a DOI tells that id, and an optional field that can't be read
    is left out. A rejected record brings its fields, so that it can be mended and added again.
    """
    plain: dict[str, Any] = {key: value for key, value in given.items() if value not in (None, "")}
    for name in ("title", "abstract", "summary", "venue", "organisation"):
        if isinstance(value := plain.get(name), str):
            plain[name] = readable(_plain(value))
    for name in ("abstract", "summary"):
        if _NO_ABSTRACT.fullmatch(str(plain.get(name, ""))[:_SHORT]):
            plain.pop(name, None)
    if isinstance(plain.get("authors"), list | tuple):
        names = [_plain(one) for one in plain["authors"] if isinstance(one, str)]
        if readable("\n".join(names)) != " ".join(names):  # most are readable, each of them
            names = [name for one in names if (name := readable(one))]
        plain["authors"] = names
    if isinstance(url := plain.get("url"), str):
        for name, host in (("arxiv_id", "arxiv.org/"), ("doi", "doi.org/10.")):
            if host in url and not plain.get(name):
                plain[name] = url
    if "date" in plain:
        day, year = date_of(plain.pop("date"))
        plain |= {"date": day.isoformat()} if day else {}
        plain.setdefault("year", year)
    outcome = paper_of(plain, source)
    if isinstance(outcome, Paper):
        return outcome
    kept = {name: value for name, value in plain.items() if name in _NEEDS or _good(name, value)}
    outcome = paper_of(kept, source)
    if isinstance(outcome, Paper):
        return outcome
    missing = [
        name
        for name, value in (
            ("title", kept.get("title")),
            ("abstract", kept.get("abstract") or kept.get("summary")),
        )
        if not any(c.isalnum() for c in str(value or ""))
    ]
    return replace(
        outcome,
        why=f"it has no {' and no '.join(missing)}" if missing else outcome.why,
        text=str(kept.get("title") or kept.get("abstract") or "")[:_SHORT],
        fields=_plain(json.dumps(kept, ensure_ascii=False, default=str)),
    )


def date_of(value: object) -> tuple[Date | None, int | None]:
    """A day where text or a date names one, and the year; None for what it doesn't name."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, Date):
        return value, value.year
    text = str(value).strip()
    if iso := re.match(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", text):
        try:
            day = Date(*(int(part) for part in iso.groups()))
            return day, day.year
        except ValueError:
            return None, int(iso.group(1))
    year = re.search(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)", text)
    if not year:
        return None, None
    month = next((n for n, m in enumerate(_MONTHS, 1) if re.search(rf"\b{m}", text, re.I)), None)
    number = re.search(
        r"(?<!\d)([0-3]?\d)(?:st|nd|rd|th)?(?!\d)", text.replace(year.group(), " ", 1)
    )
    if month and number:
        try:
            return Date(int(year.group()), month, int(number.group(1))), int(year.group())
        except ValueError:
            pass
    return None, int(year.group())


def _good(name: str, value: object) -> bool:
    """Whether an optional field can be taken as it is."""
    probe = paper_of({"title": "t", "abstract": "a", name: value}, Source("-"))
    return isinstance(probe, Paper)


def _paper(given: Mapping[Any, Any], source: Source) -> Paper:
    summary = given.get("kind") == "summary" or (not given.get("abstract") and "summary" in given)
    title = _text(given, "title", needed=True)
    abstract = _text(given, "abstract" if given.get("abstract") else "summary", needed=True)
    assert title is not None
    assert abstract is not None
    day, inferred = _date(given.get("date")), given.get("date_inferred") is True
    return Paper(
        title=title,
        abstract=abstract,
        kind="summary" if summary else "abstract",
        authors=_authors(given.get("authors")),
        author_count=_count(given, "author_count", 1_000_000),
        organisation=_text(given, "organisation"),
        date=day,
        date_inferred=inferred,
        year=_count(given, "year", 9999) or None,
        upvotes=_count(given, "upvotes", 2**53),
        venue=_text(given, "venue"),
        url=_text(given, "url"),
        doi=_text(given, "doi"),
        arxiv_id=_text(given, "arxiv_id"),
        other_ids=_ids(given.get("other_ids")),
        sources=_sources(given.get("sources"))[:1] or (source,),  # a record has one
    )


def _text(given: Mapping[Any, Any], name: str, *, needed: bool = False) -> str | None:
    value = given.get(name)
    if value is None and not needed:
        return None
    if not isinstance(value, str) or (needed and not any(c.isalnum() for c in value)):
        raise ValueError(_NEEDED if needed else f"'{name}' must be text")
    value = _plain(value).strip()
    longest = _LONGEST["abstract" if name == "summary" else name] if needed else _SHORT
    if len(value) > longest:
        raise ValueError(f"'{name}' is longer than {longest:,} characters")
    return value if name in ("abstract", "summary") else " ".join(value.split()) or None


def _plain(text: str) -> str:
    """Text that can be stored: no NUL, no halves of characters."""
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _authors(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        value = value.replace(" and ", ";").split(";")
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise ValueError("'authors' must be a list of names")
    names = (" ".join(_plain(name).split())[:_SHORT] for name in value)
    return tuple(name for name in names if name)


def _ids(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ValueError("'other_ids' must be a list of texts such as 'pubmed:123'")
    return normal_ids(_plain(one) for one in value[:100])


def _count(given: Mapping[Any, Any], name: str, most: int) -> int | None:
    value = given.get(name)
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(f"'{name}' must be a number from 0 to {most}")
    return value


def _date(value: object) -> Date | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("'date' must be text such as 2024-05-31")
    try:
        return parse_day(value)
    except ValueError as error:
        raise ValueError(str(error).rstrip(".")) from None


def _sources(value: object) -> tuple[Source, ...]:
    if not isinstance(value, list):
        return ()
    found = []
    for one in value[:100]:
        if not isinstance(one, Mapping) or not isinstance(one.get("file"), str):
            raise ValueError("'sources' must be a list of objects with a 'file'")
        numbers = (one.get("position", 0), one.get("line", 0))
        position, line = (n if type(n) is int and 0 <= n < 2**53 else 0 for n in numbers)
        if file := _plain(one["file"]).strip()[:4096]:
            found.append(Source(file, position, line))
    return tuple(found)
