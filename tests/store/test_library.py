"""The library as the floors above see it: the real embedder, Chroma, words and catalogue."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date as Date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding

from store import following
from store.catalog import Catalog
from store.changes import Changes
from store.embedding import MiniLM
from store.errors import BrokenLibrary, EmbedderFailed, LibraryInUse, WrongEmbedder
from store.filters import Filters
from store.library import Library
from store.lock import LibraryLock
from store.paper import Rejected, Skipped, Source
from store.pieces import PieceIndex
from store.vectors import VectorIndex
from store.words import WordIndex
from tests.store.making import Contents, contents, invented, open_library, record

TIDES = record("Tides in small harbours", "Water rises twice a day.", "a.txt", 1, year=2020)
BEES = record("How bees vote", "A swarm dances about holes.", "a.txt", 2, year=2024,
              organisation="Hive Lab")  # fmt: skip
BELLS = record("Church bells", "Bronze and the water of the font.", "b.txt", 1, year=2024)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that the built-in embedder is given, be it for its vector or all its pieces."""
    texts: list[str] = []

    def watch(name: str) -> None:
        real = getattr(MiniLM, name)

        def watched(self: MiniLM, given: Any, *how: Any) -> Any:
            texts.extend(given)
            return real(self, given, *how)

        monkeypatch.setattr(MiniLM, name, watched)

    watch("embed")
    watch("read")
    return texts


def by_words(library: Library, text: str, filters: Filters = Filters()) -> list[str]:
    return [paper_id for paper_id, _ in library.search_words(text, 10, filters)]


def by_vectors(library: Library, text: str, filters: Filters = Filters()) -> list[str]:
    hits = library.search_vectors(library.embed_query(text), 10, filters)
    return [chunk_id.partition("#")[0] for chunk_id, _ in hits]


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
    assert meta["sentences"] == "0-27 28-39"
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


# --- indexes that were lost, or made by another embedder ------------------------------------


@pytest.mark.parametrize("lost", ["words", "vectors"])
@pytest.mark.parametrize("then", ["add nothing new", "add something", "search"])
def test_an_index_that_was_thrown_away_is_made_again(tmp_path: Path, lost: str, then: str) -> None:
    papers = invented(12)
    with open_library(tmp_path / "library") as library:
        library.add(papers)
        before = contents(library)
    shutil.rmtree(tmp_path / "library" / lost)
    with open_library(tmp_path / "library") as library:
        if then == "add something":
            library.add(invented(1, "z.txt", seed=9))
            library.remove_source("z.txt")
        elif then == "add nothing new":
            library.add(papers)
        else:
            by_words(library, "study"), by_vectors(library, "study")
            library.index()
        after = contents(library)
    if then == "add something":  # its words weigh on the others' until their segment is merged
        assert found_by(after) == found_by(before)
        after = replace(after, words=before.words)
    assert after == before


def found_by(held: Contents) -> dict[str, set[str]]:
    return {word: {paper_id for paper_id, _ in hits} for word, hits in held.words.items()}


def damage(folder: Path) -> None:
    (folder / "words" / "meta.json").write_text("not json")
    (folder / "vectors" / "chroma.sqlite3").write_bytes(b"not a database" * 100)


def test_both_indexes_can_be_made_anew_even_if_they_are_broken(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        library.add(invented(20))
        before = contents(library)
    damage(tmp_path / "library")
    with open_library(tmp_path / "library") as library:
        assert library.reindex() == 20
        assert contents(library) == before


def test_a_broken_index_names_the_command_that_makes_it_anew(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        library.add([TIDES])
    damage(tmp_path / "library")
    with open_library(tmp_path / "library") as library:
        with pytest.raises(BrokenLibrary, match=r"word index.*'assistant reindex'"):
            by_words(library, "tides")
        with pytest.raises(BrokenLibrary, match=r"vectors.*'assistant reindex'"):
            by_vectors(library, "tides")


class OtherEmbedder(BaseEmbedding):
    """Eight dimensions that tell only how long a text is; fails if told to."""

    model_name: str = "other"
    broken: bool = False

    def _get_text_embedding(self, text: str) -> list[float]:
        if self.broken:
            raise ConnectionError("nobody answers")
        return [float(len(text)), *[1.0] * 7]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def test_another_embedder_is_told_the_command_that_embeds_anew(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        library.add([TIDES, BEES])
    with open_library(tmp_path / "library", embedder=OtherEmbedder()) as library:
        with pytest.raises(WrongEmbedder, match="run 'assistant reindex'") as raised:
            by_vectors(library, "tides")
        assert "all-MiniLM-L6-v2" in str(raised.value)
        assert "other" in str(raised.value)
        with pytest.raises(WrongEmbedder):
            library.add([BELLS])
        assert by_words(library, "font") == [BELLS.id]
        assert library.reindex() == 3
        assert len(by_vectors(library, "tides")) == 3
        assert library.vectors.vectors([f"{TIDES.id}#0"])[f"{TIDES.id}#0"].shape == (8,)
    with open_library(tmp_path / "library") as library, pytest.raises(WrongEmbedder):
        by_vectors(library, "tides")


def test_an_embedder_that_fails_loses_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    embedder = OtherEmbedder()
    with open_library(tmp_path / "library", embedder=embedder) as library:
        library.add([TIDES])
        embedder.broken = True
        with pytest.raises(EmbedderFailed, match=r"nobody answers.*run the same command again"):
            library.add([BEES])
        assert library.count() == 2
        assert by_words(library, "bees") == [BEES.id]
        with pytest.raises(EmbedderFailed):
            library.embed_query("bees")
        library.remove_papers([TIDES.id, BEES.id])  # nothing to embed in that
        embedder.broken = False
        assert library.add([BEES]).embedded == 1


# --- interruptions --------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for the death of the process: nothing may catch it."""


# An addition with some changed papers, some known and many new ones, in steps of eight.
OLD = invented(12)
NEW = [replace(p, abstract="Other words.") for p in OLD[::3]] + OLD[1::3] + invented(22, "b.txt", 2)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_VECTORS_AT_A_TIME", 8)
    monkeypatch.setattr(following, "_VECTORS_FIRST", 8)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old") / "library"
    with open_library(folder) as library:
        library.add(OLD)
    return folder


@pytest.fixture(scope="module")
def undisturbed(old: Path, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    folder = tmp_path_factory.mktemp("undisturbed") / "library"
    shutil.copytree(old, folder)
    with open_library(folder) as library:
        library.add(NEW)
        return contents(library)


@pytest.mark.parametrize(
    ("owner", "step", "number"),
    [
        (Catalog, "put", 1),
        (WordIndex, "apply", 1),
        (Changes, "followed", 1),  # by the words
        (VectorIndex, "remove", 1),
        (PieceIndex, "remove", 1),
        (PieceIndex, "put", 1),
        (VectorIndex, "add", 1),
        (Changes, "followed", 2),  # by the first vectors
        (VectorIndex, "add", 3),
        (Changes, "followed", 4),
    ],
)
@pytest.mark.usefixtures("small_steps")
def test_an_addition_broken_off_behind_any_step_and_made_again_gives_the_very_same_library(
    tmp_path: Path,
    old: Path,
    undisturbed: Contents,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    step: str,
    number: int,
) -> None:
    shutil.copytree(old, tmp_path / "library")
    calls = 0
    real = getattr(owner, step)

    def dying(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        done = real(*args)
        if calls == number:
            raise Killed
        return done

    with monkeypatch.context() as patch, open_library(tmp_path / "library") as library:
        patch.setattr(owner, step, dying)
        with pytest.raises(Killed):
            library.add(NEW)
    with open_library(tmp_path / "library") as library:
        library.add(NEW)
        assert contents(library) == undisturbed


@pytest.mark.usefixtures("small_steps")
def test_a_run_that_was_broken_off_goes_on_where_it_was(
    tmp_path: Path, embedded: list[str]
) -> None:
    def stop(done: int, _: int) -> None:
        if done == 16:
            raise Killed

    with open_library(tmp_path / "library") as library, pytest.raises(Killed):
        library.add(invented(22), stop)
    embedded.clear()
    with open_library(tmp_path / "library") as library:
        report = library.add(invented(22))
        assert (report.new, report.unchanged, report.embedded) == (0, 22, 6)
        assert len(embedded) == 6


def test_a_removal_that_was_broken_off_is_finished_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    with open_library(tmp_path / "library") as library:
        library.add([TIDES, BEES])
        with monkeypatch.context() as patch:
            patch.setattr(VectorIndex, "remove", die)
            with pytest.raises(Killed):
                library.remove_papers([TIDES.id])
    with open_library(tmp_path / "library") as library:
        assert TIDES.id not in by_vectors(library, "tides", Filters(sources=("a.txt",)))
        assert library.index() == 0
        assert by_vectors(library, "tides") == [BEES.id]


# --- threads and processes ------------------------------------------------------------------


def test_a_second_owner_is_told_of_the_first_but_may_look_at_the_papers(tmp_path: Path) -> None:
    with (
        open_library(tmp_path / "library", owner="the first") as first,
        open_library(tmp_path / "library") as second,
    ):
        first.add([TIDES])
        assert second.count() == 1
        for attempt in (
            lambda: second.add([BEES]),
            lambda: second.remove_papers([TIDES.id]),
            lambda: second.search_words("tides", 1, Filters()),
            lambda: by_vectors(second, "tides"),
            second.reindex,
        ):
            with pytest.raises(LibraryInUse, match=rf"'the first' \(process {os.getpid()}"):
                attempt()
        assert first.count() == 1


def test_a_library_that_was_closed_can_be_owned_by_another(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as first:
        first.add([TIDES])
    with open_library(tmp_path / "library") as second:
        assert second.add([BEES]).papers == 2
        assert set(by_vectors(second, "tides")) == {TIDES.id, BEES.id}


def test_threads_may_add_ask_and_remove_at_the_same_time(library: Library) -> None:
    library.add(invented(10, "base.txt"))
    errors: list[BaseException] = []
    done = threading.Event()

    def guarded(job: Callable[[], object]) -> None:
        try:
            job()
        except BaseException as error:
            errors.append(error)

    def change(seed: int) -> None:
        file = f"{seed}.txt"
        library.add(invented(12, file, seed))
        library.add([replace(p, abstract="Other words.") for p in invented(12, file, seed)])
        library.remove_papers([paper.id for paper in invented(6, file, seed)])

    def ask() -> None:
        while not done.is_set():
            library.index_words()
            assert by_words(library, "study")
            assert by_vectors(library, "glacier", Filters(sources=("base.txt",)))
            library.get(by_vectors(library, "violin"))

    writers = [threading.Thread(target=guarded, args=(lambda n=n: change(n),)) for n in (2, 3, 4)]
    readers = [threading.Thread(target=guarded, args=(ask,)) for _ in range(2)]
    for thread in writers + readers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert errors == []
    assert library.count() == len(library.words) == len(library.vectors) == 10 + 3 * 6
    assert contents(library).waiting == (0, 0)
    assert set(library.catalog.chunk_ids(Filters())) == {c[0] for c in contents(library).chunks}


@pytest.mark.parametrize(("owner", "step"), [(WordIndex, "apply"), (VectorIndex, "add")])
def test_one_thread_at_a_time_brings_an_index_up_to_date(
    library: Library, monkeypatch: pytest.MonkeyPatch, owner: type, step: str
) -> None:
    # Else an older text could come in behind a newer one and stay.
    inside, most = 0, 0
    real = getattr(owner, step)

    def slow(*args: Any) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.05)
        real(*args)
        inside -= 1

    monkeypatch.setattr(owner, step, slow)
    library.own()
    jobs = [lambda n=n: library.add(invented(2, f"{n}.txt", n)) for n in (1, 2, 3)]
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert len(library.words) == len(library.vectors) == 6


def test_parts_are_opened_once_however_many_threads_want_them(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = LibraryLock.acquire

    def slow(self: Any, wait: float) -> None:
        opened.append("lock")
        threading.Event().wait(0.05)
        real(self, wait)

    monkeypatch.setattr(LibraryLock, "acquire", slow)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(library.words)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len({id(part) for part in found}) == 1
    assert opened == ["lock"]


def test_a_path_that_can_be_no_library_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BrokenLibrary, match=r"file can't be opened .*--library"):
        open_library(tmp_path / "file")


def test_listing_papers_loads_neither_index_nor_embedder(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        library.add([TIDES])
    program = (
        "import sys; from tests.store.making import open_library; from pathlib import Path\n"
        "with open_library(Path(sys.argv[1])) as library:\n"
        "    assert library.count() == 1 and library.catalog.list()\n"
        "heavy = {'chromadb', 'llama_index', 'onnxruntime', 'tokenizers', 'tantivy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "library")],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
