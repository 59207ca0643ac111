"""Papers whose vectors are on their way: found by words, and by meaning as far as time allows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.waiting import WaitingPapers, supposed
from store.library import Library
from store.settings import StoreSettings
from tests.assistant.invented import BEES, CRANES, PAPERS, SEALS


@pytest.fixture
def unindexed(tmp_path: Path) -> Iterator[Library]:
    with Library(StoreSettings(library=tmp_path), owner="a test") as opened:
        opened.catalogue(PAPERS)
        opened.index_words()
        yield opened


def test_a_question_embeds_few_papers_and_the_next_one_others(unindexed: Library) -> None:
    waiting = WaitingPapers(unindexed)
    vector = unindexed.embed_query("Do bees hear?")
    ids = [paper.id for paper in PAPERS]
    first = waiting.nearest(vector, ids)
    second = waiting.nearest(vector, ids)
    assert 0 < len(first) < len(second) < len(PAPERS)
    assert first.items() <= second.items()  # what is known is not worked out again
    assert list(first) == ids[: len(first)]


def test_the_cosine_is_that_of_the_papers_beginning(unindexed: Library) -> None:
    vector = unindexed.embed_query("Do bees hear?")
    found = WaitingPapers(unindexed).nearest(vector, [BEES.id, SEALS.id])
    assert found[BEES.id][1] > found[SEALS.id][1]
    whole = unindexed.embed([unindexed.chunk(BEES)[0].text])[0]
    assert abs(found[BEES.id][1] - float(np.dot(whole, vector))) < 0.2


def test_a_paper_that_changed_or_went_is_not_remembered(unindexed: Library) -> None:
    waiting = WaitingPapers(unindexed)
    vector = unindexed.embed_query("Do cranes rust?")
    assert CRANES.id in waiting.nearest(vector, [CRANES.id])
    unindexed.remove_papers([CRANES.id])
    assert waiting.nearest(vector, [CRANES.id]) == {}


def test_what_has_no_cosine_yet_is_given_the_usual_one() -> None:
    assert supposed(["a", "b"], {"a": 0.1, "c": 0.3, "d": 0.9}) == {"b": 0.3}
    assert supposed(["a"], {}) == {"a": 0.0}
