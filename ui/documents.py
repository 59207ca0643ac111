"""Answers, papers and reports as plain JSON documents. Every face shows these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.answer import (
    Answer,
    Citation,
    Collection,
    Passage,
    Retrieved,
    Searched,
    Sentence,
)
from store.adding import AddReport
from store.paper import Paper

Document = dict[str, Any]


def paper_document(paper: Paper) -> Document:
    """All that is known of a paper; `sources` are file and record number, `kind` tells an
    abstract from a summary."""
    return {
        "id": paper.id,
        "title": paper.title,
        "abstract": paper.abstract,
        "kind": paper.kind,
        "authors": list(paper.authors),
        "author_count": paper.author_count,
        "organisation": paper.organisation,
        "date": paper.date.isoformat() if paper.date else None,
        "date_inferred": paper.date_inferred,
        "year": paper.year,
        "upvotes": paper.upvotes,
        "venue": paper.venue,
        "url": paper.url,
        "doi": paper.doi,
        "arxiv_id": paper.arxiv_id,
        "other_ids": list(paper.other_ids),
        "sources": [{"file": s.file, "position": s.position} for s in paper.sources],
    }


def record_document(paper: Paper) -> Document:
    """A paper as `POST /v1/papers` takes it: with the lines of its sources too."""
    sources = [{"file": s.file, "position": s.position, "line": s.line} for s in paper.sources]
    return {**paper_document(paper), "sources": sources}


def citation_document(citation: Citation) -> Document:
    return {
        "number": citation.number,
        "paper_id": citation.paper_id,
        "title": citation.title,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "score": citation.score,
        "supported": citation.supported,
    }


def passage_document(passage: Passage) -> Document:
    """A search hit: the paper and the parts of its score."""
    return {**paper_document(passage.paper), "scores": _scores(passage)}


def retrieved_document(event: Retrieved) -> Document:
    """What the search of a streamed answer brought."""
    return {
        "passages": [_considered(passage) for passage in event.passages],
        "searched": searched_document(event.searched),
    }


def sentence_document(sentence: Sentence) -> Document:
    """A sentence of a streamed answer, its citations with it."""
    return {
        "text": sentence.text,
        "supported": sentence.supported,
        "opens_paragraph": sentence.opens_paragraph,
        "direct": sentence.direct,
        "entry": sentence.entry,
        "citations": [citation_document(citation) for citation in sentence.citations],
    }


def searched_document(searched: Searched) -> Document:
    return {
        "question": searched.question,
        "papers": searched.papers,
        "filters": list(searched.filters),
        "without_vectors": searched.without_vectors,
    }


def collection_document(collection: Collection) -> Document:
    """What a question about the collection came to, with the ids of all papers that are meant."""
    return {
        "asked": collection.asked,
        "kind": collection.kind,
        "count": collection.count,
        "members": list(collection.members),
        "rule": collection.rule,
        "wanted": collection.wanted,
        "groups": [{"name": g.name, "papers": list(g.papers)} for g in collection.groups],
    }


def answer_document(answer: Answer) -> Document:
    """An answer whole; its sentences name their citations by their place in `citations`."""
    return {
        "question": answer.question,
        "status": answer.status,
        "text": answer.text,
        "citations": [citation_document(c) for c in answer.citations],
        "sentences": _sentences(answer.sentences),
        "nearest": [paper_document(paper) for paper in answer.nearest],
        "passages": [_considered(passage) for passage in answer.passages],
        "searched": searched_document(answer.searched),
        "confidence": answer.confidence,
        "notice": answer.notice,
        "direct": answer.direct,
        "mentioned": answer.mentioned,
        "collection": collection_document(answer.collection) if answer.collection else None,
        "writer": answer.writer,
        "timings_ms": dict(answer.timings_ms),
        "tokens": {"prompt": answer.tokens.prompt, "completion": answer.tokens.completion},
    }


def add_document(report: AddReport) -> Document:
    """Counts of what adding did; `rejects` and `skipped` name each with the reason."""
    return {
        "read": report.read,
        "new": report.new,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected": len(report.rejected),
        "papers": report.papers,
        "embedded": report.embedded,
        "rejects": [
            {
                "file": r.source.file,
                "position": r.source.position,
                "line": r.source.line,
                "why": r.why,
                "text": r.text[:200],
            }
            for r in report.rejected
        ],
        "skipped": [{"file": s.file, "why": s.why} for s in report.skipped],
        "formats": [{"file": o.file, "format": o.format} for o in report.formats],
    }


def _sentences(sentences: Sequence[Sentence]) -> list[Document]:
    found, place = [], 0
    for sentence in sentences:
        end = place + len(sentence.citations)  # an answer's citations are its sentences', in order
        found.append(
            {
                "text": sentence.text,
                "supported": sentence.supported,
                "opens_paragraph": sentence.opens_paragraph,
                "direct": sentence.direct,
                "entry": sentence.entry,
                "citations": list(range(place, end)),
            }
        )
        place = end
    return found


def _considered(passage: Passage) -> Document:
    return {
        "paper_id": passage.paper.id,
        "title": passage.paper.title,
        "scores": _scores(passage),
    }


def _scores(passage: Passage) -> Document:
    return {
        "fused": round(passage.scores.fused, 4),
        "dense": _rounded(passage.scores.dense),
        "lexical": _rounded(passage.scores.lexical),
        "late": _rounded(passage.scores.late),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
