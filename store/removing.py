"""How papers are taken away so that they can come back, each inside the caller's transaction.

What a removal takes is kept beside the papers, and so outlives a restart; only the latest
removals are kept.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from store.records import holds, put_back, rebuild
from store.rows import from_json

SCHEMA = """
CREATE TABLE IF NOT EXISTS removals (token INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE IF NOT EXISTS removed (
    token INTEGER NOT NULL, number INTEGER NOT NULL, added TEXT NOT NULL,
    paper_id TEXT NOT NULL, source TEXT NOT NULL, position INTEGER NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (token, number, source, position)
) WITHOUT ROWID;
"""
_KEPT = 10  # removals that can be undone


@dataclass(frozen=True, slots=True)
class Removal:
    """How many papers a removal touched, and the token by which it can be undone."""

    papers: int
    token: str


def remove_papers(db: sqlite3.Connection, ids: Iterable[str]) -> Removal:
    """Takes papers away whole, from every source."""
    known = [paper_id for paper_id in dict.fromkeys(ids) if holds(db, paper_id)]
    condition = "paper_id IN (SELECT value FROM json_each(?))"
    return _remove(db, condition, json.dumps(known), known)


def remove_source(db: sqlite3.Connection, source: str) -> Removal:
    """Takes away what one source gave; papers that others gave too stay, without it."""
    rows = db.execute("SELECT DISTINCT paper_id FROM records WHERE source = ?", (source,))
    return _remove(db, "source = ?", source, [paper_id for (paper_id,) in rows])


def _remove(db: sqlite3.Connection, condition: str, value: str, touched: list[str]) -> Removal:
    token = db.execute("INSERT INTO removals VALUES (NULL)").lastrowid
    assert token is not None
    db.execute(
        "INSERT INTO removed SELECT ?, number, added, paper_id, source, position, data "
        f"FROM records JOIN papers ON papers.id = paper_id WHERE {condition}",
        (token, value),
    )
    db.execute(f"DELETE FROM records WHERE {condition}", (value,))
    rebuild(db, touched, {})
    for table in ("removals", "removed"):
        db.execute(f"DELETE FROM {table} WHERE token <= ?", (token - _KEPT,))
    return Removal(len(touched), str(token))


def undo(db: sqlite3.Connection, token: str) -> int:
    """Puts back what a removal took, in its old place; returns how many papers that touched.

    What a source has said of a paper since then stays as it is.

    Raises KeyError if there is no such removal, it was undone or is too long ago.
    """
    if not db.execute("DELETE FROM removals WHERE token = ?", (token,)).rowcount:
        raise KeyError(token)
    rows = db.execute(
        "SELECT number, added, paper_id, data FROM removed WHERE token = ? "
        "ORDER BY number, source, position",
        (token,),
    ).fetchall()
    db.execute("DELETE FROM removed WHERE token = ?", (token,))
    back = 0
    for (number, added, paper_id), taken in groupby(rows, key=lambda row: row[:3]):
        records = [from_json(row[3]) for row in taken]
        was_gone = not holds(db, paper_id)
        if not put_back(db, paper_id, records):
            continue
        back += 1
        if was_gone:
            db.execute("UPDATE papers SET added = ? WHERE id = ?", (added, paper_id))
            # Its number may have gone to a newer paper: it comes last then.
            db.execute("UPDATE OR IGNORE papers SET number = ? WHERE id = ?", (number, paper_id))
    return back
