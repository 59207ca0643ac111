"""What holds for every cell, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.answer import Passage, Scores
from assistant.citing import SupportCheck
from assistant.surveying.values import Cell
from store.sentences import split_sentences
from tests.assistant.invented import PAPERS

BY_ID = {paper.id: paper for paper in PAPERS}


def assert_sound(cells: Iterable[Cell], check: SupportCheck | None = None) -> None:
    """A stated cell cites whole sentences to the letter, and what it quotes stands in one; the
    check of answers finds each citation supported."""
    for cell in cells:
        if not cell.stated:
            assert cell == Cell()
            continue
        assert cell.citations
        for citation in cell.citations:
            paper = BY_ID[citation.paper_id]
            assert paper.abstract[citation.start : citation.end] == citation.quote
            assert (citation.start, citation.end) in split_sentences(paper.abstract)
            assert citation.supported
            if check is not None:
                said = cell.text if cell.written else citation.quote
                assert check.of(said, Passage(paper, Scores(0.0))).score == citation.score
        if not cell.written:
            (citation,) = cell.citations
            abstract = BY_ID[citation.paper_id].abstract
            assert abstract[cell.start : cell.end] == cell.text
            assert citation.start <= cell.start < cell.end <= citation.end
        for start, end in cell.bold:
            assert 0 <= start < end <= len(cell.text)
