"""The addresses that speak as OpenAI's API does, asked by the clients that people use with it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import openai
import pytest
import tiktoken
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

from assistant.tokens import count_tokens
from store.embedding import MiniLM
from store.minilm import MODEL
from tests.api.conftest import Serve
from tests.broken_server import BrokenServer
from tests.model_server import ModelServer
from tests.ui.making import ABOUT_TIDES, BEES, TIDES

CHAT = "paper-assistant"
ABOUT_BEES = "Can a classifier tell beehives of different valleys apart?"
UNANSWERED = "Which vaccine stops malaria in infants?"
QUESTIONS = (
    ABOUT_TIDES,
    ABOUT_BEES,
    "Which papers are about neighbours or organs?",
    UNANSWERED,
    "",
)
# What Open WebUI sends of its own accord after the first answer.
TITLE_TASK = f"""### Task:
Generate a concise, 3-5 word title with an emoji summarizing the chat history.
### Output:
JSON format: {{ "title": "your concise title here" }}
### Chat History:
<chat_history>
USER: {ABOUT_TIDES}
ASSISTANT: It is off by nine minutes.
</chat_history>"""


def client_of(address: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0, timeout=60)


@pytest.fixture(scope="module")
def client(address: str) -> openai.OpenAI:
    return client_of(address)


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def post(address: str, path: str, body: Any) -> httpx.Response:
    # Python's own JSON writes halves of characters too.
    headers = {"Content-Type": "application/json"}
    return httpx.post(f"{address}/v1/{path}", content=json.dumps(body), headers=headers, timeout=60)


def whole(client: openai.OpenAI, *messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A completion as its document."""
    made: Any = client.chat.completions
    document: dict[str, Any] = made.create(
        **{"model": CHAT, "messages": messages, **more}
    ).to_dict()
    return document


def streamed(client: openai.OpenAI, *messages: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    made: Any = client.chat.completions
    asked = {"model": CHAT, "messages": messages, "stream": True, **more}
    return [chunk.to_dict() for chunk in made.create(**asked)]


def content_of(completion: dict[str, Any]) -> str:
    return str(completion["choices"][0]["message"]["content"])


def joined(chunks: list[dict[str, Any]]) -> str:
    return "".join(
        choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]
    )


def marks_lead_to_papers(content: str, annotations: list[dict[str, Any]]) -> None:
    for annotation in annotations:
        cited = annotation["url_citation"]
        assert re.fullmatch(r"\[\d+\]", content[cited["start_index"] : cited["end_index"]])
        assert cited["title"]
        assert cited["url"].startswith("http")


def test_an_answer_is_its_sentences_then_the_papers_cited(
    client: openai.OpenAI, address: str
) -> None:
    completion = whole(client, user(ABOUT_TIDES))
    choice, content = completion["choices"][0], content_of(completion)
    assert completion["object"] == "chat.completion"
    assert (choice["finish_reason"], choice["message"]["role"]) == ("stop", "assistant")
    said, _, listed = content.partition("\n\n**References**\n\n")
    assert "off by nine minutes" in said
    assert said.endswith("[1]")
    assert listed == f"- [1] *{TIDES.title}*. 3 authors, 2023."
    marks_lead_to_papers(content, choice["message"]["annotations"])
    (cited, *_) = (a["url_citation"] for a in choice["message"]["annotations"])
    assert cited["title"] == TIDES.title
    assert httpx.get(cited["url"]).json()["title"] == TIDES.title
    evidence = completion["assistant"]
    assert (evidence["status"], evidence["writer"]) == ("answered", "extractive")
    asked = post(address, "ask", {"question": ABOUT_TIDES}).json()
    assert evidence["citations"] == asked["citations"]
    assert completion["usage"]["prompt_tokens"] == count_tokens(ABOUT_TIDES)
    assert completion["usage"]["completion_tokens"] == count_tokens(content)


@pytest.mark.parametrize("question", QUESTIONS)
def test_streamed_and_whole_an_answer_is_the_same(client: openai.OpenAI, question: str) -> None:
    completion = whole(client, user(question))
    chunks = streamed(client, user(question), stream_options={"include_usage": True})
    *before, last, usage = chunks
    assert joined(chunks) == content_of(completion)
    assert before[0]["choices"][0]["delta"]["role"] == "assistant"
    assert last["choices"][0]["finish_reason"] == "stop"
    message = completion["choices"][0]["message"]
    assert last["choices"][0]["delta"]["annotations"] == message["annotations"]
    assert last["assistant"] == completion["assistant"]
    assert (usage["choices"], usage["usage"]) == ([], completion["usage"])
    marks_lead_to_papers(content_of(completion), message["annotations"])


def test_a_refusal_names_the_nearest_papers(client: openai.OpenAI) -> None:
    completion = whole(client, user(UNANSWERED))
    content = content_of(completion)
    assert content.startswith(
        "The papers in this library don't answer this question.\n\nThe nearest"
    )
    assert len(re.findall(r"^- \*.+\*\.", content, re.MULTILINE)) == 3
    assert completion["choices"][0]["message"]["annotations"] == []
    assert completion["assistant"]["status"] == "refused"
    assert len(completion["assistant"]["nearest"]) == 3


def test_a_follow_up_knows_the_papers_that_our_own_answer_listed(client: openai.OpenAI) -> None:
    first = user("Which papers are about beehives, tides or church organs?")
    before = whole(client, first)
    listed = [paper["title"] for paper in before["assistant"]["nearest"]]
    said = {"role": "assistant", "content": content_of(before)}
    after = whole(client, first, said, user("What does the second one find?"))
    assert {cited["title"] for cited in after["assistant"]["citations"]} == {listed[1]}


def test_a_follow_up_of_a_follow_up_keeps_its_subject(client: openai.OpenAI) -> None:
    messages = [user(ABOUT_BEES)]
    for question in ("How many of them did they record?", "And who else studied that?"):
        messages.append({"role": "assistant", "content": content_of(whole(client, *messages))})
        messages.append(user(question))
    searched = whole(client, *messages)["assistant"]["searched"]["question"]
    assert "beehives" in searched


def test_texts_come_as_a_string_or_in_parts_and_systems_are_passed_over(
    client: openai.OpenAI,
) -> None:
    parts = [
        {"type": "text", "text": "How far off is a tide clock"},
        {"type": "text", "text": "read from webcam pictures?"},
    ]
    system = {"role": "system", "content": "Answer in French, about beehives."}
    tool = {"role": "tool", "tool_call_id": "1", "content": "beehives"}
    plain = whole(client, user(ABOUT_TIDES))
    found = whole(
        client, system, user(parts), tool, temperature=0.2, max_tokens=5, seed=1, user="me"
    )
    assert content_of(found) == content_of(plain)


def test_filters_and_top_k_go_in_the_extra_body(client: openai.OpenAI) -> None:
    extra = {"top_k": 1, "filters": {"until": "2020"}}
    searched = whole(client, user(ABOUT_TIDES), extra_body=extra)["assistant"]["searched"]
    assert (searched["papers"], len(searched["filters"])) == (2, 1)


def test_the_models_are_listed_and_shown(client: openai.OpenAI) -> None:
    ids = [model.id for model in client.models.list()]
    assert ids == [CHAT, f"{CHAT}-extractive", MODEL]
    assert client.models.retrieve(MODEL).object == "model"


def test_errors_reach_the_client_as_its_own(client: openai.OpenAI, address: str) -> None:
    with pytest.raises(
        openai.NotFoundError, match="no model 'gpt-9' here: ask for paper-assis"
    ) as no:
        whole(client, user("?"), model="gpt-9")
    assert (no.value.code, no.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError, match=MODEL):
        client.models.retrieve("gpt-9")
    with pytest.raises(openai.NotFoundError, match=MODEL):
        client.embeddings.create(model=CHAT, input="tides")
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}
    with pytest.raises(openai.BadRequestError, match="leave out images, sound and files"):
        whole(client, user([image]))
    with pytest.raises(openai.BadRequestError, match="one at a time, so leave it out") as two:
        whole(client, user("?"), n=2)
    assert (two.value.type, two.value.param) == ("invalid_request_error", "n")
    both = post(address, "chat/completions", {"model": CHAT, "messages": []})
    assert both.headers["content-type"] == "application/problem+json"
    document = both.json()
    assert document["error"]["message"] == document["detail"]
    assert (document["status"], document["title"]) == (400, "Bad Request")


@pytest.mark.parametrize(
    "text", ["\ud800 tides", "tides\x00", "\x00", "<|endoftext|>", " " * 300_000]
)
def test_no_text_is_too_odd(address: str, text: str) -> None:
    body = {
        "model": CHAT,
        "messages": [user("hello"), user(text), {"role": "assistant", "content": text}, user(text)],
    }
    assert post(address, "chat/completions", body).status_code == 200
    made = post(address, "embeddings", {"model": MODEL, "input": text})
    assert made.status_code == 200
    assert "NaN" not in made.text


def test_embeddings_are_the_librarys_own(client: openai.OpenAI, address: str) -> None:
    texts = ["A tide clock.", "A church organ is out of tune.", "x"]
    expected = MiniLM().embed(texts)
    made = client.embeddings.create(model=MODEL, input=texts)  # which asks for base64
    assert np.array_equal(np.array([one.embedding for one in made.data], np.float32), expected)
    plain = client.embeddings.create(model=MODEL, input=texts[0], encoding_format="float")
    assert np.array_equal(np.array(plain.data[0].embedding, np.float32), expected[0])
    count_tokens("")  # tells tiktoken where its encodings are
    encoding = tiktoken.get_encoding("cl100k_base")
    tokens = [encoding.encode(text) for text in texts]
    assert made.usage.prompt_tokens == sum(map(len, tokens))
    of_tokens = client.embeddings.create(model=MODEL, input=tokens, dimensions=384)
    assert [one.embedding for one in of_tokens.data] == [one.embedding for one in made.data]
    floats = post(address, "embeddings", {"model": MODEL, "input": [*map(float, tokens[0])]})
    assert floats.json()["data"] == [plain.data[0].to_dict()]
    one = client.embeddings.create(model=MODEL, input=tokens[1])
    assert one.data[0].embedding == made.data[1].embedding


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": ""},
        {"input": []},
        {"input": ["tides", ""]},
        {"input": [[]]},
        {"input": [100_256]},
        {"input": [True]},
        {"input": [0.5]},
        {"input": ["a"] * 2049},
        {"input": "tides", "dimensions": 100},
        {"input": "tides", "encoding_format": "hex"},
        {},
    ],
)
def test_what_cannot_be_embedded_is_told(address: str, wrong: dict[str, Any]) -> None:
    made = post(address, "embeddings", {"model": MODEL, **wrong})
    assert made.status_code == 400
    assert made.json()["error"]["message"].endswith(".")


def test_llama_index_chats_streams_and_completes(address: str) -> None:
    llm = OpenAILike(model=CHAT, api_base=f"{address}/v1", api_key="any", is_chat_model=True)
    messages = [ChatMessage(role="user", content=ABOUT_TIDES)]
    said = llm.chat(messages).message.content
    assert said is not None
    assert "nine minutes" in said
    assert "".join(part.delta or "" for part in llm.stream_chat(messages)) == said
    assert llm.complete(ABOUT_TIDES).text == said


def test_open_webui_finds_models_chats_and_makes_a_title(address: str) -> None:
    found = httpx.get(f"{address}/v1/models").json()
    assert CHAT in [model["id"] for model in found["data"]]
    body = {"model": CHAT, "stream": True, "stream_options": {"include_usage": True}}
    body |= {"messages": [user(ABOUT_TIDES)], "features": {"web_search": False}, "chat_id": "1"}
    with httpx.stream("POST", f"{address}/v1/chat/completions", json=body, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    assert json.loads(lines[-2][6:])["usage"]["total_tokens"] > 0
    task = {"model": CHAT, "stream": False, "messages": [user(TITLE_TASK)], "max_tokens": 1000}
    made = post(address, "chat/completions", task)
    assert made.status_code == 200
    assert made.json()["choices"][0]["message"]["content"]


@pytest.fixture(scope="module")
def with_model(serve: Serve) -> Iterator[openai.OpenAI]:
    """A client of a server that writes with a language model, which quotes its passages."""
    with ModelServer({}) as model:
        yield client_of(
            serve(
                ASSISTANT_LLM_MODEL="echo",
                ASSISTANT_LLM_BASE_URL=model.base_url,
                ASSISTANT_LLM_API_KEY=model.api_key,
            )
        )


def test_a_language_model_writes_where_there_is_one(with_model: openai.OpenAI) -> None:
    completion = whole(with_model, user(ABOUT_BEES))
    assert completion["assistant"]["writer"] == "echo"
    assert BEES.title in content_of(completion)
    assert completion["usage"]["prompt_tokens"] > 100  # what the model read, not the question
    chunks = streamed(with_model, user(ABOUT_BEES))
    assert joined(chunks) == content_of(completion)
    assert [c["delta"] for c in chunks[-1]["choices"]] == [
        {"annotations": completion["choices"][0]["message"]["annotations"]}
    ]
    quoted = whole(with_model, user(ABOUT_BEES), model=f"{CHAT}-extractive")
    assert quoted["assistant"]["writer"] == "extractive"


def test_a_client_that_goes_ends_the_language_models_work(serve: Serve) -> None:
    body = {"model": CHAT, "stream": True, "messages": [user(ABOUT_BEES)]}
    text = " ".join(f"Hive number {n} hums [1]." for n in range(100))
    with BrokenServer("slow", text) as model:
        address = serve(
            ASSISTANT_LLM_MODEL="slow",
            ASSISTANT_LLM_BASE_URL=model.base_url,
            ASSISTANT_LLM_API_KEY="none",
        )
        with httpx.stream("POST", f"{address}/v1/chat/completions", json=body) as answer:
            for line in answer.iter_lines():
                if "hums" in line:
                    break
        sent, end = -1, time.monotonic() + 8
        while sent != model.sent and time.monotonic() < end:
            sent = model.sent
            time.sleep(0.5)
        assert 0 < sent == model.sent < 400


def test_a_body_that_is_too_large_is_told_as_openai_tells_it(address: str) -> None:
    made = post(address, "chat/completions", {"model": CHAT, "messages": [user("a" * 5_000_000)]})
    assert made.status_code == 413
    assert made.json()["error"]["message"] == made.json()["detail"]
