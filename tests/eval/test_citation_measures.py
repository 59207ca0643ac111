"""Citations measured: hand-counted answers, and those of a model behind a real server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.answer import Answer, Citation, Passage, Sentence
from assistant.engine import CitedQueryEngine
from assistant.settings import AnswerSettings
from eval.choosing import Asked
from eval.citations import alce, borne_out_by, evident, in_two, measure, said
from eval.findings import Findings
from eval.questions import Question
from eval.run import ask_all
from eval.scores import Outcome, outcome
from store.library import Library
from store.paper import Paper, normal_title
from store.settings import StoreSettings
from tests.assistant.answers import ANSWERS, READING, READS, TIMETABLES, TRAINED
from tests.assistant.any_answers import answered
from tests.assistant.invented import (
    BEES,
    BELLS,
    BOATS,
    FERRYBENCH,
    FERRYING,
    LEDGERS,
    PAPERS,
    SOURDOUGH,
    passage,
)
from tests.model_server import ModelServer

FIGURE = "94.2% of the characters on faded pages"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("cited")
    with Library(StoreSettings(library=folder), owner="a test") as opened:
        opened.add(PAPERS)
        yield opened


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    wanted = ("good", "wrong-figure", "no-marks", "two-papers")
    with ModelServer({name: ANSWERS[name] for name in wanted}) as running:
        yield running


def found_by(engine: CitedQueryEngine, *questions: Question) -> Findings:
    outcomes = ask_all(engine, questions)
    return measure(Asked("any", Path("any"), False, datetime.now(UTC), engine, outcomes))


def asks(text: str, *papers: Paper, evidence: tuple[tuple[Paper, str], ...] = ()) -> Question:
    gold = {
        normal_title(paper.title): [
            (paper.abstract.index(part), paper.abstract.index(part) + len(part))
        ]
        for paper, part in evidence
    }
    titles = tuple(normal_title(paper.title) for paper in papers)
    return Question(text, "test", "detail", text, titles, evidence=gold)


def cites(*sentences: tuple[Paper, ...]) -> Answer:
    """Sentences "S1", "S2" … that cite these papers, each by its first ten characters."""
    made, numbers = [], {paper: n for n, paper in enumerate(dict.fromkeys(sum(sentences, ())), 1)}
    for place, papers in enumerate(sentences, 1):
        citations = tuple(
            Citation(numbers[p], p.id, p.title, p.abstract[:10], 0, 10, 0.9, True) for p in papers
        )
        marks = "".join(f"[{c.number}]" for c in citations)
        made.append(Sentence(f"S{place} {marks}.", citations, supported=True))
    return replace(
        answered("Why?"),
        sentences=tuple(made),
        citations=tuple(c for sentence in made for c in sentence.citations),
        passages=tuple(passage(paper) for paper in numbers),
    )


def test_recall_counts_sentences_and_precision_the_citations_that_are_needed() -> None:
    enough = {("S1.", BEES), ("S2.", BEES, BELLS)}  # S3 is borne out by nothing

    def bears(text: str, passages: tuple[Passage, ...]) -> bool:
        held = {passage.paper for passage in passages}
        return any(text == said and held >= set(papers) for said, *papers in enough)

    assert alce(cites((BEES,)), bears) == (1, 1)
    assert alce(cites((BEES, BELLS)), bears) == (1, 1 / 2)  # the bells are idle
    # S1 by the bees alone, S2 by both together, S3 not at all: of 5 citations 3 are needed.
    assert alce(cites((BEES, BELLS), (BEES, BELLS), (BOATS,)), bears) == (2 / 3, 3 / 5)
    assert alce(cites((BELLS,), ()), bears) == (0, 0)


def test_a_sentence_is_judged_without_its_marks_and_the_title_that_leads_a_quote() -> None:
    quote = SOURDOUGH.abstract[:10]
    led = answered("?", (f"In *{SOURDOUGH.title}* (summary): {quote} [1]", 1, SOURDOUGH, quote))
    assert said(led.sentences[0]) == quote
    short = answered("?", (f"**45** [1]: In *{BEES.title}*: {quote} [1]", 1, BEES, "We released"))
    assert in_two(short.sentences[0]) == ("45", quote)
    against = answered("?", (f"By contrast, in *{BEES.title}*: No. [1]", 1, BEES, "We released"))
    assert in_two(against.sentences[0]) == ("", "No.")
    other = answered("?", ("Reactions [2, 3] and [7] are told of [1].", 1, BEES, "We released"))
    assert said(other.sentences[0]) == "Reactions [2, 3] and [7] are told of."


def test_the_products_check_judges_passages_alone_and_together(library: Library) -> None:
    bears = borne_out_by(CitedQueryEngine(library).check)
    ledgers, bees = passage(LEDGERS), passage(BEES)
    assert bears(f"{TRAINED}.", (ledgers,))
    assert bears(f"{READS}.", (bees, ledgers))
    assert not bears(f"{READS}.", (bees,))
    assert not bears("It was trained on 4,800 pages from two town archives.", (ledgers, bees))


def test_citations_count_as_right_by_paper_and_as_evidence_by_sentence() -> None:
    answer = answered(
        "?",
        ("A [1].", 1, BEES, "We released 600 honeybees"),
        ("B [1].", 1, BEES, "The effect was largest"),
        ("C [2].", 2, BELLS, "Church bells crack"),
    )
    question = asks("?", BEES, evidence=((BEES, "The effect was largest on cloudy days."),))
    marks = evident(outcome(question, answer))
    assert marks == [False, True, False]
    assert evident(outcome(asks("?", BEES), answer)) == []


def test_extractive_answers_are_borne_out_by_construction_and_the_output_says_so(
    library: Library,
) -> None:
    reading = asks(READING, LEDGERS, evidence=((LEDGERS, FIGURE),))
    absent = asks("Who won the chess final in 1972?")
    found = found_by(CitedQueryEngine(library), reading, absent)
    figures = found.figures["all"]
    assert figures["answers"] == 1
    assert figures["quotes_verbatim"] == 1
    assert figures["citation_recall"] == figures["citation_precision"] == 1
    assert figures["first_citation_to_a_right_paper"] == 1
    assert figures["any_citation_is_evidence"] == 1
    assert found.each[READING]["papers_per_answer"] >= 1
    assert absent.id not in found.each
    assert "by construction" in found.notes[-1]


def test_a_models_answers_are_judged_by_what_they_cite(
    library: Library, server: ModelServer
) -> None:
    def by(model: str, question: Question) -> dict[str, float]:
        settings = AnswerSettings(
            llm_model=model, llm_base_url=server.base_url, llm_api_key=server.api_key
        )
        found = found_by(CitedQueryEngine(library, settings), question)
        assert not any("by construction" in note for note in found.notes)
        return dict(found.figures["by_writer"][model])

    reading = asks(READING, LEDGERS, evidence=((LEDGERS, FIGURE),))
    good = by("good", reading)
    assert (good["citation_recall"], good["citation_precision"]) == (1, 1)
    assert good["quotes_verbatim"] == 1
    assert good["citations_to_a_right_paper"] == 1
    assert good["citations_are_evidence"] == 1 / 2
    wrong = by("wrong-figure", reading)
    assert (wrong["citation_recall"], wrong["citation_precision"]) == (1 / 2, 1 / 2)
    both = by("two-papers", asks(TIMETABLES, FERRYBENCH, FERRYING))
    assert (both["citation_recall"], both["papers_per_answer"]) == (1, 2)


def test_a_quote_that_is_not_at_its_offsets_is_told_first(library: Library) -> None:
    answer = answered("?", ("A [1].", 1, BEES, "We released 600 honeybees"))
    moved = replace(answer.citations[0], start=1, end=5)
    sentence = replace(answer.sentences[0], citations=(moved,))
    answer = replace(answer, sentences=(sentence,), citations=(moved,))
    outcomes = [Outcome(asks("?", BEES), answer, 1)]
    engine = CitedQueryEngine(library)
    found = measure(Asked("any", Path("any"), False, datetime.now(UTC), engine, outcomes))
    assert found.figures["all"]["quotes_verbatim"] == 0
    assert "DON'T STAND AT THEIR OFFSETS" in found.notes[0]
