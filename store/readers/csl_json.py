"""CSL-JSON, the items of citeproc, Zotero and pandoc; and Crossref's messages, which are near it.

https://docs.citationstyles.org/en/stable/specification.html (csl-data.json 1.0.2) and
https://api.crossref.org: there titles are lists, and abstracts have JATS tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from store.paper import Paper, Rejected, normal_arxiv
from store.readers.authors import authors_of
from store.readers.base import Data, Origin
from store.readers.json_heads import first_records
from store.readers.json_records import papers_in

_TYPES = (
    "article", "article-journal", "article-magazine", "paper-conference", "chapter", "thesis",
    "report", "manuscript", "preprint", "posted-content", "journal-article", "book-chapter",
    "proceedings-article",
)  # fmt: skip
_DATES = ("issued", "published", "published-online", "published-print", "posted", "created")
_HEADING = re.compile(r"<(jats:title|title)>\s*(?:abstract|summary)\W*</\1>", re.I)
_BLOCK = re.compile(r"</?(?:jats:)?(?:p|title|sec)\b[^>]*>", re.I)
_AN_ARXIV = re.compile(r"arxiv:\s*\S", re.I)


class CslJson:
    """Items of a bibliography; what our own export keeps under `custom` is read too."""

    key = "csl-json"
    name = "CSL-JSON"

    def sniff(self, head: bytes, file: str) -> bool:
        return any(_is_item(one) for one in first_records(head))

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        return papers_in(data, origin, _fields)


def _is_item(one: Mapping[str, Any]) -> bool:
    if "title" not in one or one.keys() & {"authors", "authorships", "paperId"}:
        return False
    dated = any(isinstance(day := one.get(k), Mapping) and "date-parts" in day for k in _DATES)
    authors = one.get("author")
    named = isinstance(authors, list) and any(
        isinstance(a, Mapping) and a.keys() & {"family", "literal"} for a in authors
    )
    typed = one.get("type") in _TYPES
    return dated or (named and (typed or "DOI" in one)) or (typed and "id" in one)


def _fields(item: dict[str, Any]) -> dict[str, Any]:
    custom = item.get("custom")
    ours = custom if isinstance(custom, Mapping) else {}
    title, subtitle = _one(item.get("title")), _one(item.get("subtitle"))
    if title and subtitle and subtitle.casefold() not in title.casefold():
        title = f"{title}: {subtitle}"
    day, about = _day(item)
    pubmed = item.get("PMID")
    return {
        "title": title,
        "abstract": _abstract(_one(item.get("abstract"))),
        "authors": authors_of(item.get("author")),
        "author_count": ours.get("author_count"),
        "organisation": ours.get("organisation"),
        "date": day,
        "date_inferred": about or None,
        "venue": _one(item.get("container-title")) or _one(item.get("event-title")),
        "url": item.get("URL"),
        "doi": item.get("DOI"),
        "arxiv_id": ours.get("arxiv_id") or _arxiv(item),
        "other_ids": _other_ids(ours.get("other_ids"), pubmed),
    }


def _one(value: object) -> str | None:
    """A text, be it the first of a list."""
    if isinstance(value, list):
        value = next(iter(value), None)
    return value if isinstance(value, str) else None


def _abstract(text: str | None) -> str | None:
    """An abstract without its heading, and with space where its paragraphs end."""
    if not text or "<" not in text:
        return text
    return _BLOCK.sub(" ", _HEADING.sub(" ", text)).strip()


def _day(item: Mapping[str, Any]) -> tuple[str | None, bool]:
    """When it was published, in full if any of its dates is, and whether that is about right."""
    year = None
    for key in _DATES if "issued" not in item else _DATES[:-1]:
        day = item.get(key)
        if not isinstance(day, Mapping):
            continue
        parts = day.get("date-parts")
        first = parts[0] if isinstance(parts, list) and parts else None
        if isinstance(first, list) and all(str(part).isdecimal() for part in first[:3]):
            if len(first) >= 3:
                written = "-".join(f"{int(part):02}" for part in first[:3])
                return written.zfill(10), bool(day.get("circa"))
            year = year or (str(first[0]) if first else None)
        else:
            year = year or _one(day.get("raw")) or _one(day.get("literal"))
    return year, False


def _arxiv(item: Mapping[str, Any]) -> str | None:
    """The arXiv id, which reference managers put in one of several places."""
    for key in ("number", "archive_location", "archive", "note"):
        text = item.get(key)
        if isinstance(text, str) and (found := _AN_ARXIV.search(text)):
            return normal_arxiv(text[found.start() :])
    return None


def _other_ids(ours: object, pubmed: object) -> list[str] | None:
    kept = [one for one in ours if isinstance(one, str)] if isinstance(ours, list) else []
    return ([*kept, f"pubmed:{pubmed}"] if pubmed else kept) or None
