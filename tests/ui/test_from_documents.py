"""From documents back to what they were made of: nothing that a document shows is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Answer, Retrieved
from store.adding import AddReport
from store.paper import Paper, Rejected, Skipped, Source
from store.readers.fields import paper_of
from store.starter import starter_papers
from tests.assistant.any_answers import answers
from tests.store.any_papers import papers, texts
from tests.ui.samples import ANSWER
from ui.documents import (
    add_document,
    answer_document,
    paper_document,
    passage_document,
    record_document,
    retrieved_document,
    sentence_document,
)
from ui.from_documents import (
    answer_of,
    paper_of_document,
    passage_of,
    report_of,
    retrieved_of,
    sentence_of,
)

_COUNTS = st.integers(0, 10**9)
_SOURCES = st.builds(Source, texts, st.integers(0, 9), st.integers(0, 9))
_REPORTS = st.builds(
    AddReport,
    *[_COUNTS] * 4,
    st.lists(st.builds(Rejected, _SOURCES, texts, texts), max_size=3).map(tuple),
    st.lists(st.builds(Skipped, texts, texts), max_size=3).map(tuple),
    *[_COUNTS] * 2,
)


def sent(document: dict[str, Any]) -> Any:
    """A document as it comes out of a request."""
    return json.loads(json.dumps(document))


def _in_order(answer: Answer) -> Answer:
    """Its citations are those of its sentences, as every writer leaves them."""
    cited = tuple(c for sentence in answer.sentences for c in sentence.citations)
    return replace(answer, citations=cited)


@given(papers())
def test_a_paper_comes_back_from_its_document(paper: Paper) -> None:
    document = paper_document(paper)
    back = paper_of_document(sent(document))
    assert paper_document(back) == document
    assert paper_of_document(sent(record_document(paper))) == paper


@given(answers.map(_in_order))
def test_an_answer_comes_back_from_its_document(answer: Answer) -> None:
    document = answer_document(answer)
    assert answer_document(answer_of(sent(document))) == document
    whole = {passage.paper.id: passage.paper for passage in answer.passages}
    back = answer_of(sent(document), whole)
    assert [p.paper for p in back.passages] == [whole[p.paper.id] for p in answer.passages]


@given(answers)
def test_what_is_streamed_comes_back_from_its_documents(answer: Answer) -> None:
    retrieved = retrieved_document(Retrieved(answer.passages, answer.searched))
    assert retrieved_document(retrieved_of(sent(retrieved))) == retrieved
    for sentence in answer.sentences:
        assert sentence_of(sent(sentence_document(sentence))) == sentence
    for passage in answer.passages:
        document = passage_document(passage)
        assert passage_document(passage_of(sent(document))) == document


@given(_REPORTS)
def test_a_report_comes_back_from_its_document(report: AddReport) -> None:
    document = add_document(report)
    assert add_document(report_of(sent(document))) == document


def test_an_answer_as_users_meet_it_comes_back_whole_but_for_its_rounded_scores() -> None:
    back = answer_of(sent(answer_document(ANSWER)), {p.paper.id: p.paper for p in ANSWER.passages})
    assert replace(back, passages=ANSWER.passages) == ANSWER


@given(papers())
def test_a_record_that_was_taken_once_is_taken_again_as_it_is(paper: Paper) -> None:
    place = Source("elsewhere", 1)
    taken = paper_of(sent(record_document(paper)), place)
    if isinstance(taken, Paper):
        assert paper_of(sent(record_document(taken)), place) == taken


def test_starter_papers_are_taken_as_they_are() -> None:
    for paper in starter_papers():
        assert paper_of(sent(record_document(paper)), Source("elsewhere", 1)) == paper
