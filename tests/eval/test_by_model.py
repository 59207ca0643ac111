"""Questions in a language model's words, from a real server of fixed answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.llms.llm import LLM

from assistant.settings import AnswerSettings
from assistant.writing.model import make_llm
from eval.by_model import ModelFailed, ask_for_questions, parse
from eval.collecting import collect
from store.library import Library
from store.paper import Paper
from store.settings import StoreSettings
from tests.assistant.invented import BEES, LENSES, PAPERS
from tests.model_server import ModelServer

FIRST = "How many insects took part in the dawn trial?"
SECOND = "When was the lamp of most use?"
ANSWERS = {
    "tidy": f"1. {FIRST} [2]\n2. {SECOND} [4]",
    "copier": f"1. Do we know why morning light helps honeybees find their hive? [3]\n2. {SECOND}",
    "wordy": f"<think>What do I ask? Hm?</think>Sure!\n\n**Q1:** *“{FIRST}”* (sentence 2)\n"
    f"- {SECOND} [99]\n3) And why was this done on an island? [1]\nHope this helps!",
    "silent": "I'd rather not.",
    "fails": "litellm.InternalServerError",
}


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer(ANSWERS) as running:
        yield running


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("asked")
    with Library(StoreSettings(library=folder), owner="a test") as opened:
        opened.catalogue(PAPERS)
        yield opened


def llm_of(model: str, base_url: str, key: str = "none", **settings: object) -> LLM:
    given = {"llm_model": model, "llm_base_url": base_url, "llm_api_key": key}
    made = make_llm(AnswerSettings.model_validate(given | settings))
    assert made
    return made


def spans(paper: Paper, server: ModelServer, model: str) -> list[tuple[str, list[str]]]:
    made = ask_for_questions(llm_of(model, server.base_url, server.api_key), paper)
    return [
        (
            m.question,
            [right.abstract[slice(*span)] for right, found in m.evidence for span in found],
        )
        for m in made
    ]


def test_each_question_names_the_sentence_that_answers_it(server: ModelServer) -> None:
    (first, (told,)), (second, _) = spans(BEES, server, "tidy")
    assert (first, second) == (FIRST, SECOND)
    assert told.startswith("We released 600 honeybees")


def test_a_copy_of_the_abstract_is_dropped(server: ModelServer) -> None:
    assert spans(BEES, server, "copier") == [(SECOND, [])]


def test_chatter_and_marks_around_are_taken_off(server: ModelServer) -> None:
    (first, (told,)), (second, none) = spans(BEES, server, "wordy")
    assert (first, second, none) == (FIRST, SECOND, [])
    assert told.startswith("We released 600")


def test_a_long_abstract_is_shortened_to_the_window(server: ModelServer) -> None:
    settings = {"llm_context": 1024, "llm_max_tokens": 600}
    llm = llm_of("tidy", server.base_url, server.api_key, **settings)
    assert len(ask_for_questions(llm, LENSES)) == 2


def test_half_of_the_answered_questions_are_the_models(
    server: ModelServer, library: Library
) -> None:
    llm = llm_of("tidy", server.base_url, server.api_key)
    told: list[tuple[int, int]] = []
    tell = lambda done, total: told.append((done, total))  # noqa: E731
    collection = collect(library.catalog, count=20, llm=llm, tell=tell)
    rows = [row for row in collection.rows if row["kind"] == "model"]
    assert len(rows) == told[-1][0] == told[-1][1] == 6
    assert {row["made_by"] for row in rows} == {"tidy"}
    assert len({row["id"] for row in collection.rows}) == len(collection.rows)
    hidden = {title for row in collection.rows for title in row.get("without", ())}
    assert not any(hidden & set(row["papers"]) for row in rows)


def test_where_the_model_fails_the_templates_make_them_all(
    server: ModelServer, library: Library
) -> None:
    plain = collect(library.catalog, count=20)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        unreachable = llm_of("any", f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
        collection = collect(library.catalog, count=20, llm=unreachable)
    assert collection.rows == plain.rows
    assert any("any could not be reached" in notice for notice in collection.notices)
    for model in ("silent", "fails"):
        llm = llm_of(model, server.base_url, server.api_key)
        assert collect(library.catalog, count=20, llm=llm).rows == plain.rows
    with pytest.raises(ModelFailed, match="fails failed with HTTP status 500"):
        ask_for_questions(llm_of("fails", server.base_url, server.api_key), BEES)


@given(st.text())
def test_any_text_can_be_parsed(said: str) -> None:
    for question, number in parse(said):
        assert question.endswith(("?", "？"))
        assert "\n" not in question
        assert number is None or number >= 0


@pytest.mark.parametrize("before", ["1. ", "(2) ", "- ", "Q1: ", "**Question 2:** ", "> 1) ", ""])
@pytest.mark.parametrize("after", [" [3]", " (3)", " [sentence 3]", "** [3]", " [3, 4]"])
def test_a_question_is_read_however_it_is_listed(before: str, after: str) -> None:
    assert parse(f"Here they are:\n{before}{FIRST}{after}") == [(FIRST, 3)]
