"""One answer, and all it is made of, as a user could meet it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date as Date

from assistant.answer import Answer, Citation, Passage, Scores, Searched, Sentence, Tokens
from store.paper import Paper, Source

PAPER = Paper(
    title="Tide Clocks – “slowly”",
    abstract="Harbours rarely own a gauge. A tide clock is off by nine minutes.",
    authors=("Ada One", "Bo Two"),
    organisation="North Lab",
    date=Date(2023, 5, 4),
    date_inferred=True,
    upvotes=7,
    venue="Invented Letters",
    url="https://example.org/tides",
    doi="10.1234/tides",
    sources=(Source("a.txt", 3, 30), Source("b.txt", 1, 1)),
)
CITATION = Citation(1, PAPER.id, PAPER.title, PAPER.abstract[29:], 29, 65, 0.75, True)
LOOSE = replace(CITATION, number=2, score=0.1, supported=False)
ANSWER = Answer(
    question="How far off is it?",
    status="partial",
    text="Nine minutes. [1] It is a bird. [2]",
    sentences=(
        Sentence("Nine minutes. [1]", (CITATION,), supported=True),
        Sentence("It is a bird. [2]", (LOOSE,), supported=False),
    ),
    citations=(CITATION, LOOSE),
    nearest=(),
    passages=(Passage(PAPER, Scores(0.912345, 0.8, None)),),
    searched=Searched("How far off is it?", 6, ("since 2020-01-01",), 2),
    writer="some-model",
    confidence=0.5,
    timings_ms={"retrieve": 1.5, "total": 2.5},
    tokens=Tokens(100, 20),
    notice="2 papers are found by words only until their vectors are made.",
)
