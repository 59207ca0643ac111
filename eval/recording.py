"""The one way in which a run is kept: its figures, and all it takes to know what they are of."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypeAliasType

from eval.places import results_folder
from eval.prints import LibraryPrint, QuestionsPrint, fingerprint, versions, without_secrets

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine
    from eval.plots import Draw

# Any depth of names above numbers; every number stands under a name that says its unit.
Figures = TypeAliasType("Figures", "Mapping[str, float | Figures]")
Each = Mapping[str, Mapping[str, float]]  # measures by question


class NotARun(ValueError):
    """A file is no kept run; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a measurement.

    `when` is its beginning (UTC, ISO 8601), `took` its seconds, `command` what to type to
    repeat it. `settings` are those in force, without keys. `each` holds the measures of every
    question: {question id: {measure: value}}; a measure that makes no sense for a question is
    left out there. `notes` are what a reader must know of the figures, a sentence each.
    """

    name: str
    when: str
    command: str
    took: float
    versions: Mapping[str, str]
    settings: Mapping[str, Any]
    library: LibraryPrint
    questions: QuestionsPrint
    figures: Figures
    each: Each = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def record(
    name: str,
    began: datetime,
    engine: CitedQueryEngine,
    questions: QuestionsPrint,
    figures: Mapping[str, Any],
    each: Each | None = None,
    notes: tuple[str, ...] = (),
) -> Run:
    """A run that has just ended, with the engine that it measured.

    Args:
        began: when it began, with its time zone.
        figures: a document, at any depth; what is no finite number in it is left out.
    """
    return Run(
        name=name,
        when=began.astimezone(UTC).isoformat(timespec="seconds"),
        command=shlex.join(["assistant", *sys.argv[1:]]),
        took=round((datetime.now(UTC) - began).total_seconds(), 1),
        versions=versions(),
        settings={
            # Where the library lies says nothing of what is in it; its print does.
            "answer": without_secrets(engine.settings, "library"),
            "store": without_secrets(engine.library.settings, "library"),
        },
        library=fingerprint(engine.library),
        questions=questions,
        figures=numbers(figures),
        each={i: _finite(measures) for i, measures in (each or {}).items()},
        notes=notes,
    )


def keep(run: Run, plots: Mapping[str, Draw] | None = None, folder: Path | None = None) -> Path:
    """Writes `<name>.json`, `<name>.md` and a PNG `<name>-<plot>.png` for each plot.

    Args:
        plots: by name; a missing matplotlib leaves them out, and the table says so.
        folder: in place of `results_folder()`.

    Returns:
        The path of the JSON file, which `load` reads.
    """
    from eval.plots import NoPlots, draw

    folder = folder or results_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.name}.json"
    path.write_bytes(TypeAdapter(Run).dump_json(run, indent=2) + b"\n")
    lines = [markdown(run)]
    try:
        for name, plot in (plots or {}).items():
            picture = folder / f"{run.name}-{name}.png"
            draw(plot, picture)
            lines.append(f"![{name}]({picture.name})\n")
    except NoPlots as missing:
        lines.append(f"{missing}\n")
    path.with_suffix(".md").write_text("\n".join(lines), "utf-8")
    return path


def load(path: Path) -> Run:
    """A run that `keep` wrote.

    Raises NotARun where the file is missing or holds something else.
    """
    try:
        return TypeAdapter(Run).validate_json(path.read_bytes())
    except OSError as error:
        raise NotARun(f"{path} can't be read ({error.strerror}): name a kept run.") from error
    except ValidationError as error:
        raise NotARun(
            f"{path} holds no kept run, or one of an earlier version: measure it again."
        ) from error


def find(name: str, folder: Path | None = None) -> Path:
    """A kept run by the path of its JSON file or by its name in the results.

    Raises NotARun, naming the runs that there are.
    """
    if (path := Path(name)).is_file():
        return path
    folder = folder or results_folder()
    if (path := folder / f"{name}.json").is_file():
        return path
    there = ", ".join(sorted(path.stem for path in folder.glob("*.json"))) or "none"
    raise NotARun(f"There is no run '{name}': name a file or one of those in {folder} ({there}).")


def numbers(document: Mapping[str, Any]) -> dict[str, Any]:
    """The finite numbers of a nested document, with the names above them; nothing else."""
    found: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            if under := numbers(value):
                found[name] = under
        elif isinstance(value, bool | int | float) and math.isfinite(value):
            found[name] = float(value)
    return found


def markdown(run: Run) -> str:
    """A run as a page to read: what it was of, then a table of every figure."""
    library, asked = run.library, run.questions
    changed = {k: v for part in run.settings.values() for k, v in part.items() if v is not None}
    facts = {
        "made by": f"`{run.command}`",
        "when": f"{run.when}, {run.took:.0f} s",
        "library": f"{library.papers} papers, {library.embedder}, print {library.digest}",
        "questions": f"{asked.questions} of {asked.name}, print {asked.digest}",
        "versions": ", ".join(f"{name} {value}" for name, value in run.versions.items()),
        "settings": ", ".join(f"{name} {value}" for name, value in changed.items()),
    }
    about = [f"| {name} | {value} |" for name, value in facts.items()]
    notes = [line for note in run.notes for line in ("", note)]
    head = [f"# {run.name}", "", "| | |", "| --- | --- |", *about, *notes]
    return "\n".join([*head, *_tables(run), ""])


def figure(value: float) -> str:
    """A number as tables show it: counts whole, the rest with what digits tell something."""
    if value.is_integer() and abs(value) > 1:
        return f"{value:.0f}"
    if 0 < abs(value) < 0.001:
        return f"{value:.1g}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def grouped(
    figures: Figures, heading: str = ""
) -> Iterable[tuple[str, dict[str, Mapping[str, float]]]]:
    """Tables of figures: (heading, {row: {column: value}}); names deeper down head tables of
    their own."""
    single: dict[str, Mapping[str, float]] = {}
    flat: dict[str, Mapping[str, float]] = {}
    deeper: dict[str, Figures] = {}
    for name, value in figures.items():
        if not isinstance(value, Mapping):
            single[name] = {"value": float(value)}
        elif any(isinstance(inner, Mapping) for inner in value.values()):
            deeper[name] = value
        else:
            flat[name] = value  # type: ignore[assignment]  # no mapping is left in it
    if single:
        yield heading, single
    if flat:
        yield heading or ", ".join(flat), flat
    for name, value in deeper.items():
        yield from grouped(value, f"{heading}: {name}" if heading else name)


def _tables(run: Run) -> list[str]:
    made = f"`{run.command}`"
    lines: list[str] = []
    for heading, rows in grouped(run.figures):
        columns = list(dict.fromkeys(column for row in rows.values() for column in row))
        lines += ["", f"## {heading or 'Figures'}", "", f"By {made}:", ""]
        lines.append(f"| | {' | '.join(columns)} |")
        lines.append(f"| --- |{' ---: |' * len(columns)}")
        for name, row in rows.items():
            cells = [figure(row[column]) if column in row else "" for column in columns]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _finite(measures: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in measures.items() if math.isfinite(value)}
