"""A cross-encoder behind an endpoint, over real HTTP: both shapes, and whatever goes wrong."""

from __future__ import annotations

import json
import time

import pytest
from pydantic import SecretStr

from assistant.reranking import endpoint
from assistant.reranking.base import RerankFailed
from assistant.reranking.endpoint import EndpointRerank
from tests.assistant.rerank_server import BY_LENGTH, TEXTS, RerankServer, places, reranker
from tests.broken_server import BrokenServer, Mode


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_PAUSES", (0.02, 0.06))


def test_an_endpoint_like_coheres_is_asked_and_read() -> None:
    with RerankServer() as server:
        judged = reranker(server, model="bge").rank("weather?", TEXTS)
    assert judged == [(place, float(len(TEXTS[place]))) for place in BY_LENGTH]
    assert server.requests == [
        {"model": "bge", "query": "weather?", "documents": TEXTS, "top_n": 4}
    ]


def test_text_embeddings_inference_is_found_out_once() -> None:
    with RerankServer(shape="tei") as server:
        asked = reranker(server)
        assert places(asked.rank("weather?", TEXTS)) == BY_LENGTH
        assert places(asked.rank("weather?", TEXTS)) == BY_LENGTH
    assert [("documents" in r, "texts" in r) for r in server.requests] == [
        (True, False), (False, True), (False, True),
    ]  # fmt: skip
    assert server.requests[-1] == {"query": "weather?", "texts": TEXTS, "truncate": True}


def test_an_endpoint_that_becomes_another_is_found_out_again() -> None:
    with RerankServer(shape="tei") as first, RerankServer() as second:
        asked = reranker(first)
        asked.rank("weather?", TEXTS)
        asked.base_url = second.base_url
        assert places(asked.rank("weather?", TEXTS)) == BY_LENGTH


@pytest.mark.parametrize("end", ["", "/", "/rerank", "/rerank/"])
def test_the_address_may_be_written_with_its_end(end: str) -> None:
    with RerankServer() as server:
        asked = EndpointRerank(base_url=server.base_url + end, api_key=SecretStr(server.api_key))
        assert places(asked.rank("weather?", TEXTS)) == BY_LENGTH


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_passes_is_tried_again(status: int) -> None:
    with RerankServer(fails=(status, status)) as server:
        assert places(reranker(server).rank("weather?", TEXTS)) == BY_LENGTH
    assert len(server.requests) == 3


def test_an_endpoint_that_wants_to_be_left_alone_for_long_is_given_up() -> None:
    began = time.monotonic()
    with (
        RerankServer(fails=(429,) * 9, headers={"Retry-After": "30"}) as server,
        pytest.raises(RerankFailed, match=r"The reranker bge is over its rate limit\.") as told,
    ):
        reranker(server, model="bge").rank("weather?", TEXTS)
    assert len(server.requests) == 1
    assert time.monotonic() - began < 2
    assert server.base_url not in str(told.value)  # an answer's reader needn't know it


@pytest.mark.parametrize(
    ("status", "tries", "why"),
    [
        (500, 3, "failed with HTTP status 500"),
        (429, 3, "is over its rate limit"),
        (401, 1, "refused the key"),
        (404, 1, "is not known at its endpoint"),
        (413, 1, "failed with HTTP status 413"),
        (400, 2, "failed with HTTP status 400"),  # once in each shape
    ],
)
def test_a_status_is_told(status: int, tries: int, why: str) -> None:
    with (
        RerankServer(fails=(status,) * 9) as server,
        pytest.raises(RerankFailed, match=f"The reranker {why}\\."),
    ):
        reranker(server).rank("weather?", TEXTS)
    assert len(server.requests) == tries


def test_a_wrong_key_is_told() -> None:
    with RerankServer() as server, pytest.raises(RerankFailed, match="refused the key"):
        reranker(server, api_key=SecretStr("another")).rank("weather?", TEXTS)


@pytest.mark.parametrize("mode", ["hang", "slow"])  # "slow" sends its answer in drops
def test_the_time_that_it_may_take_is_kept(mode: Mode) -> None:
    began = time.monotonic()
    with BrokenServer(mode) as server, pytest.raises(RerankFailed, match="took too long"):
        reranker(server, timeout=0.4).rank("weather?", TEXTS)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nowhere", "http://[", "ftp://127.0.0.1"])
def test_an_endpoint_that_is_not_there_is_told(url: str) -> None:
    with pytest.raises(RerankFailed, match="could not be reached"):
        EndpointRerank(base_url=url, timeout=2).rank("weather?", TEXTS)


def test_an_endpoint_that_breaks_off_is_told() -> None:
    with BrokenServer("break_off") as server, pytest.raises(RerankFailed, match="broke off"):
        reranker(server).rank("weather?", TEXTS)
    assert server.requests == 3


ROW = {"index": 0, "relevance_score": 0.5}


@pytest.mark.parametrize(
    "answer",
    [
        "", "It works!", "<h1>It works!</h1>", "null", "7", "[]", "{}", '{"results": []}',
        '{"results": 7}', "[" * 9000, '[{"index": 0}]', '[{"score": 0.5}]',
        json.dumps({"results": [ROW, {"index": 4, "relevance_score": 1}]}),  # there is no fifth
        json.dumps({"results": [ROW, {"index": -1, "relevance_score": 1}]}),
        json.dumps({"results": [ROW, {"index": "1", "relevance_score": 1}]}),
        json.dumps({"results": [ROW, {"index": 1, "relevance_score": "good"}]}),
        '[{"index": 0, "score": NaN}]', '[{"index": 0, "score": 1e999}]',
        '[{"index": 9' + "9" * 400 + ', "score": 1}]',
    ],
)  # fmt: skip
def test_nonsense_is_no_order(answer: str) -> None:
    with (
        RerankServer(answer=answer) as server,
        pytest.raises(RerankFailed, match="gave an answer that can't be read"),
    ):
        reranker(server).rank("weather?", TEXTS)


def test_an_answer_need_not_be_sorted_and_may_name_a_text_twice() -> None:
    rows = [(2, 0.1), (0, 0.3), (2, 0.9), (1, -4.0)]
    answer = json.dumps({"data": [{"index": i, "relevance_score": s} for i, s in rows]})
    with RerankServer(answer=answer) as server:
        assert reranker(server).rank("weather?", TEXTS) == [(2, 0.9), (0, 0.3), (1, -4.0)]


def test_several_threads_may_ask() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with RerankServer(shape="tei") as server, ThreadPoolExecutor(4) as pool:
        asked = reranker(server)
        found = list(pool.map(lambda _: places(asked.rank("weather?", TEXTS)), range(12)))
    assert found == [BY_LENGTH] * 12


def test_a_key_is_in_no_print_of_a_reranker() -> None:
    asked = EndpointRerank(base_url="http://127.0.0.1:9", api_key=SecretStr("sk-secret"))
    assert "sk-secret" not in f"{asked!r} {asked} {asked.to_dict()} {asked.to_json()}"
