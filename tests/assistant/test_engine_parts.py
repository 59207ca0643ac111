"""LlamaIndex's interface, and others' parts in the place of the built-in ones."""

from __future__ import annotations

import asyncio

from llama_index.core import QueryBundle
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.core.tools import QueryEngineTool

from assistant.answer import (
    Answer,
)
from assistant.engine import CitedQueryEngine
from assistant.retrieval import HybridRetriever, to_node
from store.filters import Filters
from store.library import Library
from tests.assistant.engine_asking import BEE_QUESTION, EXTRACTIVE, plain
from tests.assistant.invented import (
    BEES,
    BEES_TOO,
    BELLS,
    SEALS,
    passage,
    turn,
)


def test_query_gives_a_response_with_nodes_and_the_answer(engine: CitedQueryEngine) -> None:
    assert isinstance(engine, BaseQueryEngine)
    response = engine.query(BEE_QUESTION)
    assert isinstance(response, Response)
    answer = response.metadata["answer"]  # type: ignore[index]
    assert isinstance(answer, Answer)
    assert str(response) == answer.text
    assert plain(answer) == plain(engine.ask(BEE_QUESTION))
    nodes = response.source_nodes
    assert [n.node.metadata["paper_id"] for n in nodes] == [p.paper.id for p in answer.passages]
    assert [n.score for n in nodes] == [p.scores.fused for p in answer.passages]


def test_aquery_gives_the_same(engine: CitedQueryEngine) -> None:
    awaited = asyncio.run(engine.aquery(QueryBundle(BEE_QUESTION)))
    assert str(awaited) == str(engine.query(BEE_QUESTION))


def test_it_serves_as_a_tool_of_an_agent(engine: CitedQueryEngine) -> None:
    tool = QueryEngineTool.from_defaults(engine, name="papers", description="invented papers")
    assert "[1]" in str(tool.call(BEE_QUESTION))
    assert engine.get_prompts() == {}


class Fixed(BaseRetriever):
    """Another retriever: it always brings the same nodes."""

    def __init__(self, nodes: list[NodeWithScore]) -> None:
        super().__init__()
        self.nodes = nodes

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self.nodes


def nodes_of(library: Library, *papers: object) -> list[NodeWithScore]:
    nodes = [to_node(passage(paper), library) for paper in papers]  # type: ignore[arg-type]
    for rank, node in enumerate(nodes):
        node.score = 20.0 - rank  # on a scale of its own
        for part in ("score_dense", "score_lexical", "score_fused"):
            del node.node.metadata[part]
    return nodes


def test_another_retriever_takes_the_place_of_the_built_in(library: Library) -> None:
    other = Fixed(nodes_of(library, SEALS, BEES, BELLS))
    engine = CitedQueryEngine(library, EXTRACTIVE, retriever=other)
    answer = engine.ask(BEE_QUESTION)
    assert [p.paper for p in answer.passages] == [SEALS, BEES, BELLS]  # its order stands
    assert [p.scores.fused for p in answer.passages] == [20.0, 19.0, 18.0]
    assert [p.scores.dense for p in answer.passages] == [None] * 3
    assert engine.ask(BEE_QUESTION, top_k=2).passages == answer.passages[:2]


def test_another_retriever_is_answered_from(library: Library) -> None:
    other = Fixed(nodes_of(library, BEES, SEALS))
    answer = CitedQueryEngine(library, EXTRACTIVE, retriever=other).ask(BEE_QUESTION)
    assert answer.status == "answered"
    assert answer.citations[0].paper_id == BEES.id


def test_filters_and_the_conversation_hold_for_another_retriever(library: Library) -> None:
    other = Fixed(nodes_of(library, SEALS, BEES, BELLS, BEES_TOO))
    engine = CitedQueryEngine(library, EXTRACTIVE, retriever=other)
    found = engine.find(BEE_QUESTION, filters=Filters(sources=("bees",)))
    assert [p.paper for p in found.passages] == [BEES, BEES_TOO]
    found = engine.find("how was it counted?", turns=[turn("Who counts seals?", BELLS)])
    assert [p.paper for p in found.passages] == [BELLS, SEALS, BEES, BEES_TOO]
    found = engine.find("who else?", turns=[turn(BEE_QUESTION, BEES)])
    assert BEES not in [p.paper for p in found.passages]


def test_several_nodes_of_a_paper_are_one_passage(library: Library) -> None:
    other = Fixed([*nodes_of(library, BEES, BEES), *nodes_of(library, BELLS)])
    found = CitedQueryEngine(library, EXTRACTIVE, retriever=other).find(BEE_QUESTION)
    assert [p.paper for p in found.passages] == [BEES, BELLS]


def test_nodes_from_elsewhere_can_be_quoted(library: Library) -> None:
    node = TextNode(
        text="Morning light and wasps\nMorning light does not help wasps find their nest.",
        id_="wasps",
    )
    other = Fixed([NodeWithScore(node=node, score=0.9)])
    engine = CitedQueryEngine(library, EXTRACTIVE, retriever=other)
    answer = engine.ask("Does morning light help wasps find their nest?")
    assert answer.status == "answered"
    assert answer.text == (
        "**No** [1]: In *Morning light and wasps*: "
        "Morning light does not help wasps find their nest. [1]"
    )
    assert engine.query("Does morning light help wasps?").source_nodes


def test_a_retriever_that_finds_nothing_is_a_refusal(library: Library) -> None:
    answer = CitedQueryEngine(library, EXTRACTIVE, retriever=Fixed([])).ask(BEE_QUESTION)
    assert answer.status == "refused"
    assert answer.text == "The papers in this library don't answer this question."
    assert answer.nearest == ()


class Backwards(BaseNodePostprocessor):
    """A reranker whose order is the opposite."""

    asked: list[str] = []  # noqa: RUF012

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        assert query_bundle is not None
        self.asked.append(query_bundle.query_str)
        return nodes[::-1]


def test_a_postprocessor_reorders_the_passages(library: Library) -> None:
    reranker = Backwards()
    engine = CitedQueryEngine(library, EXTRACTIVE, postprocessors=[reranker])
    usual = HybridRetriever(library, EXTRACTIVE).search(BEE_QUESTION)
    assert engine.find(BEE_QUESTION).passages == tuple(usual[::-1])
    assert reranker.asked == [BEE_QUESTION]


def test_postprocessors_follow_one_another_and_may_drop_passages(library: Library) -> None:
    usual = HybridRetriever(library, EXTRACTIVE).search(BEE_QUESTION)
    cut = SimilarityPostprocessor(similarity_cutoff=usual[1].scores.fused)
    engine = CitedQueryEngine(library, EXTRACTIVE, postprocessors=[cut, Backwards()])
    found = [p.paper for p in engine.find(BEE_QUESTION).passages]
    assert len(found) == 2
    assert {paper.id for paper in found} == {BEES.id, BEES_TOO.id}
