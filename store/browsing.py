"""Listing the papers that hold a text: a page of them, or all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from store.filters import Filters
from store.orders import Order
from store.paper import Paper

if TYPE_CHECKING:
    from store.catalog import Catalog
    from store.words import WordIndex

_AT_A_TIME = 500


class Browsing:
    """Papers of a library by text and filters.

    Those that hold every word of a text, in any form, be it in title or abstract. Where no paper
    of the library does, those that hold a word that begins as the last one does, which may not be
    typed to its end; and where none does that, those that hold the text as it stands, be it a part
    of a word, which takes a look at every paper.
    """

    def __init__(self, catalog: Catalog, words: Callable[[], WordIndex | None]) -> None:
        self._catalog = catalog
        self._words = words  # opened where a text asks for it

    def page(
        self, text: str, filters: Filters, order: Order, offset: int, limit: int
    ) -> tuple[list[Paper], int]:
        """A page of the papers, and how many there are in all."""
        within, text, total = self._narrowed(text, filters)
        if not total:
            return [], 0
        return self._catalog.list(within, text=text, order=order, offset=offset, limit=limit), total

    def all(self, text: str, filters: Filters, order: Order = "added") -> Iterator[Paper]:
        """All of them, read some at a time."""
        within, text, total = self._narrowed(text, filters)
        for offset in range(0, total, _AT_A_TIME):
            yield from self._catalog.list(
                within, text=text, order=order, offset=offset, limit=_AT_A_TIME
            )

    def _narrowed(self, text: str, filters: Filters) -> tuple[Filters, str, int]:
        """Filters that name the papers with a text, what is left of it to look for in them, and
        how many they are."""
        text = text.strip()
        if not text or not (found := self._holding(text)):
            return filters, text, self._catalog.count(filters, text=text)
        kept = set(found).intersection(filters.papers) if filters.papers else found
        if not kept:
            return filters, "", 0
        within = replace(filters, papers=tuple(kept))
        more = bool(replace(filters, papers=()))
        return within, "", self._catalog.count(within) if more else len(kept)

    def _holding(self, text: str) -> Sequence[str]:
        words = self._words()
        if words is None:
            return ()
        return words.holding(text) or words.holding(text, begun=True)
