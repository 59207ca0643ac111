"""The commands that look into the library: `papers list`, `papers show` and `papers remove`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.app import (
    Command,
    Failure,
    Group,
    JsonOption,
    LibraryOption,
    OrganisationOption,
    SinceOption,
    SourceOption,
    UntilOption,
    app,
    flags_of,
)
from ui.opening import make_filters, open_desk, open_library

if TYPE_CHECKING:
    from store.orders import Order
    from ui.desk import Desk

ORDERS: dict[str, Order] = {
    "added": "added",
    "title": "title",
    "year": "-year",
    "upvotes": "-upvotes",
}


class _ListUnlessSaid(Group):
    """A group whose command is `list` where none is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


papers_app = typer.Typer(cls=_ListUnlessSaid)
app.add_typer(papers_app, name="papers")


@papers_app.callback()
def papers() -> None:
    """List (the default), show and remove the papers of the library."""


@papers_app.command("list", cls=Command)
def list_papers(
    ctx: typer.Context,
    library: LibraryOption = None,
    text: Annotated[
        str, typer.Option(metavar="TEXT", help="Only papers that hold these words.")
    ] = "",
    order: Annotated[str, typer.Option(metavar="BY", help=f"{', '.join(ORDERS)}.")] = "added",
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many to list.")] = 50,
    offset: Annotated[int, typer.Option(metavar="N", min=0, help="How many to pass over.")] = 0,
    since: SinceOption = None,
    until: UntilOption = None,
    source: SourceOption = None,
    organisation: OrganisationOption = None,
    as_json: JsonOption = False,
) -> None:
    """List papers, a page at a time.

    In a pipe each has one line, with tabs between id, year, title and files.
    """
    from ui import terminal

    if order not in ORDERS:
        raise Failure(f"'{order}' is no order: choose {', '.join(ORDERS)}.", 2)
    filters = make_filters(since, until, source, organisation)
    with open_library(flags_of(ctx, library), "assistant papers") as opened:
        everything = opened.count()
        found, total = opened.browse(text, filters, ORDERS[order], offset, limit)
        sources = opened.catalog.sources()
    if as_json:
        from ui.documents import paper_document

        documents = [paper_document(paper) for paper in found]
        terminal.print_json({"total": total, "papers": documents, "sources": sources})
    elif found:
        from ui.showing import show_papers

        show_papers(found, total, offset)
    elif not everything:
        terminal.say("This library holds no papers yet: add some with 'assistant add FILE'.")
    else:
        terminal.say(f"No paper here: {terminal.counted(total, 'paper')} of {everything} match.")


@papers_app.command("show", cls=Command)
def show(
    ctx: typer.Context,
    ids: Annotated[
        list[str], typer.Argument(metavar="ID", help="Ids, as 'assistant papers' lists them.")
    ],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show papers whole."""
    from ui import terminal

    with open_library(flags_of(ctx, library), "assistant papers") as opened:
        found = opened.get(ids)
    all_there(ids, found)
    if as_json:
        from ui.documents import paper_document

        terminal.print_json({"papers": [paper_document(found[i]) for i in ids]})
    else:
        from ui.showing import show_paper

        for place, i in enumerate(ids):
            if place:
                terminal.out.print()
            show_paper(found[i])


@papers_app.command("remove", cls=Command)
def remove(
    ctx: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Ids, as 'assistant papers' lists.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Remove what this file gave (its path, or a part of its name)."
        ),
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove papers by id, or all that only one source gave."""
    from ui import terminal

    if bool(ids) == bool(source):
        raise Failure("Name either ids or --source.", 2)
    flags, shown = flags_of(ctx, library), not as_json
    with open_desk(flags, "assistant papers", asks=False, shown=shown) as desk:
        if source:
            done = desk.remove_source(_whole_source(desk, source))
        else:
            ids = list(dict.fromkeys(ids or []))
            all_there(ids, desk.get(ids))
            done = desk.remove(ids)
    if as_json:
        counts = {"removed": done.removed, "kept": done.kept, "papers": done.papers}
        terminal.print_json(counts)
        return
    kept = f", {done.kept} kept as other sources hold them too" if done.kept else ""
    gone = terminal.counted(done.removed, "paper")
    terminal.out.print(f"{gone} removed{kept}; {done.papers} left.")


def _whole_source(desk: Desk, named: str) -> str:
    """The source that a user means by its path or a part of its name."""
    sources = desk.sources()
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


def all_there(ids: list[str], found: Mapping[str, Any]) -> None:
    """Raises Failure where an id is missing among those found."""
    missing = [i for i in ids if i not in found]
    if missing:
        raise Failure(f"No paper has the id {missing[0]}: 'assistant papers' lists the ids.")
