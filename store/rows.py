"""Papers and filters as SQLite's rows, JSON and conditions, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date as Date
from typing import Any

from store.filters import Filters
from store.paper import Paper, Source

COLUMNS = tuple(f.name for f in fields(Paper) if f.name != "sources")


def text_digest(paper: Paper) -> str:
    """What the indexes hold of a paper; while it stays, there is nothing to index again."""
    text = "\x1f".join((paper.title, paper.abstract, paper.kind, str(paper.year)))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def to_row(paper: Paper) -> tuple[object, ...]:
    row = []
    for name in COLUMNS:
        value = getattr(paper, name)
        if name == "authors":
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
    values["date"] = Date.fromisoformat(values["date"]) if values["date"] else None
    values["date_inferred"] = bool(values["date_inferred"])
    return Paper(**values, sources=sources)


def to_json(paper: Paper) -> str:
    given = {k: v for k, v in asdict(paper).items() if v is not None and v is not False and v != ()}
    if paper.date:
        given["date"] = paper.date.isoformat()
    return json.dumps(given, ensure_ascii=False)


def from_json(data: str) -> Paper:
    values = json.loads(data)
    values["authors"] = tuple(values.get("authors", ()))
    values["sources"] = tuple(Source(**s) for s in values.get("sources", ()))
    if "date" in values:
        values["date"] = Date.fromisoformat(values["date"])
    return Paper(**values)


def where(filters: Filters, text: str = "") -> tuple[str, list[object]]:
    """A condition on `papers` and its values; `fold` is the function that `Database` brings."""
    parts: list[str] = ["1"]
    values: list[object] = []
    if filters.since:
        parts.append("COALESCE(date, year || '-12-31') >= ?")
        values.append(filters.since.isoformat())
    if filters.until:
        parts.append("COALESCE(date, year || '-01-01') <= ?")
        values.append(filters.until.isoformat())
    if filters.sources:
        likes = " OR ".join("instr(fold(source), fold(?))" for _ in filters.sources)
        parts.append(f"id IN (SELECT paper_id FROM records WHERE {likes})")
        values.extend(filters.sources)
    if filters.organisations:
        likes = " OR ".join("instr(fold(organisation), fold(?))" for _ in filters.organisations)
        parts.append(f"({likes})")
        values.extend(filters.organisations)
    if filters.papers:
        parts.append("id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(filters.papers))
    if text:
        parts.append("(instr(fold(title), fold(?)) OR instr(fold(abstract), fold(?)))")
        values += [text, text]
    return " AND ".join(parts), values
