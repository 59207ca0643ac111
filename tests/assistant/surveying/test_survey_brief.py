"""Briefs: a sentence a paper, by theme and year, each to be found in its abstract."""

from __future__ import annotations

from collections.abc import Callable

from assistant.engine import CitedQueryEngine
from assistant.surveying.brief import make_brief
from assistant.surveying.markdown import brief_markdown
from assistant.surveying.values import Brief, Cell
from tests.assistant.invented import BEES, BEES_TOO, FERRYBENCH, FERRYING
from tests.assistant.surveying.checking import assert_sound

Engine = Callable[..., CitedQueryEngine]
FERRIES = "ferry timetables and language models"


def cells(brief: Brief) -> list[Cell]:
    return [point.cell for theme in brief.themes for point in theme.points]


def test_each_paper_has_the_sentence_that_claims_most_the_oldest_first(
    engine: CitedQueryEngine,
) -> None:
    brief = make_brief(engine, "honeybees and morning light")
    points = [point for theme in brief.themes for point in theme.points]
    assert [point.paper.paper_id for point in points] == [BEES.id, BEES_TOO.id]
    assert [point.paper.year for point in points] == [2020, 2023]
    assert points[0].cell.text.startswith("Morning light helps honeybees find their hive: 81%")
    assert points[1].cell.text.startswith("Morning light does not help honeybees")
    assert brief.how == "2 of 13 papers are about it, each with a sentence of its abstract."
    assert_sound(cells(brief), engine.check)


def test_numbers_follow_the_order_of_the_text(engine: CitedQueryEngine) -> None:
    brief = make_brief(engine, FERRIES)
    told = [point.paper.number for theme in brief.themes for point in theme.points]
    assert told == [paper.number for paper in brief.papers] == list(range(1, len(told) + 1))
    assert {paper.paper_id for paper in brief.papers} == {FERRYBENCH.id, FERRYING.id}


def test_a_topic_that_no_paper_is_about_has_no_themes(engine: CitedQueryEngine) -> None:
    brief = make_brief(engine, "underwater basket weaving")
    assert brief.themes == ()
    assert brief.how == ""
    assert "No paper of this library is about that." in brief.notice
    assert "No paper of this library" in brief_markdown(brief)


def test_a_model_writes_a_theme_and_each_sentence_is_checked(with_model: Engine) -> None:
    engine = with_model("echo")  # quotes each passage's first sentence with its mark
    brief = make_brief(engine, FERRIES)
    assert brief.writer == "echo"
    assert all(cell.written for cell in cells(brief))
    assert {cell.text.removesuffix(".") for cell in cells(brief)} <= {
        paper.abstract.split(". ")[0] for paper in (FERRYBENCH, FERRYING)
    }
    for theme in brief.themes:
        for point in theme.points:
            (citation,) = point.cell.citations
            assert (citation.number, citation.paper_id) == (
                point.paper.number, point.paper.paper_id
            )  # fmt: skip
    assert_sound(cells(brief), engine.check)


def test_where_a_model_fails_or_invents_the_abstracts_are_quoted(with_model: Engine) -> None:
    for model in ("fails", "off-topic", "refuses"):
        engine = with_model(model)
        brief = make_brief(engine, FERRIES)
        assert brief.themes == make_brief(engine, FERRIES, writer="extractive").themes
        assert brief.writer == "extractive"
    assert "so the brief quotes" in make_brief(with_model("fails"), FERRIES).notice
