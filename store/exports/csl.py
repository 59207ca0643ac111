"""Papers as CSL-JSON (csl-data.json 1.0.2), for citeproc, pandoc and reference managers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from store.exports.kinds import published_as
from store.exports.text import authors, clean, name_parts, one_line, web_address
from store.paper import Paper

_TYPES = {"conference": "paper-conference", "journal": "article-journal", "preprint": "article"}


def csl_json(papers: Iterable[Paper]) -> Iterator[str]:
    """One array, an item a string; what the schema has no field for is under `custom`."""
    before = "[\n"
    for paper in papers:
        yield before + json.dumps(_item(paper), ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _item(paper: Paper) -> dict[str, Any]:
    custom = {
        "organisation": one_line(paper.organisation),
        "author_count": None if paper.authors else paper.author_count,
        "arxiv_id": paper.arxiv_id,
        "other_ids": list(paper.other_ids),
    }
    item = {
        "id": one_line(paper.id),
        "type": _TYPES[published_as(paper)],
        "title": one_line(paper.title),
        "author": [_name(author) for author in authors(paper)],
        "issued": _issued(paper),
        "container-title": one_line(paper.venue),
        "number": f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else "",
        "DOI": clean(paper.doi or ""),
        "URL": web_address(paper.url),
        "PMID": next((i.partition(":")[2] for i in paper.other_ids if i[:7] == "pubmed:"), ""),
        # Somebody else's words are no abstract.
        "annote" if paper.kind == "summary" else "abstract": clean(paper.abstract),
        "custom": {name: value for name, value in custom.items() if value},
    }
    return {name: value for name, value in item.items() if value}


def _name(author: str) -> dict[str, str]:
    family, given = name_parts(author)
    return {"family": family, "given": given} if family else {"literal": author}


def _issued(paper: Paper) -> dict[str, Any]:
    if paper.date:
        parts = [paper.date.year, paper.date.month, paper.date.day]
        return {"date-parts": [parts], **({"circa": True} if paper.date_inferred else {})}
    return {"date-parts": [[paper.year]]} if paper.year else {}
