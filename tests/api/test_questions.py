"""Questions over HTTP: whole, as events, in conversations, and clients that go away."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.conftest import Serve
from tests.broken_server import BrokenServer
from tests.ui.making import ABOUT_TIDES, BEES, FAKES, TIDES

CHESS = "Who won the chess championship of 1972?"
QUESTIONS = [ABOUT_TIDES, CHESS, "Do beehives hum in dialects?", "Which papers study neighbours?"]
SLOW = " ".join(f"Sentence number {n} says that tides rise [1]." for n in range(200))


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{address}/v1", timeout=60, trust_env=False) as opened:
        yield opened


def events_of(client: httpx.Client, **asked: Any) -> list[tuple[str, Any]]:
    """All events of a streamed answer, by name."""
    with client.stream("POST", "/ask", json={**asked, "stream": True}) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        found, name = [], ""
        for line in response.iter_lines():
            kind, _, value = line.partition(": ")
            if kind == "event":
                name = value
            elif kind == "data":
                found.append((name, json.loads(value)))
        return found


def lasting(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what differs from one time to the next."""
    return {k: v for k, v in answer.items() if k not in ("timings_ms", "conversation", "exchange")}


def test_every_sentence_cites_a_quote_that_stands_in_the_abstract(client: httpx.Client) -> None:
    answer = client.post("/ask", json={"question": ABOUT_TIDES}).json()
    assert answer["status"] == "answered"
    assert answer["conversation"] is None
    assert all(sentence["citations"] for sentence in answer["sentences"])
    for citation in answer["citations"]:
        abstract = client.get(f"/papers/{citation['paper_id']}").json()["abstract"]
        assert abstract[citation["start"] : citation["end"]] == citation["quote"]
    assert "nine minutes" in answer["text"]


def test_what_the_papers_dont_answer_is_refused_with_the_nearest(client: httpx.Client) -> None:
    answer = client.post("/ask", json={"question": CHESS}).json()
    assert answer["status"] == "refused"
    assert answer["citations"] == []
    assert answer["nearest"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_streamed_answer_equals_the_whole_one(client: httpx.Client, question: str) -> None:
    whole = client.post("/ask", json={"question": question}).json()
    events = events_of(client, question=question)
    names = [name for name, _ in events]
    assert names[0] == "retrieved"
    assert names[-1] == "done"
    assert lasting(events[-1][1]) == lasting(whole)
    sentences = [data for name, data in events if name == "sentence"]
    assert [s["text"] for s in sentences] == [s["text"] for s in whole["sentences"]]
    assert [c for s in sentences for c in s["citations"]] == whole["citations"]
    assert events[0][1]["passages"] == whole["passages"]


def test_a_conversation_is_kept_and_gone_on_with(client: httpx.Client) -> None:
    first = client.post("/ask", json={"question": ABOUT_TIDES, "conversation": "new"}).json()
    then = client.post(
        "/ask",
        json={"question": "Does it need calibration?", "conversation": first["conversation"]},
    ).json()
    assert then["conversation"] == first["conversation"]
    assert then["citations"][0]["title"] == TIDES.title
    kept = client.get(f"/conversations/{first['conversation']}").json()
    assert [one["answer"]["question"] for one in kept["history"]] == [
        ABOUT_TIDES,
        "Does it need calibration?",
    ]
    assert lasting(kept["history"][0]["answer"]) == lasting(first)
    markdown = client.get(f"/conversations/{first['conversation']}/markdown").text
    assert TIDES.title in markdown


def test_a_conversation_is_listed_renamed_and_deleted(client: httpx.Client) -> None:
    made = client.post("/conversations")
    assert made.status_code == 201
    address = made.headers["location"].removeprefix("/v1")
    renamed = client.patch(address, json={"title": "About quokkas"}).json()
    assert renamed["title"] == "About quokkas"
    listed = client.get("/conversations", params={"text": "quokkas"}).json()
    assert [one["id"] for one in listed["conversations"]] == [renamed["id"]]
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_a_thumb_is_kept_beside_the_answer(client: httpx.Client) -> None:
    answer = client.post("/ask", json={"question": ABOUT_TIDES, "conversation": "new"}).json()
    given = {"exchange": answer["exchange"], "thumb": 1, "note": "just so"}
    assert client.post("/feedback", json=given).status_code == 204
    rows = client.get("/feedback").json()["feedback"]
    assert [(row["note"], row["papers"]) for row in rows] == [("just so", [TIDES.title])]


def test_nobody_rates_an_answer_that_is_not_there(client: httpx.Client) -> None:
    refused = client.post("/feedback", json={"exchange": "none", "thumb": 1})
    assert refused.status_code == 404
    assert refused.headers["content-type"] == "application/problem+json"


def test_filters_narrow_what_an_answer_may_rest_on(client: httpx.Client) -> None:
    within = {"since": "2024"}
    answer = client.post("/ask", json={"question": ABOUT_TIDES, "filters": within}).json()
    assert answer["searched"]["papers"] == 1
    assert not any(c["title"] == TIDES.title for c in answer["citations"])
    hits = client.post("/search", json={"query": "beehives", "filters": within}).json()["papers"]
    assert [hit["title"] for hit in hits] == [BEES.title]


def test_a_search_brings_papers_with_the_parts_of_their_scores(client: httpx.Client) -> None:
    hits = client.post("/search", json={"query": "hum of beehives", "top_k": 2}).json()["papers"]
    assert len(hits) == 2
    assert hits[0]["title"] == BEES.title
    assert set(hits[0]["scores"]) == {"fused", "dense", "lexical", "late"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"question": ""}, 422),
        ({"question": 5}, 422),
        ({}, 422),
        ({"question": "x", "top_k": 0}, 422),
        ({"question": "x", "top_k": True}, 422),
        ({"question": "x", "top_k": "5"}, 422),
        ({"question": "x", "typo": 1}, 422),
        ({"question": "x", "filters": {"since": "last year"}}, 422),
        ({"question": "x", "conversation": "none"}, 404),
        ({"question": "x", "writer": "model"}, 409),
        ({"question": "\ud800"}, 422),
    ],
)
def test_what_cant_be_used_is_a_problem_in_one_sentence(
    client: httpx.Client, body: dict[str, Any], status: int
) -> None:
    response = client.post(
        "/ask", content=json.dumps(body), headers={"content-type": "application/json"}
    )
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    assert "Traceback" not in response.text


def test_a_body_that_is_no_json_says_so(client: httpx.Client) -> None:
    response = client.post("/ask", content="{", headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert "no valid JSON" in response.json()["detail"]


def test_other_methods_and_addresses_are_problems_too(client: httpx.Client) -> None:
    other = client.get("/ask")
    assert (other.status_code, other.headers["allow"]) == (405, "POST")
    assert client.get("/nothing/here").status_code == 404
    assert client.get("/nothing/here").headers["content-type"] == "application/problem+json"


def test_the_description_shows_every_route_with_its_errors(client: httpx.Client) -> None:
    root = str(client.base_url).removesuffix("/v1/")
    schema = httpx.get(f"{root}/openapi.json", trust_env=False).json()
    assert "/v1/ask" in schema["paths"]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            problems = [code for code in operation["responses"] if code[0] in "45"]
            assert {"401", "429", "500", "503"} <= set(problems), (method, path)
    page = httpx.get(f"{root}/docs", trust_env=False).text
    assert "https://" not in page  # its script comes from here


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_away_stops_the_work(serve: Serve, stream: bool) -> None:
    with BrokenServer("slow", SLOW) as model:
        address = serve(
            "--model", "slow", ASSISTANT_LLM_BASE_URL=model.base_url, ASSISTANT_LLM_API_KEY="none"
        )
        asked = {"question": ABOUT_TIDES, "stream": stream}
        with httpx.Client(base_url=f"{address}/v1", trust_env=False) as client:
            if stream:
                with client.stream("POST", "/ask", json=asked) as response:
                    for line in response.iter_lines():
                        if line == "event: sentence":
                            break
            else:
                with pytest.raises(httpx.ReadTimeout):
                    client.post("/ask", json=asked, timeout=2)
        sent, end = -1, time.monotonic() + 8  # all of it takes 90 seconds
        while sent != model.sent and time.monotonic() < end:
            sent = model.sent
            time.sleep(1)
        assert 0 < sent == model.sent < len(SLOW.split())


def test_the_papers_of_the_library_are_the_invented_ones(client: httpx.Client) -> None:
    listed = client.get("/papers", params={"order": "title"}).json()
    assert [paper["title"] for paper in listed["papers"]] == sorted(fake.title for fake in FAKES)


def test_a_question_about_the_collection_brings_the_ids_of_all_its_papers(
    client: httpx.Client,
) -> None:
    asked = {"question": "How many papers mention tide clocks?", "conversation": "new"}
    answer = client.post("/ask", json=asked).json()
    assert (answer["status"], answer["direct"]) == ("answered", "1 paper")
    collection = answer["collection"]
    assert (collection["kind"], collection["count"]) == ("count", 1)
    (paper,) = (client.get(f"/papers/{one}").json() for one in collection["members"])
    assert paper["title"] == TIDES.title
    on = {"conversation": answer["conversation"], "question": "and willow?"}
    events = events_of(client, **on)
    assert [name for name, _ in events] == ["retrieved", *["sentence"] * 3, "done"]
    assert events[-1][1]["collection"]["asked"] == "papers mentioning “willow”"
    assert client.post("/ask", json={"question": ABOUT_TIDES}).json()["collection"] is None
