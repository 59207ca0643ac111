"""Tables, comparisons and briefs as JSON documents, and the way back."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from assistant.surveying.values import Brief, Comparison, Table
from ui.documents import Document, searched_document

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def survey_document(survey: Table | Comparison | Brief) -> Document:
    """All of a survey under the names of its fields; a cell without a text is not stated."""
    return {**asdict(survey), "searched": searched_document(survey.searched)}


def table_of(document: Document) -> Table:
    found: Table = _adapter(Table).validate_python(document)
    return found


def comparison_of(document: Document) -> Comparison:
    found: Comparison = _adapter(Comparison).validate_python(document)
    return found


def brief_of(document: Document) -> Brief:
    found: Brief = _adapter(Brief).validate_python(document)
    return found


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
