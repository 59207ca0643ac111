"""The way back from `ui.documents`: answers, papers and reports from their JSON documents.

What a document leaves out is empty: the chunk of a passage, the line of a source, whether a
question followed from another.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Date

from assistant.answer import (
    Answer,
    Citation,
    Collection,
    Group,
    Passage,
    Retrieved,
    Scores,
    Searched,
    Sentence,
    Tokens,
)
from store.adding import AddReport
from store.paper import Opened, Paper, Rejected, Skipped, Source
from ui.documents import Document


def paper_of_document(document: Document) -> Paper:
    """A paper with the id and all fields that its document shows."""
    return Paper(
        id=document["id"],
        title=document["title"],
        abstract=document["abstract"],
        kind=document["kind"],
        authors=tuple(document["authors"]),
        author_count=document["author_count"],
        organisation=document["organisation"],
        date=Date.fromisoformat(document["date"]) if document["date"] else None,
        date_inferred=document["date_inferred"],
        year=document["year"],
        upvotes=document["upvotes"],
        venue=document["venue"],
        url=document["url"],
        doi=document["doi"],
        arxiv_id=document["arxiv_id"],
        other_ids=tuple(document["other_ids"]),
        sources=tuple(
            Source(one["file"], one["position"], one.get("line", 0)) for one in document["sources"]
        ),
    )


def citation_of(document: Document) -> Citation:
    return Citation(
        number=document["number"],
        paper_id=document["paper_id"],
        title=document["title"],
        quote=document["quote"],
        start=document["start"],
        end=document["end"],
        score=document["score"],
        supported=document["supported"],
    )


def passage_of(document: Document) -> Passage:
    """A search hit."""
    return Passage(paper_of_document(document), _scores(document["scores"]))


def retrieved_of(document: Document, papers: Mapping[str, Paper] | None = None) -> Retrieved:
    """What the search of a streamed answer brought; `papers` are whole, by id."""
    passages = _considered(document["passages"], papers or {})
    return Retrieved(passages, searched_of(document["searched"]))


def sentence_of(document: Document) -> Sentence:
    """A sentence of a streamed answer."""
    return Sentence(
        document["text"],
        tuple(citation_of(one) for one in document["citations"]),
        document["supported"],
        document["opens_paragraph"],
        document.get("direct", ""),
        document.get("entry", False),
    )


def searched_of(document: Document) -> Searched:
    return Searched(
        document["question"],
        document["papers"],
        tuple(document["filters"]),
        document["without_vectors"],
    )


def answer_of(document: Document, papers: Mapping[str, Paper] | None = None) -> Answer:
    """An answer whole. `papers` are those of its passages, by id; without them the passages'
    papers have a title and no abstract."""
    citations = tuple(citation_of(one) for one in document["citations"])
    return Answer(
        question=document["question"],
        status=document["status"],
        text=document["text"],
        sentences=tuple(
            Sentence(
                one["text"],
                tuple(citations[place] for place in one["citations"]),
                one["supported"],
                one["opens_paragraph"],
                one.get("direct", ""),
                one.get("entry", False),
            )
            for one in document["sentences"]
        ),
        citations=citations,
        nearest=tuple(paper_of_document(one) for one in document["nearest"]),
        passages=_considered(document["passages"], papers or {}),
        searched=searched_of(document["searched"]),
        writer=document["writer"],
        confidence=document["confidence"],
        timings_ms=dict(document["timings_ms"]),
        tokens=Tokens(document["tokens"]["prompt"], document["tokens"]["completion"]),
        notice=document["notice"],
        direct=document.get("direct", ""),
        mentioned=document.get("mentioned", False),
        collection=collection_of(document["collection"]) if document.get("collection") else None,
    )


def collection_of(document: Document) -> Collection:
    """What a question about the collection came to."""
    return Collection(
        document["asked"],
        document["kind"],
        document["count"],
        tuple(document["members"]),
        document["rule"],
        document["wanted"],
        tuple(Group(one["name"], tuple(one["papers"])) for one in document["groups"]),
    )


def report_of(document: Document) -> AddReport:
    """What adding did, each reject and each skipped file with the reason."""
    return AddReport(
        read=document["read"],
        new=document["new"],
        updated=document["updated"],
        unchanged=document["unchanged"],
        rejected=tuple(
            Rejected(Source(one["file"], one["position"], one["line"]), one["why"], one["text"])
            for one in document["rejects"]
        ),
        skipped=tuple(Skipped(one["file"], one["why"]) for one in document["skipped"]),
        formats=tuple(Opened(o["file"], o["format"]) for o in document.get("formats", ())),
        papers=document["papers"],
        embedded=document["embedded"],
    )


def _considered(documents: list[Document], papers: Mapping[str, Paper]) -> tuple[Passage, ...]:
    return tuple(
        Passage(papers.get(one["paper_id"]) or _titled(one), _scores(one["scores"]))
        for one in documents
    )


def _titled(document: Document) -> Paper:
    return Paper(id=document["paper_id"], title=document["title"], abstract="")


def _scores(document: Document) -> Scores:
    return Scores(document["fused"], document["dense"], document["lexical"], document.get("late"))
