"""Opens what commands work on: the desk of a running server, or the library and its engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from ui.app import Failure

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine
    from store.filters import Filters
    from store.library import Library
    from ui.desk import Desk, LocalDesk

_CATCH_UP = 128  # papers whose vectors a question may wait for


def open_library(flags: dict[str, Any], owner: str) -> Library:
    """The library that flags and settings name; use it in a `with`."""
    from store.library import Library
    from ui.settings import load_settings

    return Library(load_settings(**flags), owner=owner)


@contextmanager
def open_desk(flags: dict[str, Any], owner: str, *, asks: bool, shown: bool) -> Iterator[Desk]:
    """The desk over a library: of the server that has it, else of this process.

    `asks` tells whether something will be asked or searched, `shown` whether a terminal gets a
    sign of life meanwhile. A server that goes away before it is asked leaves the library to
    this process.
    """
    from ui.fallback import FallbackDesk
    from ui.meeting import running_server

    server = running_server(flags, asks=asks, shown=shown)
    with ExitStack() as opened:

        def own() -> LocalDesk:
            return opened.enter_context(_own_desk(flags, owner, asks=asks, shown=shown))

        yield FallbackDesk(server, own) if server else own()


@contextmanager
def _own_desk(flags: dict[str, Any], owner: str, *, asks: bool, shown: bool) -> Iterator[LocalDesk]:
    from ui.desk import LocalDesk

    if asks:
        with open_engine(flags, owner, shown=shown) as engine:
            yield LocalDesk(engine.library, engine)
    else:
        with open_library(flags, owner) as library:
            yield LocalDesk(library)


@contextmanager
def open_engine(
    flags: dict[str, Any], owner: str, *, shown: bool = True
) -> Iterator[CitedQueryEngine]:
    """The engine over a library; a small backlog of vectors is brought in first.

    `shown` tells whether a terminal gets a sign of life meanwhile.
    """
    from ui.settings import load_settings
    from ui.terminal import working

    settings = load_settings(**flags)
    if settings.writer == "model" and not settings.llm_model:
        raise Failure("No language model is configured: name one with --model.", 2)
    with working("Opening the library …", shown=shown):
        from assistant.engine import CitedQueryEngine
        from store.library import Library

        library = Library(settings, owner=owner)
    with library:
        with working("Opening the library …", shown=shown):
            library.index_words()
            if 0 < library.pending("vectors") <= _CATCH_UP:
                library.index_vectors()
            engine = CitedQueryEngine(library, settings)
        yield engine


def make_filters(
    since: str | None = None,
    until: str | None = None,
    sources: list[str] | None = None,
    organisations: list[str] | None = None,
) -> Filters:
    """Filters from what a user wrote; a date that is none ends with usage."""
    from store.filters import Filters, parse_day

    try:
        filters = Filters(
            since=parse_day(since) if since else None,
            until=parse_day(until, last=True) if until else None,
            sources=tuple(sources or ()),
            organisations=tuple(organisations or ()),
        )
    except ValueError as error:
        raise Failure(str(error), 2) from None
    if filters.since and filters.until and filters.since > filters.until:
        raise Failure(f"Nothing can be since {since} and until {until}: swap the two dates.", 2)
    return filters
