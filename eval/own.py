"""The evaluation of somebody's own library: its questions collected, found and asked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui import terminal
from ui.app import Failure, JsonOption, LibraryOption, flags_of

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine
    from eval.collecting import Collection
    from eval.questions import Question
    from store.library import Library

QuestionsOption = Annotated[
    Path | None,
    typer.Option(
        "--questions",
        metavar="FILE",
        help="Labelled questions over --library; without it those of 'eval collect'.",
        show_default=False,
    ),
]


def collect(
    ctx: typer.Context,
    library: LibraryOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Where they go; without it questions.jsonl in the library's folder.",
            show_default=False,
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the file there.")] = False,
    count: Annotated[int, typer.Option(min=0, help="Questions to make, beside rated ones.")] = 100,
    seed: Annotated[int, typer.Option(help="Another draws other papers and wordings.")] = 0,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="Language model at the configured endpoint."),
    ] = None,
    no_model: Annotated[
        bool, typer.Option("--no-model", help="Leave a configured language model out.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make an evaluation set of a library: from thumbs and from its papers.

    Answers with a thumb up are questions whose papers are right; one with a thumb down is kept,
    but not scored until you give its line "papers". Works beside a running server.
    """
    from assistant.writing.model import make_llm
    from eval.collecting import CONVERSATIONS, collect, write
    from ui.opening import open_library
    from ui.settings import load_settings

    flags = flags_of(ctx, library, llm_model=model)
    settings = load_settings(**flags)
    path = out or default_file(settings.library)
    if path.exists() and not replace:
        raise Failure(
            f"{path} is there already: name another file with --out, or give --replace.", 2
        )
    llm = None if no_model else make_llm(settings)
    if model and llm is None and not no_model:
        raise Failure(
            "No language model is configured: give its endpoint (see 'assistant config'), or "
            "leave --model out.",
            2,
        )
    _must_exist(settings.library)
    with open_library(flags, "assistant eval") as opened, terminal.progress_bar("Asking") as tell:
        collection = collect(
            opened.catalog,
            settings.library / CONVERSATIONS,
            count=count,
            seed=seed,
            llm=llm,
            tell=tell,
        )
    if not collection.rows:
        raise Failure(
            f"The library {settings.library} gives no questions: add papers with 'assistant add "
            "FILE', or rate answers on the page."
        )
    write(collection.rows, path)
    _tell(collection, path, settings.library, as_json)


def default_file(library: Path) -> Path:
    """Where a library's own questions are kept."""
    from eval.collecting import QUESTIONS

    return library / QUESTIONS


@contextmanager
def opened(flags: dict[str, Any]) -> Iterator[CitedQueryEngine]:
    """The engine over the library that flags and settings name, as the user has set it."""
    from ui.opening import open_engine
    from ui.settings import load_settings

    _must_exist(load_settings(**flags).library)
    with open_engine(flags, "assistant eval") as engine:
        yield engine


def questions_file(flags: dict[str, Any], named: Path | None) -> Path:
    """The file to ask: the named one, else the library's own. Raises Failure without one."""
    from ui.settings import load_settings

    path = named or default_file(load_settings(**flags).library)
    if not path.is_file():
        raise Failure(f"There is no file {path}: make one with 'assistant eval collect'.", 3)
    return path


def held_here(questions: Sequence[Question], library: Library) -> list[Question]:
    """The questions without those whose right papers the library doesn't hold; these are told.

    Raises Failure where none are left.
    """
    from store.paper import normal_title

    titles = {normal_title(paper.title) for paper in library.catalog.list()}
    kept = [q for q in questions if not q.answerable or titles & set(q.papers)]
    if gone := len(questions) - len(kept):
        what = terminal.counted(gone, "question")
        terminal.say(f"Left out {what} about papers that this library doesn't hold.")
    if not kept:
        raise Failure("No question is left to ask: name another file with --questions.")
    return kept


def show_doubtful(rows: Sequence[dict[str, Any]]) -> None:
    """The rated answers that nobody can score, each with what was written beside its thumb."""
    from rich.text import Text

    if not rows:
        return
    what = terminal.counted(len(rows), "doubtful answer")
    terminal.out.print(f'\n{what} (thumb down), not scored until their lines name "papers":')
    for row in rows:
        note = f" – {row['note']}" if row.get("note") else ""
        terminal.out.print(Text(terminal.clean(f"  {row['question']}{note}")))


def doubtful(path: Path) -> list[dict[str, Any]]:
    """Question and note of each row that can't be scored."""
    from eval.questions import load_doubtful

    return [
        {name: row[name] for name in ("id", "question", "note") if row.get(name)}
        for row in load_doubtful(path)
    ]


def without_nan(document: Any) -> Any:
    """A document for JSON: what can't be measured, such as hits among refusals alone, is null."""
    if isinstance(document, dict):
        return {name: without_nan(value) for name, value in document.items()}
    return None if isinstance(document, float) and math.isnan(document) else document


def _must_exist(folder: Path) -> None:
    if not (folder / "papers.sqlite").is_file():
        raise Failure(f"There is no library in {folder}: name another with --library.", 3)


def _tell(collection: Collection, path: Path, library: Path, as_json: bool) -> None:
    import shlex

    for notice in collection.notices:
        terminal.say(notice, "yellow")
    if as_json:
        terminal.print_json(
            {
                "file": str(path),
                "questions": collection.counts(),
                "from_thumbs": collection.from_thumbs,
                "notices": list(collection.notices),
            }
        )
        return
    from rich.table import Table

    table = Table("Kind", "questions", box=None, pad_edge=False)
    for kind, number in collection.counts().items():
        table.add_row(kind, str(number))
    terminal.out.print(table)
    for what, number in collection.from_thumbs.items():
        if number:
            terminal.out.print(f"From thumbs: {number} {what}.", markup=False)
    command = ["assistant", "eval", "--library", str(library), "--questions", str(path)]
    terminal.out.print(f"\nWritten to {path}. Ask them: {shlex.join(command)}", markup=False)
