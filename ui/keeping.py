"""The commands that keep the library: `add`, `papers` and `reindex`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.app import Failure, JsonOption, LibraryOption, app, flags_of

if TYPE_CHECKING:
    from store.library import AddReport, Library

papers_app = typer.Typer(help="List, show and remove the papers of the library.")
app.add_typer(papers_app, name="papers")


@app.command()
def add(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders, globs, or - for standard input."),
    ] = None,
    library: LibraryOption = None,
    saved: Annotated[
        str | None,
        typer.Option(help="The day the pages were saved (2025-11-05), for dates without a year."),
    ] = None,
    starter: Annotated[bool, typer.Option("--starter", help="Add the starter library.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add papers from files. Running it again adds only what is new."""
    from ui import terminal

    if not paths and not starter:
        raise Failure("Name a file or folder to add, - for standard input, or --starter.", 2)
    with open_library(flags_of(ctx, library), "assistant add") as opened:
        if starter:
            report = add_starter(opened, shown=not as_json)
        if paths:
            report = add_paths(opened, paths, saved=saved, shown=not as_json)
    if as_json:
        from ui.documents import add_document

        terminal.print_json(add_document(report))
    else:
        terminal.show_report(report)
    if any(reject.source.position == 0 for reject in report.rejected):
        raise typer.Exit(3)


@papers_app.callback(invoke_without_command=True)
def papers(ctx: typer.Context) -> None:
    """List, show and remove the papers of the library."""
    if ctx.invoked_subcommand is None:
        list_papers(ctx)


@papers_app.command("list")
def list_papers(
    ctx: typer.Context,
    library: LibraryOption = None,
    text: Annotated[str, typer.Option(help="Only papers with this in title or abstract.")] = "",
    order: Annotated[str, typer.Option(help="added, title, year or upvotes.")] = "added",
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many to pass over.")] = 0,
    since: Annotated[str | None, typer.Option(help="From this year, month or day on.")] = None,
    until: Annotated[str | None, typer.Option(help="Up to this year, month or day.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="From files named like this.")] = None,
    organisation: Annotated[list[str] | None, typer.Option(help="Of this organisation.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List papers, a page at a time."""
    from ui import terminal
    from ui.asking import make_filters

    if order not in ("added", "title", "year", "upvotes"):
        raise Failure(f"'{order}' is no order: choose added, title, year or upvotes.", 2)
    filters = make_filters(since, until, source, organisation)
    with open_library(flags_of(_root(ctx), library), "assistant papers") as opened:
        total = opened.catalog.count(filters, text=text)
        found = opened.catalog.list(
            filters,
            text=text,
            order=order,  # type: ignore[arg-type]  # checked above
            offset=offset,
            limit=limit,
        )
        sources = opened.catalog.sources()
    if as_json:
        from ui.documents import paper_document

        documents = [paper_document(paper) for paper in found]
        terminal.print_json({"total": total, "papers": documents, "sources": sources})
    elif found:
        terminal.show_papers(found, total)
    else:
        terminal.out.print("No papers here: add some with 'assistant add FILE'.", style="yellow")


@papers_app.command("show")
def show(
    ctx: typer.Context,
    ids: Annotated[list[str], typer.Argument(help="Ids, as 'assistant papers' lists them.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show papers whole."""
    from ui import terminal

    with open_library(flags_of(_root(ctx), library), "assistant papers") as opened:
        found = opened.get(ids)
    _all_there(ids, found)
    if as_json:
        from ui.documents import paper_document

        terminal.print_json({"papers": [paper_document(found[i]) for i in ids]})
    else:
        for i in ids:
            terminal.show_paper(found[i])


@papers_app.command("remove")
def remove(
    ctx: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of papers.")] = None,
    source: Annotated[
        str | None, typer.Option(help="Remove what this file gave (its path, or its name).")
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove papers by id, or all that one source gave."""
    from ui import terminal

    if bool(ids) == bool(source):
        raise Failure("Name either ids or --source.", 2)
    with open_library(flags_of(_root(ctx), library), "assistant papers") as opened:
        before = opened.count()
        if source:
            opened.remove_source(_whole_source(opened, source))
        else:
            _all_there(ids or [], opened.get(ids or []))
            opened.remove_papers(ids or [])
        left = opened.count()
    if as_json:
        terminal.print_json({"removed": before - left, "papers": left})
    else:
        terminal.out.print(f"{before - left} papers removed, {left} left.")


@app.command()
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
        terminal.out.print(f"{embedded} papers embedded anew.")


def open_library(flags: dict[str, Any], owner: str) -> Library:
    from store.library import Library
    from ui.settings import load_settings

    return Library(load_settings(**flags), owner=owner)


def add_paths(
    library: Library, paths: Iterable[str], *, saved: str | None = None, shown: bool = True
) -> AddReport:
    """Adds files with a progress bar; raises Failure where `saved` is no date."""
    from store.filters import parse_day
    from store.readers import read_paths
    from ui import terminal

    try:
        day = parse_day(saved) if saved else None
    except ValueError as error:
        raise Failure(str(error), 2) from None
    records = read_paths(paths, saved=day, stdin=sys.stdin.buffer)
    with terminal.progress_bar("Embedding", shown=shown) as tell:
        return library.add(records, tell)


def add_starter(library: Library, *, shown: bool = True) -> AddReport:
    from store.starter import starter_papers
    from ui import terminal

    with terminal.progress_bar("Starter library", shown=shown) as tell:
        return library.add(starter_papers(), tell)


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


def _whole_source(library: Library, named: str) -> str:
    """The source that a user means by its path or a part of its name."""
    sources = library.catalog.sources()
    whole = str(Path(named).resolve())
    for candidate in (named, whole):
        if candidate in sources:
            return candidate
    found = [source for source in sources if named in Path(source).name]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(Path(source).name for source in found)
        raise Failure(f"'{named}' could be any of these: {names}.")
    raise Failure(f"No source is named '{named}': 'assistant papers --json' lists the sources.")


def _all_there(ids: list[str], found: dict[str, Any]) -> None:
    missing = [i for i in ids if i not in found]
    if missing:
        raise Failure(f"No paper has the id {missing[0]}: 'assistant papers' lists the ids.")


def _root(ctx: typer.Context) -> typer.Context:
    """The context of `assistant` itself, where the shared options are."""
    while ctx.parent is not None:
        ctx = ctx.parent  # type: ignore[assignment]
    return ctx
