"""A table of papers: what each says to the same few questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.answer import WriterName, waiting_notice
from assistant.surveying.cells import CellWriter, surveyed
from assistant.surveying.columns import columns_of
from assistant.surveying.finding import notices, papers_about, refusal_of
from assistant.surveying.values import Row, Table
from assistant.surveying.writing import ModelCells, model_of
from store.filters import Filters

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine

ROWS = 8


def make_table(
    engine: CitedQueryEngine,
    question: str,
    columns: Sequence[str] = (),
    *,
    filters: Filters = Filters(),
    top_k: int | None = None,
    writer: WriterName = "auto",
) -> Table:
    """The papers about a question, best first, and what each says to each column.

    Without a language model a cell quotes the sentence of the abstract that answers; with one it
    is written from the abstract and checked, and quoted where the check finds no support.

        make_table(engine, "reward hacking", ["method", "dataset", "which base model?"])

    Args:
        columns: names ("dataset", "result") or questions; `columns.DEFAULT` where there are none.
        top_k: rows at most, 1 to 50; 8 where None.

    Raises BadColumns for columns that can't be used, ValueError where a language model should
    write and there is none.
    """
    asked = columns_of(columns)
    llm = model_of(engine, writer)
    about = papers_about(engine, question, top_k or ROWS, filters, rerank=writer != "extractive")
    papers = [passage.paper for passage in about.passages]
    numbers = list(range(1, len(papers) + 1))
    cells = CellWriter(engine.library, engine.finder.texts).rows(asked, papers, numbers)
    failed, name = "", "extractive"
    if llm is not None and papers:
        model = ModelCells(llm, engine)
        cells = model.rows(asked, papers, numbers, cells)
        failed, name = model.failed, model.name if model.wrote else name
    return Table(
        question=about.found.searched.question,
        columns=tuple(column.name for column in asked),
        rows=tuple(
            Row(surveyed(paper, number), tuple(row))
            for paper, number, row in zip(papers, numbers, cells, strict=True)
        ),
        considered=about.considered,
        searched=about.found.searched,
        writer=name,
        notice=notices(
            refusal_of(about, engine.library.count()),
            about.found.notice,
            waiting_notice(about.found.searched),
            failed,
        ),
    )
