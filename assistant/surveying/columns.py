"""The columns of a table: known ones by any of their names, and any other question."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from assistant.question import asked_about, tidy

DEFAULT = ("problem", "method", "data", "result")
ASPECTS = ("what it is", "data", "result", "limitation", "cost")  # of a comparison
MOST = 8  # columns
LONGEST = 200  # characters of one


class BadColumns(ValueError):
    """The columns can't be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Column:
    """A question that is asked of each paper. `name` heads the column.

    A known column has patterns of its own; another's `cues` are empty, and only its words tell
    whether a sentence answers. `place` is the range, 0 to 1, where its answer mostly stands.
    """

    name: str
    question: str
    wordings: tuple[str, ...]
    cues: tuple[re.Pattern[str], ...] = ()
    hints: tuple[re.Pattern[str], ...] = ()
    against: tuple[re.Pattern[str], ...] = ()
    place: tuple[float, float] = (0.0, 1.0)
    needs: bool = False
    known: str = ""


def columns_of(names: Sequence[str]) -> tuple[Column, ...]:
    """Columns by name or question, each once; the default ones where there is none.

    Raises BadColumns for too many, for one that is too long and for one without a word.
    """
    wanted = [tidy(name) for name in names if name.strip()]
    found: dict[str, Column] = {}
    for name in wanted or DEFAULT:
        if len(name) > LONGEST:
            raise BadColumns(
                f"A column has at most {LONGEST} characters: ask '{name[:40]}…' in fewer words."
            )
        if not any(c.isalnum() for c in name):
            raise BadColumns(f"'{name}' is no column: name one, such as {', '.join(DEFAULT)}.")
        column = column_of(name)
        found.setdefault(column.known or name.lower(), column)
    if len(found) > MOST:
        raise BadColumns(f"A table has at most {MOST} columns: leave some out.")
    return tuple(found.values())


def column_of(name: str) -> Column:
    """One column: a known one under any of its names, or the question that the name is."""
    known = _aliases().get(_plain(name))
    if known:
        kept = _known()[known]
        return Column(
            name, kept.question, kept.wordings, kept.cues, kept.hints, kept.against, kept.place,
            kept.needs, known,
        )  # fmt: skip
    return Column(name, name, (name,), needs=True)


def known_columns() -> tuple[str, ...]:
    """The names of the columns that have patterns of their own."""
    return tuple(_known())


@cache
def _known() -> dict[str, Column]:
    text = files("assistant.surveying").joinpath("columns.toml").read_text("utf-8")
    return {
        name: Column(
            name=name,
            question=row["question"],
            wordings=tuple(row["wordings"]),
            cues=_patterns(row["cues"]),
            hints=_patterns(row["hints"]),
            against=_patterns(row["against"]),
            place=(row["place"][0], row["place"][1]),
            needs=row.get("needs", False),
            known=name,
        )
        for name, row in tomllib.loads(text).items()
    }


@cache
def _aliases() -> dict[str, str]:
    rows = tomllib.loads(files("assistant.surveying").joinpath("columns.toml").read_text("utf-8"))
    return {
        _plain(alias): name for name, row in rows.items() for alias in (name, *row.get("also", ()))
    }


def _plain(name: str) -> str:
    return " ".join(re.findall(r"[a-z]+", name.lower()))


def _patterns(texts: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(text, re.IGNORECASE) for text in texts)


def words_of(column: Column) -> list[str]:
    """The words that another question than a known one is about."""
    return asked_about(column.question)
