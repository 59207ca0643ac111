"""`assistant eval`: measures the assistant, and chooses its weights from labelled data."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from eval import own, runs
from eval.places import results_folder, work_folder
from eval.questions import HERE, PAGES
from eval.runs import JsonOption, NameOption, ResultsOption
from ui import terminal
from ui.app import LibraryOption, flags_of

app = typer.Typer(
    help="Measure answers, retrieval and refusals on the labelled questions (the default), "
    "rankings on judged collections, compare two runs, fit weights, or time the assistant.",
    invoke_without_command=True,
)
PagesOption = Annotated[Path, typer.Option(help="Folder of the real pages.")]
KeepOption = Annotated[bool, typer.Option("--keep", help="Write what was fitted into the package.")]


@app.callback()
def questions(
    ctx: typer.Context,
    pages: PagesOption = PAGES,
    split: Annotated[str, typer.Option(help="tune, test or all.")] = "all",
    starter: Annotated[
        bool, typer.Option("--starter", help="Ask the starter library instead of the pages.")
    ] = False,
    library: LibraryOption = None,
    questions_file: own.QuestionsOption = None,
    name: NameOption = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask every labelled question and print hit@1, hit@5, MRR, citations and refusals.

    With --library or --questions those of your own library (see 'assistant eval collect').
    """
    ctx.obj = flags = flags_of(ctx, library)
    if ctx.invoked_subcommand is not None:
        return
    from eval import recording
    from eval.prints import file_print
    from eval.questions import QUESTIONS, STARTER, load_questions
    from eval.run import ask_all, report
    from eval.scores import per_question

    if split not in ("tune", "test", "all"):
        raise typer.BadParameter("choose tune, test or all", param_hint="--split")
    began = datetime.now(UTC)
    opened: AbstractContextManager[Any] = _Engine(pages)
    path, known = QUESTIONS, "questions"
    if starter:
        path, known, opened = STARTER, "starter", _Engine(None)
    elif questions_file or flags["library"]:
        path, known = own.questions_file(flags, questions_file), "own"
        opened = own.opened(flags)
    name = name or f"{known}{'' if split == 'all' else f'-{split}'}"
    with opened as engine:
        asked = load_questions(split, path)  # type: ignore[arg-type]  # checked above
        asked = own.held_here(asked, engine.library) if known == "own" else asked
        with terminal.progress_bar("Asking") as tell:
            outcomes = ask_all(engine, asked, tell)
        ordinary = [o for o in outcomes if o.question.kind not in ("paraphrase", "riddle")]
        document = {**report(outcomes), "ordinary": _short(report(ordinary))}
        each = {o.question.id: per_question(o) for o in outcomes}
        of = file_print(path, len(asked))
        recording.keep(recording.record(name, began, engine, of, document, each), folder=results)
    doubtful = own.doubtful(path) if known == "own" else []
    if as_json:
        if known == "own":
            document = own.without_nan({**document, "doubtful": doubtful})
        terminal.print_json(document)
    else:
        _show(document)
        own.show_doubtful(doubtful)


app.command()(own.collect)
app.command()(runs.retrieval)
app.command()(runs.compare)


@app.command()
def evidence(
    pages: PagesOption = PAGES, as_json: JsonOption = False, keep: KeepOption = False
) -> None:
    """Fit which sentence of a paper is quoted, on the tuning half; check on the other."""
    from eval.evidence import fit, groups
    from eval.questions import load_questions

    with _Engine(pages) as engine:
        document = fit(
            groups(engine, load_questions("tune")), groups(engine, load_questions("test"))
        )
    if keep:
        _write("telling.json", document["weights"])
    _finish("evidence", document, as_json)


@app.command()
def calibrate(
    pages: PagesOption = PAGES, as_json: JsonOption = False, keep: KeepOption = False
) -> None:
    """Choose the refusal model and threshold on the tuning half; print the trade-off."""
    from eval.calibrate import calibrate as fit
    from eval.calibrate import cases
    from eval.questions import QUESTIONS, STARTER, load_questions

    # Two libraries of different size and make, so that neither is what the model knows best.
    halves: dict[str, list[Any]] = {"tune": [], "test": []}
    for path, folder in ((QUESTIONS, pages), (STARTER, None)):
        with _Engine(folder) as engine, terminal.progress_bar("Searching") as tell:
            for half, found in halves.items():
                found.append(cases(engine, load_questions(half, path), tell))  # type: ignore[arg-type]
    document = fit(halves["tune"], halves["test"])
    if keep:
        _write("refusal.json", document["model"])
    _finish("refusals", document, as_json)


@app.command()
def support(pages: PagesOption = PAGES, as_json: JsonOption = False) -> None:
    """How often the support check takes true and false statements as supported."""
    from eval.support import load_statements, measure

    with _Engine(pages) as engine:
        _finish("support", measure(engine, load_statements()), as_json)


@app.command()
def speed(
    pages: PagesOption = PAGES,
    as_json: JsonOption = False,
    quick: Annotated[bool, typer.Option(help="Fewer repetitions.")] = False,
) -> None:
    """Time adding, answering and starting, as ratios in one run."""
    from eval.speed import markdown, run

    document = run(pages, quick)
    _save("speed", document)
    if as_json:
        terminal.print_json(document)
    else:
        print(markdown(document))


@app.command()
def page(
    pages: PagesOption = PAGES,
    as_json: JsonOption = False,
    quick: Annotated[bool, typer.Option(help="Fewer repetitions, and no large library.")] = False,
) -> None:
    """Time the page in a real browser: readiness, opening, the first words of an answer."""
    from eval.figures import markdown
    from eval.page import run

    document = run(quick, pages)
    _save("page", document)
    if as_json:
        terminal.print_json(document)
    else:
        print(markdown(document))


@app.command()
def load(
    pages: PagesOption = PAGES,
    as_json: JsonOption = False,
    quick: Annotated[bool, typer.Option(help="Seconds in place of minutes.")] = False,
) -> None:
    """Load the server: 50 clients at once, and questions while 10,000 papers are added."""
    from eval.figures import markdown
    from eval.load import run

    document = run(quick, pages)
    _save("load", document)
    if as_json:
        terminal.print_json(document)
    else:
        print(markdown(document))


class _Engine:
    """The default engine over a library of the real pages, or without them of the starter
    papers, kept in `build/` between runs."""

    def __init__(self, pages: Path | None) -> None:
        self._pages = pages

    def __enter__(self) -> Any:
        from assistant.engine import CitedQueryEngine
        from eval.questions import pages_library, starter_library

        build = work_folder()
        if self._pages is None:
            self._library = starter_library(build / "eval-starter")
        else:
            self._library = pages_library(build / "eval-library", self._pages)
        return CitedQueryEngine(self._library)

    def __exit__(self, *_: object) -> None:
        self._library.close()


def _finish(name: str, document: dict[str, Any], as_json: bool) -> None:
    _save(name, document)
    if as_json:
        terminal.print_json(document)
    else:
        print(json.dumps(document, indent=2))


def _save(name: str, document: dict[str, Any]) -> None:
    folder = results_folder()
    folder.mkdir(parents=True, exist_ok=True)
    stamped = {"when": datetime.now(UTC).isoformat(timespec="seconds"), **document}
    (folder / f"{name}.json").write_text(json.dumps(stamped, indent=2) + "\n", "utf-8")


def _write(name: str, values: dict[str, Any]) -> None:
    path = HERE.parent / "assistant" / name
    path.write_text(json.dumps(values, indent=2) + "\n", "utf-8")


def _short(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "by_kind"}


def _show(document: dict[str, Any]) -> None:
    from rich.table import Table

    rows = Table("Measure", "Ordinary questions", "All", box=None, pad_edge=False)
    every = dict(_flat({k: v for k, v in document.items() if k not in ("by_kind", "ordinary")}))
    for name, value in _flat(document["ordinary"]):
        rows.add_row(name, _figure(value), _figure(every[name]))
    terminal.out.print(rows)
    kinds = Table("Kind", "n", "hit@1", "hit@5", "right cites", "first is evidence", "refused",
                  box=None, pad_edge=False)  # fmt: skip
    keys = ("hit@1", "hit@5", "citations_to_a_right_paper", "first_citation_is_evidence", "refused")
    for kind, values in document["by_kind"].items():
        cells = [f"{values[key]:.2f}" if key in values else "" for key in keys]
        kinds.add_row(kind, str(values["questions"]), *cells)
    terminal.out.print()
    terminal.out.print(kinds)


def _figure(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _flat(document: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for name, value in document.items():
        if isinstance(value, dict):
            flat += _flat(value, f"{before}{name}: ")
        else:
            flat.append((before + name, value))
    return flat
