"""The arguments that tools take, with their limits and what is said of them to a model."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from assistant.answer import WriterName
from store.filters import Filters
from store.orders import Order
from ui.api.dates import DATE
from ui.api.models import MAX_QUESTION, Id, PartOfName
from ui.opening import make_filters

_MOST = 500  # records in one call, as embedding them takes seconds that a client waits
# Told in the schema and checked when read, which gives a better sentence than a pattern does.
_DATE = {"pattern": DATE}
_TEXT: dict[str, Any] = {"type": "string"}
_RECORD: dict[str, Any] = {
    "type": "object",
    "required": ["title", "abstract"],
    "properties": {
        "title": _TEXT,
        "abstract": _TEXT,
        "authors": {"type": "array", "items": _TEXT},
        "year": {"type": "integer"},
        "date": {**_TEXT, "description": "A year, month or day, such as 2024-05-31."},
        "organisation": _TEXT,
        "venue": _TEXT,
        "doi": _TEXT,
        "arxiv_id": _TEXT,
        "other_ids": {
            "type": "array",
            "items": _TEXT,
            "description": "Ids of further registers, such as pubmed:31452104.",
        },
        "url": _TEXT,
    },
}

Question = Annotated[
    str, Field(min_length=1, max_length=MAX_QUESTION, description="A question in words.")
]
Query = Annotated[
    str, Field(min_length=1, max_length=MAX_QUESTION, description="Words, or a question.")
]
Since = Annotated[
    str | None,
    Field(
        max_length=20,
        description="Only papers from this year, month or day on, such as 2023 or 2023-06.",
        json_schema_extra=_DATE,
    ),
]
Until = Annotated[
    str | None,
    Field(
        max_length=20,
        description="Only papers up to this year, month or day.",
        json_schema_extra=_DATE,
    ),
]
Sources = Annotated[
    list[PartOfName] | None,
    Field(max_length=100, description="Only papers from files with one of these in their name."),
]
Organisations = Annotated[
    list[PartOfName] | None,
    Field(max_length=100, description="Only papers of one of these; parts of names will do."),
]
Papers = Annotated[
    list[Id] | None, Field(max_length=1000, description="Only papers with these ids.")
]
TopK = Annotated[int | None, Field(ge=1, le=50, description="How many papers to look at.")]
Writer = Annotated[
    WriterName,
    Field(description="Who writes: the language model where there is one (auto), or which."),
]
PaperId = Annotated[str, Field(min_length=1, max_length=200, description="A paper's id.")]
Text = Annotated[
    str, Field(max_length=500, description="Only papers with these words in title or abstract.")
]
Sorted = Annotated[Order, Field(description="'-' goes down: the newest, the most.")]
Limit = Annotated[int, Field(ge=1, le=100, description="Papers a page.")]
Offset = Annotated[int, Field(ge=0, le=2**53, description="How many papers to pass over.")]
# Anything is taken, so that one bad record is named and doesn't keep out the others.
Records = Annotated[
    list[Any],
    Field(min_length=1, max_length=_MOST, description="The papers, as records."),
    WithJsonSchema(
        {
            "type": "array",
            "minItems": 1,
            "maxItems": _MOST,
            "items": _RECORD,
            "description": "The papers, as records.",
        }
    ),
]
SourceName = Annotated[
    str, Field(min_length=1, max_length=300, description="Where the records are from.")
]


def filters_of(
    since: str | None,
    until: str | None,
    sources: list[str] | None,
    organisations: list[str] | None,
    papers: list[str] | None = None,
) -> Filters:
    """The filters that arguments describe; raises Failure for a date that is none."""
    filters = make_filters(since, until, sources, organisations)
    return replace(filters, papers=tuple(papers or ()))
