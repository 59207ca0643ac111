"""Papers as CSV for spreadsheets and scripts: UTF-8 with the mark by which Excel knows it.

A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@` (their wide forms too) or a tab as a
formula. Such a text gets an apostrophe in front, and so does one that begins with an apostrophe,
so that taking one away (`unguarded`) gives back every text as it was.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from store.exports.text import clean
from store.paper import Paper

COLUMNS = (
    "id", "title", "authors", "author_count", "organisation", "year", "date", "date_inferred",
    "venue", "doi", "arxiv_id", "other_ids", "url", "upvotes", "kind", "abstract",
)  # fmt: skip
_FORMULA = re.compile(r"\s*['=+\-@＝＋－＠]|[\t\n]")


def table(papers: Iterable[Paper]) -> Iterator[str]:
    """The header, then one row a string; authors have semicolons between them."""
    yield "\ufeff" + _line(COLUMNS)
    for paper in papers:
        yield _line([_cell(paper, column) for column in COLUMNS])


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """What `guarded` was given."""
    return cell.removeprefix("'")


def _cell(paper: Paper, column: str) -> str:
    value = getattr(paper, column)
    if value is None:
        return ""
    if column in ("authors", "other_ids"):
        value = "; ".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else guarded(clean(str(value)))


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue()
