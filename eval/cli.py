"""`assistant eval`: measures the assistant, and chooses its weights from labelled data."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval import measuring, own, runs
from eval.choosing import (
    KeptEngine,
    PagesOption,
    SplitOption,
    StarterOption,
    asked,
    training_engine,
)
from eval.places import results_folder
from eval.questions import HERE, PAGES
from eval.runs import JsonOption, NameOption, ResultsOption
from ui import terminal
from ui.app import LibraryOption, flags_of

if TYPE_CHECKING:
    from eval.questions import Question

app = typer.Typer(
    help="Measure answers, retrieval and refusals on the labelled questions (the default), "
    "rankings on judged collections, compare two runs, fit weights, or time the assistant.",
    invoke_without_command=True,
)
KeepOption = Annotated[bool, typer.Option("--keep", help="Write what was fitted into the package.")]


@app.callback()
def questions(
    ctx: typer.Context,
    pages: PagesOption = PAGES,
    split: SplitOption = "all",
    starter: StarterOption = False,
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
    from eval.run import report
    from eval.scores import per_question

    with asked(flags, pages, split, starter, questions_file) as done:
        outcomes = done.outcomes
        ordinary = [o for o in outcomes if o.question.kind not in ("paraphrase", "riddle")]
        document = {**report(outcomes), "ordinary": _short(report(ordinary))}
        each = {o.question.id: per_question(o) for o in outcomes}
        run = recording.record(
            name or done.name, done.began, done.engine,
            file_print(done.path, len(outcomes)), document, each,
        )  # fmt: skip
        recording.keep(run, folder=results)
    doubtful = own.doubtful(done.path) if done.own else []
    if as_json:
        if done.own:
            document = own.without_nan({**document, "doubtful": doubtful})
        terminal.print_json(document)
    else:
        _show(document)
        own.show_doubtful(doubtful)


app.command()(measuring.citations)
app.command()(measuring.answers)
app.command()(measuring.refusals)
app.command()(own.collect)
app.command()(runs.retrieval)
app.command()(runs.compare)


@app.command()
def evidence(
    pages: PagesOption = PAGES,
    as_json: JsonOption = False,
    keep: KeepOption = False,
    only_what: Annotated[
        bool, typer.Option(help="Fit only what counts for questions on what something is.")
    ] = False,
) -> None:
    """Fit which sentence of a paper is quoted, on training questions and the tuning half; check
    on the other."""
    from eval.evidence import fit, groups
    from eval.questions import TRAINING, load_questions

    with training_engine() as engine:
        # The others have taught the embedder, which finds the sentences of theirs better.
        learnt = groups(engine, load_questions("fit", TRAINING))
        given = load_questions("held", TRAINING)
        held = groups(engine, [q for q in given if not only_what or q.kind == "what"])
    with KeptEngine(pages) as engine:
        tune = groups(engine, load_questions("tune"))
        document = fit(
            [*learnt, *tune], held, groups(engine, load_questions("test")), only_what=only_what
        )
    if keep:
        _write("telling.json", document["weights"])
    _finish("evidence", document, as_json)


@app.command()
def calibrate(
    pages: PagesOption = PAGES,
    as_json: JsonOption = False,
    keep: KeepOption = False,
    trees: Annotated[
        bool,
        typer.Option(help="Fit the trees anew; otherwise only threshold and share of reading."),
    ] = True,
) -> None:
    """Fit the refusal model on training questions and the starter library's tuning half, choose
    its threshold on both tuning halves, and what reading papers together with the question counts
    for on these and on held papers; print the trade-off."""
    from eval.calibrate import calibrate as fit
    from eval.calibrate import cases
    from eval.questions import QUESTIONS, STARTER, TRAINING, load_questions

    # Two libraries of different size and make, so that the threshold fits both.
    halves: dict[str, list[Any]] = {"tune": [], "test": []}
    for path, folder in ((QUESTIONS, pages), (STARTER, None)):
        with KeptEngine(folder) as engine, terminal.progress_bar("Searching") as tell:
            for half, found in halves.items():
                found.append(cases(engine, load_questions(half, path), tell))  # type: ignore[arg-type]
    with training_engine() as engine, terminal.progress_bar("Searching") as tell:
        # The embedder has learnt from the others that are answerable, and finds theirs better.
        given = load_questions("all", TRAINING) if trees else []
        learnt = cases(engine, [q for q in given if q.split == "fit" or _refusable(q)], tell)
        held = cases(engine, load_questions("held", TRAINING), tell)
    # Of the pages' questions, those without an answer are shorter, which nothing must learn.
    learnt += halves["tune"][1] if trees else []
    document = fit(learnt, halves["tune"], halves["test"], held)
    model = document.pop("model")
    if keep:
        _write("refusal.json", model, lines=False)
    _finish("refusals", document, as_json)


@app.command()
def identity(pages: PagesOption = PAGES, as_json: JsonOption = False) -> None:
    """Tell which of two records are the same paper, over labelled pairs: precision and recall."""
    from eval.identity import load_pairs, measure

    _finish("identity", measure(load_pairs(pages=pages)), as_json)


@app.command()
def support(pages: PagesOption = PAGES, as_json: JsonOption = False) -> None:
    """How often the support check takes true and false statements as supported."""
    from eval.support import load_statements, measure

    with KeptEngine(pages) as engine:
        _finish("support", measure(engine, load_statements()), as_json)


@app.command()
def collection(pages: PagesOption = PAGES, as_json: JsonOption = False) -> None:
    """Ask 40 questions about the collection of the pages itself; only the exact answer is right."""
    from eval.collection import load, measure

    with KeptEngine(pages) as engine:
        document = measure(engine, load())
    _save("collection", document)
    if as_json:
        terminal.print_json(document)
        return
    terminal.out.print(f"{document['right']} of {document['questions']} right")
    for name, why in document["wrong"].items():
        terminal.out.print(f"{name}  {why}", markup=False)
    captured = document["captured"]
    taken = f"{len(captured)} of {document['content_questions']:,} questions on content"
    terminal.out.print(f"{taken} taken for such{': ' if captured else ''}{', '.join(captured)}")


@app.command()
def cells(as_json: JsonOption = False, keep: KeepOption = False) -> None:
    """How often a table's cell is rightly stated or not, and quotes a right sentence."""
    from eval.cells import run

    _finish("cells", run(keep), as_json)


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


@app.command()
def scale(
    papers: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Measure at this many papers; repeatable.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
    quick: Annotated[bool, typer.Option(help="One library of 5,000 papers, in minutes.")] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Make the libraries again, to measure adding.")
    ] = False,
    keep: Annotated[
        bool, typer.Option(help="Leave the libraries made now for the next run.")
    ] = True,
) -> None:
    """How all grows with the library: adding, finding, everyday work and serving at 1,000, 10,000
    and 87,249 papers. The largest takes most of an hour to make."""
    from eval.scale import FULL, QUICK, markdown, run

    plan = QUICK if quick else FULL
    document = run(plan, papers=papers or (), anew=anew, keep=keep, say=terminal.say)
    name = "scale-quick" if quick else "scale"
    _save(name, document)
    (results_folder() / f"{name}.md").write_text(markdown(document) + "\n", "utf-8")
    if as_json:
        terminal.print_json(document)
    else:
        print(markdown(document))


def _refusable(question: Question) -> bool:
    return question.split == "tune" and not question.answerable


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


def _write(name: str, values: dict[str, Any], *, lines: bool = True) -> None:
    path = HERE.parent / "assistant" / name
    path.write_text(json.dumps(values, indent=2 if lines else None) + "\n", "utf-8")


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
