"""What agents read of answers and papers: a paper's text begins no line that looks like ours."""

from __future__ import annotations

import re

from hypothesis import given

from assistant.answer import Answer
from store.adding import AddReport
from store.exports.text import one_line
from store.paper import Paper, Rejected, Source
from tests.assistant.any_answers import answered, answers, refused
from tests.store.any_papers import hostile_texts, papers
from ui.agents.texts import answer_text, beginning, paper_text, report_text

OWLS = Paper(title="Barn Owls", abstract="Nine owls live there. None of them sings.", year=2020)
_OURS = re.compile(r"\[\d+\] .* \(id .*\)|    “.*”.*|References:|No answer: .*|- .*|The nearest .*")


@given(answers)
def test_of_any_answer_every_quote_is_told(answer: Answer) -> None:
    text = answer_text(answer)
    if answer.sentences:
        for citation in answer.citations:
            if not one_line(citation.quote):
                continue
            assert f"“{one_line(citation.quote)}”" in text
    else:
        assert "No answer: " in text


@given(answers)
def test_of_any_answer_the_references_are_lines_of_ours(answer: Answer) -> None:
    _, _, references = answer_text(answer).rpartition("\n\n")
    if answer.sentences and answer.citations:
        assert all(_OURS.fullmatch(line) for line in references.split("\n"))


@given(papers(hostile_texts))
def test_of_any_paper_each_line_is_a_fact_or_quoted(paper: Paper) -> None:
    whole = paper_text(paper)
    head, _, quoted = whole.partition("Abstract:\n" if paper.kind == "abstract" else "abstract:\n")
    assert all(line.startswith(">") for line in quoted.splitlines())
    assert len(beginning(paper)) <= 302
    assert "\n" not in beginning(paper)
    assert f"Id: {paper.id}" in head


def test_what_lacks_support_is_marked() -> None:
    said = ("Nine owls live there. [1]", 1, OWLS, "Nine owls live there.")
    assert "not support" not in answer_text(answered("How many?", said))
    text = answer_text(answered("How many?", said, "They sing.", supported=False))
    assert "Nine owls live there. [1] (not supported by the abstracts)" in text
    assert "“Nine owls live there.” (does not support what cites it)" in text
    assert "They sing. (not supported by the abstracts)" in text


def test_a_refusal_names_the_nearest_papers_once() -> None:
    text = answer_text(refused("Who sings?", OWLS))
    assert text.startswith("No answer: Nothing.\nThe nearest papers are:\n- Barn Owls (id title-")
    assert text.count("Barn Owls") == 1


def test_of_many_bad_records_the_first_are_named() -> None:
    rejected = tuple(Rejected(Source("x", n), "it is none", "a\nb") for n in range(1, 31))
    text = report_text(AddReport(30, 0, 0, 0, rejected, (), 7, 0))
    assert "30 not taken. The library now holds 7 papers." in text
    assert "- Record 20 was not taken: it is none. It begins “a b”." in text
    assert text.endswith("- … and 10 more.")
