"""Columns by name: known ones under any of their names, and questions of the reader's own."""

from __future__ import annotations

import pytest

from assistant.surveying.columns import (
    DEFAULT,
    MOST,
    BadColumns,
    column_of,
    columns_of,
    known_columns,
)


def test_without_names_there_are_the_default_columns() -> None:
    assert tuple(column.known for column in columns_of([])) == DEFAULT
    assert columns_of(["", "  "]) == columns_of([])


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("dataset", "data"), ("Datasets", "data"), ("benchmark", "data"), ("metrics", "metric"),
        ("results", "result"), ("approach", "method"), ("limitations", "limitation"),
        ("GitHub", "code"), ("GPUs", "cost"), ("which base model?", ""),
    ],
)  # fmt: skip
def test_a_known_column_goes_by_several_names_and_keeps_the_one_given(
    name: str, known: str
) -> None:
    column = column_of(name)
    assert (column.name, column.known) == (name, known)
    assert bool(column.cues) == bool(known)


def test_the_same_column_twice_is_one() -> None:
    columns = columns_of(["dataset", "Benchmarks", "my question", "My Question"])
    assert [column.name for column in columns] == ["dataset", "my question"]


def test_every_known_column_finds_itself_and_is_whole() -> None:
    for name in known_columns():
        column = column_of(name)
        assert column.known == name
        assert column.question
        assert column.wordings
        assert column.cues
        assert 0 <= column.place[0] < column.place[1] <= 1


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["x" * 201], "at most 200 characters"),
        (["?!"], "is no column"),
        ([f"question {n}" for n in range(MOST + 1)], "at most 8 columns"),
    ],
)
def test_columns_that_cannot_be_used_are_refused_with_a_sentence(
    names: list[str], why: str
) -> None:
    with pytest.raises(BadColumns, match=why):
        columns_of(names)
