"""A chat model that reranks: what it is shown, and how what it writes is read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.llms import MockLLM
from llama_index.llms.openai_like import OpenAILike

from assistant.reranking.base import RerankFailed
from assistant.reranking.model import ModelRerank, read_order
from assistant.tokens import count_tokens
from tests.assistant.answers import READING
from tests.assistant.invented import PAPERS, SEALS
from tests.assistant.rerank_server import TEXTS, nodes, places
from tests.model_server import ModelServer


@pytest.mark.parametrize(
    ("written", "order"),
    [
        ("[3] > [1] > [2]", [3, 1, 2]),
        ("[3, 1, 2]", [3, 1, 2]),
        ("[3],[1], [2]", [3, 1, 2]),
        ("3 > 1 > 2", [3, 1, 2]),
        ("3, 1, 2.", [3, 1, 2]),
        ("Ranking: 3, 1, 2", [3, 1, 2]),
        ("1. [3]\n2. [1]\n3. [2]", [3, 1, 2]),
        ("1. 3\n2. 1\n3. 2", [3, 1, 2]),
        ("3\n1\n2", [3, 1, 2]),
        ("<think>[1] is on bees, 2 of 3 …</think>\n[3] > [1]", [3, 1]),
        ("Of the 4 abstracts, [2] answers best; [1] is from 2023.", [2, 1]),
        ("[9] > [2] > [0] > [2] > [1]", [2, 1]),  # there is no ninth
        ("【2】【1】", [2, 1]),
        ("", []), ("None of the 3 abstracts answers it.", []), ("<think>[1] > [2]", []),
        ("²³", []), ("[²]", []), ("I can't do that.", []), ("[" + "9" * 5000 + "]", []),
    ],
)  # fmt: skip
def test_orders_are_read_as_models_write_them(written: str, order: list[int]) -> None:
    assert read_order(written, 4) == order


@given(st.text(st.sampled_from("0123456789[]>,.: \n<think/>²٣a")) | st.text(), st.integers(1, 30))
def test_whatever_is_written_names_each_passage_at_most_once(written: str, count: int) -> None:
    order = read_order(written, count)
    assert len(set(order)) == len(order)
    assert set(order) <= set(range(1, count + 1))


@given(st.permutations(range(1, 21)), st.sampled_from([" > ", ", ", "", "\n"]))
def test_an_order_that_is_written_is_read_back(order: list[int], between: str) -> None:
    assert read_order(between.join(f"[{n}]" for n in order), 20) == order


def chat_model(server: ModelServer, name: str) -> OpenAILike:
    return OpenAILike(
        model=name, api_base=server.base_url, api_key=server.api_key, is_chat_model=True,
        max_retries=0,
    )  # fmt: skip


def test_a_model_names_the_best_and_the_others_follow(model_server: ModelServer) -> None:
    asked = ModelRerank(llm=chat_model(model_server, "ranks"))
    found = asked.postprocess_nodes(nodes(*TEXTS), query_str="weather?")
    assert [n.node_id for n in found] == ["2", "1", "0", "3"]


def test_a_model_is_shown_every_passage_with_its_number(model_server: ModelServer) -> None:
    texts = [f"{paper.title}\n{paper.abstract}" for paper in PAPERS]
    judged = ModelRerank(llm=chat_model(model_server, "echo")).rank(READING, texts)
    assert places(judged) == list(range(len(PAPERS)))  # it quotes them all, in the old order


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("says-nothing", "gave no order that can be read"),
        ("off-topic", "gave no order that can be read"),
        ("busy", "is over its rate limit"),
        ("fails", "failed with HTTP status 500"),
    ],
)
def test_a_model_that_gives_no_order_is_told(
    model_server: ModelServer, model: str, why: str
) -> None:
    with pytest.raises(RerankFailed, match=f"The language model {model} {why}\\."):
        ModelRerank(llm=chat_model(model_server, model)).rank("weather?", TEXTS)


@pytest.mark.parametrize(("context", "some"), [(8192, 60), (1024, 6), (4096, 60)])
def test_long_passages_share_the_models_window(context: int, some: int) -> None:
    class Counting(MockLLM):
        def chat(self, messages: Any, **kwargs: Any) -> Any:
            asked.append(str(messages[0].content))
            return super().chat(messages, **kwargs)

    asked: list[str] = []
    texts = [f"Title {n}\n{SEALS.abstract * 5}" for n in range(some)]
    with pytest.raises(RerankFailed, match="no order"):
        ModelRerank(llm=Counting(max_tokens=1), context=context).rank("seals?", texts)
    assert context * 0.2 < count_tokens(asked[0]) <= context - 600
    assert "[1] Title 0\n" in asked[0]


def test_a_window_without_room_is_told() -> None:
    with pytest.raises(RerankFailed, match="no room for two abstracts in its window of 1024"):
        ModelRerank(llm=MockLLM(), context=1024).rank("seals? " * 300, TEXTS)
