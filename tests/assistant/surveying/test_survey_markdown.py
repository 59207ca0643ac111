"""Markdown and CSV: what papers say is text and never markup, a formula or another row."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Citation, Searched
from assistant.surveying.markdown import shown, table_csv, table_markdown
from assistant.surveying.values import Cell, Row, Surveyed, Table

texts = st.text(min_size=1, max_size=60).filter(lambda text: any(c.isalnum() for c in text))


def table(
    title: str, text: str, column: str = "data", bold: tuple[int, int] | None = None
) -> Table:
    citation = Citation(1, "p", title, text, 0, len(text), 1.0, True)
    cell = Cell(text, 0, len(text), (citation,), (bold,) if bold else ())
    row = Row(Surveyed(1, "p", title, 2020), (cell, Cell()))
    return Table("What?", (column, "code"), (row,), 3, Searched("What?", 3))


def test_a_table_has_a_row_a_paper_and_says_what_is_not_stated() -> None:
    lines = table_markdown(table("Soups", "Tested on 40 soups.", bold=(10, 18))).splitlines()
    assert lines[2:5] == [
        "| Paper | data | code |",
        "| --- | --- | --- |",
        "| Soups [1] | Tested on **40 soups**. [1] | *not stated in the abstract* |",
    ]
    assert lines[-1] == "[1] *Soups*. 2020."


@given(texts, texts, texts)
def test_no_text_makes_a_row_or_column_of_its_own(title: str, text: str, column: str) -> None:
    lines = [x for x in table_markdown(table(title, text, column)).split("\n") if x[:1] == "|"]
    assert len(lines) == 3
    for line in lines:
        assert line.replace("\\\\", "").replace("\\|", "").count("|") == 4


@given(texts, texts)
def test_csv_reads_back_with_nothing_lost_and_no_formula(title: str, text: str) -> None:
    written = table_csv(table(title, text))
    assert written.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(written.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 2
    assert rows[0] == ["number", "title", "year", "id", "url", "data", "code"]
    assert rows[1][-1] == ""
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in rows[1])


def test_what_is_cut_off_is_shown_by_dots() -> None:
    citation = Citation(1, "p", "T", "However, it works, which is nice.", 10, 43, 1.0, True)
    assert shown(Cell("it works", 19, 27, (citation,))) == "… it works …"
    assert shown(Cell("It works.", 10, 43, (citation,), written=True)) == "It works."
