"""The extractive writer: picks sentences that answer, quotes them and never invents a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from assistant.answer import Citation, Passage, Sentence, Tokens
from assistant.evidence import Evidence
from assistant.writing.base import Task

# All four are chosen by `assistant eval evidence` on the tuning half of the questions.
_NEXT_PAPER = 0.85  # a further paper's best sentence must reach this share of the best one's
_SAME_PAPER = 0.75  # a further sentence of the same paper
_REPEATS = 0.88  # cosine above which a sentence says what another said
_PAPERS = 4

_SPACE = re.compile(r"\s+")


class ExtractiveWriter:
    """Quotes the best sentences, paper by paper, the strongest paper first.

    Within a paper the most telling sentence leads and the others follow in the abstract's
    order. A sentence that repeats one already chosen is left out (maximal marginal relevance
    with a hard limit, after Carbonell and Goldstein 1998).
    """

    name = "extractive"
    tokens = Tokens()

    def __init__(self, max_sentences: int = 4) -> None:
        self.max_sentences = max_sentences

    def write(self, task: Task) -> Iterator[Sentence]:
        chosen = choose(task.evidence, task.passages, self.max_sentences)
        order = list(dict.fromkeys(evidence.passage for evidence in chosen))
        for number, index in enumerate(order, 1):
            passage = task.passages[index]
            own = [evidence for evidence in chosen if evidence.passage == index]
            for place, evidence in enumerate([own[0], *sorted(own[1:], key=lambda e: e.span)]):
                yield _quote(passage, evidence, number, leads=place == 0, first=number == 1)


def choose(evidence: Sequence[Evidence], passages: Sequence[Passage], most: int) -> list[Evidence]:
    """The sentences to quote, best first."""
    ranked = sorted(evidence, key=lambda e: -rank(e, passages))
    chosen: list[Evidence] = []
    for candidate in ranked:
        if len(chosen) == most:
            break
        best = rank(chosen[0], passages) if chosen else 0.0
        papers = {e.passage for e in chosen}
        known = candidate.passage in papers
        if chosen and rank(candidate, passages) < best * (_SAME_PAPER if known else _NEXT_PAPER):
            continue
        if not known and len(papers) == _PAPERS:
            continue
        if any(float(np.dot(candidate.vector, e.vector)) > _REPEATS for e in chosen):
            continue
        chosen.append(candidate)
    return chosen


def rank(evidence: Evidence, passages: Sequence[Passage]) -> float:
    """How well a sentence speaks to the question, its paper's standing counted in."""
    best = max((p.scores.fused for p in passages), default=0.0)
    behind = best - passages[evidence.passage].scores.fused
    return evidence.score - 0.1 * behind


def _quote(
    passage: Passage, evidence: Evidence, number: int, *, leads: bool, first: bool
) -> Sentence:
    paper = passage.paper
    quote = paper.abstract[evidence.span[0] : evidence.span[1]]
    text = f"{_SPACE.sub(' ', quote)} [{number}]"
    if leads:
        kind = " (summary)" if paper.kind == "summary" else ""
        text = f"In *{paper.title}*{kind}: {text}"
    citation = Citation(
        number=number,
        paper_id=paper.id,
        title=paper.title,
        quote=quote,
        start=evidence.span[0],
        end=evidence.span[1],
        score=round(min(max(evidence.score, 0.0), 1.0), 4),
        supported=True,
    )
    return Sentence(text, (citation,), supported=True, opens_paragraph=leads and not first)
