"""How everything grows with the library: adding, finding, everyday work and serving at 1,000,
10,000 and 87,249 real papers.

Libraries are kept in `build/eval-scale`, with the figures of their adding beside them, as making
the largest takes most of an hour.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from eval.figures import Figure
from eval.places import work_folder
from eval.questions import CONFERENCE
from eval.scale_adding import OWNER, adding
from eval.scale_finding import finding, real_questions, recall
from eval.scale_using import everyday, meanwhile, served
from eval.timing import machine
from store.library import Library
from store.settings import StoreSettings

SIZES = (1_000, 10_000, 87_249)
ADDING = "adding.json"  # in a library's folder: what making it took
_WHOLE = 0.95  # of a list's records are papers of their own, at least


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: questions timed, questions searched exactly, papers that the bare
    embedder reads, papers that a server adds while it is asked, starts of a server and questions
    before its memory is looked at."""

    sizes: tuple[int, ...] = SIZES
    questions: int = 120
    exact: int = 200
    bare: int = 10_000
    bare_beyond: int = 2_400  # of a larger library
    meanwhile: int = 10_000
    starts: int = 3
    asked: int = 50
    quick: bool = False  # a server adds part of the papers, whatever the size


FULL = Plan()
QUICK = Plan(
    (5_000,), questions=60, bare=800, bare_beyond=800, meanwhile=2_000, starts=1, quick=True
)


def run(
    plan: Plan = FULL,
    *,
    papers: Sequence[int] = (),
    anew: bool = False,
    keep: bool = True,
    collection: Path = CONFERENCE,
    folder: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Measures at each size, the first so many `papers` of the list; of the plan's where none is
    named. A library that is there is used again and its adding not measured, but `anew`.

    Raises:
        FileNotFoundError: the list of papers is not there.
        RuntimeError: a library is in use, or a program that is measured failed.
    """
    if not collection.is_file():
        raise FileNotFoundError(f"The conference papers are expected in {collection}.")
    with gzip.open(collection, "rt", encoding="utf-8") as lines:
        most = sum(1 for _ in lines)
    sizes = sorted({min(size, most) for size in papers or plan.sizes})
    libraries = folder or work_folder() / "eval-scale"
    before, measured = machine(), []
    for size in sizes:
        say(f"{size:,} papers")
        at = libraries / str(size)
        there = at.exists()
        made = _made(at, size, collection, plan, anew, say)
        measured.append(_measured(at, size, made, plan, say))
        if not keep and not there:
            shutil.rmtree(at)
    return {"quick": plan.quick, "machine": before, "sizes": measured}


def _measured(
    folder: Path, size: int, made: dict[str, Any], plan: Plan, say: Callable[[str], None]
) -> dict[str, Any]:
    figures: list[Figure] = []
    say("  serving it")
    figures += served(folder, real_questions(plan.asked), plan.starts)
    say("  finding in it")
    with Library(StoreSettings(library=folder), owner=OWNER) as library:
        figures += finding(library, real_questions(plan.questions))
        figures += recall(library, real_questions(plan.exact))
        count, chunks = library.count(), library.catalog.count_chunks()
    say("  everyday work")
    figures += everyday(folder)
    return {
        "size": size,
        "papers": count,
        "chunks": chunks,
        "adding": {key: value for key, value in made.items() if key != "figures"},
        "figures": [*made["figures"], *(figure.document() for figure in figures)],
    }


# --- the libraries --------------------------------------------------------------------------


def _made(
    folder: Path,
    size: int,
    collection: Path,
    plan: Plan,
    anew: bool,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """A library of the first `size` papers in `folder`, and what making it took, now or then."""
    if (note := Library.announced(folder)) is not None:
        raise RuntimeError(
            f"{folder} is in use by {Library.in_words(note)}: wait until it is done."
        )
    if anew:
        shutil.rmtree(folder, ignore_errors=True)
    elif complete(folder, size):
        say("  it is there")
        return _recorded(folder)
    fresh = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    before = machine()
    with TemporaryDirectory(prefix="scale-") as name:
        say("  adding them")
        file = _first(collection, size, Path(name))
        figures = adding(file, size, folder, plan.bare if size <= plan.bare else plan.bare_beyond)
        if not complete(folder, size):
            raise RuntimeError(f"{folder} lacks papers after adding: make it anew with --anew.")
        if not fresh:  # what a run that was broken off had done before was not measured
            return _recorded(folder)
        made = _record(folder, before, figures)
        if plan.quick or size == plan.meanwhile:
            say("  adding them to a server that is asked")
            file = _first(collection, min(size, plan.meanwhile), Path(name))
            figures += meanwhile(file, folder, real_questions(plan.questions))
            made = _record(folder, before, figures)
    return made


def complete(folder: Path, size: int) -> bool:
    """Whether a folder holds a library of the first `size` papers with nothing left to do."""
    if not (folder / "papers.sqlite").is_file():
        return False
    with Library(StoreSettings(library=folder), owner=OWNER) as library:
        whole = _WHOLE * size <= library.count() <= size
        return whole and not library.pending("words") and not library.pending("vectors")


def _record(folder: Path, before: dict[str, Any], figures: Sequence[Figure]) -> dict[str, Any]:
    made = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": before,
        "figures": [figure.document() for figure in figures],
    }
    (folder / ADDING).write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    return made


def _recorded(folder: Path) -> dict[str, Any]:
    if not (folder / ADDING).is_file():
        return {"when": None, "figures": []}
    made: dict[str, Any] = json.loads((folder / ADDING).read_text("utf-8"))
    return made


def _first(collection: Path, size: int, folder: Path) -> Path:
    """A file of the same name with the first so many records."""
    made = folder / f"{size}" / collection.name
    made.parent.mkdir(exist_ok=True)
    with (
        gzip.open(collection, "rb") as lines,
        gzip.open(made, "wb", compresslevel=6) as first,
    ):
        first.writelines(islice(lines, size))
    return made


# --- the report -----------------------------------------------------------------------------


def markdown(document: Mapping[str, Any]) -> str:
    """A table with a line for each figure and a column for each size."""
    sizes = document["sizes"]
    by_name = [{f["name"]: f for f in one["figures"]} for one in sizes]
    figures = {f["name"]: f for one in by_name for f in one.values()}
    counts = " | ".join(f"{one['papers']:,}" for one in sizes)
    rows = [
        f"| papers | {counts} | mark | |",
        f"| --- |{' ---: |' * len(sizes)} --- | --- |",
    ]
    for name, figure in figures.items():
        found = [one.get(name) for one in by_name]
        what = f"{figure['what']}, {figure['unit']}" if figure["unit"] else figure["what"]
        cells = [_cell(one) if one else "" for one in found]
        rows.append(f"| {what} | {' | '.join(cells)} | {figure['mark']} | {_judged(found)} |")
    m = document["machine"]
    about = f"{m['cores']} cores, Python {m['python']}"
    if m["load"] is not None:
        about += f", load {m['load']} before"
    if document["quick"]:
        about += "; a quick run"
    return "\n".join([*rows, "", f"{about}.", *_notes(sizes)])


def _cell(figure: Mapping[str, Any]) -> str:
    """What was measured, in bold where it misses its mark."""
    if figure["ours"] is None:
        return "not measured"
    cell = _amount(figure["ours"])
    if figure["ratio"] is not None:
        cell = f"{figure['ratio']:.2f} ({cell} / {_amount(figure['other'])})"
    return f"**{cell}**" if figure["reached"] is False else cell


def _amount(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f}"


def _judged(found: Sequence[Mapping[str, Any] | None]) -> str:
    """Whether a mark is reached at every size at which it was measured."""
    judged = [one["reached"] for one in found if one and one["reached"] is not None]
    if not judged:
        return ""
    return "reached" if all(judged) else "**missed**"


def _notes(sizes: Sequence[Mapping[str, Any]]) -> list[str]:
    notes = []
    for one in sizes:
        when, load = one["adding"]["when"], one["adding"].get("machine", {}).get("load")
        measured = f"its adding was measured at {when}" if when else "its adding was not measured"
        at = f", load {load} before" if when and load is not None else ""
        notes.append(f"{one['size']:,}: {one['chunks']:,} chunks; {measured}{at}.")
        notes += [f"{one['size']:,}: {f['note']}" for f in one["figures"] if f["note"]]
    return notes
