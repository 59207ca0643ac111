"""A run to keep and to compare, and what commands print."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from eval.prints import LibraryPrint, QuestionsPrint
from eval.recording import Run

Command = Callable[..., tuple[int, str, str]]  # its exit code and what it printed, also of errors


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


def document(done: tuple[int, str, str]) -> dict[str, Any]:
    """The JSON that a command printed which went well."""
    code, out, err = done
    assert code == 0, err
    found = json.loads(out)
    assert isinstance(found, dict)
    return found
