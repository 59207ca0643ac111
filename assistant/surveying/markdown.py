"""Tables, comparisons and briefs as Markdown, and tables as CSV.

What papers and people wrote is data: none of it is markup. A figure or name that answers by itself
is bold, which is ours.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from assistant.surveying.values import NOT_STATED, Brief, Cell, Comparison, Point, Surveyed, Table
from store.exports.markdown import escaped
from store.exports.table import guarded
from store.exports.text import clean, web_address


def table_markdown(table: Table) -> str:
    """The table, a row a paper, and its papers by number."""
    parts = [f"# {escaped(table.question) or 'Table'}", escaped(table.notice)]
    if table.rows:
        heads = ["Paper", *(escaped(name) for name in table.columns)]
        rows = [
            [f"{escaped(row.paper.title)} [{row.paper.number}]", *(map(_cell, row.cells))]
            for row in table.rows
        ]
        parts += [_grid(heads, rows), _references(row.paper for row in table.rows)]
    return _joined(parts)


def comparison_markdown(comparison: Comparison) -> str:
    """The methods as columns, what is said of several of them, and the papers by number."""
    names = [method.name for method in comparison.methods]
    parts = [f"# {escaped(' and '.join(names))}", escaped(comparison.notice)]
    rows = [
        [
            f"**{escaped(aspect)}**",
            *(
                _cell(method.cells[place]) if method.found else "not in this library"
                for method in comparison.methods
            ),
        ]
        for place, aspect in enumerate(comparison.aspects)
    ]
    parts.append(_grid(["", *map(escaped, names)], rows))
    if comparison.together:
        parts.append("## Mentioned together")
        parts.append(
            "\n".join(
                f"- *{escaped(one.paper.title)}*{_year(one.paper)}: {_cells(one.cells)}"
                for one in comparison.together
            )
        )
    if comparison.opposed:
        parts.append("## At odds")
        parts.append(
            "\n".join(
                f"- {_cell(one.one)} — by contrast: {_cell(one.other)}"
                for one in comparison.opposed
            )
        )
    parts.append(_references(comparison.papers))
    return _joined(parts)


def brief_markdown(brief: Brief) -> str:
    """The themes as headings, a line a paper with its year, and the papers by number."""
    parts = [f"# {escaped(brief.topic) or 'Brief'}", escaped(brief.how), escaped(brief.notice)]
    for theme in brief.themes:
        parts.append(f"## {escaped(theme.label)}" if theme.label else "")
        parts.append(
            "\n".join(
                f"- **{p.paper.year or 'Undated'}**: {_led(p)}{_cell(p.cell)}" for p in theme.points
            )
        )
    parts.append(_references(brief.papers))
    return _joined(parts)


def table_csv(table: Table) -> str:
    """The table for a spreadsheet, with its mark for UTF-8: number, title, year, id and address of
    the paper, then each column's text, empty where the abstract doesn't state it."""
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    line.write("\ufeff")
    writer.writerow(["number", "title", "year", "id", "url", *map(_plain, table.columns)])
    for row in table.rows:
        paper = row.paper
        facts = [paper.number, _plain(paper.title), paper.year or "", _plain(paper.paper_id)]
        texts = (_plain(shown(cell)) for cell in row.cells)
        writer.writerow([*facts, _plain(paper.url or ""), *texts])
    return line.getvalue()


def shown(cell: Cell) -> str:
    """A cell's text as plain text, with dots where the sentence has more."""
    before, behind = cell.cut
    return f"{'… ' if before else ''}{cell.text}{' …' if behind else ''}"


def _led(point: Point) -> str:
    return f"In *{escaped(point.lead)}*: " if point.lead else ""


def _plain(text: str) -> str:
    return guarded(clean(text))


def _cells(cells: Sequence[Cell]) -> str:
    return " ".join(_cell(cell) for cell in cells)


def _cell(cell: Cell) -> str:
    if not cell.stated:
        return f"*{NOT_STATED}*"
    text, at = "", 0
    for start, end in cell.bold:
        text += f"{_inside(cell.text[at:start])}**{_inside(cell.text[start:end]).strip()}**"
        at = end
    text += _inside(cell.text[at:])
    before, behind = cell.cut
    marks = "".join(dict.fromkeys(f"[{c.number}]" for c in cell.citations))
    return f"{'… ' if before else ''}{text.strip()}{' …' if behind else ''} {marks}"


def _inside(text: str) -> str:
    """A piece of a line, its outer spaces kept. It is no beginning, where a figure with a full
    stop would be the number of a list."""
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    inner = escaped(f"x {text} x")[2:-2]
    return f"{' ' if lead else ''}{inner}{' ' if tail and inner else ''}"


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(_in_grid(c) for c in line) + " |" for line in lines)


def _in_grid(cell: str) -> str:
    return cell if "|" not in cell.replace("\\|", "") else cell.replace("|", "\\|")


def _references(papers: Iterable[Surveyed]) -> str:
    lines = []
    for paper in sorted(papers, key=lambda p: p.number):
        facts = [escaped(paper.byline).removesuffix("."), f"*{escaped(paper.title)}*"]
        facts.append(str(paper.year or ""))
        facts.append("summary, not the abstract" if paper.summary else "")
        link = web_address(paper.url)
        text = ". ".join(fact for fact in facts if fact) + "."
        lines.append(f"[{paper.number}] {text}{f' <{link}>' if link else ''}")
    return "\n\n".join(lines)


def _year(paper: Surveyed) -> str:
    return f" ({paper.year})" if paper.year else ""


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
