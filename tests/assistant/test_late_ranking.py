"""Late interaction in the ranking, where pieces are missing, and with other embedders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding

from assistant.answer import Passage, Scores
from assistant.late import Asked, ask, late_scores
from assistant.retrieval import BEST, HybridRetriever, feedback
from assistant.settings import AnswerSettings
from store.filters import Filters
from store.library import Library
from store.settings import StoreSettings
from tests.assistant.invented import (
    BEES,
    BEES_TOO,
    BELLS,
    CRANES,
    LENSES,
    PAPERS,
    SEALS,
    VINEYARD,
)
from tests.assistant.late_pieces import QUESTION, axis, gathered
from tests.store.making import stored_pieces


def search(library: Library, **given: float) -> dict[str, Passage]:
    """Every paper for the usual question, best first, under these settings."""
    retriever = HybridRetriever(library, AnswerSettings.model_validate(given))
    return {p.paper.id: p for p in retriever.search(QUESTION, top_k=len(PAPERS))}


def test_late_interaction_adds_its_share_to_every_candidate(library: Library) -> None:
    without = search(library, late_weight=0, feedback_weight=0)
    with_it = search(library, late_weight=1.5, feedback_weight=0)
    assert len(without) == len(with_it) == len(PAPERS)
    late = late_scores(
        ask(QUESTION, library).pieces, library.pieces_of({p.id: p for p in PAPERS}, 0)
    )
    for paper_id, found in with_it.items():
        before = without[paper_id].scores
        assert before.late is None
        assert found.scores.late == pytest.approx(late[paper_id], abs=1e-6)
        assert found.scores.fused - before.fused == pytest.approx(1.5 * late[paper_id], abs=1e-5)
        assert (found.scores.dense, found.scores.lexical) == (before.dense, before.lexical)


def test_feedback_adds_its_share_and_can_be_switched_off(library: Library) -> None:
    without = search(library, feedback_weight=0)
    some, more = search(library, feedback_weight=0.2), search(library, feedback_weight=0.4)
    added = {i: some[i].scores.fused - without[i].scores.fused for i in without}
    assert max(added.values()) > 0.05
    assert added[next(iter(without))] == pytest.approx(max(added.values()), abs=0.05)
    for i, one in added.items():
        assert abs(one) <= 0.2
        assert more[i].scores.fused - without[i].scores.fused == pytest.approx(2 * one, abs=1e-5)
        assert some[i].scores.late == without[i].scores.late


@pytest.mark.parametrize("switched_off", [{"late_weight": 0}, {"late_pool": 0}])
def test_without_late_interaction_nothing_is_read(
    tmp_path: Path, switched_off: dict[str, float]
) -> None:
    with Library(StoreSettings(library=tmp_path), owner="a test") as library:
        library.add([BEES, BELLS])
        library.pieces.clear()
        found = search(library, **switched_off)
        assert list(found) == [BEES.id, BELLS.id]
        assert [p.scores.late for p in found.values()] == [None, None]
        assert stored_pieces(tmp_path) == []


def test_only_the_best_candidates_are_looked_at(library: Library) -> None:
    first = list(search(library, late_weight=0))
    for pool in (1, 4):
        found = search(library, late_pool=pool)
        assert {i for i, p in found.items() if p.scores.late is not None} == set(first[:pool])
        assert len(found) == len(PAPERS)


def test_late_interaction_finds_what_is_asked_for_deep_in_an_abstract(library: Library) -> None:
    for question, paper in (
        ("Which paper speaks of mercury-borne lenses and of tide tables?", LENSES),
        ("a quarter tone lower", BELLS),
        ("twice as much water with a coin cell", VINEYARD),
    ):
        found = HybridRetriever(library).search(question)
        assert max(found, key=lambda p: p.scores.late or 0.0).paper.id == paper.id


def test_filters_and_exclusions_hold_for_late_interaction(library: Library) -> None:
    retriever = HybridRetriever(library)
    found = retriever.search(QUESTION, filters=Filters(papers=(BELLS.id,)), excluded=(BEES.id,))
    assert [p.paper.id for p in found] == [BELLS.id]
    assert found[0].scores.late is not None


# --- feedback -----------------------------------------------------------------------------------


def test_what_is_near_to_the_best_is_favoured() -> None:
    vectors = {"best": axis(0)[0], "near": (axis(0) + axis(1))[0], "far": axis(2)[0]}
    added = feedback(vectors, {"best": 2.0, "near": 0.5, "far": 0.5})
    assert added["best"] > added["near"] > added["far"]
    assert added["near"] == pytest.approx(np.sqrt(0.5), abs=0.01)
    longer = {name: 7 * vector for name, vector in vectors.items()}
    assert feedback(longer, {"best": 2.0, "near": 0.5, "far": 0.5}) == pytest.approx(added)


def test_only_the_first_few_say_what_is_best_and_all_candidates_are_told() -> None:
    vectors = {f"p{n}": axis(n)[0] for n in range(BEST + 2)}
    added = feedback(vectors, {f"p{n}": 1 - 0.01 * n for n in range(BEST + 1)})
    assert list(added) == list(vectors)
    values = list(added.values())
    assert values[:BEST] == sorted(values[:BEST], reverse=True)
    assert min(values[:BEST]) > 0
    assert values[BEST:] == [0, 0]


def test_no_feedback_without_scores() -> None:
    assert feedback({}, {}) == {}
    assert feedback({"a": axis(0)[0]}, {}) == {}
    assert feedback({"a": axis(0)[0]}, {"a": -3.0}) == pytest.approx({"a": 1.0})
    assert feedback({"a": 0 * axis(0)[0]}, {"a": 1.0}) == {"a": 0.0}


# --- where pieces are missing -------------------------------------------------------------------


def ranking(library: Library) -> list[Passage]:
    return HybridRetriever(library).search(QUESTION, top_k=len(PAPERS))


def test_a_library_from_before_there_were_pieces_answers_the_same(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path), owner="a test") as library:
        library.add(PAPERS[:9])
        expected, rows = ranking(library), stored_pieces(tmp_path)
    for file in tmp_path.glob("pieces.sqlite*"):
        file.unlink()
    with Library(StoreSettings(library=tmp_path), owner="a test") as library:
        assert ranking(library) == expected
        assert stored_pieces(tmp_path) == rows


def test_a_question_reads_few_papers_itself_and_the_next_one_others(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path), owner="a test") as library:
        library.add(PAPERS)
        expected = ranking(library)
        library.pieces.clear()
        first = ranking(library)
        looked_at = [p.paper.id for p in first if p.scores.late is not None]
        assert 0 < len(looked_at) == len(stored_pieces(tmp_path)) < len(PAPERS)
        assert first[0].paper.id == expected[0].paper.id
        assert {p.paper.id for p in first} == {p.paper.id for p in expected}
        assert ranking(library) == expected


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Library]:
    """Two papers with vectors, and all others without."""
    with Library(StoreSettings(library=tmp_path), owner="a test") as opened:
        opened.add([BELLS, CRANES])
        opened.catalogue(PAPERS)
        opened.index_words()
        yield opened


def test_of_papers_that_wait_for_their_vectors_a_question_reads_two_at_most(
    waiting: Library,
) -> None:
    ready = {BELLS.id, CRANES.id}
    for asked in (1, 2):
        found = {p.paper.id: p.scores for p in ranking(waiting)}
        read = {i for i, scores in found.items() if scores.late is not None}
        assert ready <= read
        assert 0 < len(read - ready) <= 2 * asked
        assert all(found[i].dense is not None for i in read)
        assert {row[0] for row in stored_pieces(waiting.folder)} == read
    assert waiting.pending("vectors") == len(PAPERS) - 2


def test_a_paper_that_is_not_read_is_given_the_usual_score_and_one_beyond_the_pool_the_least(
    waiting: Library,
) -> None:
    question = "honeybees, bells, cranes, seals, drones, ledgers, ferries and tides"

    def found(**given: float) -> dict[str, Scores]:
        s = AnswerSettings.model_validate({"feedback_weight": 0, "late_weight": 1} | given)
        passages = HybridRetriever(waiting, s).search(question, top_k=len(PAPERS))
        return {p.paper.id: p.scores for p in passages}

    found()  # reads what it reads of those that wait
    for _ in range(9):  # until no question brings a new cosine
        found(late_weight=0)
    without, every = found(late_weight=0), found()
    late = [scores.late for scores in every.values() if scores.late is not None]
    assert len(late) >= 2
    for i, scores in every.items():
        expected = median(late) if scores.late is None else scores.late
        assert scores.fused - without[i].fused == pytest.approx(expected, abs=1e-6)
    few = found(late_pool=3)
    late = [scores.late for scores in few.values() if scores.late is not None]
    assert 0 < len(late) <= 3
    for i in [*few][3:]:
        assert few[i].late is None
        assert few[i].fused - without[i].fused == pytest.approx(min(late), abs=1e-6)


def test_a_paper_that_waits_stands_no_lower_for_it(waiting: Library) -> None:
    assert ranking(waiting)[0].paper in (BEES, BEES_TOO)
    found = HybridRetriever(waiting).search("How do seals take to quiet drones?")
    assert found[0].paper == SEALS


# --- with another embedder ----------------------------------------------------------------------


class Lengths(BaseEmbedding):
    """Vectors that hardly tell papers apart, as of an endpoint with a poor model."""

    model_name: str = "lengths"

    def _get_text_embedding(self, text: str) -> list[float]:
        return [1.0, len(text) / 10_000]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def test_late_interaction_works_with_another_embedder(tmp_path: Path) -> None:
    settings = StoreSettings(library=tmp_path)
    with Library(settings, embedder=Lengths(), owner="a test") as library:
        library.add(PAPERS[:9])
        asked: Asked = ask("Can insects navigate at sunrise?", library)
        assert asked.vector.shape == (2,)
        found = HybridRetriever(library).search("Can insects navigate at sunrise?", asked=asked)
        assert found[0].paper.id == BEES.id
        assert all(p.scores.late is not None for p in found)
        evidence = gathered(library, "zinc primer", CRANES)
        assert "zinc primer" in max(evidence, key=lambda e: e.late).text
