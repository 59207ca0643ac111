"""Which sentences of the passages speak to a question."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Passage
from assistant.late import Asked, late_of_sentences
from assistant.question import Terms
from assistant.telling import sentence_features, telling
from store.paper import Paper
from store.sentences import Span, split_sentences

if TYPE_CHECKING:
    from store.library import Library

_CACHED_PAPERS = 4000


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of one passage and how well it speaks to the question.

    `relevance` (about 0 to 1) compares across papers, `telling` the sentences of one paper.
    `vector`, shape (96,), is the direction of its word pieces, for likeness to other sentences.
    """

    passage: int
    span: Span
    text: str
    relevance: float
    telling: float
    late: float
    coverage: float
    features: dict[str, float]
    vector: NDArray[np.float32]


class SentenceVectors:
    """Vectors of papers' sentences, made when first asked for and kept for the busy papers."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._kept: OrderedDict[str, tuple[str, list[Span], NDArray[np.float32]]] = OrderedDict()
        self._lock = Lock()

    def of(self, papers: Sequence[Paper]) -> list[tuple[list[Span], NDArray[np.float32]]]:
        """For each paper the spans of its sentences and their vectors, one row each."""
        with self._lock:
            held = {p.id: self._kept[p.id] for p in papers if p.id in self._kept}
        missing = [p for p in papers if p.id not in held or held[p.id][0] != p.abstract]
        if missing:
            spans = [split_sentences(p.abstract) for p in missing]
            texts = [p.abstract[s:e] for p, own in zip(missing, spans, strict=True) for s, e in own]
            vectors = self._library.embed(texts)
            start = 0
            for paper, own in zip(missing, spans, strict=True):
                held[paper.id] = (paper.abstract, own, vectors[start : start + len(own)])
                start += len(own)
        with self._lock:
            for paper in papers:
                self._kept[paper.id] = held[paper.id]
                self._kept.move_to_end(paper.id)
            while len(self._kept) > _CACHED_PAPERS:
                self._kept.popitem(last=False)
        return [(held[p.id][1], held[p.id][2]) for p in papers]


@dataclass(frozen=True, slots=True)
class Cut:
    """An abstract in sentences: where they stand, their texts and stems; and the title's stems."""

    spans: list[Span]
    texts: list[str]
    stems: list[frozenset[str]]
    title: frozenset[str]


class SentenceTexts:
    """Cuts papers into sentences, and remembers the busy papers'."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._cut = lru_cache(maxsize=_CACHED_PAPERS)(self._work)

    def of(self, paper: Paper) -> Cut:
        return self._cut(paper.title, paper.abstract)

    def _work(self, title: str, abstract: str) -> Cut:
        stems = self._library.words.stems
        spans = split_sentences(abstract)
        texts = [abstract[start:end] for start, end in spans]
        return Cut(spans, texts, [frozenset(stems(t)) for t in texts], frozenset(stems(title)))


def gather(
    question: str,
    asked: Asked,
    terms: Terms,
    passages: Sequence[Passage],
    sentences: SentenceTexts,
    library: Library,
) -> list[Evidence]:
    """Every sentence of the passages, scored against the question, in passage order."""
    papers = {passage.paper.id: passage.paper for passage in passages}
    pieces = library.pieces_of(papers, len(papers))
    evidence = []
    for number, passage in enumerate(passages):
        paper = passage.paper
        cut = sentences.of(paper)
        found = late_of_sentences(asked.pieces, pieces[paper.id], cut.spans)
        coverages = [terms.coverage(own) for own in cut.stems]
        first = _first_named(coverages)
        for place, (span, text, own, late, coverage) in enumerate(
            zip(cut.spans, cut.texts, cut.stems, found, coverages, strict=True)
        ):
            features = sentence_features(
                question,
                text,
                late=late.late,
                late_news=late.news,
                coverage=coverage,
                news=terms.coverage(own - cut.title),
                place=place / max(len(cut.spans) - 1, 1),
                introduces=place == first,
            )
            evidence.append(
                Evidence(
                    passage=number,
                    span=span,
                    text=text,
                    relevance=0.6 * late.late + 0.4 * coverage,
                    telling=telling(features),
                    late=late.late,
                    coverage=coverage,
                    features=features,
                    vector=late.vector,
                )
            )
    return evidence


def _first_named(coverages: Sequence[float]) -> int | None:
    """The first of the sentences that hold most of a question's words; None where none does."""
    most = max(coverages, default=0.0)
    return next(i for i, one in enumerate(coverages) if one >= most - 1e-9) if most else None
