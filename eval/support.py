"""Measures the support check on labelled statements: does it take what is right, refuse what
isn't?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.answer import Passage, Scores
from assistant.engine import CitedQueryEngine
from eval.questions import HERE
from store.paper import Paper, normal_title
from store.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that a model might have written, cited to one paper."""

    text: str
    title: str
    supported: bool
    kind: str


def load_statements(path: Path = HERE / "support.jsonl") -> list[Statement]:
    """The labelled statements, written over the real pages in other words."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [
        Statement(r["statement"], normal_title(r["title"]), r["supported"], r["kind"]) for r in rows
    ]


def measure(engine: CitedQueryEngine, statements: Sequence[Statement]) -> dict[str, Any]:
    """How often each kind of statement is taken as supported. Beside the written kinds stand
    `verbatim` (an abstract's own sentence) and `stranger` (another abstract's sentence)."""
    papers = {normal_title(p.title): p for p in engine.library.catalog.list()}
    taken: dict[str, list[bool]] = {}
    every = [*statements, *_own_sentences([papers[s.title] for s in statements if s.supported])]
    for statement in every:
        passage = Passage(papers[statement.title], Scores(0.0))
        support = engine.check.of(statement.text, passage)
        kind = f"{'true' if statement.supported else 'false'}: {statement.kind}"
        taken.setdefault(kind, []).append(support.enough)
    return {kind: round(float(np.mean(marks)), 3) for kind, marks in sorted(taken.items())}


def _own_sentences(papers: Sequence[Paper]) -> list[Statement]:
    found = []
    for paper, other in zip(papers, [*papers[1:], papers[0]], strict=True):
        spans = split_sentences(paper.abstract)
        start, end = spans[len(spans) // 2]
        text = paper.abstract[start:end]
        found.append(Statement(text, normal_title(paper.title), True, "verbatim"))
        found.append(Statement(text, normal_title(other.title), False, "stranger"))
    return found
