"""Where methods meet: papers that speak of several of them, and papers that contradict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from assistant.answer import Passage, Scores
from assistant.evidence import Evidence, gather
from assistant.late import ask
from assistant.question import terms_of
from assistant.surveying.cells import CellWriter, surveyed
from assistant.surveying.naming import Named
from assistant.surveying.values import Cell, Numbers, Opposed, Together
from assistant.writing.claims import opposes
from store.paper import Paper

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine

_TOGETHER = 5  # papers in which several are mentioned
_QUOTES = 2  # sentences of each
_PAPERS = 6  # of a method that contradictions are looked for in
_OPPOSED = 3
_COMPARES = re.compile(
    r"\b(?:than|outperform\w*|surpass\w*|compar\w+|versus|vs|better|worse|unlike|whereas|instead|"
    r"equivalen\w+|beats?|over|exceed\w*|baselines?|both)\b",
    re.IGNORECASE,
)


def together(quoted: CellWriter, found: Sequence[Named], numbers: Numbers) -> tuple[Together, ...]:
    """The papers that name several methods, those that hold one against another first."""
    holders: dict[str, list[Named]] = {}
    papers: dict[str, Paper] = {}
    for named in found:
        for paper in named.papers:
            holders.setdefault(paper.id, []).append(named)
            papers[paper.id] = paper
    ranked = []
    for paper_id, own in holders.items():
        if len(own) < 2:
            continue
        spans, worth = _sentences(quoted, papers[paper_id], own)
        if spans:
            ranked.append((-worth, -(papers[paper_id].year or 0), paper_id, own, spans))
    ranked.sort(key=lambda one: one[:3])
    told = []
    for _, _, paper_id, own, spans in ranked[:_TOGETHER]:
        paper, number = papers[paper_id], numbers.of(paper_id)
        told.append(
            Together(
                surveyed(paper, number),
                tuple(named.name for named in own),
                tuple(quoted.quote(paper, span, number) for span in spans),
            )
        )
    return tuple(told)


def _sentences(
    quoted: CellWriter, paper: Paper, own: Sequence[Named]
) -> tuple[list[tuple[int, int]], float]:
    """The sentences of a paper that name several of the methods, or else one for each; and how
    much they tell of one beside the other."""
    cut = quoted.choice.cut(paper)
    naming = [
        ([named.name for named in own if named.holds(text)], span, text)
        for span, text in zip(cut.spans, cut.texts, strict=True)
    ]
    both = [(span, text) for names, span, text in naming if len(names) > 1]
    if both:
        both.sort(key=lambda one: not _COMPARES.search(one[1]))
        worth = 2.0 if _COMPARES.search(both[0][1]) else 1.0
        return sorted(span for span, _ in both[:_QUOTES]), worth
    each = [next((s for names, s, _ in naming if named.name in names), None) for named in own]
    return list(dict.fromkeys(span for span in each if span is not None)), 0.0


def opposed(
    engine: CitedQueryEngine, quoted: CellWriter, found: Sequence[Named], numbers: Numbers
) -> tuple[Opposed, ...]:
    """Sentences of two papers that name a method and plainly claim the opposite."""
    papers = {p.id: p for named in found for p in named.papers[:_PAPERS]}
    if len(papers) < 2:
        return ()
    library = engine.library
    passages = [Passage(paper, Scores(0.0)) for paper in papers.values()]
    asked = " ".join(named.name for named in found)
    evidence = gather(
        asked,
        ask(asked, library),
        terms_of(asked, library),
        passages,
        engine.finder.texts,
        library,
    )
    naming = [e for e in evidence if any(named.holds(e.text) for named in found)]
    pairs = []
    for one, other in combinations(naming, 2):
        if one.passage != other.passage and opposes(one, other):
            pairs.append((one, other))

    def cell(e: Evidence) -> Cell:
        paper = passages[e.passage].paper
        return quoted.quote(paper, e.span, numbers.of(paper.id))

    return tuple(Opposed(cell(one), cell(other)) for one, other in pairs[:_OPPOSED])
