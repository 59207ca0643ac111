"""The labelled topics, and that the cut which the package carries still does on them."""

from __future__ import annotations

import pytest

from assistant.surveying.about import shipped_about
from eval import about
from eval.questions import CONFERENCE
from store.library import Library
from store.settings import StoreSettings


def test_the_labels_are_whole() -> None:
    judged = about.load_judged()
    assert len(judged) == 15
    assert {one.split for one in judged} == {"tune", "test"}
    assert all(not set(one.about) & set(one.near) for one in judged)


@pytest.mark.skipif(not CONFERENCE.is_file(), reason="no conference papers here")
def test_the_cut_that_is_shipped_does_well_on_topics_it_was_not_fitted_on(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    judged = [one for one in about.load_judged() if one.split == "test"]
    folder = tmp_path_factory.mktemp("about")
    with Library(StoreSettings(library=folder), owner="a test") as library:
        library.add(about.papers_of(judged))
        found = about.measure(about.cases_of(library, judged), shipped_about())
    assert found["precision"] >= 0.78
    assert found["recall"] >= 0.8
