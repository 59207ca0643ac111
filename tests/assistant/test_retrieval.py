"""Finding papers: hybrid, one result a paper, filtered, and behind LlamaIndex's interface."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date as Date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from assistant.answer import Passage, Scores
from assistant.finding import in_words, named_in
from assistant.question import terms_of
from assistant.retrieval import (
    CROWDED,
    NEIGHBOURS,
    HybridRetriever,
    best_chunks,
    crowding,
    fuse,
    named_first,
    to_node,
    to_passage,
)
from assistant.settings import AnswerSettings
from store.filters import Filters
from store.library import Library
from store.paper import Paper
from store.settings import StoreSettings
from tests.assistant.invented import (
    BEES,
    BEES_TOO,
    BELLS,
    CRANES,
    FERRYBENCH,
    LANTERN,
    LEDGERS,
    LENSES,
    PAPERS,
    SEALS,
    VINEYARD,
    evidence,
    passage,
)


@pytest.fixture(scope="module")
def retriever(library: Library) -> HybridRetriever:
    return HybridRetriever(library)


def titles(found: list[Passage]) -> list[str]:
    return [p.paper.title for p in found]


# --- finding ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("corrosion of steel at the waterfront", CRANES),  # hardly a word in common
        ("Can insects navigate at sunrise?", BEES),
        ("making transcripts of ancient account books", LEDGERS),
        ("FerryBench", FERRYBENCH),  # a name
        ("zinc primer", CRANES),  # words deep in the abstract
        ("What does LANTERN SORT do??", LANTERN),
        ("honeybees at three sites with hidden lamps", BEES_TOO),
    ],
)
def test_the_paper_meant_comes_first(
    retriever: HybridRetriever, question: str, paper: Paper
) -> None:
    found = retriever.search(question)
    assert found[0].paper == paper or {found[0].paper.id, paper.id} == {BEES.id, BEES_TOO.id}


def test_there_is_one_result_a_paper(retriever: HybridRetriever, library: Library) -> None:
    assert len(library.chunk(LENSES)) > 1
    found = retriever.search("keepers of the coast who ground lenses of glass rings", top_k=13)
    ids = [p.paper.id for p in found]
    assert ids[0] == LENSES.id
    assert len(ids) == len(set(ids)) == len(PAPERS)


def test_the_chunk_that_matched_best_is_named(retriever: HybridRetriever, library: Library) -> None:
    asked = {
        "lenses flat thin tall books Arlen": "Arlen",
        "lenses mercury-borne polished tide tables Hollin": "Hollin",
    }
    for question, town in asked.items():
        first = retriever.search(question)[0]
        (chunk,) = (node for node in library.chunk(LENSES) if node.node_id == first.chunk)
        assert town in chunk.text


def test_results_come_best_first_with_the_parts_of_their_scores(
    retriever: HybridRetriever,
) -> None:
    found = retriever.search("How do honeybees find their hive in morning light?")
    scores = [p.scores for p in found]
    assert all(a.fused >= b.fused for a, b in pairwise(scores))
    for score in scores:
        assert score.dense is not None
        assert -1 <= score.dense <= 1
        assert score.lexical is None or score.lexical > 0
        assert score.fused > score.dense - CROWDED / 2
    assert scores[0].lexical is not None
    assert scores[0].fused > scores[0].dense  # type: ignore[operator]
    assert any(score.lexical is None for score in scores)  # found by meaning only


def test_top_k_is_how_many(retriever: HybridRetriever, library: Library) -> None:
    question = "What was measured?"
    assert len(retriever.search(question)) == AnswerSettings().top_k
    assert [len(retriever.search(question, top_k=k)) for k in (1, 3, 13, 50)] == [1, 3, 13, 13]
    few = HybridRetriever(library, AnswerSettings(top_k=2))
    assert titles(few.search(question)) == titles(retriever.search(question))[:2]


def test_the_same_question_finds_the_same(retriever: HybridRetriever) -> None:
    question = "What was measured?"
    assert retriever.search(question) == retriever.search(question)


@pytest.mark.parametrize("question", ["the of and", "???", "*:* OR (title:[", "a" * 5000, "蜜蜂"])
def test_any_question_finds_something(retriever: HybridRetriever, question: str) -> None:
    assert len(retriever.search(question)) == 8


# --- filters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(since=Date(2023, 1, 1)), {p for p in PAPERS if (p.year or 0) >= 2023}),
        (Filters(until=Date(2017, 12, 31)), {p for p in PAPERS if (p.year or 0) <= 2017}),
        (Filters(sources=("bees",)), {BEES, BEES_TOO}),
        (Filters(sources=("bees", "harbour")), {BEES, BEES_TOO, CRANES, VINEYARD}),
        (Filters(organisations=("harbour institute",)), {CRANES, LEDGERS, SEALS}),
        (Filters(papers=(BELLS.id, "no-such-id")), {BELLS}),
        (Filters(since=Date(2022, 1, 1), organisations=("Harbour",)), {LEDGERS, SEALS}),
        (Filters(since=Date(2030, 1, 1)), set()),
    ],
)
def test_filters_let_through_what_they_name(
    retriever: HybridRetriever, filters: Filters, expected: set[Paper]
) -> None:
    for question in ("How do honeybees find their hive?", "the of and", "FerryBench"):
        found = retriever.search(question, filters=filters, top_k=20)
        assert {p.paper.id for p in found} == {paper.id for paper in expected}


def test_filters_are_told_in_words() -> None:
    filters = Filters(Date(2020, 1, 1), Date(2021, 12, 31), ("a.txt",), ("Lab",), ("x", "y"))
    assert in_words(filters) == (
        "since 2020-01-01",
        "until 2021-12-31",
        "source a.txt",
        "organisation Lab",
        "2 chosen papers",
    )
    assert in_words(Filters()) == ()


def test_excluded_papers_are_not_found(retriever: HybridRetriever) -> None:
    question = "How do honeybees find their hive?"
    found = retriever.search(question, excluded=(BEES.id, BEES_TOO.id), top_k=13)
    assert len(found) == len(PAPERS) - 2
    assert not {BEES, BEES_TOO} & {p.paper for p in found}


def test_favoured_papers_come_first_however_far(retriever: HybridRetriever) -> None:
    found = retriever.search("How do honeybees find their hive?", favoured=(BELLS.id,), top_k=3)
    assert found[0].paper.id == BELLS.id
    assert {p.paper.id for p in found[1:]} == {BEES.id, BEES_TOO.id}


def test_a_favoured_paper_is_found_beyond_the_pool(library: Library) -> None:
    narrow = HybridRetriever(library, AnswerSettings(pool=10, top_k=1))
    last = narrow.search("How do honeybees find their hive?", top_k=13)[-1].paper
    found = narrow.search("How do honeybees find their hive?", favoured=(last.id,))
    assert [p.paper for p in found] == [last]


def test_filters_go_before_favours(retriever: HybridRetriever) -> None:
    found = retriever.search("bees", filters=Filters(sources=("bees",)), favoured=(BELLS.id,))
    assert {p.paper.id for p in found} == {BEES.id, BEES_TOO.id}
    found = retriever.search("bees", filters=Filters(papers=(BEES.id,)), favoured=(BELLS.id,))
    assert [p.paper.id for p in found] == [BEES.id]


# --- while vectors are on their way -----------------------------------------------------------


@pytest.fixture
def pending(tmp_path: Path) -> Iterator[Library]:
    """Papers that can be found by their words only: none has a vector yet."""
    with Library(StoreSettings(library=tmp_path / "library"), owner="a test") as opened:
        opened.catalogue(PAPERS)
        opened.index_words()
        assert opened.pending("vectors") == len(PAPERS)
        yield opened


def test_papers_are_found_by_their_words_before_their_vectors_are_made(pending: Library) -> None:
    retriever = HybridRetriever(pending)
    found = retriever.search("Which zinc primer halved the rust of harbour cranes?")
    assert found[0].paper.id == CRANES.id
    assert found[0].scores.lexical is not None
    assert pending.pending("vectors") == len(PAPERS)


def test_a_paper_without_a_vector_stands_up_to_those_that_have_one(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path / "library"), owner="a test") as library:
        library.add(paper for paper in PAPERS if paper is not CRANES)
        library.catalogue([CRANES])
        library.index_words()
        late = HybridRetriever(library).search("How fast do harbour cranes rust in salt fog?")
        library.index_vectors()
        then = HybridRetriever(library).search("How fast do harbour cranes rust in salt fog?")
    assert late[0].paper.id == then[0].paper.id == CRANES.id
    assert late[0].scores.dense == pytest.approx(then[0].scores.dense, abs=0.06)
    assert late[0].chunk == then[0].chunk


def test_a_removed_paper_is_found_no_more(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path / "library"), owner="a test") as library:
        library.add([BELLS, BEES])
        retriever = HybridRetriever(library)
        assert len(retriever.search("church bells")) == 2
        library.remove_papers([BELLS.id])
        assert [p.paper.id for p in retriever.search("church bells")] == [BEES.id]


def test_an_empty_library_finds_nothing(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path / "library"), owner="a test") as library:
        assert HybridRetriever(library).search("church bells") == []


# --- LlamaIndex's interface -------------------------------------------------------------------


def test_it_is_a_llama_index_retriever(retriever: HybridRetriever) -> None:
    assert isinstance(retriever, BaseRetriever)
    question = "How do honeybees find their hive?"
    nodes = retriever.retrieve(question)
    found = retriever.search(question)
    assert [n.node.metadata["paper_id"] for n in nodes] == [p.paper.id for p in found]
    assert [n.score for n in nodes] == [p.scores.fused for p in found]
    assert [n.node.metadata["score_dense"] for n in nodes] == [p.scores.dense for p in found]
    assert [n.node.metadata["score_lexical"] for n in nodes] == [p.scores.lexical for p in found]
    assert nodes[0].node.get_content().startswith(found[0].paper.title)


def test_scores_are_kept_from_a_language_model_and_an_embedder(
    retriever: HybridRetriever,
) -> None:
    from llama_index.core.schema import MetadataMode

    node = retriever.retrieve("How do honeybees find their hive?")[0].node
    for mode in (MetadataMode.LLM, MetadataMode.EMBED):
        assert "score_" not in node.get_content(metadata_mode=mode)


def test_it_can_be_awaited(retriever: HybridRetriever) -> None:
    nodes = asyncio.run(retriever.aretrieve("bells of bronze"))
    assert nodes[0].node.metadata["paper_id"] == BELLS.id


def test_a_vector_that_the_caller_has_is_used(retriever: HybridRetriever, library: Library) -> None:
    vector = [float(x) for x in library.embed_query("church bells of bronze")]
    nodes = retriever.retrieve(QueryBundle("the of and", embedding=vector))
    assert nodes[0].node.metadata["paper_id"] == BELLS.id


def test_the_filters_of_a_retriever_hold_for_retrieve(library: Library) -> None:
    narrow = HybridRetriever(library, filters=Filters(sources=("bees",)))
    nodes = narrow.retrieve("church bells")
    assert {n.node.metadata["paper_id"] for n in nodes} == {BEES.id, BEES_TOO.id}


def test_a_passage_survives_the_way_through_a_node(
    retriever: HybridRetriever, library: Library
) -> None:
    for found in retriever.search("How do honeybees find their hive?"):
        node = to_node(found, library)
        assert to_passage(node, {found.paper.id: found.paper}) == found


def test_a_node_of_an_unknown_paper_becomes_one() -> None:
    node = TextNode(text="On tea\nGreen tea is warm.", id_="t1")
    found = to_passage(NodeWithScore(node=node, score=None), {})
    assert (found.paper.title, found.paper.abstract) == ("On tea", "Green tea is warm.")
    assert (found.paper.id, found.scores) == ("t1", Scores(0.0))
    node = TextNode(text="Green tea is warm.", id_="t2", metadata={"title": "On tea"})
    found = to_passage(NodeWithScore(node=node, score=0.4), {})
    assert (found.paper.title, found.paper.abstract) == ("On tea", "Green tea is warm.")
    assert found.scores.fused == 0.4


# --- fusing and ranking -----------------------------------------------------------------------


def test_the_nearest_chunk_of_each_paper_is_kept() -> None:
    found = best_chunks([("a#1", 0.9), ("b#0", 0.8), ("a#0", 0.7), ("doi-1#x#2", 0.6)])
    assert found == {"a": ("a#1", 0.9), "b": ("b#0", 0.8), "doi-1#x": ("doi-1#x#2", 0.6)}


def test_fusing_adds_a_share_of_the_words_to_the_cosine(library: Library) -> None:
    terms = terms_of("honeybees hive", library)
    settings = AnswerSettings()
    fused = fuse({"a": 0.5, "b": 0.5}, {"b": 2.0, "c": 2.0, "d": 1e9}, terms, settings)
    assert fused["a"] == 0.5
    assert fused["b"] - fused["a"] == pytest.approx(fused["c"])
    assert fused["d"] == pytest.approx(settings.lexical_weight)


def test_a_text_among_many_others_is_crowded_and_one_apart_is_not() -> None:
    axes = np.eye(4, dtype=np.float32)
    crowd = {f"c{i}": axes[0] + 0.1 * i * axes[1] for i in range(NEIGHBOURS + 2)}
    crowds = crowding({**crowd, "pair": axes[2], "other": axes[2], "alone": axes[3]})
    assert crowds["alone"] < crowds["pair"] == crowds["other"] < 0 < min(crowds[i] for i in crowd)
    assert sum(crowds.values()) == pytest.approx(0, abs=1e-5)


def test_crowding_asks_for_directions_and_not_for_lengths() -> None:
    vectors = {name: np.array(v, np.float32) for name, v in {"a": (1, 0), "b": (1, 1)}.items()}
    longer = {name: 7 * vector for name, vector in vectors.items()} | {"c": np.ones(2, np.float32)}
    unit = vectors | {"c": np.ones(2, np.float32)}
    assert crowding(longer) == pytest.approx(crowding(unit), abs=1e-6)


def test_no_crowd_without_others() -> None:
    assert crowding({}) == {}
    assert crowding({"a": np.ones(3, np.float32)}) == {}
    assert crowding({"a": np.zeros(3, np.float32), "b": np.zeros(3, np.float32)}) == {
        "a": 0,
        "b": 0,
    }


def test_named_papers_come_first_and_evidence_is_numbered_with_them() -> None:
    passages = [passage(paper) for paper in (CRANES, BELLS, SEALS)]
    given = [
        evidence(0, 0, telling=1, relevance=0.9),
        evidence(1, 2, telling=2),
        evidence(1, 1, telling=3),
        evidence(2, 0, telling=4),
    ]
    ranked, moved = named_first(passages, given, {BELLS.id, SEALS.id})
    assert [p.paper for p in ranked] == [BELLS, SEALS, CRANES]
    assert [(e.passage, e.telling) for e in moved] == [(0, 3), (0, 2), (1, 4), (2, 1)]
    assert {p.paper.id: p.scores for p in ranked} == {p.paper.id: p.scores for p in passages}


def test_evidence_moves_no_paper_that_is_not_named() -> None:
    passages = [passage(paper) for paper in (CRANES, BELLS)]
    given = [evidence(0, 0, telling=1, relevance=0.1), evidence(1, 0, telling=2, relevance=0.9)]
    assert named_first(passages, given, ()) == (passages, given)
    assert named_first(passages, [], {CRANES.id, SEALS.id}) == (passages, [])
    assert named_first([], [], {CRANES.id}) == ([], [])


@pytest.mark.parametrize(
    ("question", "named"),
    [
        (f"What is {BEES_TOO.title} about?", [BEES_TOO]),
        (f"compare '{BELLS.title.upper()}' with {SEALS.title}", [BELLS, SEALS]),
        ("Do honeybees find home?", []),
        ("Tea and bells", []),  # one word is no title
    ],
)
def test_a_title_in_a_question_names_its_paper(question: str, named: list[Paper]) -> None:
    tea = Paper(title="Tea", abstract="Green tea is warm.")
    passages = [passage(paper) for paper in (tea, *PAPERS)]
    assert named_in(question, passages) == [paper.id for paper in named]
