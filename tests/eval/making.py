"""A run to keep and to compare."""

from __future__ import annotations

from eval.prints import LibraryPrint, QuestionsPrint
from eval.recording import Run


def a_run() -> Run:
    return Run(
        name="a-run",
        when="2026-01-02T03:04:05+00:00",
        command="assistant eval --name a-run",
        took=12.5,
        versions={"python": "3.11"},
        settings={"answer": {"top_k": 8}},
        library=LibraryPrint(3, "an embedder", "abc"),
        questions=QuestionsPrint("questions.jsonl", 2, "def"),
        figures={"mrr": 0.5, "by_kind": {"riddle": {"hit@1": 0.25, "questions": 4.0}}},
        each={"q1": {"rr": 1.0}, "q2": {"rr": 0.0, "confidence": 0.1}},
    )
