"""How an answer about the collection looks in a terminal: a table behind the number."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from ui.terminal import clean

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from assistant.answer import Answer, Sentence
    from store.paper import Paper

_CHIP, _TITLE = "bold cyan", "italic"
_LONGEST = {"Title": 160, "Organisation": 30, "Group": 60}  # characters
_INFERRED = "*"
_MARKS = re.compile(r"\[\d+\]")


def show_collection(answer: Answer, to: Console) -> None:
    """The list of an answer as a table: of papers, or of groups with their sizes.

    As wide as the terminal at most; in a pipe as wide as `COLUMNS` says, if it says so.
    """
    entries = [sentence for sentence in answer.sentences if sentence.entry]
    if not entries:
        return
    to.print()
    grouped = answer.collection is not None and answer.collection.groups
    if grouped:
        _print(_groups(entries), to)
        return
    table, papers = _papers(answer, entries)
    _print(table, to)
    _tell_inferred(papers, to)


def _print(table: Table, to: Console) -> None:
    """Prints a table without the spaces that would fill its last column."""
    asked = os.environ.get("COLUMNS", "")
    width = int(asked) if asked.isdigit() and not to.is_terminal else to.width
    for line in to.render_lines(table, to.options.update_width(max(width, 1)), pad=False):
        text = Text.assemble(*((part.text, part.style or "") for part in line))
        text.rstrip()
        to.print(text, soft_wrap=True)


def show_unlisted(answer: Answer, papers: Mapping[str, Paper], to: Console) -> None:
    """The papers that an answer means and doesn't list, by id, as a table that goes on with its
    numbers."""
    numbered = max((citation.number for citation in answer.citations), default=0)
    found = [papers[paper_id] for paper_id in answer.unlisted if paper_id in papers]
    rows = [(number, paper.title, paper) for number, paper in enumerate(found, numbered + 1)]
    if not rows:
        return
    to.print()
    _print(_of_papers(rows), to)
    _tell_inferred(found, to)


def _papers(answer: Answer, entries: Sequence[Sentence]) -> tuple[Table, list[Paper]]:
    """The table, and those of its papers that are known."""
    papers = {passage.paper.id: passage.paper for passage in answer.passages}
    cited = [entry.citations[0] for entry in entries if entry.citations]
    rows = [(one.number, one.title, papers.get(one.paper_id)) for one in cited]
    return _of_papers(rows), [paper for *_, paper in rows if paper]


def _of_papers(rows: Sequence[tuple[int, str, Paper | None]]) -> Table:
    """A table of papers, each with its number and title, and of what is known of any."""
    columns = {"Date": _date, "Upvotes": _upvotes, "Organisation": _organisation}
    known = [paper for *_, paper in rows if paper]
    shown = {name: of for name, of in columns.items() if any(of(paper) for paper in known)}
    table = _table("", *shown, "Title")
    for number, title, paper in rows:
        facts = [of(paper) if paper else "" for of in shown.values()]
        text = Text(_cut(" ".join(clean(title).split()), "Title"), _TITLE)
        table.add_row(Text(f"[{number}]", _CHIP), *map(Text, facts), text)
    return table


def _tell_inferred(papers: Sequence[Paper], to: Console) -> None:
    if any(paper.date_inferred for paper in papers):
        to.print(f"\n{_INFERRED} The year was inferred.", style="dim")


def _groups(entries: Sequence[Sentence]) -> Table:
    table = _table("Group", "Papers", "Among them")
    for entry in entries:
        name, _, rest = entry.text.rpartition(": ")
        marks = Text(" ".join(_MARKS.findall(rest)), _CHIP)
        if rest.endswith("…"):
            marks.append(" …", "dim")
        table.add_row(Text(_cut(clean(name), "Group")), Text(rest.partition(" ")[0]), marks)
    return table


def _table(*names: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        number = name in ("Upvotes", "Papers")
        fixed = number or name in ("", "Date", "Among them")
        table.add_column(
            name,
            justify="right" if number else "left",
            no_wrap=fixed,
        )
    return table


def _date(paper: Paper) -> str:
    if paper.date:
        return f"{paper.date.isoformat()}{_INFERRED if paper.date_inferred else ''}"
    return str(paper.year or "")


def _upvotes(paper: Paper) -> str:
    return "" if paper.upvotes is None else f"{paper.upvotes:,}"


def _organisation(paper: Paper) -> str:
    return _cut(clean(paper.organisation or ""), "Organisation")


def _cut(text: str, column: str) -> str:
    """A text that is too long for its column without its end."""
    longest = _LONGEST[column]
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
