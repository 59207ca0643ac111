"""Questions that are suggested: the library's own, varied, answered, and never asked before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assistant.answer import Turn, turn_of
from assistant.engine import CitedQueryEngine
from assistant.settings import AnswerSettings
from assistant.suggesting import first_questions, follow_ups, leads, openers
from store.filters import Filters
from store.library import Library
from store.paper import Paper, Source
from store.settings import StoreSettings
from tests.assistant.invented import FERRYBENCH, FERRYING, LANTERN, PAPERS
from tests.steps import steps

LANTERNS = "How does Lantern Sort work?"


def test_first_questions_are_about_different_papers_and_of_different_kinds(
    library: Library,
) -> None:
    chosen = first_questions(library)
    assert len(chosen) == 4 == len(set(chosen))
    by_question = {suggestion.question: suggestion for suggestion in openers(library)}
    papers = [i for question in chosen for i in by_question[question].papers]
    assert len(papers) == len(set(papers))
    assert len({by_question[question].kind for question in chosen}) > 1
    assert set(papers) <= {paper.id for paper in PAPERS}


def test_first_questions_stay_until_the_library_changes(library: Library) -> None:
    assert first_questions(library) == first_questions(library)


def test_an_empty_library_suggests_nothing(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path), owner="a test") as empty:
        assert first_questions(empty) == []


def test_papers_that_give_no_better_question_are_asked_what_they_are_about(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path), owner="a test") as plain:
        plain.catalogue([Paper(title="Tides", abstract="Up.", sources=(Source("a.txt", 1, 1),))])
        assert first_questions(plain) == ["What is “Tides” about?"]


def test_what_the_assistant_does_not_answer_is_not_suggested(
    library: Library, engine: CitedQueryEngine
) -> None:
    assert first_questions(library, answers=lambda question: False) == []
    for question in first_questions(library, 6, answers=engine.can_answer):
        assert engine.ask(question).status == "answered"


def test_an_engine_can_answer_what_it_answers(library: Library, engine: CitedQueryEngine) -> None:
    for question in (LANTERNS, "Who won the chess match on the moon?", "", "hello"):
        assert engine.can_answer(question) == (engine.ask(question).status == "answered")
    strict = CitedQueryEngine(library, AnswerSettings(writer="extractive", refuse_below=1.0))
    assert not strict.can_answer(LANTERNS)


def test_suggestions_of_a_large_library_come_from_some_of_its_papers(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path), owner="a test") as large:
        large.catalogue(
            Paper(
                title=f"Tide{n}: Sorting of Tides",
                abstract=f"We propose Tide{n}, which sorts tides.",
                sources=(Source("many.txt", n, n),),
            )
            for n in range(1, 5001)
        )
        assert len(first_questions(large)) == 4
        assert steps(lambda: first_questions(large)) < 20 * 5000  # reading all takes more


def test_follow_ups_are_about_the_papers_just_cited_or_near(
    library: Library, engine: CitedQueryEngine
) -> None:
    answer = engine.ask(LANTERNS)
    suggested = follow_ups(answer, library=library)
    assert suggested[0] == "What results does Lantern Sort achieve?"
    assert 1 < len(suggested) <= 3
    alone = [i for suggestion in leads(answer) for i in suggestion.papers]
    assert LANTERN.id in alone
    assert set(alone) <= {passage.paper.id for passage in answer.passages}


def test_no_question_is_suggested_that_was_asked_before(
    library: Library, engine: CitedQueryEngine
) -> None:
    answer = engine.ask(LANTERNS)
    turns = [Turn(question="what RESULTS does Lantern sort achieve")]
    suggested = follow_ups(answer, turns, library=library, count=9)
    assert LANTERNS not in suggested
    assert "What results does Lantern Sort achieve?" not in suggested
    assert len(suggested) == len(set(suggested)) > 0


def test_a_follow_up_is_answered_in_its_conversation(
    library: Library, engine: CitedQueryEngine
) -> None:
    answer = engine.ask("What is FerryBench?")
    assert {c.paper_id for c in answer.citations} & {FERRYBENCH.id, FERRYING.id}
    turns = [turn_of(answer)]
    suggested = follow_ups(
        answer, library=library, answers=lambda q: engine.can_answer(q, turns=turns)
    )
    assert suggested
    for question in suggested:
        assert engine.ask(question, turns=turns).status == "answered"


def test_after_a_refusal_the_nearest_papers_are_suggested(engine: CitedQueryEngine) -> None:
    answer = engine.ask("Who won the chess match on the moon?")
    assert answer.status == "refused"
    suggested = follow_ups(answer)
    assert len(suggested) == len(answer.nearest) == 3
    by_question = {suggestion.question: suggestion.papers for suggestion in leads(answer)}
    near = [i for question in suggested for i in by_question[question]]
    assert sorted(near) == sorted(paper.id for paper in answer.nearest)


def test_an_answer_within_filters_leads_to_papers_within_them(
    library: Library, engine: CitedQueryEngine
) -> None:
    only = Filters(sources=("bees.txt", "sorting.txt"))
    answer = engine.ask("Does morning light help honeybees find their hive?", filters=only)
    assert answer.citations
    passed = library.catalog.ids(only)
    assert all(set(suggestion.papers) <= passed for suggestion in leads(answer, library))


def test_a_title_stays_as_it_is_on_one_line(engine: CitedQueryEngine) -> None:
    answer = engine.ask("Who won the chess match on the moon?")
    odd = replace(answer.nearest[0], title="**Bold**\n<b>tides</b>  [1]", abstract="Tides.")
    (only,) = follow_ups(replace(answer, nearest=(odd,)))
    assert only == "What is “**Bold** <b>tides</b> [1]” about?"
