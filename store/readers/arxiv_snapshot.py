"""arXiv's bulk metadata: the snapshot's JSON lines, one paper each.

The data set that arXiv publishes on Kaggle (`arxiv-metadata-oai-snapshot.json`); its keys are
those of https://info.arxiv.org/help/bulk_data.html, and `authors_parsed` has family name, given
name, suffix and perhaps an affiliation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from store.paper import Paper, Rejected
from store.readers.authors import authors_of
from store.readers.base import Data, Origin
from store.readers.json_heads import first_records
from store.readers.json_records import papers_in

_IN_BRACKETS = re.compile(r"\s*\([^()]*\)")  # affiliations among the authors


class ArxivSnapshot:
    """Papers of arXiv's snapshot; a paper's date is that of its first version."""

    key = "arxiv-snapshot"
    name = "arXiv metadata snapshot"

    def sniff(self, head: bytes, file: str) -> bool:
        return any(
            "id" in one and "title" in one and ("authors_parsed" in one or "categories" in one)
            and bool(one.keys() & {"versions", "update_date", "authors_parsed"})
            for one in first_records(head)
        )  # fmt: skip

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        return papers_in(data, origin, _fields)


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    authors = authors_of(given.get("authors_parsed"))
    if not authors and isinstance(text := given.get("authors"), str):
        authors = authors_of(_IN_BRACKETS.sub("", text))
    versions = given.get("versions")
    first = versions[0] if isinstance(versions, list) and versions else None
    created = first.get("created") if isinstance(first, dict) else None
    number = given.get("id")
    return {
        "title": given.get("title"),
        "abstract": given.get("abstract"),
        "authors": [name.replace(". -", ".-") for name in authors],  # C. -P. Yuan
        "date": created or given.get("update_date"),
        "venue": given.get("journal-ref") or given.get("journal_ref"),
        "url": f"https://arxiv.org/abs/{number}" if number and isinstance(number, str) else None,
        "doi": given.get("doi"),
        "arxiv_id": number,
    }
