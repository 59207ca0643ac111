"""Cells: a sentence of a paper's abstract that answers a column, quoted and cited."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answer import Citation
from assistant.evidence import SentenceTexts
from assistant.surveying.choosing import Scored, SentenceChoice, best_of
from assistant.surveying.clauses import bold_in, shorten
from assistant.surveying.columns import Column
from assistant.surveying.data import data_and_rest
from assistant.surveying.values import Cell, Surveyed
from store.library import Library
from store.paper import Paper
from store.sentences import Span

_SPACE = re.compile(r"\s")
# Figures that a sentence of results holds anyway: of these the whole sentence is shown twice.
_MAY_SHARE = {"metric", "cost", "code", "limitation"}


class CellWriter:
    """Fills cells with the abstracts' own words; `choice` tells which."""

    def __init__(self, library: Library, texts: SentenceTexts) -> None:
        self.choice = SentenceChoice(library, texts)

    def rows(
        self, columns: Sequence[Column], papers: Sequence[Paper], numbers: Sequence[int]
    ) -> list[list[Cell]]:
        """For each paper a cell for each column."""
        scored = self.choice.of(columns, papers)
        rows = []
        for paper, number, of_columns in zip(papers, numbers, scored, strict=True):
            chosen = self._apart(columns, of_columns)
            rows.append(
                [
                    self.quote(paper, one.span, number, column, part) if one else Cell()
                    for column, (one, part) in zip(columns, chosen, strict=True)
                ]
            )
        return rows

    def _apart(
        self, columns: Sequence[Column], scored: Sequence[Sequence[Scored]]
    ) -> list[tuple[Scored | None, Span | None]]:
        """For each column a sentence and the part that is shown. No two show the same: where one
        sentence is the best for two, its clauses are shared out if they can be, else the column
        that it fits better keeps it and the other has the next one that answers."""
        best = {place: best_of(sentences) for place, sentences in enumerate(scored)}
        order = sorted(best, key=lambda n: -(one.score if (one := best[n]) else 0.0))
        taken: dict[Span, list[int]] = {}
        chosen: dict[int, tuple[Scored | None, Span | None]] = {}
        for place in order:
            column = columns[place]
            found: tuple[Scored, Span | None] | None = None
            ranked = sorted((s for s in scored[place] if s.enough), key=lambda s: -s.score)
            for one in ranked:
                others = taken.get(one.span, [])
                if not others:
                    found = one, None
                elif parts := self._shared(one, column, columns[others[0]], len(others)):
                    found = one, parts[0]
                    chosen[others[0]] = chosen[others[0]][0], parts[1]
                if found:
                    taken.setdefault(one.span, []).append(place)
                    break
            chosen[place] = found or (None, None)
        return [chosen[place] for place in range(len(columns))]

    def _shared(
        self, one: Scored, column: Column, other: Column, holders: int
    ) -> tuple[Span, Span] | None:
        """The parts of one sentence that two columns show, if they differ."""
        if holders > 1:
            return None
        own, theirs = shown_part(one.text, column), shown_part(one.text, other)
        if "data" in (column.known, other.known) and (halves := data_and_rest(one.text)):
            return halves if column.known == "data" else (halves[1], halves[0])
        if own != theirs and "data" not in (column.known, other.known):
            return own, theirs
        asked = {column.known, other.known} - {""}
        return (own, theirs) if len(asked) < 2 or _MAY_SHARE & asked else None

    def quote(
        self,
        paper: Paper,
        span: Span,
        number: int,
        column: Column | None = None,
        part: Span | None = None,
    ) -> Cell:
        """A cell that quotes a sentence, or of a long one the clauses that answer; or a `part` of
        it, as offsets into the sentence."""
        sentence = paper.abstract[span[0] : span[1]]
        if part is not None:
            start, end = part
        elif column is None:
            start, end = 0, len(sentence)
        else:
            start, end = shown_part(sentence, column)
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


def shown_part(sentence: str, column: Column) -> Span:
    """What a column shows of a sentence."""
    return shorten(sentence, (*column.cues, *column.hints))


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
