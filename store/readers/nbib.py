"""Reads PubMed's text format (MEDLINE display format, .nbib files).

The tags are described in the National Library of Medicine's "MEDLINE/PubMed Data Element
Descriptions". rispy has no such dialect, and can't be given one, as records have no end tag and
tags have up to four letters; a tag, a hyphen and lines that go on are soon read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from store.paper import Paper, Rejected, Source
from store.readers.authors import in_order
from store.readers.base import KEPT, Data, Origin, decode
from store.readers.fields import record_of
from store.readers.streams import Lines, LongLine

_TAG = re.compile(r"(?=.{4,5}-)([A-Z][A-Z0-9]{1,3}) {0,2}- ?")
_START = re.compile(r"\s*PMID ?- ?\d{1,9}[ \t]*\n(?:[ \t]*\n)?[A-Z][A-Z0-9]{1,3} {0,2}- ")
_LONGEST = 400_000  # characters of a record
_DOI = re.compile(r"(\S{1,300})\s?\[doi\]", re.I)
_SO_DOI = re.compile(r"\bdoi:\s*(10\.\S{1,300}?)\.?(?:\s|$)", re.I)
_DAY = re.compile(r"\d{4} [A-Z][a-z]{2} \d{1,2}")
_SHORT = re.compile(r"(.+) ([A-Z]{1,4}(?: (?:Jr|Sr|\d\w\w))?)")
_SUFFIX = re.compile(r", (.{1,100}) (Jr|Sr|[2-4](?:nd|rd|th)|I{2,3}|IV)\Z")  # Family, Given Jr

Fields = dict[str, list[str]]


class Nbib:
    """Articles with their PubMed ids."""

    key = "nbib"
    name = "PubMed (.nbib / MEDLINE)"

    def sniff(self, head: bytes, file: str) -> bool:
        return _START.match(decode(head)) is not None

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        for position, (line, given, wrong) in enumerate(_records(data), start=1):
            source = Source(origin.file, position, line)
            if wrong:
                yield Rejected(source, wrong, _written(given)[:KEPT])
            else:
                yield record_of(_record(given), source)


def _records(data: Data) -> Iterator[tuple[int, Fields, str]]:
    """Line, values by their tags, and fault of each record; PMID begins one."""
    lines = Lines(data)
    given: Fields = {}
    values: list[str] = []  # of the tag that was last
    number = started = size = 0
    wrong = ""
    while True:
        number += 1
        try:
            line = next(lines, None)
        except LongLine as error:
            wrong = str(error)
            continue
        tag = _TAG.match(line) if line else None
        if (line is None or (tag and tag[1] == "PMID")) and given:
            yield started, given, wrong
            given = {}
        if line is None:
            return
        if tag and tag[1] == "PMID":
            given, started, size, wrong = {}, number, 0, ""
        elif tag is None and not line.startswith(" "):
            values = []  # what has no tag goes on with nothing
            continue
        if not given and not (tag and tag[1] == "PMID"):
            continue
        if size > _LONGEST:
            wrong = f"it is longer than {_LONGEST:,} characters"
            continue
        size += len(line)
        if tag:
            values = given.setdefault(tag[1], [])
            values.append(line[tag.end() :].strip())
        elif values:
            values[-1] = f"{values[-1]} {line.strip()}"


def _record(given: Fields) -> dict[str, object]:
    pmid = _first(given, "PMID")
    title = _first(given, "TI") or _first(given, "BTI") or _first(given, "TT")
    if title.endswith(".") and not title.endswith(".."):
        title = title[:-1]
    if title.startswith("[") and title.endswith("]"):  # it was translated
        title = title[1:-1]
    return {
        "title": title,
        "abstract": _first(given, "AB") or _first(given, "OAB"),
        "authors": _authors(given),
        "date": _date(given),
        "venue": _first(given, "JT") or _first(given, "TA") or _first(given, "BTI"),
        "doi": _doi(given),
        "other_ids": [f"pubmed:{pmid}"],
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid.isdecimal() else "",
    }


def _written(given: Fields) -> str:
    return "\n".join(f"{tag:<4}- {value}" for tag, values in given.items() for value in values)


def _first(given: Fields, tag: str) -> str:
    return next(iter(given.get(tag, ())), "")


def _authors(given: Fields) -> list[str]:
    """Full names where they are given, else "Family IN"; groups stand behind the persons."""
    if full := given.get("FAU"):
        names = [in_order(_SUFFIX.sub(r", \2, \1", name)) for name in full]
    else:
        names = [
            f"{short[2]} {short[1]}" if (short := _SHORT.fullmatch(name)) else in_order(name)
            for name in given.get("AU", ())
        ]
    return [name for name in (*names, *given.get("CN", ())) if name]


def _date(given: Fields) -> str:
    """The day of publication; of "1998 Dec-1999 Jan" or "2000 Spring" only the year."""
    published = _first(given, "DP")
    return published if _DAY.fullmatch(published) else published[:4]


def _doi(given: Fields) -> str:
    for tag in ("LID", "AID"):
        for value in given.get(tag, ()):
            if found := _DOI.search(value):
                return found[1]
    found = _SO_DOI.search(_first(given, "SO"))
    return found[1] if found else ""
