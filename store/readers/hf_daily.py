"""Daily papers of Hugging Face, as its API gives them.

`https://huggingface.co/api/daily_papers?date=…` is an array of entries with the paper under
`paper`; `https://huggingface.co/api/papers/ID` and searches give the paper alone. `summary` is the
paper's own abstract (`ai_summary` isn't), `id` its arXiv id.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from store.paper import Paper, Rejected, normal_arxiv
from store.readers.authors import authors_of
from store.readers.base import Data, Origin
from store.readers.columns import shared
from store.readers.json_heads import first_records
from store.readers.json_records import papers_in

_OURS = {"submittedOnDailyBy", "submittedOnDailyAt", "discussionId", "ai_summary", "upvotes"}


class HfDaily:
    """Papers with their upvotes and, where a paper has one, its organisation."""

    key = "hf-daily"
    name = "Hugging Face daily papers"

    def sniff(self, head: bytes, file: str) -> bool:
        return any(
            "id" in paper and "title" in paper and bool(paper.keys() & _OURS)
            and ("publishedAt" in paper or "publishedAt" in one)
            for one in first_records(head)
            for paper in [_paper(one)]
        )  # fmt: skip

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        return papers_in(data, origin, fields_of)


def _paper(entry: dict[str, Any]) -> dict[str, Any]:
    paper = entry.get("paper")
    return paper if isinstance(paper, dict) else entry


def fields_of(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry's fields, as `record_of` takes them."""
    paper = _paper(entry)

    def first(key: str) -> Any:
        value = paper.get(key)
        return entry.get(key) if value in (None, "") else value

    number = paper.get("id")
    page = isinstance(number, str) and normal_arxiv(number)
    return {
        "title": first("title"),
        "abstract": first("summary"),
        "authors": authors_of(first("authors")),
        "date": first("publishedAt"),
        "organisation": shared(first("organization")),
        "upvotes": first("upvotes"),
        "url": f"https://huggingface.co/papers/{page}" if page else None,
        "arxiv_id": number,
    }
