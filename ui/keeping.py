"""The commands that fill the library: `add` and `reindex`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.app import Command, Failure, JsonOption, LibraryOption, app, flags_of
from ui.opening import open_desk, open_library

if TYPE_CHECKING:
    from store.adding import AddReport, Progress, Record
    from store.library import Library
    from ui.desk import Desk

# What the programs that talk can begin with; see `fill`.
PapersOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="PATH", help="Add these files or folders first; repeatable.", show_default=False
    ),
]
StarterOption = Annotated[
    bool, typer.Option("--starter", help="Begin an empty library with the starter papers.")
]
# Without the readers themselves, as every command's help would load them.
_FORMATS = (
    "acl, arxiv, arxiv-snapshot, bibtex, csl-json, csv, hf-daily, html, jsonl, nbib, openalex, "
    "page, parquet, pdf, pubmed, ris, semantic-scholar, text"
)
_TOLD = 25  # records between two words of progress while reading


@app.command(cls=Command)
def add(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Files, folders, globs, or - for standard input."),
    ] = None,
    library: LibraryOption = None,
    saved: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="The day the pages were saved (2025-11-05), for dates without a year.",
        ),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            help=f"Read the files as one of: {_FORMATS}. Their content tells otherwise.",
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=NAME",
            help="The column or key that holds a field, in CSV, TSV, Parquet and JSON "
            "(title=Titel); repeatable. The others are guessed.",
        ),
    ] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A new file for rejected records, to be mended.", dir_okay=False
        ),
    ] = None,
    starter: Annotated[bool, typer.Option("--starter", help="Add the starter library.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add papers from files. Running it again adds only what is new.

    Without a path it finishes what was interrupted. Records that can't be taken are written to a
    file, in which they can be mended and which can then be added.
    """
    from ui import terminal
    from ui.rejects import RejectsFile
    from ui.settings import load_settings

    flags = flags_of(ctx, library)
    records = chain(
        starter_records() if starter else (),
        records_of(paths or (), saved, format=format, columns=column or (), hint=not as_json),
    )
    shown = not as_json
    with (
        RejectsFile(load_settings(**flags).library, rejects) as rejected,
        open_desk(flags, "assistant add", asks=False, shown=shown) as desk,
    ):
        report = add_records(desk, rejected.noting(records), shown=shown)
    if not (paths or starter or report.embedded):
        raise Failure("Name a file or folder to add, - for standard input, or --starter.", 2)
    if as_json:
        from ui.documents import add_document

        kept = str(rejected.path) if rejected.path else None
        terminal.print_json({**add_document(report), "rejects_file": kept})
    else:
        from ui.showing import show_report

        show_report(report, rejected.path)
    if column:
        _see_columns(report)
    if any(reject.source.position == 0 for reject in report.rejected):
        raise typer.Exit(3)


@app.command(cls=Command)
def reindex(ctx: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Make both indexes anew from the catalogue, with the embedder that is configured now."""
    from ui import terminal

    with (
        open_library(flags_of(ctx, library), "assistant reindex") as opened,
        terminal.progress_bar("Embedding", shown=not as_json) as tell,
    ):
        embedded = opened.reindex(tell)
    if as_json:
        terminal.print_json({"embedded": embedded})
    else:
        terminal.out.print(f"{terminal.counted(embedded, 'paper')} embedded anew.")


def records_of(
    paths: Iterable[str],
    saved: str | None = None,
    *,
    format: str | None = None,
    columns: Iterable[str] = (),
    hint: bool = False,
) -> Iterator[Record]:
    """The records in files, read as they are asked for; raises Failure where `saved` is no date,
    no reader has the key `format`, or `columns` aren't as `--column` takes them.

    `hint` tells somebody at a terminal how to end what they type as standard input.
    """
    from store.filters import parse_day
    from store.readers import read_paths
    from store.readers.base import ReaderError
    from store.readers.column_names import ColumnNames
    from ui.terminal import say

    paths = list(paths)
    try:
        day = parse_day(saved) if saved else None
    except ValueError as error:
        raise Failure(str(error), 2) from None
    if hint and "-" in paths and sys.stdin.isatty():
        say("Paste a page here; Ctrl-D on a line of its own ends it.")
    try:
        named = ColumnNames.parse(columns)
        return read_paths(paths, saved=day, stdin=sys.stdin.buffer, format=format, columns=named)
    except ReaderError as error:
        raise Failure(str(error), 2) from None


def starter_records() -> Iterator[Record]:
    """The starter library's papers."""
    from store.starter import starter_papers

    return starter_papers()


def add_records(
    library: Library | Desk, records: Iterable[Record], *, shown: bool = True
) -> AddReport:
    """Adds records with a progress bar; an interrupt keeps what is done and says so."""
    from ui import terminal

    try:
        with terminal.progress_bar("Embedding", shown=shown) as tell:
            return library.add(_told(records, tell), tell)
    except KeyboardInterrupt:
        text = "Interrupted: what was done is kept, and the same command goes on from there."
        raise Failure(text, 130) from None


def fill(library: Library, papers: Sequence[Path], *, starter: bool) -> None:
    """What a program that talks begins with: the files given, or the starter papers."""
    from ui.showing import show_report

    if papers:
        show_report(add_records(library, records_of([str(path) for path in papers])))
        drop_starter(library)
    elif starter and not library.count():
        add_records(library, starter_records())


def drop_starter(library: Library) -> None:
    """Takes the starter papers out once there are others: they were for a first try."""
    from store.starter import STARTER
    from ui import terminal

    sources = library.catalog.sources()
    if STARTER in sources and len(sources) > 1:
        library.remove_source(STARTER)
        terminal.say(
            "The starter papers are out of the library, as there are your own now; "
            "'assistant add --starter' brings them back."
        )


def _see_columns(report: AddReport) -> None:
    """Says so where columns were named, but no file has any: nobody would look for that."""
    from store.readers import OF_COLUMNS
    from ui.terminal import say

    names = [reader.name for reader in OF_COLUMNS]
    if report.formats and not any(opened.format in names for opened in report.formats):
        say(
            f"--column changed nothing: no file was read as {', '.join(names[:-1])} or {names[-1]}."
        )


def _told(records: Iterable[Record], tell: Progress) -> Iterator[Record]:
    from store.paper import Opened

    number = 0
    for record in records:
        number += not isinstance(record, Opened)
        if number % _TOLD == 0:
            tell(number, 0)
        yield record
    tell(number, 0)
