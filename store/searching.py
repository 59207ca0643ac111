"""Both searches under filters, each by the way that is quickest for how much a filter lets through.

A wide filter is asked of what comes nearest without it: once enough of that passes, it is the very
same list. A narrow one goes into the search, and a handful of chunks is compared one by one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from store.filters import Filters
from store.words import key_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from store.catalog import Catalog
    from store.matrix import Places
    from store.parts import Parts

Found = list[tuple[str, float]]

# Times as many as are wanted, asked of the whole library first. Words are found so quickly that it
# pays for filters that let little through; vectors are then compared one by one.
_WIDER_WORDS = (3, 10, 30, 100)
_WIDER_VECTORS = (3, 10)
_SURE = 1.5  # times as many as are wanted, expected among them to try it
_KEPT = 500_000  # ids that are remembered as passing some filter


@dataclass(frozen=True, slots=True)
class _Passing:
    """The ids that pass a filter: in order, to look them up, and their share of all; papers' also
    by their number in the word index."""

    ids: Sequence[str]
    known: frozenset[str]
    share: float
    keys: Mapping[int, str] = field(default_factory=dict)
    places: Places | None = None


class Searches:
    """The searches of one library. Safe to use from several threads."""

    def __init__(self, catalog: Catalog, parts: Parts) -> None:
        self._catalog = catalog
        self._parts = parts
        self._remembering = threading.Lock()
        self._remembered: OrderedDict[tuple[object, ...], _Passing] = OrderedDict()

    def words(self, text: str, limit: int, filters: Filters) -> Found:
        """Papers by BM25: (paper id, score), best first."""
        index = self._parts.words
        if not filters:
            return index.search(text, limit)
        if filters == Filters(papers=filters.papers):  # nothing but names
            keys = {key_of(paper_id): paper_id for paper_id in filters.papers}
            return index.search(text, limit, filters.papers, keys)

        passing = self._passing("words", filters)

        def search(count: int) -> Found:
            return index.search(text, count, among=passing.keys)

        found = _among_the_nearest(search, limit, passing, _WIDER_WORDS)
        return index.search(text, limit, passing.ids) if found is None else found

    def vectors(self, vector: NDArray[np.float32], limit: int, filters: Filters) -> Found:
        """Chunks by cosine: (chunk id, cosine), nearest first."""
        index = self._parts.vectors
        if not filters:
            return index.search(vector, limit)
        if filters.papers:
            places = self._named(filters)
            if places is not None:
                return index.among(vector, limit, places)
            return index.search(vector, limit, self._catalog.chunk_ids(filters))

        def search(count: int) -> Found:
            return index.search(vector, count)

        passing = self._passing("vectors", filters)
        found = _among_the_nearest(search, limit, passing, _WIDER_VECTORS)
        if found is not None:
            return found
        if passing.places is not None:
            return index.among(vector, limit, passing.places)
        return index.search(vector, limit, passing.ids)

    def _named(self, filters: Filters) -> Places | None:
        """The chunks of papers named in a filter, where the catalogue needn't be asked which of
        them pass the rest of it: there is none, or what passes it is remembered."""
        names, rest = filters.papers, replace(filters, papers=())
        if rest:
            with self._remembering:
                passing = self._remembered.get(("words", rest, self._catalog.writes))
            if passing is None:
                return None
            names = tuple(name for name in names if name in passing.known)
        return self._parts.vectors.places_of(names)

    def _passing(self, index: str, filters: Filters) -> _Passing:
        """What passes a filter, as long as nothing changes."""
        key = (index, filters, self._catalog.writes)
        with self._remembering:
            if key in self._remembered:
                self._remembered.move_to_end(key)
                return self._remembered[key]
        places, keys = None, {}
        if index == "vectors":
            places = self._parts.vectors.places_of(self._passing("words", filters).ids)
            ids = self._catalog.chunk_ids(filters) if places is None else places.ids
            total = len(self._parts.vectors)
        else:
            ids, total = sorted(self._catalog.ids(filters)), len(self._parts.words)
            keys = {key_of(paper_id): paper_id for paper_id in ids}
        passing = _Passing(ids, frozenset(ids), len(ids) / max(total, 1), keys, places)
        with self._remembering:
            self._remembered[key] = passing
            while sum(len(kept.ids) for kept in self._remembered.values()) > _KEPT:
                self._remembered.popitem(last=False)
        return passing


def _among_the_nearest(
    search: Callable[[int], Found], limit: int, passing: _Passing, wider: Sequence[int]
) -> Found | None:
    """The first `limit` of a search that pass, if there are as many among the nearest of all."""
    for times in wider:
        if passing.share * times < _SURE:
            continue
        found = [one for one in search(limit * times) if one[0] in passing.known]
        if len(found) >= limit:
            return found[:limit]
    return None
