"""Reads what arXiv answers: the Atom feeds of its API, its RSS feeds, and its OAI-PMH records.

The API is described in arXiv's API user manual, OAI-PMH at openarchives.org; of its formats
those are read that carry an abstract (`arXiv`, `arXivRaw`, `oai_dc`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from store.paper import Paper, Rejected, Source, normal_arxiv
from store.readers.authors import authors_of
from store.readers.base import Data, Origin, ReaderError, decode
from store.readers.fields import record_of
from store.readers.xml import child_text, read_records, root_of, text_of
from store.readers.xml_target import Found

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# What the daily feeds put before an abstract.
_ANNOUNCED = re.compile(r"\s*arXiv:\S+\s+Announce Type: (\S+)\s+Abstract:\s*", re.I)
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)")


class ArxivAtom:
    """Papers with their arXiv ids, and dates of their first versions.

    An answer that says what was wrong with the question is a ReaderError with that sentence.
    """

    key = "arxiv"
    name = "arXiv (Atom)"

    def sniff(self, head: bytes, file: str) -> bool:
        root = root_of(head)
        if root in ("feed", "rss"):
            return "arxiv.org" in decode(head).lower()
        return root == "OAI-PMH"

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        return read_records(data, origin, ("entry", "item", "record", "error"), _record)


def _record(found: Found, source: Source) -> Paper | Rejected | None:
    element = found.element
    if element.tag == "error":
        raise ReaderError(_refusal(source, text_of(element) or element.get("code", "")))
    if element.tag == "record":
        fields = _harvested(element)
        return record_of(fields, source) if fields else None
    if "/api/errors" in child_text(element, "id"):
        raise ReaderError(_refusal(source, child_text(element, "summary")))
    return record_of(_announced(element), source)


def _refusal(source: Source, said: str) -> str:
    name = PurePath(source.file).name or "This"
    return f"{name} holds an error and no papers; arXiv says: {' '.join(said.split())}"


def _announced(entry: Element) -> dict[str, Any]:
    """Fields of an entry of an Atom feed, or of an item of RSS."""
    said = child_text(entry, "summary") or child_text(entry, "description")
    announced = _ANNOUNCED.match(said)
    day = child_text(entry, "published") or _day(child_text(entry, "pubDate"))
    names = [text_of(name) for name in entry.findall("author/name")]
    if not names or announced:  # the daily feeds have all names in one element
        names = [n for e in entry.findall("creator") for n in text_of(e).split(", ")] or names
    about = child_text(entry, "id") or child_text(entry, "link") or child_text(entry, "guid")
    arxiv_id = _id(about) or _id(child_text(entry, "guid"))
    return {
        "title": child_text(entry, "title"),
        "abstract": said[announced.end() :] if announced else said,
        "authors": names,
        # A replaced paper is announced on the day of its newer version.
        "date": "" if announced and announced.group(1).startswith("replace") else day,
        "doi": child_text(entry, "doi") or child_text(entry, "DOI"),
        "venue": child_text(entry, "journal_ref") or child_text(entry, "journal_reference"),
        "arxiv_id": arxiv_id,
        "url": _url(arxiv_id) or about,
    }


def _harvested(record: Element) -> dict[str, Any] | None:
    """Fields of an OAI-PMH record; None for one that says its paper was deleted."""
    paper = next(iter(record.find("metadata") or ()), None)
    if paper is None:
        return None
    if paper.tag == "dc":
        return _dublin_core(paper)
    arxiv_id = _id(child_text(paper, "id"))
    names = [
        f"{child_text(one, 'forenames')} {child_text(one, 'keyname')} {child_text(one, 'suffix')}"
        for one in paper.findall("authors/author")
    ]
    return {
        "title": child_text(paper, "title"),
        "abstract": child_text(paper, "abstract"),
        "authors": names or _names(child_text(paper, "authors")),
        "date": child_text(paper, "created") or _day(child_text(paper, "version/date")),
        # A second DOI, where there is one, is of an erratum.
        "doi": child_text(paper, "doi").split(" ")[0],
        "venue": child_text(paper, "journal-ref"),
        "arxiv_id": arxiv_id,
        "url": _url(arxiv_id),
    }


def _dublin_core(paper: Element) -> dict[str, Any]:
    ids = [text_of(one) for one in paper.findall("identifier")]
    arxiv_id = next((found for one in ids if "arxiv" in one.lower() and (found := _id(one))), "")
    days = sorted(text_of(one) for one in paper.findall("date"))
    return {
        "title": child_text(paper, "title"),
        "abstract": child_text(paper, "description"),  # a second one is the authors' comment
        "authors": authors_of([text_of(one) for one in paper.findall("creator")]),
        "date": next(iter(days), ""),
        "doi": next((one for one in ids if re.match(r"(?:doi:\s*|https?://\S*)?10\.\d", one)), ""),
        "arxiv_id": arxiv_id,
        "url": _url(arxiv_id) or next((one for one in ids if one.startswith("http")), ""),
    }


def _names(text: str) -> list[str]:
    """Names of arXiv's author line: "A. Author (Institute), B. Author and C. Author"."""
    while (plain := _IN_BRACKETS.sub("", text)) != text:
        text = plain
    return [name for name in re.split(r",\s*(?:and\s+)?|\s+and\s+", text) if name]


def _id(text: str) -> str:
    return normal_arxiv(text.strip().removeprefix("oai:arXiv.org:")) or ""


def _url(arxiv_id: str) -> str:
    return f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else ""


def _day(text: str) -> str:
    """The day of a date as mails write it; "" if it is none."""
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
