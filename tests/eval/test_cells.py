"""The labelled cells, and that the choice which the package carries still does on them."""

from __future__ import annotations

import json

import pytest

from assistant.surveying.columns import known_columns
from eval import cells
from eval.questions import CONFERENCE
from store.library import Library
from store.sentences import split_sentences
from store.settings import StoreSettings

HAS_PAPERS = pytest.mark.skipif(not CONFERENCE.is_file(), reason="no conference papers here")


def test_the_labels_are_whole_and_hold_no_text_of_papers() -> None:
    rows = [json.loads(line) for line in cells.CELLS.read_text("utf-8").splitlines()]
    assert sum(len(row["cells"]) for row in rows) >= 120
    assert {row["split"] for row in rows} == {"tune", "test", "fresh"}
    for row in rows:
        assert set(row) == {"collection", "split", "title", "cells"}
        assert set(row["cells"]) <= set(known_columns())


@HAS_PAPERS
def test_each_label_is_a_sentence_of_its_paper() -> None:
    for one in cells.load_cells():
        spans = split_sentences(one.paper.abstract)
        assert all(span in spans for right in one.cells.values() for span in right)


@HAS_PAPERS
def test_the_choice_that_is_shipped_does_well_on_the_half_it_was_not_fitted_on(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    labelled = [one for one in cells.load_cells() if one.split == "test"]
    folder = tmp_path_factory.mktemp("cells")
    with Library(StoreSettings(library=folder), owner="a test") as library:
        found = cells.measure(cells.cases_of(library, labelled))["all"]
    assert found["precision"] >= 0.9
    assert found["recall"] >= 0.9
    assert found["right_sentence"] >= 0.9
