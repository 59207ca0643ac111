"""What in a sentence's wording makes it the one that is quoted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.engine import CitedQueryEngine
from assistant.settings import AnswerSettings
from assistant.telling import asks_what, sentence_features
from store.library import Library
from store.settings import StoreSettings
from tests.store.making import record


@pytest.mark.parametrize(
    ("question", "text", "figure"),
    [
        ("How many bees were released?", "We released 600 bees at dawn.", 1.0),
        ("How many bees were released?", "Of the lit bees 81% were back, others 52 percent.", 0.0),
        ("How many bees were released?", "Gains of 3.4 points were common.", 0.0),
        ("How many bees were released?", "Of 600 bees 81% were back.", 1.0),
        ("How many percent were back?", "Of the lit bees 81% were back.", 1.0),
        ("What share of bees was back?", "Of the lit bees 81% were back.", 1.0),
        ("What makes bees come back?", "We released 600 bees at dawn.", 0.0),
        ("What is score matching?", "We released 600 bees at dawn.", 0.0),
        ("what is average pooling", "We released 600 bees at dawn.", 0.0),
        ("What is the average score?", "We released 600 bees at dawn.", 1.0),
    ],
)  # fmt: skip
def test_a_count_is_told_by_a_figure_that_is_no_share(
    question: str, text: str, figure: float
) -> None:
    features = sentence_features(
        question, text, late=0.5, late_news=0.1, coverage=0.5, news=0.1, place=0.5
    )
    assert features["figure"] == figure


@pytest.mark.parametrize(
    ("question", "text", "counts"),
    [
        ("Which papers light the way of bees?", "We propose a lamp for bees.", 1.0),
        ("work on lamps for bees", "In this paper we study how bees see lamps.", 1.0),
        ("Show me work on lamps", "The lamp brought 81 percent of the bees back.", 0.0),
        ("How are bees led home?", "We propose a lamp for bees.", 0.0),
        ("lamps bees", "We propose a lamp for bees.", 0.0),
    ],
)
def test_where_papers_are_wanted_it_counts_that_a_sentence_says_what_one_is_about(
    question: str, text: str, counts: float
) -> None:
    features = sentence_features(
        question, text, late=0.5, late_news=0.1, coverage=0.5, news=0.1, place=0.5
    )
    assert features["works_propose"] == counts


@pytest.mark.parametrize(
    "question",
    ["What is GlowBee?", "what's glowbee", "GlowBee", "glow bee?", "Explain GlowBee",
     "hey, can you explain what GlowBee is?", "What does GlowBee do?", "tell me about GlowBee!",
     "What is meant by lamp training?", "I keep hearing of it: what is GlowBee?",
     "What is the GlowBee method?", "What is attention in neural networks?"],
)  # fmt: skip
def test_a_question_may_ask_no_more_than_what_something_is(question: str) -> None:
    assert asks_what(question)


@pytest.mark.parametrize(
    "question",
    ["", "?", "so what is it", "What is the accuracy of GlowBee on BeeNet?",
     "What are the two parts of GlowBee?",
     "What are GlowBee's limits?", "How does GlowBee train bees?", "Is GlowBee better than SunBee?",
     "What is there on bees?", "How many bees does GlowBee need?", "papers about bee lamps",
     "I read " * 40 + "it, what is GlowBee?",
     "What makes bees come back?", "We lost our bees, what was the reason?"],
)  # fmt: skip
def test_other_questions_ask_for_more(question: str) -> None:
    assert not asks_what(question)


_LAMPS = """\
Bees that leave late are often lost. We propose a lamp for honeybees that a clock lights at dusk. \
Honeybees found home by amber lamps at dusk in eight of ten trials."""


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("Which papers are about amber lamps for honeybees at dusk?", "We propose"),
        ("How often do honeybees find home by amber lamps at dusk?", "Honeybees found home"),
    ],
)
def test_a_paper_is_shown_by_what_it_proposes_where_papers_are_wanted(
    tmp_path: Path, question: str, quote: str
) -> None:
    with Library(StoreSettings(library=tmp_path)) as library:
        library.add([record("Clockwork for the Hive", _LAMPS)])
        engine = CitedQueryEngine(library, AnswerSettings(writer="extractive"))
        found = engine.find(question)
        best = max(found.evidence, key=lambda e: e.telling)
    assert best.text.startswith(quote)


_GLOWBEE = """\
Bees that leave the hive at dusk often get lost, and earlier lamps blinded them. GlowBee is a dim \
amber lamp at the hive's mouth that is lit in step with the sun. The lamp of GlowBee is driven by \
a clock and a small cell. In three meadows GlowBee brought 81 percent of the bees back, which is \
20 points better than SunBee. GlowBee became the lamp that most keepers know."""


@pytest.fixture(scope="module")
def engine_on_lamps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CitedQueryEngine]:
    folder = tmp_path_factory.mktemp("lamps")
    with Library(StoreSettings(library=folder)) as library:
        library.add([record("GlowBee: Lamps That Lead Bees Home", _GLOWBEE)])
        yield CitedQueryEngine(library, AnswerSettings(writer="extractive"))


@pytest.mark.parametrize("question", ["What is GlowBee?", "glowbee", "Can you explain GlowBee?"])
def test_what_something_is_comes_before_what_it_achieved(
    engine_on_lamps: CitedQueryEngine, question: str
) -> None:
    first = engine_on_lamps.ask(question).citations[0]
    assert first.quote.startswith("GlowBee is a dim amber lamp")


def test_what_it_achieved_is_told_when_that_is_asked(engine_on_lamps: CitedQueryEngine) -> None:
    first = engine_on_lamps.ask("How many of the bees did GlowBee bring back?").citations[0]
    assert "81 percent" in first.quote
