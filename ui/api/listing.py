"""All papers that match, read a page at a time."""

from __future__ import annotations

from collections.abc import Iterator

from store.filters import Filters
from store.library import Library
from store.paper import Paper

_AT_A_TIME = 500


def matching(library: Library, text: str, filters: Filters) -> Iterator[Paper]:
    """Papers that pass the filters and hold the text, in the order they were added."""
    offset = 0
    while True:
        papers = library.catalog.list(
            filters, text=text, order="added", offset=offset, limit=_AT_A_TIME
        )
        yield from papers
        offset += len(papers)
        if len(papers) < _AT_A_TIME:
            return
