"""The library as the floors above see it: the real embedder, Chroma, words and catalogue."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date as Date
from typing import Any

import numpy as np
import pytest

from store.filters import Filters
from store.library import Library
from store.paper import Rejected, Skipped, Source
from store.vectors import VectorIndex
from tests.store.making import contents, invented
from tests.store.small_library import BEES, BELLS, TIDES, by_vectors, by_words

# --- adding ---------------------------------------------------------------------------------


def test_adding_reports_what_was_read_and_what_is_new(library: Library) -> None:
    cut = Rejected(Source("a.txt", 3, 9), "cut off")
    missing = Rejected(Source("gone.txt"), "not there")
    notes = Skipped("notes.md", "no papers")
    again = replace(TIDES, sources=(Source("b.txt", 2, 5),))
    report = library.add([TIDES, BEES, cut, missing, notes, BELLS, again])
    assert (report.read, report.new, report.updated, report.unchanged) == (5, 3, 0, 0)
    assert (report.rejected, report.skipped) == ((cut, missing), (notes,))
    assert (report.papers, report.embedded) == (3, 3)


def test_adding_the_same_again_embeds_and_changes_nothing(
    library: Library, embedded: list[str]
) -> None:
    papers = invented(20)
    library.add(papers)
    before = contents(library)
    embedded.clear()
    report = library.add(papers)
    assert (report.new, report.updated, report.unchanged, report.embedded) == (0, 0, 20, 0)
    assert embedded == []
    assert contents(library) == before


def test_only_what_is_new_is_embedded(library: Library, embedded: list[str]) -> None:
    library.add(invented(5))
    embedded.clear()
    report = library.add(invented(7))
    assert (report.new, report.unchanged, report.embedded) == (2, 5, 2)
    assert [text.split("\n")[0] for text in embedded] == [p.title for p in invented(7)[5:]]


def test_a_change_that_the_indexes_do_not_hold_embeds_nothing(
    library: Library, embedded: list[str]
) -> None:
    library.add([TIDES])
    embedded.clear()
    report = library.add([replace(TIDES, upvotes=7)])
    assert (report.updated, report.embedded, embedded) == (1, 0, [])
    assert library.get([TIDES.id])[TIDES.id].upvotes == 7


@pytest.mark.usefixtures("small_steps")
def test_progress_counts_up_to_all_papers(library: Library) -> None:
    told: list[tuple[int, int]] = []
    library.add(invented(20), lambda done, total: told.append((done, total)))
    assert told == [(8, 20), (16, 20), (20, 20)]


def test_papers_are_found_by_their_words_before_their_vectors_are_made(library: Library) -> None:
    library.catalogue([TIDES, BEES])
    library.index_words()
    assert by_words(library, "harbours") == [TIDES.id]
    assert library.pending("vectors") == 2
    assert by_vectors(library, "harbours") == []


# --- changing and removing ------------------------------------------------------------------


def test_a_changed_abstract_replaces_the_old_one_everywhere(library: Library) -> None:
    library.add([TIDES, BEES])
    changed = replace(TIDES, abstract="Sand wanders with the wind. Dunes grow.")
    report = library.add([changed])
    assert (report.updated, report.embedded) == (1, 1)
    assert library.get([TIDES.id])[TIDES.id].abstract == changed.abstract
    assert by_words(library, "water") == []
    assert by_words(library, "dunes") == [TIDES.id]
    ((_, text, meta, vector),) = [c for c in contents(library).chunks if c[0] == f"{TIDES.id}#0"]
    assert text.endswith(changed.abstract)
    assert json.loads(meta["_node_content"])["metadata"]["sentences"] == "0-27 28-39"
    assert np.frombuffer(vector, np.float32) == pytest.approx(library.embed([text])[0], abs=1e-6)


def test_an_abstract_that_shrinks_leaves_none_of_its_chunks_behind(library: Library) -> None:
    (long,) = invented(1, sentences=60)
    library.add([long])
    before = [chunk[0] for chunk in contents(library).chunks]
    assert len(before) > 2
    assert library.catalog.chunk_ids(Filters()) == before
    library.add([replace(long, abstract="Short now.")])
    assert [chunk[0] for chunk in contents(library).chunks] == [f"{long.id}#0"]
    assert library.catalog.chunk_ids(Filters()) == [f"{long.id}#0"]


def test_a_removed_paper_leaves_no_trace(library: Library) -> None:
    library.add([TIDES, BEES, BELLS])
    assert library.remove_papers([BEES.id, "nobody"]) == 1
    after = contents(library)
    assert BEES.id not in repr(after)
    assert "bees" not in repr(after)
    assert len(library.words) == len(library.vectors) == library.count() == 2
    assert by_words(library, "bees swarm") == []
    assert BEES.id not in by_vectors(library, "bees swarm")


def test_a_removed_source_leaves_no_trace_but_what_others_gave_stays(library: Library) -> None:
    library.add([BELLS, replace(TIDES, sources=(Source("b.txt", 7, 7),))])
    before = contents(library)
    library.add([TIDES, BEES])
    assert library.remove_source("a.txt") == 2
    assert contents(library).tables == before.tables
    assert contents(library).chunks == before.chunks
    assert by_words(library, "bees swarm") == []
    assert library.remove_source("a.txt") == 0


def test_a_paper_that_was_removed_can_be_added_again(library: Library) -> None:
    library.add([TIDES, BEES])
    before = contents(library).chunks
    library.remove_papers([TIDES.id])
    assert library.add([TIDES]).new == 1
    assert contents(library).chunks == before
    assert by_words(library, "harbours") == [TIDES.id]


def test_a_library_can_be_emptied_and_filled_again(library: Library) -> None:
    library.add(invented(20))
    library.remove_source("a.txt")
    assert (library.count(), len(library.words), len(library.vectors)) == (0, 0, 0)
    assert by_vectors(library, "anything") == []
    assert library.add(invented(3)).embedded == 3


# --- searching ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {TIDES.id, BEES.id, BELLS.id}),
        (Filters(since=Date(2024, 1, 1)), {BEES.id, BELLS.id}),
        (Filters(until=Date(2020, 12, 31)), {TIDES.id}),
        (Filters(sources=("a.txt",)), {TIDES.id, BEES.id}),
        (Filters(organisations=("hive",)), {BEES.id}),
        (Filters(papers=(BELLS.id,)), {BELLS.id}),
        (Filters(since=Date(2030, 1, 1)), set()),
    ],
)
def test_both_searches_keep_to_the_filters(
    library: Library, filters: Filters, expected: set[str]
) -> None:
    library.add([TIDES, BEES, BELLS])
    everything = "water swarm"
    assert set(by_words(library, everything, filters)) == expected
    assert set(by_vectors(library, everything, filters)) == expected
    assert library.count(filters) == len(expected)


def test_the_nearest_paper_comes_first_with_its_cosine(library: Library) -> None:
    library.add([TIDES, BEES, BELLS])
    question = library.embed_query("why does the sea go up and down")
    hits = library.search_vectors(question, 3, Filters())
    stored = library.vectors.vectors([chunk_id for chunk_id, _ in hits])
    assert hits[0][0] == f"{TIDES.id}#0"
    assert [cosine for _, cosine in hits] == sorted((c for _, c in hits), reverse=True)
    for chunk_id, cosine in hits:
        assert cosine == pytest.approx(float(stored[chunk_id] @ question), abs=1e-4)


def test_a_search_with_filters_works_between_two_steps_of_indexing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add([TIDES, BEES])
    library.catalogue([replace(TIDES, abstract="Sand.")])
    seen: list[list[str]] = []
    real = VectorIndex.remove

    def remove(self: VectorIndex, ids: Any, counts: Any) -> None:
        real(self, ids, counts)
        seen.append(by_vectors(library, "swarm", Filters(sources=("a.txt",))))

    monkeypatch.setattr(VectorIndex, "remove", remove)
    library.index()
    assert seen == [[BEES.id]]


def test_an_empty_library_finds_nothing(library: Library) -> None:
    assert by_words(library, "anything") == by_vectors(library, "anything") == []
    assert library.get(["nobody"]) == {}
    assert library.index() == 0
