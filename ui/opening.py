"""Opens what commands work on: the library, and the engine over it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ui.app import Failure

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine
    from store.filters import Filters
    from store.library import Library

_CATCH_UP = 128  # papers whose vectors a question may wait for


def open_library(flags: dict[str, Any], owner: str) -> Library:
    """The library that flags and settings name; use it in a `with`."""
    from store.library import Library
    from ui.settings import load_settings

    return Library(load_settings(**flags), owner=owner)


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
