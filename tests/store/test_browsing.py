"""Looking through a library by words, filters and pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date as Date

import pytest

from store import browsing
from store.filters import Filters
from store.library import Library
from tests.store.making import open_library, record


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with open_library(tmp_path_factory.mktemp("library")) as opened:
        opened.catalogue([
            record("Tides in harbours", "Boats wait for them.", "a.txt", 1, year=2020),
            record("Flash3D", "A harbour rebuilt from one image.", "a.txt", 2, year=2022),
            record("Boats", "They wait in the harbour.", "b.txt", 1, year=2024),
            record("Dunes", "Sand.", "b.txt", 2),
        ])  # fmt: skip
        opened.index_words()
        yield opened


def titles(library: Library, text: str = "", filters: Filters = Filters()) -> list[str]:
    papers, total = library.browse(text, filters, "title", 0, 10)
    assert total == len(papers)
    return [paper.title for paper in papers]


def test_papers_must_hold_every_word_in_any_form(library: Library) -> None:
    assert titles(library, "harbours") == ["Boats", "Flash3D", "Tides in harbours"]
    assert titles(library, "Waiting in the HARBOUR") == ["Boats", "Tides in harbours"]
    assert titles(library, "dunes harbour") == []


def test_the_last_word_need_not_be_typed_out(library: Library) -> None:
    assert titles(library, "harb") == ["Boats", "Flash3D", "Tides in harbours"]
    assert titles(library, "boats HARB") == ["Boats", "Tides in harbours"]
    assert titles(library, "harb boats") == []
    assert titles(library, "fl") == ["Flash3D"]
    assert titles(library, "harb", Filters(sources=("b.txt",))) == ["Boats"]
    assert titles(library, "boats waitin") == []
    assert titles(library, "image rebuil") == ["Flash3D"]
    assert titles(library, "f++") == []


def test_text_that_is_no_word_is_found_as_it_stands(library: Library) -> None:
    assert titles(library, "lash3") == ["Flash3D"]
    assert titles(library, " in the ") == ["Boats"]
    assert titles(library, "LASH3") == ["Flash3D"]
    assert titles(library, "%") == []


def test_no_text_shows_every_paper(library: Library) -> None:
    assert titles(library) == titles(library, "  ")
    assert titles(library) == ["Boats", "Dunes", "Flash3D", "Tides in harbours"]


def test_words_and_filters_are_both_kept(library: Library) -> None:
    assert titles(library, "harbour", Filters(since=Date(2022, 1, 1))) == ["Boats", "Flash3D"]
    assert titles(library, "harbour", Filters(sources=("b.txt",))) == ["Boats"]
    ids = {paper.title: paper.id for paper in library.catalog.list()}
    chosen = Filters(papers=(ids["Flash3D"], ids["Dunes"]))
    assert titles(library, "harbour", chosen) == ["Flash3D"]
    assert titles(library, "wait", chosen) == []


@pytest.mark.parametrize("text", ["", "harbour"])
def test_pages_are_parts_of_the_whole_and_tell_its_size(library: Library, text: str) -> None:
    whole, total = library.browse(text, Filters(), "-year", 0, 10)
    pages = [library.browse(text, Filters(), "-year", offset, 2) for offset in (0, 2, 4)]
    assert [paper for page, _ in pages for paper in page] == whole
    assert {size for _, size in pages} == {total}
    assert list(library.matching(text, Filters(), "-year")) == whole


@pytest.mark.parametrize("text", ["", "harbour", "harb", "arbou"])
def test_all_papers_are_told_however_many_are_read_at_a_time(
    library: Library, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = library.browse(text, Filters(), "title", 0, 10)
    monkeypatch.setattr(browsing, "_AT_A_TIME", 2)
    assert list(library.matching(text, Filters(), "title")) == whole
    assert len(whole) >= 3


def test_words_are_found_while_another_process_has_the_library(library: Library) -> None:
    library.words  # noqa: B018 # opened by its owner
    with Library(library.settings) as another:
        assert titles(another, "harbours") == ["Boats", "Flash3D", "Tides in harbours"]
        assert titles(another, "arbour") == ["Boats", "Flash3D", "Tides in harbours"]
        new = record("Piers", "Harbours rot.", "c.txt", 1)
        library.catalogue([new])
        assert "Piers" in titles(another, "harbours rot")  # the index has yet to follow
        library.index_words()
        assert "Piers" in titles(another, "harbours")
        library.remove_papers([new.id])
        library.index_words()
        assert titles(another, "rotting harbours") == []
