"""Reads BibTeX and BibLaTeX, as the ACL Anthology, publishers and reference managers give it.

BibTeX is described in Oren Patashnik's "BibTeXing", the fields of BibLaTeX in its manual. The
fields `paperid`, `annote`, `authorcount` and `dateinferred` are those of our own export.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from store.paper import Paper, Rejected, Source, normal_arxiv
from store.readers.addresses import ids_in
from store.readers.authors import authors_of, in_order
from store.readers.base import KEPT, Data, Origin, decode
from store.readers.bibtex_entries import Entry, entries_of
from store.readers.fields import record_of
from store.readers.latex import from_latex

_FIRST = re.compile(
    r"^[ \t]*@[ \t]*(?:(?P<kind>[A-Za-z]{2,30})\s*+(?P<opener>[{(])\s*+"
    r"(?P<key>[^\s,{}()=\"#\\]{0,200})\s*+,\s*+(?:[A-Za-z][\w-]*\s*=\s*[{\"\w]|\Z)"
    r"|string\s*[{(]\s*[\w:.+/-]+\s*=\s*[{\"])",
    re.M | re.I,
)
_USUAL = frozenset((
    "article", "book", "booklet", "conference", "inbook", "incollection", "inproceedings", "manual",
    "mastersthesis", "misc", "online", "phdthesis", "proceedings", "report", "techreport", "thesis",
    "unpublished",
))  # fmt: skip
_PREFACE = 10  # lines that a program may put above the first entry
_VOLUMES = frozenset(("proceedings", "mvproceedings", "collection", "mvcollection", "book"))
_MOST_VOLUMES = 50_000
_MOST_WAITING = 2_000  # entries whose volume comes later, as BibTeX wants it

_AND = re.compile(r"\s+and(?=[\s{])", re.I)
_BRACE = re.compile(r"[{}]")
_ESCAPED = re.compile(r"\\url\b|\\([_%&#~$])|[{}]")
_ADDRESS = re.compile(r"https?://[^\s{}\\]+")
_ACL_KEY = re.compile(r"[A-Z]\d{2}-\d{4}")
_PREPRINT = re.compile(r"\s*(?:arxiv(?: e-prints?| preprint)?\b.*\d{4}\.\d{4,5}.*|abs/\d.*)", re.I)


class BibTex:
    """Entries with an abstract; those without, and those that are broken, are rejected.

    Volumes without an abstract are no papers, but give their entries the venue.
    """

    key = "bibtex"
    name = "BibTeX"

    def sniff(self, head: bytes, file: str) -> bool:
        text = decode(head)
        first = _FIRST.search(text)
        if not first or text.lstrip()[:1] in tuple("<[{#\"'/*`("):
            return False
        if first["opener"] == "(" and first["kind"].lower() not in _USUAL:
            return False  # a decorator
        lines = (line.strip() for line in text[: first.start()].split("\n"))
        preface = [line for line in lines if line and line[0] not in "%@}"]
        return len(preface) <= _PREFACE and not any(line.startswith("```") for line in preface)

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        volumes: dict[str, Entry] = {}
        waiting: list[tuple[Entry, Source]] = []
        for position, entry in enumerate(entries_of(data), start=1):
            source = Source(origin.file, position, entry.line)
            if entry.wrong:
                yield Rejected(source, entry.wrong, f"@{entry.kind}{{{entry.raw}"[:KEPT])
                continue
            if entry.kind in _VOLUMES and len(volumes) < _MOST_VOLUMES:
                names = ("title", "booktitle", "year", "month", "date")
                short = {name: entry.fields[name] for name in names if name in entry.fields}
                volumes[entry.key.lower()] = entry._replace(fields=short, raw="")
                if "abstract" not in entry.fields and entry.kind != "book":
                    continue
            parent = _parent(entry)
            if parent and parent not in volumes and len(waiting) < _MOST_WAITING:
                waiting.append((entry, source))
            else:
                yield record_of(_record(entry, volumes.get(parent)), source)
        for entry, source in waiting:
            yield record_of(_record(entry, volumes.get(_parent(entry))), source)


def _parent(entry: Entry) -> str:
    """The key of the volume that an entry leaves its venue to, if it does."""
    given = entry.fields
    if any(given.get(name) for name in ("booktitle", "journal", "journaltitle")):
        return ""
    return (given.get("crossref") or given.get("xref") or "").strip().lower()


def _record(entry: Entry, volume: Entry | None) -> dict[str, Any]:
    given = entry.fields
    if volume:
        venue = volume.fields.get("booktitle") or volume.fields.get("title", "")
        given = {**volume.fields, "booktitle": venue, "title": "", **given}
    title = _text(given, "title")
    if subtitle := _text(given, "subtitle"):
        title = f"{title}: {subtitle}"
    ours = "paperid" in given
    record: dict[str, Any] = {
        "title": title,
        "abstract": _text(given, "abstract"),
        "authors": names_of(given.get("author", "")),
        "date": _date(given),
        "venue": _venue(given),
        "organisation": _text(given, "institution"),
        "url": _address(given),
        "doi": _plain(given, "doi"),
        "arxiv_id": _arxiv(given),
        "other_ids": list(_ids(entry)),
    }
    if ours:
        record["summary"] = _text(given, "annote")
        record["organisation"] = _text(given, "organization")
        record["author_count"] = given.get("authorcount", "")
        record["date_inferred"] = "dateinferred" in given
    return record


def names_of(value: str) -> list[str]:
    """The names in an `author` field, each as "Given Family"; those in braces stay as they are."""
    value = " ".join(value.split())
    names, start, depth = [], 0, 0
    marks = sorted([*_BRACE.finditer(value), *_AND.finditer(value)], key=re.Match.start)
    for mark in marks:
        if mark.group() in "{}":
            depth = depth + 1 if mark.group() == "{" else max(depth - 1, 0)
        elif depth == 0:
            names.append(value[start : mark.start()])
            start = mark.end()
    names.append(value[start:])
    if len(names) == 1 and "{" not in value and (";" in value or value.count(",") > 1):
        return authors_of(from_latex(value))  # not as BibTeX has it
    return [name for one in names if (name := _name(one.strip()))]


def _name(written: str) -> str:
    plain = " ".join(from_latex(written).split())
    if written.startswith("{") and written.endswith("}") and written.count("{") == 1:
        return plain
    return in_order(plain)


def _text(given: Mapping[str, str], name: str) -> str:
    return " ".join(from_latex(" ".join(given.get(name, "").split())).split())


def _plain(given: Mapping[str, str], name: str) -> str:
    """A value that is taken to the letter, but for what LaTeX needs escaped."""
    value = given.get(name, "").strip()
    if "\\" in value or "{" in value:
        value = _ESCAPED.sub(lambda found: found[1] or "", value).strip()
    return value


def _venue(given: Mapping[str, str]) -> str:
    for name in ("booktitle", "journaltitle", "journal", "eventtitle", "school"):
        venue = _text(given, name)
        if venue and not _PREPRINT.fullmatch(venue):
            return venue
    return ""


def _date(given: Mapping[str, str]) -> str:
    if date := _plain(given, "date"):
        return date
    year, month, day = (_text(given, name) for name in ("year", "month", "day"))
    if month.isdecimal():
        return f"{year}-{month}-{day}" if day else year
    return f"{day} {month} {year}".strip()


def _address(given: Mapping[str, str]) -> str:
    if url := _plain(given, "url"):
        return url
    for name in ("howpublished", "note", "link", "ee"):
        if found := _ADDRESS.search(_plain(given, name)):
            return found.group()
    return ""


def _arxiv(given: Mapping[str, str]) -> str | None:
    eprint = _plain(given, "eprint")
    register = _plain(given, "archiveprefix") or _plain(given, "eprinttype")
    if eprint and register.lower() in ("", "arxiv") and (found := normal_arxiv(eprint)):
        return found
    for name in ("arxivid", "url", "journal", "note", "howpublished", "number", "volume"):
        value = _plain(given, name)
        if name == "volume" and value.startswith("abs/"):  # as DBLP has it
            return normal_arxiv(value[4:])
        if (name == "arxivid" or "arxiv" in value.lower()) and (found := normal_arxiv(value)):
            return found
    return None


def _ids(entry: Entry) -> Iterator[str]:
    given = entry.fields
    if pmid := _plain(given, "pmid"):
        yield f"pubmed:{pmid}"
    elif _plain(given, "eprinttype").lower() == "pubmed":
        yield f"pubmed:{_plain(given, 'eprint')}"
    yield from ids_in(f"{_plain(given, 'url')} {_plain(given, 'doi')}")
    if _ACL_KEY.fullmatch(entry.key):
        yield f"acl:{entry.key}"
