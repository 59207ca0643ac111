"""Records of Semantic Scholar: its data sets' JSON lines, or answers of its API.

https://api.semanticscholar.org/api-docs: an answer has its papers under `data`, those of citations
under `citingPaper` and `citedPaper`. The data sets write all keys in lower case; the older Open
Research Corpus has `paperAbstract` and `s2Url`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from store.paper import Paper, Rejected
from store.readers.authors import authors_of
from store.readers.base import Data, Origin
from store.readers.json_heads import first_records
from store.readers.json_records import papers_in

_PAPER_ID = re.compile(r"[0-9a-f]{40}")
_REPOSITORIES = {"arxiv.org", "arxiv", "biorxiv", "medrxiv"}


class SemanticScholar:
    """Papers with the ids of all registers that Semantic Scholar knows them by."""

    key = "semantic-scholar"
    name = "Semantic Scholar records"

    def sniff(self, head: bytes, file: str) -> bool:
        return any(_is_theirs(_paper(one)) for one in first_records(head))

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        return papers_in(data, origin, _fields)


def _paper(given: Mapping[str, Any]) -> dict[str, Any]:
    """The paper, its keys in lower case."""
    within = given.get("citingPaper") or given.get("citedPaper")
    paper = within if isinstance(within, Mapping) else given
    return {key.casefold(): value for key, value in paper.items()}


def _is_theirs(paper: Mapping[str, Any]) -> bool:
    if paper.keys() & {"externalids", "corpusid"} and paper.keys() & {"title", "abstract"}:
        return True
    if "paperabstract" in paper and paper.keys() & {"s2url", "incitations", "outcitations"}:
        return True
    number = paper.get("paperid")
    return isinstance(number, str) and bool(_PAPER_ID.fullmatch(number)) and "title" in paper


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    paper = _paper(given)
    known = paper.get("externalids")
    ids = {k.casefold(): v for k, v in known.items()} if isinstance(known, Mapping) else {}
    corpus = paper.get("corpusid") or ids.get("corpusid")
    others = (
        ("s2:", paper.get("paperid") or paper.get("id")),
        ("s2:corpus", corpus),
        ("pubmed:", ids.get("pubmed") or paper.get("pmid")),
        ("acl:", ids.get("acl")),
    )
    return {
        "title": paper.get("title"),
        "abstract": paper.get("abstract") or paper.get("paperabstract"),
        "authors": authors_of(paper.get("authors")),
        "date": paper.get("publicationdate"),
        "year": paper.get("year"),
        "venue": _venue(paper),
        "url": paper.get("url") or paper.get("s2url"),
        "doi": ids.get("doi") or paper.get("doi"),
        "arxiv_id": ids.get("arxiv"),
        "other_ids": [f"{register}{one}" for register, one in others if one],
    }


def _venue(paper: Mapping[str, Any]) -> str | None:
    """The venue by its full name where there is one; a repository is none."""
    for key in ("venue", "publicationvenue", "journal", "journalname"):
        name = paper.get(key)
        name = name.get("name") if isinstance(name, Mapping) else name
        if isinstance(name, str) and name.strip() and name.casefold() not in _REPOSITORIES:
            return name
    return None
