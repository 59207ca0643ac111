"""Which sentences of the passages speak to a question."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Passage
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
    `coverage` is that of the sentence, `paper_coverage` that of its title and abstract.
    """

    passage: int
    span: Span
    text: str
    relevance: float
    telling: float
    cosine: float
    coverage: float
    features: dict[str, float]
    vector: NDArray[np.float32]
    paper_coverage: float = 0.0


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


def gather(
    question: str,
    vector: NDArray[np.float32],
    terms: Terms,
    passages: Sequence[Passage],
    vectors: SentenceVectors,
    library: Library,
) -> list[Evidence]:
    """Every sentence of the passages, scored against the question, in passage order."""
    found = vectors.of([passage.paper for passage in passages])
    stems = library.words.stems
    evidence = []
    for number, (passage, (spans, rows)) in enumerate(zip(passages, found, strict=True)):
        title = set(stems(passage.paper.title))
        cosines = rows @ vector if spans else np.zeros(0, np.float32)
        texts = [passage.paper.abstract[start:end] for start, end in spans]
        held = [set(stems(text)) for text in texts]
        paper_coverage = terms.coverage(title.union(*held))
        for place, (span, text, own) in enumerate(zip(spans, texts, held, strict=True)):
            cosine, coverage = float(cosines[place]), terms.coverage(own)
            features = sentence_features(
                question,
                text,
                cosine=cosine,
                coverage=coverage,
                news=terms.coverage(own - title),
                place=place / max(len(spans) - 1, 1),
            )
            evidence.append(
                Evidence(
                    passage=number,
                    span=span,
                    text=text,
                    relevance=0.6 * cosine + 0.4 * coverage,
                    telling=telling(features),
                    cosine=cosine,
                    coverage=coverage,
                    features=features,
                    vector=rows[place],
                    paper_coverage=paper_coverage,
                )
            )
    return evidence
