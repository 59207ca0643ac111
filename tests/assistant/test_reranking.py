"""Rerankers against real servers, well-behaved and not: an order that is given stands, one that
isn't leaves everything as it was, and no paper is lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from llama_index.core.llms import MockLLM
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.llms.openai_like import OpenAILike
from pydantic import ValidationError

from assistant.answer import Answer, Passage, Scores
from assistant.engine import CitedQueryEngine
from assistant.reranking import endpoint
from assistant.reranking.base import Rerank
from assistant.reranking.configured import make_reranker
from assistant.reranking.endpoint import EndpointRerank
from assistant.reranking.model import ModelRerank
from assistant.retrieval import HybridRetriever, to_node
from assistant.settings import AnswerSettings
from assistant.writing.extractive import worth_citing
from store.library import Library
from tests.assistant.answers import READING
from tests.assistant.invented import (
    BEES,
    BELLS,
    BOATS,
    LANTERN,
    LEDGERS,
    PAPERS,
    SEALS,
    evidence,
    passage,
    turn,
)
from tests.assistant.rerank_server import TEXTS, RerankServer, nodes, reranker
from tests.broken_server import BrokenServer, Mode
from tests.model_server import ModelServer

Engine = Callable[..., CitedQueryEngine]
BEE_QUESTION = "Does morning light help honeybees find their hive?"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_PAUSES", (0.02, 0.06))


# --- as a node postprocessor ------------------------------------------------------------------


def test_what_is_not_named_follows_in_the_old_order() -> None:
    with RerankServer(most=1) as server:
        found = reranker(server).postprocess_nodes(nodes(*TEXTS), query_str="weather?")
    assert [n.node_id for n in found] == ["3", "0", "1", "2"]
    assert [n.score for n in found] == [23.0, None, None, None]


def test_only_the_candidates_are_sent_and_the_rest_stays_behind() -> None:
    with RerankServer() as server:
        asked = reranker(server, candidates=2)
        found = asked.postprocess_nodes(nodes(*TEXTS), QueryBundle("weather?"))
    assert [n.node_id for n in found] == ["1", "0", "2", "3"]
    assert server.requests[0]["documents"] == TEXTS[:2]


def test_one_node_needs_no_order() -> None:
    with RerankServer() as server:
        asked = reranker(server)
        assert asked.postprocess_nodes([], query_str="weather?") == []
        assert asked.postprocess_nodes(nodes("wind"), query_str="weather?") == nodes("wind")
        with pytest.raises(ValueError, match="needs the question"):
            asked.postprocess_nodes(nodes(*TEXTS))
    assert server.requests == []


# --- the settings -----------------------------------------------------------------------------


def test_nothing_reranks_unless_it_is_asked_for(library: Library) -> None:
    assert make_reranker(AnswerSettings()) is None
    assert CitedQueryEngine(library).finder.postprocessors == []


def test_an_endpoint_takes_what_the_settings_say() -> None:
    settings = AnswerSettings(
        rerank="endpoint", rerank_base_url="http://127.0.0.1:9", rerank_model="bge",
        rerank_api_key="k", rerank_candidates=33, rerank_timeout=2,
    )  # fmt: skip
    made = make_reranker(settings)
    assert isinstance(made, EndpointRerank)
    assert (made.base_url, made.model, made.candidates, made.timeout) == (
        "http://127.0.0.1:9", "bge", 33, 2.0,
    )  # fmt: skip
    with pytest.raises(ValidationError, match="set rerank_base_url"):
        AnswerSettings(rerank="endpoint")


def test_a_model_reranks_for_quotes_too(model_server: ModelServer) -> None:
    settings = AnswerSettings(
        rerank="model", writer="extractive", llm_model="good", llm_base_url=model_server.base_url,
        rerank_timeout=7,
    )  # fmt: skip
    made = make_reranker(settings)
    assert isinstance(made, ModelRerank)
    assert isinstance(made.llm, OpenAILike)
    assert (made.llm.model, made.llm.timeout, made.llm.temperature) == ("good", 7.0, 0.0)
    other = make_reranker(settings.model_copy(update={"rerank_model": "ranks"}))
    assert isinstance(other, ModelRerank)
    assert isinstance(other.llm, OpenAILike)
    assert other.llm.model == "ranks"


def test_a_model_that_is_given_by_hand_reranks(library: Library) -> None:
    llm = MockLLM()
    engine = CitedQueryEngine(library, AnswerSettings(rerank="model"), llm=llm)
    (made,) = engine.finder.postprocessors
    assert isinstance(made, ModelRerank)
    assert made.llm is llm
    with pytest.raises(ValueError, match="There is no language model that could rerank"):
        CitedQueryEngine(library, AnswerSettings(rerank="model"))


# --- questions --------------------------------------------------------------------------------


def over(library: Library, server: RerankServer | BrokenServer, **settings: Any) -> Any:
    asked: dict[str, Any] = {
        "rerank": "endpoint", "rerank_base_url": server.base_url, "writer": "extractive",
        "rerank_api_key": RerankServer.api_key, "rerank_timeout": 5.0,
    }  # fmt: skip
    return CitedQueryEngine(library, AnswerSettings.model_validate(asked | settings))


def plain(answer: Answer) -> Answer:
    return replace(answer, timings_ms={}, notice="")


def prefers(*titles: str) -> Callable[[str], float]:
    """Scores that put papers first, whatever is asked; on a scale like a cross-encoder's."""

    def score(text: str) -> float:
        title = text.partition("\n")[0]
        return 9.0 - titles.index(title) if title in titles else -11.0

    return score


def test_the_rerankers_order_stands(library: Library) -> None:
    with RerankServer(prefers(BELLS.title, SEALS.title)) as server:
        answer = over(library, server).ask(BEE_QUESTION)
    papers = [p.paper for p in answer.passages]
    assert papers[:2] == [BELLS, SEALS]
    assert papers[2] == BEES  # what is as good as another keeps the search's order
    assert len(papers) == AnswerSettings().top_k
    assert answer.notice == ""
    assert set(answer.timings_ms) == {
        "understand", "retrieve", "rerank", "select", "read", "write", "total",
    }  # fmt: skip


def test_a_paper_far_down_can_come_first(library: Library) -> None:
    settings = AnswerSettings(top_k=2)
    last = HybridRetriever(library, settings).search(BEE_QUESTION, top_k=12)[-1].paper
    with RerankServer(prefers(last.title)) as server:
        found = over(library, server, top_k=2).find(BEE_QUESTION)
        assert [p.paper for p in found.passages] == [last, BEES]
        assert len(server.requests[0]["documents"]) == len(PAPERS)
        over(library, server, top_k=2, rerank_candidates=5).find(BEE_QUESTION)
        assert len(server.requests[1]["documents"]) == 5


def test_an_answer_rests_on_what_the_reranker_prefers(library: Library) -> None:
    question = "What helps?"
    with RerankServer(prefers(LANTERN.title, BOATS.title), shape="tei") as server:
        answer = over(library, server, refuse_below=0).ask(question)
    assert answer.citations[0].paper_id == LANTERN.id


def test_scores_tell_how_a_paper_was_found_and_not_what_the_reranker_said(
    library: Library,
) -> None:
    before = {p.paper.id: p for p in HybridRetriever(library).search(BEE_QUESTION, top_k=20)}
    with RerankServer(prefers(BELLS.title)) as server:
        passages = over(library, server).find(BEE_QUESTION).passages
    assert all(passage == before[passage.paper.id] for passage in passages)


def test_a_paper_that_the_question_names_goes_first(library: Library) -> None:
    with RerankServer(prefers(BELLS.title, SEALS.title)) as server:
        found = over(library, server).find(f"What does {LANTERN.title} keep?")
        assert [p.paper for p in found.passages][:3] == [LANTERN, BELLS, SEALS]
        assert found.named == 1
        found = over(library, server).find("how was it cast?", turns=[turn("Bees?", BEES)])
        assert [p.paper for p in found.passages][:2] == [BEES, BELLS]
        found = over(library, server).find("who else?", turns=[turn(BEE_QUESTION, BELLS)])
        assert found.passages[0].paper == SEALS
        assert BELLS not in [p.paper for p in found.passages]


def test_where_only_some_papers_are_meant_only_they_are_reranked(library: Library) -> None:
    before = turn(BEE_QUESTION, BEES, BELLS)
    with RerankServer(prefers(BELLS.title)) as server:
        found = over(library, server).find("tell me about the first one", turns=[before])
        assert [p.paper for p in found.passages] == [BEES]
        assert server.requests == []
        found = over(library, server).find("compare both of them", turns=[before])
        assert {p.paper for p in found.passages} == {BEES, BELLS}
        assert len(server.requests[0]["documents"]) == 2


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("hang", "took too long"),
        ("break_off", "broke off"),
        ("refuse", "failed with HTTP status 500"),
        ("garbage", "gave an answer that can't be read"),
        ("rate_limit", "is over its rate limit"),
    ],
)
def test_a_reranker_that_fails_leaves_the_answer_as_it_was(
    library: Library, engine: CitedQueryEngine, mode: Mode, why: str
) -> None:
    with BrokenServer(mode) as server:
        answer = over(library, server, rerank_timeout=0.9).ask(BEE_QUESTION)
    assert answer.notice == (
        f"The reranker {why}, so the papers stand in the search's own order. "
        "[2] reports the opposite of [1]."
    )
    assert plain(answer) == plain(engine.ask(BEE_QUESTION))


def test_a_refusal_says_too_that_the_reranker_failed(library: Library) -> None:
    with BrokenServer("garbage") as server:
        answer = over(library, server).ask("What is the capital of France?")
    assert answer.status == "refused"
    assert "search's own order" in answer.notice


def test_nothing_is_asked_where_there_is_nothing_to_order(library: Library) -> None:
    with RerankServer() as server:
        engine = over(library, server)
        assert engine.ask("").status == "refused"
        assert engine.ask("hello").status == "refused"
        assert engine.can_answer(BEE_QUESTION)  # asked for many suggestions at once
        engine.find("warm up", rerank=False)
    assert server.requests == []


def test_a_reranker_given_by_hand_goes_before_the_settings(library: Library) -> None:
    with RerankServer(prefers(BELLS.title)) as server, BrokenServer("garbage") as other:
        asked = AnswerSettings(rerank="endpoint", rerank_base_url=other.base_url)
        own = CitedQueryEngine(library, asked, postprocessors=[reranker(server, candidates=4)])
        found = own.find(BEE_QUESTION)
    assert other.requests == 0
    assert isinstance(own.finder.postprocessors[0], Rerank)
    assert len(server.requests[0]["documents"]) == 4
    assert found.notice == ""


def test_another_retrievers_nodes_are_reranked(library: Library) -> None:
    from llama_index.core.base.base_retriever import BaseRetriever

    class Fixed(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            wasps = TextNode(text="On wasps\nWasps sleep at night.", id_="wasps")
            known = [to_node(passage(paper), library) for paper in (SEALS, BEES, BELLS)]
            return [*known, NodeWithScore(node=wasps, score=0.4)]

    with RerankServer(prefers("On wasps", BELLS.title)) as server:
        asked = [reranker(server)]
        own = CitedQueryEngine(library, retriever=Fixed(), postprocessors=asked)
        titles = [p.paper.title for p in own.find(BEE_QUESTION).passages]
    assert titles == ["On wasps", BELLS.title, SEALS.title, BEES.title]


def test_a_model_reranks_and_another_writes(with_model: Engine, library: Library) -> None:
    usual = [p.paper for p in HybridRetriever(library).search(READING)]
    # The order is no good, and an answer from it would be refused.
    engine = with_model("good", rerank="model", rerank_model="ranks", refuse_below=0.0)
    answer = engine.ask(READING)
    assert [p.paper for p in answer.passages] == [usual[2], usual[1], usual[0], *usual[3:]]
    assert (answer.writer, answer.notice) == ("good", "")
    quoted = engine.ask(READING, writer="extractive")  # keeps every language model out
    assert quoted.passages[0].paper == LEDGERS
    steps = {"understand", "retrieve", "select", "read", "write", "total"}
    assert set(quoted.timings_ms) == steps


@pytest.mark.parametrize("model", ["says-nothing", "busy"])
def test_a_model_that_cannot_rerank_leaves_the_answer_as_it_was(
    with_model: Engine, model: str
) -> None:
    answer = with_model("good", rerank="model", rerank_model=model).ask(READING)
    assert answer.notice.startswith(f"The language model {model} ")
    assert answer.notice.endswith(", so the papers stand in the search's own order.")
    assert plain(answer) == plain(with_model("good").ask(READING))


def test_a_model_that_failed_at_the_wording_is_not_asked_to_rerank(with_model: Engine) -> None:
    engine = with_model("busy", rerank="model")
    answer = engine.ask("what was it trained on?", turns=[turn(READING, LEDGERS)])
    assert answer.notice == (
        "The language model busy is over its rate limit, so this answer quotes the abstracts "
        "instead."
    )


# --- how far apart reranked papers are --------------------------------------------------------


def scored(*fused: float) -> list[Passage]:
    return [
        replace(passage(paper), scores=Scores(one))
        for paper, one in zip(PAPERS, fused, strict=False)
    ]


def test_a_paper_put_behind_is_no_nearer_for_its_high_score() -> None:
    sentences = [evidence(n, 0, telling=1.0) for n in range(3)]
    assert worth_citing(sentences, scored(0.9, 0.6, 0.59)) == [0]
    # The same three papers, the nearest of them put last: the gaps stay where they were.
    assert worth_citing(sentences, scored(0.6, 0.59, 0.9)) == [0]
    assert worth_citing(sentences, scored(0.59, 0.9, 0.89)) == [0, 1]
