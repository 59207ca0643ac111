"""Both searches under filters: the quick ways find what the plain one finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date as Date
from pathlib import Path

import numpy as np
import pytest

from store import searching
from store.filters import Filters
from store.library import Library
from tests.store.making import invented, open_library, record

PAPERS = [
    record(p.title, p.abstract, "a.txt" if i % 3 else "b.txt", i + 1, year=2000 + i % 7,
           organisation="Lab" if i % 11 == 0 else None)
    for i, p in enumerate(invented(240))
]  # fmt: skip
FILTERS = [
    Filters(since=Date(2001, 1, 1)),
    Filters(since=Date(2003, 1, 1), until=Date(2003, 12, 31)),
    Filters(organisations=("lab",)),
    Filters(sources=("b.txt",), until=Date(2002, 1, 1)),
    Filters(since=Date(2050, 1, 1)),
    Filters(papers=tuple(p.id for p in PAPERS[:5])),
    Filters(papers=tuple(p.id for p in PAPERS[:9]), since=Date(2004, 1, 1)),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with open_library(tmp_path_factory.mktemp("searching")) as opened:
        opened.add(PAPERS)
        yield opened


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_vectors_are_those_that_an_exact_search_finds(library: Library, filters: Filters) -> None:
    allowed = library.catalog.chunk_ids(filters)
    stored = library.vectors.vectors(allowed)
    for question in ("tides and harbours", "lamps that hum", PAPERS[17].title):
        vector = library.embed_query(question)
        exact = {i: float(v @ vector) for i, v in stored.items()}
        best = sorted(exact, key=lambda i: -exact[i])[:10]
        found = library.search_vectors(vector, 10, filters)
        assert [i for i, _ in found] == best
        assert [c for _, c in found] == pytest.approx([exact[i] for i in best], abs=1e-4)


def test_named_papers_are_the_same_when_the_rest_of_a_filter_is_remembered(tmp_path: Path) -> None:
    filters = FILTERS[-1]
    with open_library(tmp_path) as library:
        library.add(PAPERS[:20])
        vector = library.embed_query("tides and harbours")
        asked = library.search_vectors(vector, 40, filters)
        library.search_words("tides", 10, replace(filters, papers=()))
        again = library.search_vectors(vector, 40, filters)
        assert dict(again) == pytest.approx(dict(asked), abs=1e-6)
        assert {i.rpartition("#")[0] for i, _ in asked} == library.catalog.ids(filters)
        assert 0 < len(asked) < len(filters.papers)


@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize("limit", [3, 40, 1000])
def test_words_are_those_of_the_whole_list_that_pass(
    library: Library, filters: Filters, limit: int
) -> None:
    allowed = library.catalog.ids(filters)
    for words in (PAPERS[3].title, PAPERS[100].abstract, "nowhere"):
        everything = library.search_words(words, 10_000, Filters())
        passing = [(i, score) for i, score in everything if i in allowed][:limit]
        found = library.search_words(words, limit, filters)
        assert [score for _, score in found] == pytest.approx([s for _, s in passing])
        assert {i for i, _ in found} <= allowed


def test_a_wide_filter_is_asked_of_the_nearest_and_a_narrow_one_goes_into_the_search() -> None:
    asked: list[int] = []

    def search(count: int) -> list[tuple[str, float]]:
        asked.append(count)
        return [(str(i), 1.0 - i / 1000) for i in range(count)]

    def passing(share: float, step: int) -> searching._Passing:
        ids = [str(i) for i in range(0, 1000, step)]
        return searching._Passing(ids, frozenset(ids), share)

    found = searching._among_the_nearest(search, 10, passing(0.5, 2), (3, 10))
    assert (asked, found) == ([30], [(str(i), 1.0 - i / 1000) for i in range(0, 20, 2)])
    asked.clear()
    assert len(searching._among_the_nearest(search, 10, passing(0.2, 5), (3, 10)) or ()) == 10
    assert asked == [100]
    asked.clear()
    assert searching._among_the_nearest(search, 10, passing(0.01, 100), (3, 10)) is None
    assert asked == []
    assert searching._among_the_nearest(search, 10, passing(0.5, 100), (3, 10)) is None
    assert asked == [30, 100]


def test_what_passes_is_asked_anew_after_any_change(tmp_path: Path) -> None:
    lab, year = Filters(organisations=("lab",)), Filters(since=Date(2020, 1, 1))
    with open_library(tmp_path) as library:
        library.add([record(organisation="Lab"), record("Dunes", "Sand.", position=2, year=2021)])
        words, vector = "tides dunes", np.ones(384, np.float32)

        def found(filters: Filters) -> tuple[int, int]:
            both = (
                library.search_words(words, 5, filters),
                library.search_vectors(vector, 5, filters),
            )
            return len(both[0]), len(both[1])

        assert (found(lab), found(year)) == ((1, 1), (1, 1))
        library.add([record("Dunes", "Sand.", position=2, year=2021, organisation="Other lab")])
        assert found(lab) == (2, 2)
        library.add([record("Dunes and tides", "Sand.", position=3, year=2022)])
        assert found(year) == (2, 2)
        library.remove_papers([p.id for p in library.catalog.list(lab)])
        assert (found(lab), found(year)) == ((0, 0), (1, 1))
