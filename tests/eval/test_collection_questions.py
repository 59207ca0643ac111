"""The 40 questions about the collection of the real pages, all of them right."""

from __future__ import annotations

from pathlib import Path

from assistant.engine import CitedQueryEngine
from eval.collection import load, measure
from store.library import Library
from store.readers import read_paths
from store.settings import StoreSettings


def test_every_answer_is_exact_before_any_vector_is_made(pages_dir: Path, tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path), owner="a test") as library:
        library.catalogue(read_paths([pages_dir]))
        measured = measure(CitedQueryEngine(library), load())
        assert library.pending("vectors") == library.count()
    assert measured["wrong"] == {}
    assert measured["right"] == 40
    assert measured["captured"] == []


def test_the_file_names_no_paper_by_its_title() -> None:
    rows = load()
    assert sum(row.count is None for row in rows) == 10
    for row in rows:
        assert all(place.replace(":", "").isdigit() for place in (*row.papers, *row.first))


def test_a_wrong_answer_is_told_from_a_right_one(pages_dir: Path, tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path), owner="a test") as library:
        library.catalogue(read_paths([pages_dir]))
        gone = [paper.id for paper in library.catalog.list() if paper.year == 2023]
        library.catalog.remove_papers(gone)
        wrong = measure(CitedQueryEngine(library), load())["wrong"]
    assert wrong["c02"].endswith("0 papers and 0 members, not 39")
    assert {"c01", "c21", "c34"} < wrong.keys()
    assert "c04" not in wrong
