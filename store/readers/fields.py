"""Papers given as fields, as in a JSON document: the shape in which papers are also shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Date
from typing import Any

from store.filters import parse_day
from store.paper import Paper, Rejected, Source

_LONGEST = {"title": 2_000, "abstract": 100_000}  # characters; what is longer is no such thing
_SHORT = 1_000
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
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _authors(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        value = value.replace(" and ", ";").split(";")
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError("'authors' must be a list of names")
    names = (" ".join(_plain(name).split()) for name in value)
    return tuple(name[:_SHORT] for name in names if name)


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
