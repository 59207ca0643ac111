"""The command `fetch`: papers of online sources into the library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.app import Command, Failure, Group, JsonOption, LibraryOption, app
from ui.errands import Errand

if TYPE_CHECKING:
    from store.sources.running import Named, Search
    from ui.settings import Settings

fetch_app = typer.Typer(cls=Group)
app.add_typer(fetch_app, name="fetch")

MostOption = Annotated[
    int,
    typer.Option(
        "--max", metavar="N", min=1, help="How many of the newest papers to have of this query."
    ),
]
RestartOption = Annotated[
    bool,
    typer.Option("--restart", help="Begin anew: fetch again what was fetched before."),
]
SaveOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Keep the answers themselves in this .zip file, which 'assistant add' reads.",
        show_default=False,
    ),
]


@fetch_app.callback()
def fetch() -> None:
    """Fetch papers from an online source and add them.

    Sources are asked no faster than they like. What was interrupted goes on when run again.
    """


@fetch_app.command(cls=Command)
def arxiv(
    ctx: typer.Context,
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY",
            help='Words, a query in arXiv\'s language (cat:cs.CL AND abs:"reward hacking"), or '
            "arXiv ids.",
        ),
    ],
    most: MostOption = 100,
    restart: RestartOption = False,
    save: SaveOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch papers of arXiv by a query, the newest first, or by their ids.

    Run again, it fetches only what is newer.
    """
    from store.sources import arxiv as source

    ids = [source.is_id(one) for one in what]
    if any(ids) and not all(ids):
        raise Failure("Name either arXiv ids or a query, one at a time.", 2)

    def make(settings: Settings) -> Search | Named:
        site = source.site(settings.arxiv_url)
        return source.ArxivPapers(what, site) if all(ids) else source.ArxivQuery(_query(what), site)

    Errand(ctx, library, restart, save, as_json).do(make, "arXiv", most)


@fetch_app.command("hf-daily", cls=Command)
def hf_daily(
    ctx: typer.Context,
    day: Annotated[
        str, typer.Argument(metavar="DATE", help="A day (2025-11-05), or a month or year whole.")
    ],
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="The last day, where there are more.")
    ] = None,
    restart: RestartOption = False,
    save: SaveOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch the Hugging Face daily papers of a day or of several, with their upvotes."""
    from datetime import UTC, datetime

    from store.filters import parse_day
    from store.sources import hf_daily as source

    def make(settings: Settings) -> Named:
        first, last = parse_day(day), parse_day(until or day, last=True)
        today = datetime.now(UTC).date()
        if until is None and first <= today:
            last = min(last, today)
        return source.DailyPapers(first, last, source.site(settings.hf_daily_url), today=today)

    Errand(ctx, library, restart, save, as_json).do(make, "Hugging Face")


@fetch_app.command(cls=Command)
def doi(
    ctx: typer.Context,
    what: Annotated[list[str], typer.Argument(metavar="DOI", help="DOIs, or addresses of them.")],
    restart: RestartOption = False,
    save: SaveOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch papers by their DOIs from Crossref.

    Where it has no abstract, OpenAlex and then Semantic Scholar are asked for it.
    """
    from store.sources import arxiv as source
    from store.sources.base import Site
    from store.sources.doi import Dois, Registers, crossref

    def make(settings: Settings) -> Named:
        registers = Registers(
            crossref=crossref(settings.crossref_url, settings.contact),
            openalex=Site("OpenAlex", settings.openalex_url),
            semantic_scholar=Site("Semantic Scholar", settings.semantic_scholar_url),
            arxiv=source.site(settings.arxiv_url),
        )
        return Dois(what, registers)

    Errand(ctx, library, restart, save, as_json).do(make, "Crossref")


@fetch_app.command(cls=Command)
def pubmed(
    ctx: typer.Context,
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY", help="Words, or a query in PubMed's language (sleep[ti] AND 2024[dp])."
        ),
    ],
    most: MostOption = 100,
    restart: RestartOption = False,
    save: SaveOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch papers of PubMed by a query, the newest first.

    Run again, it fetches only what is newer.
    """
    from store.sources import pubmed as source

    def make(settings: Settings) -> Search:
        return source.PubmedQuery(_query(what), source.site(settings.pubmed_url))

    Errand(ctx, library, restart, save, as_json).do(make, "PubMed", most)


@fetch_app.command(cls=Command)
def acl(
    ctx: typer.Context,
    what: Annotated[
        list[str],
        typer.Argument(metavar="VOLUME", help="Volumes (2023.acl-long, P19-1) or collections."),
    ],
    restart: RestartOption = False,
    save: SaveOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch volumes and whole collections of the ACL Anthology."""
    from store.sources import acl as source

    def make(settings: Settings) -> Named:
        return source.AclVolumes(what, source.site(settings.acl_url))

    Errand(ctx, library, restart, save, as_json).do(make, "the ACL Anthology")


def _query(words: list[str]) -> str:
    query = " ".join(" ".join(words).split())
    if not query:
        raise Failure("Write what to look for.", 2)
    return query
