"""The word pieces beside the vectors: kept in step with the papers, and made again when missing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import TextNode

from store.late import TITLE, Pieces
from store.library import Library
from store.paper import Paper
from store.rows import text_digest
from tests.store.making import contents, invented, open_library, record, stored_pieces

TIDES = record("Tides in small harbours", "Water rises twice a day. Boats rise too.", position=1)
BEES = record("How bees vote", "A swarm dances about holes in oaks.", position=2)
BELLS = record("Church bells", "Bronze is cast by night.", "b.txt", 1)
TOWNS = ("Arlen", "Bramhold", "Zorvick", "Dunmere", "Eskfoot", "Farrowby", "Glanport", "Hollin")
LONG = record(
    "Lenses 🐝 of lighthouses",
    "  ".join(
        f"In the {1820 + 10 * i}s the keepers of the coast ground lenses of thin glass rings, "
        f"wrote their costs into tall books and sent every broken prism back to {town} by ship, "
        "where it was weighed and paid."
        for i, town in enumerate(TOWNS)
    ),
    position=3,
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def kept(library: Library) -> dict[str, str]:
    """The papers whose pieces are in the file, with the digests of their texts."""
    return {paper: digest.split()[0] for paper, digest, _ in stored_pieces(library.folder)}


def papers(library: Library) -> dict[str, Paper]:
    return {paper.id: paper for paper in library.catalog.list()}


def without_pieces(folder: Path) -> None:
    """As a library from before there were any."""
    for file in folder.glob("pieces.sqlite*"):
        file.unlink()


def same(found: dict[str, Pieces], others: dict[str, Pieces]) -> bool:
    return found.keys() == others.keys() and all(
        np.array_equal(found[i].rows, others[i].rows)
        and np.array_equal(found[i].starts, others[i].starts)
        for i in found
    )


# --- what is kept -------------------------------------------------------------------------------


def test_pieces_are_made_with_the_vectors(library: Library) -> None:
    library.catalogue([TIDES, BEES])
    assert kept(library) == {}
    library.index()
    assert kept(library) == {p.id: text_digest(p) for p in (TIDES, BEES)}
    before = stored_pieces(library.folder)
    found = library.pieces_of(papers(library), 0)
    assert list(found) == list(papers(library))
    assert stored_pieces(library.folder) == before


def test_the_vectors_are_those_of_embedding(library: Library) -> None:
    chunks = [(paper, library.chunk(paper)) for paper in (TIDES, LONG, BEES)]
    vectors, rows = library.pieces.read(chunks)
    texts = [node.text for _, nodes in chunks for node in nodes]
    assert np.array_equal(vectors, library.embed(texts))
    assert [row[0] for row in rows] == [TIDES.id, LONG.id, BEES.id]


def test_pieces_start_where_their_words_stand_in_the_abstract(library: Library) -> None:
    library.add([LONG])
    assert len(library.chunk(LONG)) > 1
    (found,) = library.pieces_of({LONG.id: LONG}, 0).values()
    begins = {start for start, _ in library.pieces.model.piece_offsets(LONG.abstract)}
    starts = [at for at in found.starts.tolist() if at != TITLE]
    assert set(starts) <= begins
    assert {LONG.abstract.index(town) for town in TOWNS} <= set(starts)
    chunks = len(library.chunk(LONG))
    assert (found.starts == TITLE).sum() % chunks == 0  # the title stands before each
    assert found.starts[0] == TITLE
    # The row is that word's: asked for, it is the nearest of all.
    head = library.pieces.head
    for town in TOWNS:
        reading = library.read_query(town)[1]
        asked = head.ask(reading, np.ones(len(reading.ids), np.float32))
        nearest = int((asked.rows[0] @ found.rows.T).argmax())
        assert found.starts[nearest] == LONG.abstract.index(town)


def test_marks_beyond_the_first_plane_and_broken_ones_move_no_start(library: Library) -> None:
    paper = Paper(title="A 🐝\ud83d🎉 tale\udcff", abstract="\udcff 🎉 Honey flows.", id="x")
    (found,) = library.pieces_of({"x": paper}, 1).values()
    starts = [at for at in found.starts.tolist() if at != TITLE]
    assert starts[-2:] == [paper.abstract.index("Honey"), paper.abstract.index("flows")]
    assert (found.starts == TITLE).any()


@pytest.mark.parametrize(
    ("title", "abstract"), [("Tides", ""), ("", "Tides."), ("", ""), ("?!", "... -- !?"), ("", ".")]
)
def test_a_paper_that_says_little_has_pieces_all_the_same(
    library: Library, title: str, abstract: str
) -> None:
    paper = Paper(title=title, abstract=abstract, id="x")
    (found,) = library.pieces_of({"x": paper}, 1).values()
    assert len(found.rows) == len(found.starts)
    assert (len(found.rows) > 0) == bool(title + abstract)
    assert all(at == TITLE or 0 <= at < len(abstract) for at in found.starts.tolist())


# --- made when they are missing -----------------------------------------------------------------


def test_a_library_without_pieces_makes_the_very_same(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        library.add([TIDES, BEES, LONG])
        before, found = stored_pieces(tmp_path), library.pieces_of(papers(library), 0)
    without_pieces(tmp_path)
    with open_library(tmp_path) as library:
        assert library.pieces_of(papers(library), 0) == {}
        assert same(library.pieces_of(papers(library), 9), found)
        assert stored_pieces(tmp_path) == before


def test_no_more_papers_are_read_than_wished(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        library.add(invented(7))
        wanted = papers(library)
    without_pieces(tmp_path)
    with open_library(tmp_path) as library:
        ids = list(wanted)
        assert list(library.pieces_of(wanted, 3)) == ids[:3]
        # What is kept by now doesn't count.
        assert list(library.pieces_of(wanted, 3)) == ids[:6]
        assert len(kept(library)) == 6
        assert list(library.pieces_of(wanted, 3)) == ids
        assert list(library.pieces_of({i: wanted[i] for i in reversed(ids)}, 0)) == ids[::-1]


def test_more_papers_than_one_statement_takes(library: Library) -> None:
    row = library.pieces.read([(TIDES, library.chunk(TIDES))])[1][0]
    many = {str(i): TIDES for i in range(1203)}
    library.pieces.put((i, *row[1:]) for i in many)
    found = library.pieces_of(many, 0)
    assert list(found) == list(many)
    assert np.array_equal(found["0"].rows, found["1202"].rows)


def test_no_papers_have_no_pieces(library: Library) -> None:
    assert library.pieces_of({}, 5) == {}
    vectors, rows = library.pieces.read([])
    assert (len(vectors), rows) == (0, [])


def test_the_pieces_of_a_paper_that_is_in_no_library_are_not_kept(library: Library) -> None:
    library.add([TIDES])
    found = library.pieces_of({TIDES.id: TIDES, BEES.id: BEES}, 5)
    assert list(found) == [TIDES.id, BEES.id]
    assert list(kept(library)) == [TIDES.id]


# --- in step with the papers --------------------------------------------------------------------


def test_the_pieces_of_a_changed_abstract_are_replaced(library: Library) -> None:
    library.add([TIDES, BEES])
    old = library.pieces_of({TIDES.id: TIDES}, 0)
    library.add([replace(TIDES, abstract="Boats sink.")])
    now = papers(library)[TIDES.id]
    assert kept(library) == {TIDES.id: text_digest(now), BEES.id: text_digest(BEES)}
    assert library.pieces_of({TIDES.id: TIDES}, 0) == {}  # no longer those of the old text
    new = library.pieces_of({TIDES.id: now}, 0)
    assert len(new[TIDES.id].rows) < len(old[TIDES.id].rows)


def test_a_change_is_read_at_once_where_a_question_does_not_wait(library: Library) -> None:
    library.add([TIDES])
    library.catalogue([replace(TIDES, abstract="Boats sink.")])
    now = papers(library)[TIDES.id]
    (found,) = library.pieces_of({TIDES.id: now}, 1).values()
    assert found.starts.max() < len(now.abstract)
    library.index()
    assert kept(library) == {TIDES.id: text_digest(now)}


def test_what_the_text_does_not_hold_changes_no_pieces(library: Library) -> None:
    library.add([TIDES])
    before = stored_pieces(library.folder)
    library.add([replace(TIDES, upvotes=7)])
    assert stored_pieces(library.folder) == before
    assert list(library.pieces_of(papers(library), 0)) == [TIDES.id]


def test_a_removed_paper_leaves_no_pieces_and_comes_back_with_them(library: Library) -> None:
    library.add([TIDES, BEES, BELLS])
    before = stored_pieces(library.folder)
    one = library.remove_with_undo([TIDES.id])
    assert set(kept(library)) == {BEES.id, BELLS.id}
    source = library.remove_source_with_undo("b.txt")
    assert set(kept(library)) == {BEES.id}
    library.undo(source.token)
    library.undo(one.token)
    assert stored_pieces(library.folder) == before


def test_a_paper_that_was_read_before_its_turn_and_then_removed_leaves_no_pieces(
    library: Library,
) -> None:
    library.catalogue([TIDES, BEES])
    library.pieces_of(papers(library), 2)
    assert set(kept(library)) == {TIDES.id, BEES.id}
    library.remove_papers([TIDES.id])
    assert set(kept(library)) == {BEES.id}


def test_a_paper_that_is_removed_while_it_is_read_leaves_no_pieces(library: Library) -> None:
    library.add([TIDES, BEES])
    without = papers(library)
    library.pieces.clear()

    def chunk(paper: Paper) -> list[TextNode]:
        library.remove_papers([TIDES.id])
        return library.chunk(paper)

    found = library.pieces.of(without, chunk, library.get, 2)
    assert set(found) == {TIDES.id, BEES.id}
    assert set(kept(library)) == {BEES.id}


def test_made_anew_they_are_the_same_and_nothing_else_is_left(library: Library) -> None:
    library.add([TIDES, BEES, LONG])
    before = contents(library)
    library.pieces.put([("nobody", "-", b"")])
    library.reindex()
    assert contents(library) == before


def test_pieces_outlive_the_library_s_closing(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        library.add([TIDES])
        before = library.pieces_of({TIDES.id: TIDES}, 0)
    with open_library(tmp_path) as library:
        assert same(library.pieces_of({TIDES.id: TIDES}, 0), before)


def test_pieces_of_another_head_are_made_anew(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        library.add([TIDES])
        expected, before = library.pieces_of(papers(library), 0), stored_pieces(tmp_path)
    ((paper, digest, code),) = before
    with open_library(tmp_path) as library:
        text, model, _ = digest.split()
        library.pieces.put([(paper, f"{text} {model} another", code[::-1])])
        assert library.pieces_of(papers(library), 0) == {}
        assert same(library.pieces_of(papers(library), 1), expected)
        assert stored_pieces(tmp_path) == before


def test_a_text_that_the_catalogue_does_not_hold_replaces_no_pieces(library: Library) -> None:
    library.add([TIDES])
    before = stored_pieces(library.folder)
    other = replace(TIDES, abstract="Boats sink.")
    assert list(library.pieces_of({TIDES.id: other}, 1)) == [TIDES.id]
    assert stored_pieces(library.folder) == before


# --- several threads ----------------------------------------------------------------------------


def test_two_threads_read_the_same_missing_papers(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        library.add(invented(9))
        expected = library.pieces_of(papers(library), 0)
        before = stored_pieces(tmp_path)
        library.pieces.clear()
        start = threading.Barrier(4)

        def ask(number: int) -> bool:
            start.wait(timeout=60)
            wanted = {i: p for n, (i, p) in enumerate(papers(library).items()) if n % 3 != number}
            return same(library.pieces_of(wanted, 9), {i: expected[i] for i in wanted})

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(ask, range(4)))
        assert stored_pieces(tmp_path) == before


def test_papers_are_asked_for_while_others_are_added(library: Library) -> None:
    library.add([TIDES, BEES])
    with ThreadPoolExecutor(1) as pool:
        adding = pool.submit(library.add, invented(40, "c.txt"))
        asked = 0
        while not adding.done() or not asked:
            assert len(library.pieces_of({TIDES.id: TIDES, BEES.id: BEES}, 0)) == 2
            asked += 1
        assert adding.result().embedded == 40
    assert len(kept(library)) == 42


# --- with another embedder ----------------------------------------------------------------------


class Lengths(BaseEmbedding):
    """Four dimensions that tell only how long a text is; an endpoint gives no pieces either."""

    model_name: str = "lengths"

    def _get_text_embedding(self, text: str) -> list[float]:
        return [float(len(text)), 1.0, 1.0, 1.0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def test_with_another_embedder_pieces_are_made_when_they_are_asked_for(tmp_path: Path) -> None:
    with open_library(tmp_path / "built-in") as library:
        library.add([TIDES, BEES])
        expected = library.pieces_of(papers(library), 0)
    with open_library(tmp_path / "other", embedder=Lengths()) as library:
        library.add([TIDES, BEES])
        assert kept(library) == {}
        assert library.pieces_of(papers(library), 0) == {}
        assert same(library.pieces_of(papers(library), 2), expected)
        assert set(kept(library)) == {TIDES.id, BEES.id}
        library.remove_papers([TIDES.id])
        assert set(kept(library)) == {BEES.id}


def test_a_question_s_vector_is_the_embedder_s_and_its_pieces_the_built_in_ones(
    library: Library, tmp_path: Path
) -> None:
    vector, reading = library.read_query("Do bees vote?")
    assert np.array_equal(vector, library.embed(["Do bees vote?"])[0])
    assert np.array_equal(vector, library.embed_query("Do bees vote?"))
    with open_library(tmp_path / "other", embedder=Lengths()) as other:
        vector, same_reading = other.read_query("Do bees vote?")
        assert vector.tolist() == [13, 1, 1, 1]
        assert np.array_equal(same_reading.states, reading.states)
