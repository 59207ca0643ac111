"""Papers and filters as SQLite's rows, JSON and conditions, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import date as Date
from typing import Any

from store.filters import Filters
from store.orders import DATE
from store.paper import Paper, Source

_FEW = 10_000  # papers

COLUMNS = tuple(f.name for f in fields(Paper) if f.name != "sources")
_OF_SOURCE = tuple(f.name for f in fields(Source))


def text_digest(paper: Paper) -> str:
    """What the indexes hold of a paper; while it stays, there is nothing to index again."""
    text = "\x1f".join((paper.title, paper.abstract, paper.kind, str(paper.year)))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def to_row(paper: Paper) -> tuple[object, ...]:
    row = []
    for name in COLUMNS:
        value = getattr(paper, name)
        if name in ("authors", "other_ids"):
            value = json.dumps(value, ensure_ascii=False)
        elif isinstance(value, Date):
            value = value.isoformat()
        elif isinstance(value, bool):
            value = int(value)
        row.append(value)
    return tuple(row)


def from_row(row: Sequence[Any], sources: tuple[Source, ...]) -> Paper:
    values = dict(zip(COLUMNS, row, strict=True))
    values["authors"] = tuple(json.loads(values["authors"]))
    values["other_ids"] = tuple(json.loads(values["other_ids"]))
    values["date"] = Date.fromisoformat(values["date"]) if values["date"] else None
    values["date_inferred"] = bool(values["date_inferred"])
    return Paper(**values, sources=sources)


def to_json(paper: Paper) -> str:
    given: dict[str, object] = {}
    for name in (*COLUMNS, "sources"):
        value = getattr(paper, name)
        if value is None or value is False or value == ():
            continue
        if name == "sources":
            value = [{n: getattr(source, n) for n in _OF_SOURCE} for source in paper.sources]
        given[name] = value.isoformat() if isinstance(value, Date) else value
    return json.dumps(given, ensure_ascii=False)


def from_json(data: str) -> Paper:
    values = json.loads(data)
    values["authors"] = tuple(values.get("authors", ()))
    values["other_ids"] = tuple(values.get("other_ids", ()))
    values["sources"] = tuple(Source(**s) for s in values.get("sources", ()))
    if "date" in values:
        values["date"] = Date.fromisoformat(values["date"])
    return Paper(**values)


def where(filters: Filters, text: str = "", *, unordered: bool = False) -> tuple[str, list[object]]:
    """A condition on `papers` and its values; `fold` is the function that `Database` brings.

    Where the order doesn't matter (`unordered`), papers are found by their date.

    A `+` keeps SQLite from finding papers by that column and sorting them after: to walk an
    index of `store.orders` is quicker unless the papers are few.
    """
    parts: list[str] = ["1"]
    values: list[object] = []
    if unordered and filters.since:
        parts.append(f"{DATE} >= ?")  # a paper with a year alone counts for all of it
        values.append(f"{filters.since.year:04}")
    if unordered and filters.until:
        parts.append(f"{DATE} <= ?")
        values.append(filters.until.isoformat())
    if filters.since:
        parts.append("COALESCE(date, year || '-12-31') >= ?")
        values.append(filters.since.isoformat())
    if filters.until:
        parts.append("COALESCE(date, year || '-01-01') <= ?")
        values.append(filters.until.isoformat())
    if filters.sources:
        likes = _any_in("name", filters.sources)
        names = _distinct("records", "source")
        parts.append(
            f"(NOT EXISTS (SELECT 1 FROM ({names}) WHERE NOT ({likes})) OR +id IN "
            f"(SELECT paper_id FROM records WHERE source IN (SELECT name FROM ({names}) "
            f"WHERE {likes})))"
        )
        values += filters.sources * 2
    if filters.organisations:
        likes = _any_in("name", filters.organisations)
        names = _distinct("papers", "organisation", "COLLATE NOCASE")
        parts.append(f"+organisation COLLATE NOCASE IN (SELECT name FROM ({names}) WHERE {likes})")
        values += filters.organisations
    if filters.papers:
        walked = "+" if len(filters.papers) > _FEW else ""
        parts.append(f"{walked}id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(filters.papers))
    if text:
        # SQLite's own lower() knows ASCII alone, and is several times as quick.
        fold = "lower" if text.isascii() else "fold"
        parts.append(f"(instr({fold}(title), {fold}(?)) OR instr({fold}(abstract), {fold}(?)))")
        values += [text, text]
    return " AND ".join(parts), values


def _any_in(column: str, parts: Sequence[str]) -> str:
    return " OR ".join(f"instr(fold({column}), fold(?))" for _ in parts)


def _distinct(table: str, column: str, collation: str = "") -> str:
    """The different values of an indexed column as `name`, by a leap in its index for each."""
    least = f"SELECT MIN({column} {collation}) FROM {table}"
    return (
        f"WITH RECURSIVE names (name) AS ({least} UNION ALL SELECT ({least} WHERE {column} "
        f"{collation} > name) FROM names WHERE name IS NOT NULL) "
        "SELECT name FROM names WHERE name IS NOT NULL"
    )
