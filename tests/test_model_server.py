"""The servers that the language-model writer is tested against do what they say."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import openai
import pytest
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.llms.openai_like import OpenAILike
from openai.types.chat import ChatCompletionUserMessageParam

import prompts
from tests.broken_server import BrokenServer, Mode
from tests.model_server import ModelServer, ModelServerFailed

GOOD = "The method is attention [1]. It needs no recurrence [2]."
ODD = 'He said "no": – α\u2028β 🙂 \x7f \\n #{a}\n\n[32] <|end|>\ttail '
PASSAGES = (
    "[1] Attention (A. Person, 2017)\nWe drop recurrence. It is quicker.\n\n"
    "[2] Word order\nDo positions matter? They do.\n\n"
    "[3] A note\nno full stop here"
)
QUOTES = "We drop recurrence [1]. Do positions matter [2]? no full stop here [3]."
MODELS = [("good", GOOD), ("odd", ODD), ("echo", QUOTES)]


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    """One proxy for all of this file; when it is stopped nothing of it may be left."""
    server = ModelServer({"good": GOOD, "odd": ODD, "busy": "litellm.RateLimitError"})
    problem = ""
    try:
        server.start()
    except ModelServerFailed as error:
        problem = str(error)
    if problem:
        pytest.fail(problem, pytrace=False)
    yield server
    server.stop()
    assert server.pid is None
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(urlsplit(server.base_url).netloc).connect()


def client(base_url: str, key: str = "any", retries: int = 0) -> openai.OpenAI:
    return openai.OpenAI(base_url=base_url, api_key=key, max_retries=retries, timeout=30)


def like(base_url: str, key: str = "any", model: str = "good", timeout: float = 30) -> OpenAILike:
    return OpenAILike(
        model=model,
        api_base=base_url,
        api_key=key,
        is_chat_model=True,
        max_retries=0,
        timeout=timeout,
    )


def user(text: str) -> ChatCompletionUserMessageParam:
    return {"role": "user", "content": text}


def pieces(api: openai.OpenAI, model: str, text: str) -> Iterator[str]:
    for event in api.chat.completions.create(model=model, messages=[user(text)], stream=True):
        if event.choices and event.choices[0].delta.content:
            yield event.choices[0].delta.content


@pytest.mark.parametrize(("model", "answer"), MODELS, ids=[name for name, _ in MODELS])
def test_openai_gets_each_answer_whole_and_in_pieces(
    server: ModelServer, model: str, answer: str
) -> None:
    api = client(server.base_url, server.api_key)
    prompt = prompts.fill("answer", passages=PASSAGES, question="Why?")
    whole = api.chat.completions.create(model=model, messages=[user(prompt)])
    streamed = list(pieces(api, model, prompt))
    assert whole.choices[0].message.content == answer
    assert whole.choices[0].finish_reason == "stop"
    assert whole.usage
    assert whole.usage.total_tokens > 0
    assert "".join(streamed) == answer
    assert len(streamed) > 5


@pytest.mark.parametrize(("model", "answer"), MODELS, ids=[name for name, _ in MODELS])
def test_llama_index_gets_each_answer_whole_and_in_pieces(
    server: ModelServer, model: str, answer: str
) -> None:
    llm = like(server.base_url, server.api_key, model)
    messages = [
        ChatMessage(role=MessageRole.SYSTEM, content=prompts.load("answer_system")),
        ChatMessage(role=MessageRole.USER, content=PASSAGES),
    ]
    streamed = [part.delta for part in llm.stream_chat(messages)]
    assert llm.chat(messages).message.content == answer
    assert "".join(d for d in streamed if d) == answer
    assert len(streamed) > 5


def test_echo_repeats_the_question_it_is_to_reword(server: ModelServer) -> None:
    asked = "What about [2]?"
    said = "Researcher: Hi.\nAssistant: Yes [1]."
    prompt = prompts.fill("condense", conversation=said, question=asked)
    reply = like(server.base_url, server.api_key, "echo").chat([ChatMessage(content=prompt)])
    assert reply.message.content == asked


def test_failures_have_their_real_status(server: ModelServer) -> None:
    right, wrong = client(server.base_url, server.api_key), client(server.base_url, "sk-wrong")
    with pytest.raises(openai.AuthenticationError):
        list(pieces(wrong, "good", "Why?"))
    with pytest.raises(openai.RateLimitError):
        list(pieces(right, "busy", "Why?"))
    with pytest.raises(openai.BadRequestError, match="Invalid model name"):
        list(pieces(right, "unknown", "Why?"))
    assert {model.id for model in right.models.list()} == {"good", "odd", "busy", "echo"}


def test_a_missing_environment_names_the_make_target(tmp_path: Path) -> None:
    with pytest.raises(ModelServerFailed, match="make install-test"):
        ModelServer({}, python=tmp_path / "bin" / "python").start()


def test_a_server_that_ends_at_its_start_shows_its_log(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no such part >&2\nexit 3\n")
    python.chmod(0o755)
    with pytest.raises(ModelServerFailed, match=r"ended at its start.*\n.*no such part"):
        ModelServer({}, python=python).start()


def test_a_server_that_is_never_ready_is_ended_with_its_children(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {tmp_path}/child\nwait\n")
    python.chmod(0o755)
    with pytest.raises(ModelServerFailed, match=r"not ready after 1 s"):
        ModelServer({}, python=python, patience=1).start()
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10  # a killed process takes a moment to go on a busy machine
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    """Whether a process is there and no mere entry that its parent has yet to clear away."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("mode", "error"),
    [("refuse", openai.InternalServerError), ("rate_limit", openai.RateLimitError)],
)
def test_a_refusal_is_tried_again_and_counted(mode: Mode, error: type[Exception]) -> None:
    with BrokenServer(mode) as broken:
        with pytest.raises(error):
            list(pieces(client(broken.base_url, retries=1), "any", "Why?"))
        assert broken.requests == 2


def test_rate_limit_asks_for_a_second() -> None:
    with BrokenServer("rate_limit") as broken, pytest.raises(openai.RateLimitError) as caught:
        list(pieces(client(broken.base_url), "any", "Why?"))
    assert caught.value.response.headers["retry-after"] == "1"


def test_break_off_sends_two_pieces_and_is_seen_as_broken() -> None:
    with BrokenServer("break_off") as broken:
        parts = like(broken.base_url).stream_chat([ChatMessage(content="Why?")])
        assert [next(parts).delta, next(parts).delta] == ["The method ", "is "]
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            next(parts)
        assert broken.requests == 1


def test_hang_takes_the_request_and_never_answers() -> None:
    with BrokenServer("hang") as broken:
        start = time.monotonic()
        with pytest.raises(openai.APITimeoutError):
            list(like(broken.base_url, timeout=0.5).stream_chat([ChatMessage(content="Why?")]))
        assert 0.4 < time.monotonic() - start < 10
        assert broken.requests == 1


def test_garbage_is_a_page_where_an_answer_should_be() -> None:
    with BrokenServer("garbage") as broken:
        api = client(broken.base_url)
        assert list(pieces(api, "any", "Why?")) == []
        whole: object = api.chat.completions.create(model="any", messages=[user("Why?")])
        assert "It works!" in str(whole)
        assert list(like(broken.base_url).stream_chat([ChatMessage(content="Why?")])) == []


def test_slow_streams_a_word_each_50_ms_until_nobody_listens() -> None:
    words = "one two three four five six seven eight nine ten "
    with BrokenServer("slow", words) as broken:
        start = time.monotonic()
        assert "".join(pieces(client(broken.base_url), "any", "Why?")) == words
        assert 0.45 < time.monotonic() - start < 10
    with BrokenServer("slow") as broken, client(broken.base_url) as api:
        stream = api.chat.completions.create(model="any", messages=[user("Why?")], stream=True)
        next(iter(stream))
        stream.close()
        time.sleep(0.5)
        assert 1 <= broken.sent < 10


def test_a_closed_server_is_an_address_where_nobody_listens() -> None:
    with BrokenServer("hang") as broken:
        pass
    with pytest.raises(openai.APIConnectionError):
        list(pieces(client(broken.base_url), "any", "Why?"))
