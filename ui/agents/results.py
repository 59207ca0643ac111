"""What the tools give back for programs, as models that the tools' output schemas show.

Lists tell of a paper what it takes to choose one: a page of whole abstracts would fill an agent's
memory. Answers and whole papers are the API's documents.
"""

from __future__ import annotations

from pydantic import BaseModel, Field

from assistant.answer import Passage
from store.paper import Paper
from ui.agents.texts import beginning
from ui.api.models import Scores
from ui.desk import Listing
from ui.documents import Document, passage_document


class Brief(BaseModel):
    """A paper in a list."""

    id: str
    title: str
    byline: str
    organisation: str | None
    year: int | None
    date: str | None


class Hit(Brief):
    """A paper that a search found."""

    scores: Scores
    beginning: str = Field(description="The first lines of the abstract.")


class Hits(BaseModel):
    query: str
    papers: list[Hit]


class Page(BaseModel):
    """A page of papers; `next_offset` is null on the last."""

    total: int = Field(description="How many papers match.")
    everything: int = Field(description="How many the library holds.")
    papers: list[Brief]
    next_offset: int | None
    sources: dict[str, int] = Field(description="How many papers each source gave.")


def hits_document(query: str, passages: tuple[Passage, ...]) -> Document:
    papers = [
        {
            **_brief(passage.paper),
            "scores": passage_document(passage)["scores"],
            "beginning": beginning(passage.paper),
        }
        for passage in passages
    ]
    return {"query": query, "papers": papers}


def page_document(listing: Listing, next_offset: int | None) -> Document:
    return {
        "total": listing.total,
        "everything": listing.everything,
        "papers": [_brief(paper) for paper in listing.papers],
        "next_offset": next_offset,
        "sources": listing.sources,
    }


def _brief(paper: Paper) -> Document:
    return {
        "id": paper.id,
        "title": paper.title,
        "byline": paper.byline,
        "organisation": paper.organisation,
        "year": paper.year,
        "date": paper.date.isoformat() if paper.date else None,
    }
