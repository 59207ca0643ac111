"""What every writer shares: what it is given, what it yields, how it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.answer import Passage, Sentence, Tokens
from assistant.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Task:
    """One question to answer, with everything found for it.

    The first `named` passages are papers that the question or its conversation names; `several`
    tells that an overview of papers is wanted. `asked` is the question as it was put, without
    what its conversation adds.
    """

    question: str
    passages: Sequence[Passage]
    evidence: Sequence[Evidence]
    named: int = 0
    several: bool = False
    asked: str = ""


class WriterFailed(Exception):
    """The writer couldn't finish; the message is one sentence for the reader."""


class NothingToSay(Exception):
    """The writer read the passages and found that they don't answer the question."""


class Writer(Protocol):
    """Yields the sentences of an answer, each with its checked citations.

    `name` says who wrote; `tokens` what the last answer took. `write` raises WriterFailed or
    NothingToSay.
    """

    name: str
    tokens: Tokens

    def write(self, task: Task) -> Iterator[Sentence]: ...
