"""Removing papers, and bringing them back."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.catalog import Catalog
from store.filters import Filters
from store.paper import Paper
from tests.store.making import invented, open_library, record


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog(tmp_path / "papers.sqlite")
    yield opened
    opened.close()


def tables(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the catalogue's own tables."""
    with sqlite3.connect(folder / "papers.sqlite") as db:
        found = {
            name: sorted(db.execute(f"SELECT * FROM {name}"))
            for name in ("papers", "records", "keys")
        }
    db.close()
    return found


MERGED = [
    record("Tides in small harbours", "Short.", "a.txt", 1),
    record(
        "Tides in small harbours",
        "A longer abstract of tides.",
        "b.txt",
        1,
        doi="10.5555/x",
        upvotes=4,
    ),
    record("Dunes that wander slowly", "x", "a.txt", 2),
    record("Tides, renamed", "Other.", "c.txt", 1, doi="10.5555/x"),
    record("Wells", "y", "b.txt", 2),
]


@pytest.mark.parametrize("number", range(3))
def test_a_paper_removed_can_be_brought_back_as_it_was(
    catalog: Catalog, tmp_path: Path, number: int
) -> None:
    for one in MERGED:
        catalog.put([one])
    before = tables(tmp_path)
    removal = catalog.remove_papers([catalog.list()[number].id, "nobody"])
    assert (removal.papers, catalog.count()) == (1, 2)
    assert catalog.undo(removal.token) == 1
    assert tables(tmp_path) == before


@pytest.mark.parametrize("source", ["a.txt", "b.txt", "c.txt"])
def test_a_source_removed_can_be_brought_back_as_it_was(
    catalog: Catalog, tmp_path: Path, source: str
) -> None:
    for one in MERGED:
        catalog.put([one])
    before = tables(tmp_path)
    removal = catalog.remove_source(source)
    assert source not in catalog.sources()
    assert catalog.undo(removal.token) == removal.papers
    assert tables(tmp_path) == before


_records = st.builds(
    lambda title, doi, file, position: record(title, f"Of {title}.", file, position, doi=doi),
    title=st.sampled_from(["One", "Two", "Three", "Four"]),
    doi=st.sampled_from([None, "10.5555/a", "10.5555/b"]),
    file=st.sampled_from(["a", "b", "c"]),
    position=st.integers(1, 4),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            _records, max_size=5, unique_by=lambda r: (r.sources[0].file, r.sources[0].position)
        ),
        max_size=5,
    ),
    st.randoms(use_true_random=False),
)
def test_removals_undone_in_turn_leave_no_trace(runs: list[list[Paper]], random: Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder) / "papers.sqlite")
        for run in runs:
            catalog.put(run)
        states, tokens = [tables(Path(folder))], []
        for source in random.sample("abc", 3):
            ids = [paper.id for paper in catalog.list()]
            picked = random.sample(ids, random.randint(0, len(ids)))
            if random.random() < 0.5:
                done = catalog.remove_papers(picked)
            else:
                done = catalog.remove_source(source)
            tokens.append(done.token)
            states.append(tables(Path(folder)))
        for token in reversed(tokens):
            assert tables(Path(folder)) == states.pop()
            catalog.undo(token)
        assert tables(Path(folder)) == states.pop()
        catalog.close()


def test_a_removal_is_undone_once_and_unknown_tokens_are_named(catalog: Catalog) -> None:
    catalog.put(MERGED)
    removal = catalog.remove_source("a.txt")
    catalog.undo(removal.token)
    for token in (removal.token, "", "77", "x' OR 1"):
        with pytest.raises(KeyError):
            catalog.undo(token)
    assert catalog.count() == 3


def test_only_the_latest_removals_are_kept(catalog: Catalog, tmp_path: Path) -> None:
    ids = list(catalog.put(invented(12)))
    tokens = [catalog.remove_papers([paper_id]).token for paper_id in ids]
    for token in tokens[:2]:
        with pytest.raises(KeyError):
            catalog.undo(token)
    assert [catalog.undo(token) for token in tokens[2:]] == [1] * 10
    with sqlite3.connect(tmp_path / "papers.sqlite") as db:
        assert db.execute("SELECT COUNT(*) FROM removed").fetchone() == (0,)
    db.close()


def test_what_came_in_after_a_removal_stays_when_it_is_undone(catalog: Catalog) -> None:
    catalog.put(
        [
            record("Tides in small harbours", "Old words.", "a.txt", 1),
            record("Dunes that wander slowly", "x", "a.txt", 2),
        ]
    )
    removal = catalog.remove_papers([paper.id for paper in catalog.list()])
    catalog.put(
        [
            record("Tides in small harbours", "New.", "a.txt", 5),
            record("Dunes that wander slowly", "longer", "b.txt", 1),
        ]
    )
    assert catalog.undo(removal.token) == 1
    tides, dunes = catalog.list()
    assert (tides.abstract, [s.position for s in tides.sources]) == ("New.", [5])
    assert (dunes.abstract, len(dunes.sources)) == ("longer", 2)


def test_a_paper_whose_number_was_taken_comes_back_last(catalog: Catalog) -> None:
    catalog.put([record("Tides", position=1), record("Dunes", position=2)])
    removal = catalog.remove_papers([catalog.list()[1].id])
    catalog.put([record("Wells", file="b.txt")])
    catalog.undo(removal.token)
    assert [paper.title for paper in catalog.list()] == ["Tides", "Wells", "Dunes"]


def test_what_was_removed_comes_back_after_a_restart_and_is_found_again(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        library.add([record(), record("Dunes wander", "Sand.", position=2)])
        (tides,) = (p.id for p in library.catalog.list() if "Tides" in p.title)
        removal = library.remove_with_undo([tides])
        assert (removal.papers, library.search_words("tides", 5, Filters())) == (1, [])
    with open_library(tmp_path) as library:
        assert library.undo(removal.token) == 1
        assert [i for i, _ in library.search_words("tides", 5, Filters())] == [tides]
        assert library.catalog.count_chunks() == len(library.vectors) == 2
        source = library.remove_source_with_undo("a.txt")
        assert (source.papers, library.count(), library.undo(source.token)) == (2, 0, 2)
        with pytest.raises(KeyError):
            library.undo(source.token)
