"""The command that writes papers for other programs: `papers export`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from ui.app import (
    Command,
    Failure,
    LibraryOption,
    OrganisationOption,
    SinceOption,
    SourceOption,
    UntilOption,
    flags_of,
)
from ui.listing import ORDERS, all_there, papers_app
from ui.opening import make_filters, open_library

if TYPE_CHECKING:
    from store.library import Library
    from store.paper import Paper

_AT_A_TIME = 500  # papers read by their ids


@papers_app.command("export", cls=Command)
def export(
    ctx: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID", help="Only these papers, in this order; - reads ids from standard input."
        ),
    ] = None,
    library: LibraryOption = None,
    format: Annotated[
        str, typer.Option(metavar="FORMAT", help="bibtex, ris, csl-json, csv or markdown.")
    ] = "bibtex",
    text: Annotated[
        str, typer.Option(metavar="TEXT", help="Only papers that hold these words.")
    ] = "",
    order: Annotated[str, typer.Option(metavar="BY", help=f"{', '.join(ORDERS)}.")] = "added",
    since: SinceOption = None,
    until: UntilOption = None,
    source: SourceOption = None,
    organisation: OrganisationOption = None,
) -> None:
    """Write papers to standard output for reference managers, tables and texts."""
    from store.exporting import FORMATS
    from ui import terminal

    if format not in FORMATS:
        raise Failure(f"'{format}' is no format: choose {', '.join(FORMATS)}.", 2)
    if order not in ORDERS:
        raise Failure(f"'{order}' is no order: choose {', '.join(ORDERS)}.", 2)
    filters = make_filters(since, until, source, organisation)
    if ids and (text or filters):
        raise Failure("Name either ids, or what the papers are to be like.", 2)
    with open_library(flags_of(ctx, library), "assistant papers") as opened:
        found = _named(opened, ids) if ids else opened.matching(text, filters, ORDERS[order])
        written = _write(found, format)
    if not written:
        terminal.say("No paper matches: there was nothing to write.")


def _write(papers: Iterable[Paper], format: str) -> int:
    """Writes papers to standard output, whatever encoding the terminal has; how many they were."""
    from store.exporting import export_papers

    written = 0

    def counted() -> Iterator[Paper]:
        nonlocal written
        for paper in papers:
            written += 1
            yield paper

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    for piece in export_papers(counted(), format):
        sys.stdout.write(piece)
    return written


def _named(library: Library, given: Iterable[str]) -> Iterator[Paper]:
    """The papers of these ids, of those on standard input in place of `-`, each once.

    Raises Failure, before anything is written, where a paper is not there.
    """
    read = (sys.stdin.read().split() if one == "-" else [one] for one in given)
    ids = list(dict.fromkeys(chain.from_iterable(read)))
    all_there(ids, library.catalog.digests(ids))

    def papers() -> Iterator[Paper]:
        for start in range(0, len(ids), _AT_A_TIME):
            found = library.get(ids[start : start + _AT_A_TIME])
            yield from (found[one] for one in ids[start : start + _AT_A_TIME] if one in found)

    return papers()
