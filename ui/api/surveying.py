"""Surveys through the API: `/v1/table`, `/v1/compare` and `/v1/brief`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from assistant.answer import WriterName
from assistant.surveying.values import Brief, Comparison, Table
from ui.api import models
from ui.api.models import MAX_QUESTION, Body, Shown, TopK, Within
from ui.api.service import Served, Service, problems
from ui.problems import Problem
from ui.surveyed import survey_document

router = APIRouter(prefix="/v1", tags=["surveys"])

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"[^\W_]")]


def _different(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise PydanticCustomError("different", "No name may stand there twice")
    return names


_WHO = "Who writes: the language model where there is one (auto), or which."


class TableWanted(Body):
    """A table of papers."""

    question: str = Field(
        min_length=1, max_length=MAX_QUESTION, description="What finds the papers.",
        examples=["reward hacking"],
    )  # fmt: skip
    columns: list[Name] = Field(
        [],
        max_length=8,
        description="What is asked of each paper: names such as 'dataset', or questions.",
        examples=[["method", "dataset", "result"]],
    )
    filters: Within = Field(default_factory=Within)
    top_k: TopK | None = Field(None, description="Rows at most; 8 without it.")
    writer: WriterName = Field("auto", description=_WHO)


class ComparisonWanted(Body):
    """Methods to be compared."""

    methods: Annotated[list[Name], AfterValidator(_different)] = Field(
        min_length=2,
        max_length=6,
        description="Different names.",
        examples=[["PPO", "GRPO"]],
        json_schema_extra={"uniqueItems": True},
    )
    aspects: list[Name] = Field([], max_length=8, description="As the columns of a table.")
    filters: Within = Field(default_factory=Within)
    writer: WriterName = Field("auto", description=_WHO)


class BriefWanted(Body):
    """A short survey."""

    topic: str = Field(min_length=1, max_length=MAX_QUESTION, examples=["reward hacking"])
    filters: Within = Field(default_factory=Within)
    top_k: TopK | None = Field(None, description="Papers at most; 12 without it.")
    writer: WriterName = Field("auto", description=_WHO)


class SurveyedPaper(Shown):
    """A paper under its number."""

    number: int
    paper_id: str
    title: str
    year: int | None
    byline: str
    url: str | None
    summary: bool = Field(description="Whether a summary stands in for the abstract.")


class SurveyCell(Shown):
    """What a paper says to a question: `abstract[start:end]`, white space aside, of the sentence
    that its citation quotes whole; an empty `text` means that the abstract doesn't state it."""

    text: str
    start: int
    end: int
    citations: list[models.Citation]
    bold: list[tuple[int, int]] = Field(description="Ranges of the text that answer by themselves.")
    written: bool = Field(description="Whether a language model wrote it, checked, not quoted.")


class TableRow(Shown):
    paper: SurveyedPaper
    cells: list[SurveyCell]


class PaperTable(Shown):
    """Papers about a question with what each says to each column."""

    question: str
    columns: list[str]
    rows: list[TableRow]
    considered: int = Field(description="Papers that the search looked at.")
    searched: models.Searched
    writer: str
    notice: str


class ComparedMethod(Shown):
    """A method; without papers the library doesn't know it."""

    name: str
    cells: list[SurveyCell]
    papers: list[SurveyedPaper]
    known: int = Field(description="Papers that name it.")
    introduced: bool = Field(description="Whether the first paper introduces it.")


class MentionedTogether(Shown):
    paper: SurveyedPaper
    methods: list[str]
    cells: list[SurveyCell]


class AtOdds(Shown):
    one: SurveyCell
    other: SurveyCell


class MethodComparison(Shown):
    """Methods side by side, where they are mentioned together, and where two papers disagree."""

    aspects: list[str]
    methods: list[ComparedMethod]
    together: list[MentionedTogether]
    opposed: list[AtOdds]
    papers: list[SurveyedPaper]
    searched: models.Searched
    writer: str
    notice: str


class BriefPoint(Shown):
    paper: SurveyedPaper
    cell: SurveyCell
    lead: str = Field(
        description="The paper's short name or title, where the sentence needs it to be understood."
    )


class BriefTheme(Shown):
    label: str
    points: list[BriefPoint]


class TopicBrief(Shown):
    """A survey: themes, the oldest paper of each first, and how the papers were chosen."""

    topic: str
    themes: list[BriefTheme]
    papers: list[SurveyedPaper]
    considered: int
    how: str
    searched: models.Searched
    writer: str
    notice: str


@router.post("/table", response_model=PaperTable, responses=problems(409))
async def table(service: Served, wanted: TableWanted) -> Response:
    """A table of the papers about a question, each cell cited or empty."""
    from assistant.surveying.table import make_table

    work = partial(
        make_table,
        service.engine,
        wanted.question,
        wanted.columns,
        filters=wanted.filters.filters(),
        top_k=wanted.top_k,
        writer=wanted.writer,
    )
    return await _answered(service, wanted.writer, work)


@router.post("/compare", response_model=MethodComparison, responses=problems(409))
async def compare(service: Served, wanted: ComparisonWanted) -> Response:
    """Methods side by side, and the papers that speak of several of them."""
    from assistant.surveying.comparing import compare_methods

    work = partial(
        compare_methods,
        service.engine,
        wanted.methods,
        wanted.aspects,
        filters=wanted.filters.filters(),
        writer=wanted.writer,
    )
    return await _answered(service, wanted.writer, work)


@router.post("/brief", response_model=TopicBrief, responses=problems(409))
async def brief(service: Served, wanted: BriefWanted) -> Response:
    """A short cited survey of a topic, by theme and year."""
    from assistant.surveying.brief import make_brief

    work = partial(
        make_brief,
        service.engine,
        wanted.topic,
        filters=wanted.filters.filters(),
        top_k=wanted.top_k,
        writer=wanted.writer,
    )
    return await _answered(service, wanted.writer, work)


async def _answered(
    service: Service, writer: WriterName, work: Callable[[], Table | Comparison | Brief]
) -> Response:
    from assistant.surveying.columns import BadColumns
    from assistant.surveying.comparing import BadMethods

    if writer == "model" and service.engine.llm is None:
        raise Problem(409, "No language model is configured here: leave the writer out.")
    try:
        made = await service.answering.run(work)
    except BadColumns as error:
        raise Problem(422, str(error)) from None
    except BadMethods as error:  # such as names that differ in their capitals alone
        raise Problem(409, str(error)) from None
    return JSONResponse(survey_document(made))
