"""Cells: a sentence of a paper's abstract that answers a column, quoted and cited."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answer import Citation
from assistant.evidence import SentenceTexts
from assistant.surveying.choosing import SentenceChoice, best_of
from assistant.surveying.clauses import bold_in, shorten
from assistant.surveying.columns import Column
from assistant.surveying.values import Cell, Surveyed
from store.library import Library
from store.paper import Paper
from store.sentences import Span

_SPACE = re.compile(r"\s")


class CellWriter:
    """Fills cells with the abstracts' own words; `choice` tells which."""

    def __init__(self, library: Library, texts: SentenceTexts) -> None:
        self.choice = SentenceChoice(library, texts)

    def rows(
        self, columns: Sequence[Column], papers: Sequence[Paper], numbers: Sequence[int]
    ) -> list[list[Cell]]:
        """For each paper a cell for each column; one sentence may answer several columns."""
        scored = self.choice.of(columns, papers)
        rows = []
        for paper, number, of_columns in zip(papers, numbers, scored, strict=True):
            row = []
            for column, sentences in zip(columns, of_columns, strict=True):
                best = best_of(sentences)
                row.append(self.quote(paper, best.span, number, column) if best else Cell())
            rows.append(row)
        return rows

    def quote(self, paper: Paper, span: Span, number: int, column: Column | None = None) -> Cell:
        """A cell that quotes a sentence, or of a long one the clauses that answer."""
        sentence = paper.abstract[span[0] : span[1]]
        if column is None:
            start, end = 0, len(sentence)
        else:
            start, end = shorten(sentence, (*column.cues, *column.hints))
        text = _SPACE.sub(" ", sentence[start:end])
        citation = Citation(
            number=number,
            paper_id=paper.id,
            title=paper.title,
            quote=sentence,
            start=span[0],
            end=span[1],
            score=1.0,  # word for word, as the support check would say
            supported=True,
        )
        return Cell(
            text=text,
            start=span[0] + start,
            end=span[0] + end,
            citations=(citation,),
            bold=bold_in(text, column.known if column else ""),
        )


def surveyed(paper: Paper, number: int) -> Surveyed:
    """A paper as the references of a survey name it."""
    return Surveyed(
        number=number,
        paper_id=paper.id,
        title=" ".join(paper.title.split()),
        year=paper.year,
        byline=paper.byline,
        url=paper.url,
        summary=paper.kind == "summary",
    )
