"""A library whose indexes were lost or made by another embedder, or whose change was broken off."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding

from store.catalog import Catalog
from store.changes import Changes
from store.errors import BrokenLibrary, EmbedderFailed, WrongEmbedder
from store.filters import Filters
from store.pieces import PieceIndex
from store.vectors import VectorIndex
from store.words import WordIndex
from tests.store.making import Contents, contents, invented, open_library
from tests.store.small_library import BEES, BELLS, TIDES, by_vectors, by_words


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


def test_a_word_index_of_the_earlier_kind_is_made_again(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        library.add(invented(12))
        before = contents(library)
    meta = tmp_path / "library" / "words" / "meta.json"
    meta.write_text(meta.read_text("utf-8").replace('"key"', '"other"'), "utf-8")
    with open_library(tmp_path / "library") as library:
        library.index()
        assert contents(library) == before


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
