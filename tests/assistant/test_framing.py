"""A question for whatever there is on a topic is searched as the topic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine import CitedQueryEngine
from assistant.framing import topic_of
from assistant.settings import AnswerSettings
from store.library import Library

_FRAMES = [
    "what do my papers say about {}?",
    "What does the literature say about {}",
    "what have people found about {}?",
    "What is known about {}?",
    "what's there on {}",
    "Tell me about {}.",
    "Hi! could you tell me something about {}? thanks",
    "Summarise {} please",
    "summarize the research on {}",
    "Give me a short overview of {}",
    "Can you explain {} please",
    "Explain {} to me",
    "I'm interested in {}, what is there?",
    "I'd like to learn more about {}",
    "Do any of my papers mention {}?",
    "does any paper discuss {}?",
    "Is there anything on {} in my library?",
    "do you have anything on {}?",
    "Which papers discuss {}?",
    "which of my papers deal with {}",
]


@pytest.mark.parametrize("frame", _FRAMES)
def test_the_topic_alone_is_left_of_a_framed_question(frame: str) -> None:
    assert topic_of(frame.format("bell bronze")) == "bell bronze"


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Tell me about",
        "summarize",
        "How do honeybees find their hive?",
        "explain how bees dance",
        "Explain the difference between tin and bronze",
        "Is there a way to cool bells?",
        "What do they say about it?",
        "tell me about the second one",
        "Tell me about its limits.",
        "Summarize these papers",
        "summarize [2]",
        "what is there to say about cooling when bells crack?",
    ],
)
def test_other_questions_stay_as_they_are(question: str) -> None:
    assert topic_of(question) == question


@given(st.text(max_size=400))
def test_a_topic_is_a_part_of_the_question(question: str) -> None:
    assert topic_of(question) in question


@pytest.mark.parametrize("frame", ["What do my papers say about {}?", "Summarise {} please"])
def test_a_framed_question_is_answered_as_its_topic(engine: CitedQueryEngine, frame: str) -> None:
    bare, framed = engine.ask("bell bronze"), engine.ask(frame.format("bell bronze"))
    assert bare.citations
    assert framed.citations == bare.citations
    assert framed.searched.question == frame.format("bell bronze")


def test_what_a_name_stands_for_is_told_by_the_whole_question(engine: CitedQueryEngine) -> None:
    found = engine.find("Explain the Lantern Sort method")
    assert found.standalone.question == "Explain the Lantern Sort method"
    assert engine.ask("Tell me about Lantern Sort").citations


@pytest.mark.parametrize("topic", ["RLHF", "federated learning", "curriculum learning"])
def test_what_is_quoted_first_names_the_topic(real_pages: Library, topic: str) -> None:
    short = {"federated learning": "FL"}.get(topic, topic)
    engine = CitedQueryEngine(real_pages, AnswerSettings(writer="extractive"))
    for frame in ("Tell me about {}", "Do any of my papers mention {}?", "summarize {}"):
        quote = engine.ask(frame.format(topic)).citations[0].quote
        assert topic in quote.lower() or short in quote
