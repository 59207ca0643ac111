"""What the reader of question and paper is taught comes from the product's own search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.engine import CitedQueryEngine
from assistant.settings import AnswerSettings
from assistant.together import QUESTION, SENTENCE, SENTENCES, TITLE
from eval.questions import Question
from eval.reader_lessons import lessons
from store.library import Library
from store.paper import normal_title
from store.settings import StoreSettings
from tests.assistant.invented import BEES, CRANES, PAPERS

WASHED = "Where did a zinc primer halve the loss of steel?"
CRANES_TITLE, BEES_TITLE = normal_title(CRANES.title), normal_title(BEES.title)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CitedQueryEngine]:
    folder = tmp_path_factory.mktemp("lessons")
    with Library(StoreSettings(library=folder), owner="a test") as library:
        library.add(PAPERS)
        yield CitedQueryEngine(library, AnswerSettings(writer="extractive"))


def span_of(text: str) -> tuple[int, int]:
    start = CRANES.abstract.index(text)
    return start, start + len(text)


def test_a_lesson_holds_the_papers_that_the_search_brings(engine: CitedQueryEngine) -> None:
    gold = {CRANES_TITLE: [span_of("A zinc primer halved the loss")]}
    asked = Question("q1", "tune", "detail", WASHED, (CRANES_TITLE,), evidence=gold)
    held = Question("q2", "held", "detail", "Do bees hum?", (BEES_TITLE,))
    lesson, other = lessons(engine, [asked, held])
    found = engine.find(WASHED).passages
    cut = engine.library.pieces.model.whole
    titles = [cut(one.paper.title)[0][:TITLE].tolist() for one in found]
    assert [paper["title"] for paper in lesson["papers"]] == titles[: len(lesson["papers"])]
    assert [paper["right"] for paper in lesson["papers"]] == [
        one.paper == CRANES for one in found[: len(lesson["papers"])]
    ]
    first = lesson["papers"][0]
    assert sum(first["gold"]) == 1
    told = first["sentences"][first["gold"].index(True)]
    assert told[:6] == cut("A zinc primer halved the loss")[0].tolist()[:6]
    for paper in (*lesson["papers"], *other["papers"]):
        assert 0 < len(paper["sentences"]) == len(paper["telling"]) == len(paper["gold"])
        assert len(paper["sentences"]) <= SENTENCES
        assert max(map(len, paper["sentences"])) <= SENTENCE
    assert len(lesson["question"]) <= QUESTION


def test_what_the_reader_would_not_see_is_cut_off(tmp_path: Path) -> None:
    long = replace(
        CRANES,
        title="Of zinc " * TITLE,
        abstract="A primer of zinc " + "and tin " * SENTENCE + "halved the loss of steel.",
    )
    with Library(StoreSettings(library=tmp_path), owner="a test") as library:
        library.add([long])
        asked = Question(
            "q1", "tune", "detail", "zinc " * 2 * QUESTION, (normal_title(long.title),)
        )
        (lesson,) = lessons(CitedQueryEngine(library), [asked])
    (paper,) = lesson["papers"]
    assert len(lesson["question"]) == QUESTION
    assert len(paper["title"]) == TITLE
    assert [len(one) for one in paper["sentences"]] == [SENTENCE]


def test_papers_of_held_questions_are_marked_wherever_they_come(engine: CitedQueryEngine) -> None:
    asked = Question("q1", "tune", "detail", "Do bees hum in dialects?", (CRANES_TITLE,))
    held = Question("q2", "held", "detail", "Do bees hum?", (BEES_TITLE,))
    bees = engine.library.pieces.model.whole(BEES.title)[0][:TITLE].tolist()
    for lesson in lessons(engine, [asked, held]):
        marked = [paper["title"] for paper in lesson["papers"] if paper["held"]]
        assert marked == [bees]


def test_a_right_paper_that_was_not_found_is_put_last(engine: CitedQueryEngine) -> None:
    asked = Question("q1", "tune", "detail", "Do bees hum in dialects?", (CRANES_TITLE,))
    (lesson,) = lessons(engine, [asked])
    *found, last = lesson["papers"]
    assert not any(paper["right"] for paper in found)
    assert last["right"]
    assert last["found"] < min(paper["found"] for paper in found)


def test_a_question_whose_papers_are_not_there_teaches_nothing(engine: CitedQueryEngine) -> None:
    gone = Question("q1", "tune", "detail", WASHED, ("a paper of another library",))
    none = Question("q2", "tune", "near-miss", "Who paints bees?", ())
    assert [lesson["id"] for lesson in lessons(engine, [gone, none])] == ["q2"]
