"""Every labelled question over the real pages: what is quoted stands there to the letter."""

from __future__ import annotations

import re

import pytest

from assistant.answer import Answer
from assistant.engine import NEAREST, CitedQueryEngine
from assistant.settings import AnswerSettings
from eval.questions import Question, load_questions
from eval.run import ask_all
from store.library import Library
from store.paper import Paper, normal_title

Asked = list[tuple[Question, Answer]]


@pytest.fixture(scope="module")
def asked(real_pages: Library) -> Asked:
    """All questions with their answers, follow-ups asked after their history."""
    engine = CitedQueryEngine(real_pages, AnswerSettings(writer="extractive"))
    outcomes = ask_all(engine, load_questions())
    assert len(outcomes) >= 180
    return [(outcome.question, outcome.answer) for outcome in outcomes]


@pytest.fixture(scope="module")
def papers(real_pages: Library) -> dict[str, Paper]:
    return {paper.id: paper for paper in real_pages.catalog.list()}


def answered(asked: Asked) -> list[Answer]:
    return [answer for _, answer in asked if answer.status == "answered"]


def refused(asked: Asked) -> list[Answer]:
    return [answer for _, answer in asked if answer.status == "refused"]


def test_every_question_is_answered_or_refused(asked: Asked) -> None:
    assert len(answered(asked)) + len(refused(asked)) == len(asked)
    assert len(answered(asked)) >= 60
    assert len(refused(asked)) >= 60


def test_every_quote_stands_verbatim_at_its_offsets(asked: Asked, papers: dict[str, Paper]) -> None:
    for answer in answered(asked):
        assert answer.citations
        for citation in answer.citations:
            paper = papers[citation.paper_id]
            assert paper.abstract[citation.start : citation.end] == citation.quote
            assert citation.quote.strip() == citation.quote != ""
            assert citation.title == paper.title


def test_no_answer_holds_a_word_of_its_own(asked: Asked) -> None:
    for answer in answered(asked):
        for sentence in answer.sentences:
            (citation,) = sentence.citations
            quote = re.sub(r"\s+", " ", citation.quote)
            leads = ("", f"In *{citation.title}*: ", f"By contrast, in *{citation.title}*: ")
            said = [f"{lead}{quote} [{citation.number}]" for lead in leads]
            direct = f"**{sentence.direct}** [{citation.number}]: " if sentence.direct else ""
            assert sentence.text in [direct + text for text in said]
            verbatim = all(part in quote for part in sentence.direct.split(", "))
            assert sentence.direct in ("Yes", "No") or verbatim
        assert answer.text.split() == " ".join(s.text for s in answer.sentences).split()


def test_no_answer_says_a_sentence_twice_or_goes_on_too_long(asked: Asked) -> None:
    for answer in answered(asked):
        quotes = [citation.quote for citation in answer.citations]
        assert len(quotes) == len(set(quotes)) <= AnswerSettings().max_sentences


def test_every_citation_is_to_a_paper_that_was_considered(asked: Asked) -> None:
    for answer in answered(asked):
        considered = [passage.paper.id for passage in answer.passages]
        assert len(considered) == len(set(considered)) == AnswerSettings().top_k or (
            answer.searched.follows
        )
        assert {citation.paper_id for citation in answer.citations} <= set(considered)
        assert answer.citations[0].paper_id == considered[0]


def test_a_refusal_cites_nothing_and_names_the_nearest_papers(asked: Asked) -> None:
    for answer in refused(asked):
        assert answer.citations == ()
        assert answer.sentences == ()
        assert len(answer.nearest) == NEAREST
        assert answer.nearest == tuple(p.paper for p in answer.passages[:NEAREST])
        for paper in answer.nearest:
            assert f"*{paper.title}*" in answer.text


def test_most_questions_are_treated_right(asked: Asked) -> None:
    """A floor far under what `assistant eval` measures: it falls when something is broken."""
    plain = [(q, a) for q, a in asked if q.kind in ("named", "detail", "followup")]
    right = [
        answer.status == "answered" and normal_title(answer.citations[0].title) in question.papers
        for question, answer in plain
    ]
    assert sum(right) / len(right) > 0.8
    foreign = [a.status == "refused" for q, a in asked if q.kind in ("other-field", "general")]
    assert sum(foreign) / len(foreign) > 0.9


def test_a_follow_up_leans_on_the_turn_before_and_nothing_else_does(asked: Asked) -> None:
    for question, answer in asked:
        assert answer.searched.follows == bool(question.history), question.question


def test_a_stand_alone_question_is_left_alone_after_any_other(asked: Asked) -> None:
    from assistant.answer import turn_of
    from assistant.conversation import Standalone, stand_alone

    questions = [(q, turn_of(a)) for q, a in asked if not q.history and q.kind != "memory"]
    shifted = [*questions[7:], *questions[:7]]
    leaning = [
        question.question
        for (question, _), (_, before) in zip(questions, shifted, strict=True)
        if stand_alone(question.question, [before])
        != Standalone(question.question, question.question)
    ]
    assert len(leaning) <= 0.02 * len(questions), leaning
