"""How tables, comparisons and briefs look in a terminal, and as plain text in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table as Grid
from rich.text import Text

from assistant.surveying.values import NOT_STATED, Brief, Cell, Comparison, Surveyed, Table
from ui.flow import hang
from ui.terminal import clean, out, say

_CHIP, _TITLE, _NONE = "bold cyan", "italic", "dim"
_ROOM = 24  # columns of a terminal that a cell needs: with less the rows are told one by one


def show_table(table: Table) -> None:
    """A grid where the terminal has room for one, else paper by paper."""
    _notice(table.notice)
    if not table.rows:
        return
    if _fits(len(table.columns) + 1):
        grid = _grid(["Paper", *table.columns])
        for row in table.rows:
            grid.add_row(_paper(row.paper), *(_cell(c, marked=False) for c in row.cells))
        out.print(grid)
        return
    for row in table.rows:
        hang(out, _chip(row.paper), _line(row.paper))
        _told(table.columns, row.cells, marked=False)


def show_comparison(comparison: Comparison) -> None:
    """The methods side by side, or one after the other where there is no room."""
    _notice(comparison.notice)
    known = [method for method in comparison.methods if method.found]
    if known and _fits(len(known) + 1):
        grid = _grid(["", *(method.name for method in known)], wide=2)
        for place, aspect in enumerate(comparison.aspects):
            cells = (_cell(method.cells[place]) for method in known)
            grid.add_row(Text(clean(aspect), style="bold"), *cells)
        out.print(grid)
    else:
        for method in known:
            out.print(Text(clean(method.name), style="bold"))
            _told(comparison.aspects, method.cells)
    if comparison.together:
        out.print("\nMentioned together", style="bold")
        for one in comparison.together:
            hang(out, _chip(one.paper), _line(one.paper))
            for cell in one.cells:
                hang(out, "      ", _cell(cell, marked=False))
    if comparison.opposed:
        out.print("\nAt odds", style="bold")
        for pair in comparison.opposed:
            hang(out, "  - ", _cell(pair.one))
            hang(out, "    ", Text.assemble("By contrast: ", _cell(pair.other)))
    _sources(comparison.papers)


def show_brief(brief: Brief) -> None:
    """Theme by theme, a paragraph a paper, then the papers."""
    _notice(brief.notice)
    if not brief.themes:
        return
    out.print(Text(clean(brief.how), style="dim"))
    for theme in brief.themes:
        out.print()
        if theme.label:
            out.print(Text(clean(theme.label), style="bold"))
        for point in theme.points:
            year = str(point.paper.year or "n.d.")
            said = _cell(point.cell)
            if point.lead:
                said = Text.assemble("In ", (clean(point.lead), _TITLE), ": ", said)
            hang(out, Text(f"  {year:<4}  ", style="bold"), said)
    _sources(brief.papers)


def _fits(columns: int) -> bool:
    return out.is_terminal and out.width >= columns * _ROOM


def _grid(heads: Sequence[str], wide: int = 1) -> Grid:
    """A grid whose columns behind the first are so much wider."""
    grid = Grid(show_lines=True, pad_edge=False, expand=True)
    for place, head in enumerate(heads):
        grid.add_column(Text(clean(head)), ratio=wide if place else 1, overflow="fold")
    return grid


def _told(names: Sequence[str], cells: Sequence[Cell], *, marked: bool = True) -> None:
    width = min(max(len(name) for name in names), 24)
    for name, cell in zip(names, cells, strict=True):
        lead = Text(f"      {clean(name):<{width}}  ", style="bold")
        hang(out, lead, _cell(cell, marked=marked))


def _cell(cell: Cell, *, marked: bool = True) -> Text:
    if not cell.stated:
        return Text(NOT_STATED, style=_NONE)
    text = Text(clean(cell.text))
    if text.plain == cell.text:
        for start, end in cell.bold:
            text.stylize("bold", start, end)
    before, behind = cell.cut
    whole = Text.assemble("… " if before else "", text, " …" if behind else "")
    for number in dict.fromkeys(c.number for c in cell.citations) if marked else ():
        whole.append(f" [{number}]", _CHIP)
    return whole


def _sources(papers: Iterable[Surveyed]) -> None:
    papers = sorted(papers, key=lambda paper: paper.number)
    if papers:
        out.print("\nSources", style="bold")
    for paper in papers:
        hang(out, _chip(paper), _line(paper))


def _paper(paper: Surveyed) -> Text:
    return Text.assemble((f"[{paper.number}] ", _CHIP), _line(paper))


def _chip(paper: Surveyed) -> Text:
    return Text.assemble("  ", (f"[{paper.number}]", _CHIP), " ")


def _line(paper: Surveyed) -> Text:
    kind = "summary" if paper.summary else ""
    facts = ", ".join(fact for fact in (kind, paper.byline, str(paper.year or "")) if fact)
    line = Text.assemble((clean(paper.title), _TITLE))
    return line.append(f" ({clean(facts)})", "dim") if facts else line


def _notice(text: str) -> None:
    if text:
        say(text, "yellow")
