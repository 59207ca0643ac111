"""Three papers that tests of the library know by heart, and both ways to find them."""

from __future__ import annotations

from store.filters import Filters
from store.library import Library
from tests.store.making import record

TIDES = record("Tides in small harbours", "Water rises twice a day.", "a.txt", 1, year=2020)
BEES = record("How bees vote", "A swarm dances about holes.", "a.txt", 2, year=2024,
              organisation="Hive Lab")  # fmt: skip
BELLS = record("Church bells", "Bronze and the water of the font.", "b.txt", 1, year=2024)


def by_words(library: Library, text: str, filters: Filters = Filters()) -> list[str]:
    return [paper_id for paper_id, _ in library.search_words(text, 10, filters)]


def by_vectors(library: Library, text: str, filters: Filters = Filters()) -> list[str]:
    hits = library.search_vectors(library.embed_query(text), 10, filters)
    return [chunk_id.partition("#")[0] for chunk_id, _ in hits]
