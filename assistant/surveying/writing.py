"""Cells in a language model's words, each checked against the abstract that it is of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import prompts
from assistant.answer import Citation, Passage, Scores, WriterName
from assistant.surveying.columns import Column
from assistant.surveying.values import Cell
from assistant.tokens import count_tokens
from assistant.writing.model import reason
from store.paper import Paper
from store.sentences import split_sentences

if TYPE_CHECKING:
    from llama_index.core.llms.llm import LLM

    from assistant.engine import CitedQueryEngine

_NOT_STATED = re.compile(r"\bnot[ _](?:stated|in the abstract|mentioned|specified|given)\b", re.I)
_LINE = re.compile(r"^\W*\(?(\d{1,2})\)?\s*[.:)\]-]+\s*(.*\S)\s*$")
_MARK = re.compile(r"\s*\[\d+\]")
_LONGEST = 400  # characters of a cell
_RESERVE = 64  # tokens for what a chat template adds around the messages


def model_of(engine: CitedQueryEngine, writer: WriterName) -> LLM | None:
    """The language model that is to write; raises ValueError where one should and there is none."""
    if writer == "model" and engine.llm is None:
        raise ValueError(
            "No language model is configured: leave the writer out, or say 'extractive'."
        )
    return None if writer == "extractive" else engine.llm


class ModelCells:
    """Has a language model fill a paper's cells in one request, and lets nothing through that its
    abstract doesn't bear out: there the quoted cell stays.

    `failed` is a sentence where the model couldn't go on: the rest is quoted. `wrote` tells
    whether any cell is the model's.
    """

    def __init__(self, llm: LLM, engine: CitedQueryEngine) -> None:
        self.name = str(getattr(llm, "model", None) or llm.metadata.model_name)
        self.failed = ""
        self.wrote = False
        self._llm = llm
        self._engine = engine

    def rows(
        self,
        columns: Sequence[Column],
        papers: Sequence[Paper],
        numbers: Sequence[int],
        quoted: Sequence[Sequence[Cell]],
    ) -> list[list[Cell]]:
        """The cells of each paper: written where that is supported, else as they are quoted."""
        rows = []
        for paper, number, row in zip(papers, numbers, quoted, strict=True):
            said = {} if self.failed else self._said(columns, paper)
            rows.append(
                [
                    self._checked(said.get(place, ""), paper, number) or cell
                    for place, cell in enumerate(row, 1)
                ]
            )
        self.wrote = any(cell.written for row in rows for cell in row)
        return rows

    def _said(self, columns: Sequence[Column], paper: Paper) -> dict[int, str]:
        """What the model says to each column, by its number."""
        from llama_index.core.base.llms.types import ChatMessage, MessageRole

        questions = "\n".join(f"{n}. {c.question}" for n, c in enumerate(columns, 1))
        messages = [
            ChatMessage(role=MessageRole.SYSTEM, content=prompts.load("cells_system")),
            ChatMessage(
                role=MessageRole.USER,
                content=prompts.fill(
                    "cells",
                    title=" ".join(paper.title.split()),
                    abstract=self._fitting(paper, questions),
                    questions=questions,
                ),
            ),
        ]
        try:
            text = self._llm.chat(messages).message.content or ""
        except Exception as error:  # any client library, any server: the reason is told
            self.failed = (
                f"The language model {self.name} {reason(error)}, so cells quote the abstracts "
                "instead."
            )
            return {}
        lines = (_LINE.match(line) for line in text.splitlines())
        return {int(m.group(1)): _plain(m.group(2)) for m in lines if m}

    def _fitting(self, paper: Paper, questions: str) -> str:
        """The abstract, or as many of its first sentences as the model's window has room for."""
        s = self._engine.settings
        texts = (prompts.load("cells_system"), prompts.load("cells"), paper.title, questions)
        room = s.llm_context - s.llm_max_tokens - _RESERVE
        room -= sum(count_tokens(text, self.name) for text in texts)
        ends = [end for _, end in split_sentences(paper.abstract)]
        for end in reversed(ends):
            if count_tokens(paper.abstract[:end], self.name) <= room:
                return " ".join(paper.abstract[:end].split())
        return ""

    def _checked(self, text: str, paper: Paper, number: int) -> Cell | None:
        """The cell if the abstract bears it out. A model that finds nothing stated is not taken at
        its word: the quoted cell may know better."""
        if not text or _NOT_STATED.search(text) or len(text) > _LONGEST:
            return None
        support = self._engine.check.of(text, Passage(paper, Scores(0.0)))
        if not support.enough:
            return None
        start, end = support.span
        citation = Citation(
            number=number,
            paper_id=paper.id,
            title=paper.title,
            quote=paper.abstract[start:end],
            start=start,
            end=end,
            score=support.score,
            supported=True,
        )
        return Cell(text, start, end, (citation,), written=True)


def _plain(text: str) -> str:
    return " ".join(_MARK.sub("", text.replace("**", "")).split())
