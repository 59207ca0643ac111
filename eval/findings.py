"""What a measurement makes of questions that were asked, whole and by group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eval.recording import Each, figure, grouped, numbers
from ui import terminal

if TYPE_CHECKING:
    from eval.plots import Draw
    from eval.scores import Outcome

Row = Mapping[str, float]
_ABREAST = 6  # columns that a narrow terminal has room for
_STRESS = ("paraphrase", "riddle")  # kinds that ordinary questions leave out


@dataclass(frozen=True, slots=True)
class Findings:
    """Figures at any depth, measures by question, plots by name, and what a reader must know of
    the figures, a sentence each."""

    figures: Mapping[str, Any]
    each: Each
    plots: Mapping[str, Draw] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def by_group(
    outcomes: Sequence[Outcome], row: Callable[[Sequence[Outcome]], Row]
) -> dict[str, Any]:
    """A row of figures over all, over the ordinary questions where others are among them, and of
    each kind."""
    kinds = sorted({o.question.kind for o in outcomes})
    ordinary = [o for o in outcomes if o.question.kind not in _STRESS]
    found: dict[str, Any] = {"all": row(outcomes)}
    if 0 < len(ordinary) < len(outcomes):
        found["ordinary"] = row(ordinary)
    by_kind = {kind: row([o for o in outcomes if o.question.kind == kind]) for kind in kinds}
    return {**found, "by_kind": by_kind}


def show(findings: Findings) -> None:
    """The tables of all figures on the terminal, then the notes."""
    from rich.table import Table

    for heading, rows in grouped(numbers(findings.figures)):
        columns = list(dict.fromkeys(column for row in rows.values() for column in row))
        for start in range(0, len(columns), _ABREAST):
            part = columns[start : start + _ABREAST]
            table = Table(heading.replace("_", " "), box=None, pad_edge=False)
            for column in part:
                table.add_column(column.replace("_", " "), justify="right")
            for name, row in rows.items():
                table.add_row(name, *(figure(row[c]) if c in row else "" for c in part))
            terminal.out.print(table)
            terminal.out.print()
    for note in findings.notes:
        terminal.out.print(note, markup=False)
