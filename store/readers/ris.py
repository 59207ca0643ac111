"""Reads RIS as EndNote, Zotero, PubMed, Scopus, Ovid, ProQuest and Web of Science write it.

The tags are described in Research Information Systems' format specification; who writes them
differs in where title, abstract, names and day stand. rispy reads a record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from store.paper import Paper, Rejected, Source, normal_arxiv
from store.readers.addresses import ids_in
from store.readers.authors import in_order
from store.readers.base import KEPT, Data, Origin, decode
from store.readers.fields import record_of
from store.readers.streams import Lines, LongLine

_TAG = re.compile(r"([A-Z][A-Z0-9]) {1,2}-(?: |$)")  # some write one space
_START = re.compile(r"^TY {1,2}- ?[A-Za-z][A-Za-z ]{1,30}\n(?:[ \t]*\n)?[A-Z][A-Z0-9] {1,2}-", re.M)
_PREFACE = 10  # lines that a program may put above the first record
_LONGEST = 400_000  # characters of a record

_DAY = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})")
_YEAR = re.compile(r"\d{4}")
_ORGANISATION = re.compile(r"[^,;:@\d]{1,150}")
_PREPRINT = re.compile(r"\s*arxiv\b", re.I)


class Ris:
    """Records from TY to ER; one that can't be read is rejected, and the next is read."""

    key = "ris"
    name = "RIS"

    def sniff(self, head: bytes, file: str) -> bool:
        text = decode(head)
        first = _START.search(text)
        above = text[: first.start()].split("\n") if first else []
        return first is not None and sum(bool(line.strip()) for line in above) <= _PREFACE

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        for position, (number, lines, wrong) in enumerate(_records(data), start=1):
            source = Source(origin.file, position, number)
            given = {} if wrong else _parsed(lines)
            if given:
                yield record_of(_record(given), source)
            else:
                why = wrong or "it can't be read: each line needs a tag such as 'TI  - '"
                yield Rejected(source, why, "\n".join(lines)[:KEPT])


def _records(data: Data) -> Iterator[tuple[int, list[str], str]]:
    """The number of the first line, the lines and the fault of each record.

    What stands between records is none of them. A record that has no end ends with the next.
    """
    lines = Lines(data)
    record: list[str] = []
    size = started = number = 0
    wrong = ""
    while True:
        number += 1
        try:
            line = next(lines, None)
        except LongLine as error:
            wrong = str(error)
            continue
        tag = _TAG.match(line) if line else None
        ends = line is None or (tag is not None and tag[1] in ("TY", "ER"))
        if ends and record:
            yield started, record, wrong
            record = []
        if line is None:
            return
        if tag and tag[1] == "TY":
            record, started, size, wrong = [], number, 0, ""
        elif not record:
            continue
        if size > _LONGEST:
            wrong = f"it is longer than {_LONGEST:,} characters: its 'ER  - ' may be missing"
            continue
        size += len(line)
        text = line.rstrip("\r\n")
        record.append(f"{tag[1]}  - {text[tag.end() :]}" if tag else text)


def _parsed(lines: list[str]) -> dict[str, Any]:
    """What rispy reads; nothing where it can't."""
    from rispy import RisParser

    try:
        found = RisParser().parse_lines(iter([*lines, "ER  - "]))
    except Exception:  # it expects lines of some form, and says so with whatever fails first
        return {}
    return dict(found[0]) if found else {}


def _record(given: Mapping[str, Any]) -> dict[str, Any]:
    arxiv, places = _arxiv(given), _places(given)
    venue = _first(
        given, "secondary_title", "alternate_title3", "journal_name", "alternate_title2",
        "alternate_title1", "custom3",
    )  # fmt: skip
    organisation = _first(given, "author_address")
    return {
        "title": _first(given, "title", "primary_title", "translated_title"),
        "abstract": _first(given, "abstract", "notes_abstract"),
        "authors": [
            name
            for one in given.get("authors") or given.get("first_authors") or ()
            if (name := in_order(one))
        ],
        "date": _date(given),
        "venue": "" if arxiv and _PREPRINT.match(venue) else venue,
        "organisation": organisation if _ORGANISATION.fullmatch(organisation) else "",
        "url": next((url for url in given.get("urls", ()) if "://" in url), ""),
        "doi": _doi(given),
        "arxiv_id": arxiv,
        "other_ids": list(ids_in(places)),
    }


def _first(given: Mapping[str, Any], *names: str) -> str:
    """The first of these that holds something."""
    return next((text for name in names if (text := str(given.get(name) or "").strip())), "")


def _places(given: Mapping[str, Any]) -> str:
    """All that may name the paper in a register."""
    texts = [*given.get("urls", ()), *given.get("notes", ())]
    accession, database = _first(given, "accession_number"), _first(given, "name_of_database")
    if accession.isdecimal() and re.match(r"pubmed|medline", database, re.I):
        accession = f"PMID:{accession}"
    return " ".join([*texts, accession, _first(given, "doi")])


def _date(given: Mapping[str, Any]) -> str:
    """The day if it is of the year of publication, as it may also be that of the export."""
    years = [str(given.get(name, "")) for name in ("year", "publication_year", "date")]
    year = next((found.group() for text in years if (found := _YEAR.search(text))), "")
    for text in years:
        if (day := _DAY.match(text)) and day[1] == year:
            return f"{year}-{day[2]}-{day[3]}"
    return year


def _doi(given: Mapping[str, Any]) -> str:
    """Where there is no DO, some put it elsewhere."""
    if doi := _first(given, "doi"):
        return doi
    for text in (_first(given, "type_of_work"), _first(given, "custom7"), *given.get("urls", ())):
        if re.match(r"\s*(?:doi:?\s*)?10\.\d{4}|https?://(?:dx\.)?doi\.org/", text, re.I):
            return str(text)
    return ""


def _arxiv(given: Mapping[str, Any]) -> str | None:
    texts = [_first(given, name) for name in ("accession_number", "number", "journal_name")]
    texts += [_first(given, "secondary_title", "alternate_title3"), *given.get("urls", ())]
    for text in (*texts, _first(given, "type_of_work"), _first(given, "id")):
        if "arxiv" in text.lower() and (found := normal_arxiv(text)):
            return found
    return None
