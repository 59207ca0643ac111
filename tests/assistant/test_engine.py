"""From a question to an answer: the events on the way, and odd questions and libraries."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import date as Date
from pathlib import Path

import pytest

from assistant.answer import (
    Done,
    Event,
    Restarted,
    Retrieved,
    Sentence,
    Written,
    join_sentences,
    turn_of,
)
from assistant.engine import LONGEST, CitedQueryEngine
from assistant.retrieval import HybridRetriever
from assistant.settings import AnswerSettings
from store.filters import Filters
from store.library import Library
from store.settings import StoreSettings
from tests.assistant.answers import READING, READS, TIMETABLES
from tests.assistant.engine_asking import BEE_QUESTION, EXTRACTIVE, plain
from tests.assistant.invented import (
    BEES,
    BEES_TOO,
    CRANES,
    FERRYBENCH,
    LANTERN,
    LEDGERS,
    PAPERS,
    invented,
)
from tests.broken_server import BrokenServer

BEES_DISAGREE = "[2] reports the opposite of [1]."  # the two papers on bees and light


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


# --- events -----------------------------------------------------------------------------------


def test_events_come_in_order(engine: CitedQueryEngine) -> None:
    events = list(engine.stream(BEE_QUESTION))
    written = [event.sentence for event in events if isinstance(event, Written)]
    assert kinds(events) == [Retrieved, *[Written] * len(written), Done]
    assert written
    first, last = events[0], events[-1]
    assert isinstance(first, Retrieved)
    assert isinstance(last, Done)
    assert last.answer.sentences == tuple(written)
    assert last.answer.text == join_sentences(written)
    assert last.answer.passages == first.passages
    assert last.answer.searched == first.searched


@pytest.mark.parametrize(
    "question", [BEE_QUESTION, "What is the capital of France?", "", "honeybees", "who are you?"]
)
def test_the_stream_ends_with_what_ask_returns(engine: CitedQueryEngine, question: str) -> None:
    last = list(engine.stream(question))[-1]
    assert isinstance(last, Done)
    assert plain(last.answer) == plain(engine.ask(question))


def test_a_refusal_is_retrieved_and_done(engine: CitedQueryEngine) -> None:
    assert kinds(list(engine.stream("What is the capital of France?"))) == [Retrieved, Done]


def test_the_answer_says_what_was_searched_and_how_long_it_took(engine: CitedQueryEngine) -> None:
    answer = engine.ask(f"  {BEE_QUESTION}\n", filters=Filters(since=Date(2018, 1, 1)))
    assert answer.question == answer.searched.question == BEE_QUESTION
    assert answer.searched.papers == len([p for p in PAPERS if (p.year or 0) >= 2018])
    assert answer.searched.filters == ("since 2018-01-01",)
    assert answer.searched.without_vectors == 0
    assert answer.writer == "extractive"
    assert (answer.tokens.prompt, answer.tokens.completion) == (0, 0)
    assert set(answer.timings_ms) == {"understand", "retrieve", "select", "read", "write", "total"}
    parts = [ms for step, ms in answer.timings_ms.items() if step != "total"]
    assert sum(parts) == pytest.approx(answer.timings_ms["total"], rel=0.2, abs=2)


def test_an_answer_cannot_be_changed(engine: CitedQueryEngine) -> None:
    answer = engine.ask(BEE_QUESTION)
    with pytest.raises(FrozenInstanceError):
        answer.text = "Something else."  # type: ignore[misc]


def test_closing_the_stream_stops_the_work(library: Library) -> None:
    searched = []

    class Watched(HybridRetriever):
        def search(self, *parts: object, **named: object) -> list[object]:  # type: ignore[override]
            searched.append(parts)
            return super().search(*parts, **named)  # type: ignore[arg-type,return-value]

    engine = CitedQueryEngine(library, EXTRACTIVE, retriever=Watched(library))
    stream = engine.stream(BEE_QUESTION)
    assert searched == []  # nothing is done before the first event is asked for
    assert isinstance(next(stream), Retrieved)
    assert isinstance(next(stream), Written)
    stream.close()  # type: ignore[attr-defined]
    assert list(stream) == []
    assert len(searched) == 1


def test_closing_the_stream_ends_the_request_to_the_model(library: Library) -> None:
    words = f"{READS} [1]. " * 60
    with BrokenServer("slow", words) as server:
        settings = AnswerSettings(llm_model="slow", llm_base_url=server.base_url, llm_timeout=20)
        stream = CitedQueryEngine(library, settings).stream(READING)
        assert isinstance(next(stream), Retrieved)
        assert isinstance(next(stream), Written)
        stream.close()  # type: ignore[attr-defined]
        sent = server.sent
        time.sleep(0.4)
        assert server.sent <= sent + 2


# --- nothing to answer from -------------------------------------------------------------------


def test_an_empty_library_says_how_to_fill_it(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path / "library"), owner="a test") as empty:
        engine = CitedQueryEngine(empty, EXTRACTIVE)
        for question in (BEE_QUESTION, ""):
            answer = engine.ask(question)
            assert answer.status == "refused"
            assert answer.text.startswith("This library holds no papers yet")
            assert "assistant add" in answer.text
            assert answer.citations == ()
        assert kinds(list(engine.stream(BEE_QUESTION))) == [Retrieved, Done]


def test_a_paper_without_an_abstract_is_refused_and_not_quoted(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path / "library"), owner="a test") as library:
        library.add([invented("Church bells of bronze", "", "a.txt", 1)])
        answer = CitedQueryEngine(library, EXTRACTIVE).ask("church bells of bronze")
    assert answer.status == "refused"
    assert [paper.title for paper in answer.nearest] == ["Church bells of bronze"]


def test_while_vectors_are_made_the_answer_says_so(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path / "library"), owner="a test") as library:
        library.catalogue(PAPERS)
        engine = CitedQueryEngine(library, EXTRACTIVE)
        answer = engine.ask(BEE_QUESTION)
        assert answer.status == "answered"
        assert answer.citations[0].paper_id in (BEES.id, BEES_TOO.id)
        assert answer.searched.without_vectors == len(PAPERS)
        told = "13 papers are found by words only until their vectors are made."
        assert answer.notice == f"{told} {BEES_DISAGREE}"
        library.index_vectors()
        assert engine.ask(BEE_QUESTION).notice == BEES_DISAGREE


# --- odd questions ----------------------------------------------------------------------------


def test_a_question_beyond_reading_is_cut_and_the_answer_says_so(engine: CitedQueryEngine) -> None:
    answer = engine.ask(f"{BEE_QUESTION} " + "please " * 20000)
    assert len(answer.question) <= LONGEST
    assert answer.notice.startswith("Only the first 4,000 characters of the question were read.")
    assert answer.timings_ms["total"] < 5000
    assert engine.ask(BEE_QUESTION).notice == BEES_DISAGREE


@pytest.mark.parametrize(
    "question",
    ["\ud800 honeybees", "honeybees\x00 and\x1b[31m light", "HONEYBEES?!", "🐝🐝🐝", "a", "'\"\\"],
)
def test_no_question_breaks_it(engine: CitedQueryEngine, question: str) -> None:
    answer = engine.ask(question)
    assert answer.status in ("answered", "refused")
    answer.question.encode("utf-8")
    assert answer.question.isprintable()


def test_a_question_in_capitals_is_the_same_question(engine: CitedQueryEngine) -> None:
    assert engine.ask(BEE_QUESTION.upper()).citations[0].paper_id in (BEES.id, BEES_TOO.id)


# --- settings and filters ---------------------------------------------------------------------


def test_filters_narrow_the_answer(engine: CitedQueryEngine) -> None:
    for year, paper in ((2020, BEES), (2023, BEES_TOO)):
        filters = Filters(since=Date(year, 1, 1), until=Date(year, 12, 31))
        answer = engine.ask(BEE_QUESTION, filters=filters)
        assert {citation.paper_id for citation in answer.citations} == {paper.id}


def test_top_k_bounds_the_passages(engine: CitedQueryEngine) -> None:
    assert len(engine.ask(BEE_QUESTION, top_k=3).passages) == 3
    assert len(engine.ask(BEE_QUESTION).passages) == AnswerSettings().top_k


def test_find_is_ask_without_the_writing(engine: CitedQueryEngine) -> None:
    found = engine.find(f" {BEE_QUESTION}  ")
    assert found.passages == engine.ask(BEE_QUESTION).passages
    assert found.searched.question == BEE_QUESTION
    for e in found.evidence:
        abstract = found.passages[e.passage].paper.abstract
        assert abstract[slice(*e.span)] == e.text


# --- with a language model --------------------------------------------------------------------


def test_streaming_with_a_model_equals_asking(
    with_model: Callable[..., CitedQueryEngine],
) -> None:
    for model in ("good", "refuses", "off-topic", "busy"):
        engine = with_model(model)
        events = list(engine.stream(READING))
        last = events[-1]
        assert isinstance(last, Done)
        assert plain(last.answer) == plain(engine.ask(READING))
        at = next((n + 1 for n, e in enumerate(events) if isinstance(e, Restarted)), 1)
        written: list[Sentence] = [e.sentence for e in events[at:] if isinstance(e, Written)]
        assert last.answer.sentences == tuple(written)


def test_the_writer_can_be_forced(with_model: Callable[..., CitedQueryEngine]) -> None:
    assert with_model("good").ask(READING).writer == "good"
    assert with_model("good", writer="model").ask(READING).writer == "good"
    assert with_model("good", writer="extractive").ask(READING).writer == "extractive"


def test_an_llm_object_takes_the_place_of_the_configured_one(library: Library) -> None:
    from llama_index.core.llms import MockLLM

    engine = CitedQueryEngine(library, EXTRACTIVE, llm=MockLLM(max_tokens=16))
    answer = engine.ask(READING)
    assert answer.question == READING
    assert answer.status in ("answered", "partial")


def test_a_conversation_with_a_model(with_model: Callable[..., CitedQueryEngine]) -> None:
    engine = with_model("echo")
    first = engine.ask(TIMETABLES)
    assert first.citations[0].paper_id == FERRYBENCH.id
    assert all(sentence.supported for sentence in first.sentences)
    then = engine.ask("and what causes the errors of it?", turns=[turn_of(first)])
    assert then.searched.follows
    assert then.passages[0].paper.id == FERRYBENCH.id


# --- what travels -----------------------------------------------------------------------------


def test_a_turn_holds_what_a_conversation_needs(engine: CitedQueryEngine) -> None:
    answer = engine.ask("What is Lantern Sort?")
    kept = turn_of(answer)
    assert (kept.question, kept.answer) == (answer.question, answer.text)
    assert (kept.cited[0], kept.titles[0]) == (LANTERN.id, LANTERN.title)
    assert (kept.refused, kept.follows) == (False, False)
    assert turn_of(engine.ask("is it slow?", turns=[kept])).follows


def test_every_answer_can_be_written_as_json(engine: CitedQueryEngine) -> None:
    from ui.documents import answer_document

    for question in (BEE_QUESTION, "What is the capital of France?", ""):
        document = answer_document(engine.ask(question))
        assert json.loads(json.dumps(document)) == document


def test_two_engines_on_one_library_and_many_threads_agree(library: Library) -> None:
    from concurrent.futures import ThreadPoolExecutor

    questions = [BEE_QUESTION, "What is Lantern Sort?", f"rust of {CRANES.title}", LEDGERS.title]
    engines = [CitedQueryEngine(library, EXTRACTIVE) for _ in range(2)]
    alone = {question: engines[0].ask(question).text for question in questions}
    with ThreadPoolExecutor(6) as pool:
        jobs = [(engine, question) for engine in engines for question in questions * 3]
        found = list(pool.map(lambda job: (job[1], job[0].ask(job[1]).text), jobs))
    assert all(text == alone[question] for question, text in found)
