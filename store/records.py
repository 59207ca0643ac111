"""How records become papers: each step works inside the caller's transaction.

`records` holds every record as it was read, `keys` the keys by which each paper is known, and
`papers` the mergers. For each stored record, all its keys belong to its paper.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, count
from typing import Literal

from store.changes import note
from store.paper import Paper, alike, id_of_key, keys_of, merge
from store.rows import COLUMNS, from_json, text_digest, to_json, to_row

Outcome = Literal["new", "updated", "unchanged"]
Place = tuple[str, int]  # a source, and a position in it

SCHEMA = """
CREATE TABLE IF NOT EXISTS papers (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    abstract TEXT NOT NULL, kind TEXT NOT NULL, authors TEXT NOT NULL, author_count INTEGER,
    organisation TEXT, date TEXT, date_inferred INTEGER NOT NULL, year INTEGER, upvotes INTEGER,
    venue TEXT, url TEXT, doi TEXT, arxiv_id TEXT, text_digest TEXT NOT NULL, added TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS records (
    paper_id TEXT NOT NULL, source TEXT NOT NULL, position INTEGER NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (paper_id, source, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_source ON records (source);
CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, paper_id TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_paper ON keys (paper_id);
"""


def put_one(
    db: sqlite3.Connection,
    record: Paper,
    given: dict[Place, int],
    outcomes: dict[str, Outcome],
) -> str | None:
    """Stores a record beside those that share a key with it.

    Returns the id of their paper, which must be built anew; None if the record is known.
    """
    if len(record.sources) != 1:
        raise ValueError(
            f"The record '{record.title}' names {len(record.sources)} sources: give it the one "
            "that it was read from."
        )
    place = (record.sources[0].file, record.sources[0].position)
    data = to_json(record)
    given[place] = hash(data)
    keys = keys_of(record)
    marks = ",".join("?" * len(keys))
    owners = dict(db.execute(f"SELECT key, paper_id FROM keys WHERE key IN ({marks})", keys))
    found = list(dict.fromkeys(owners[key] for key in keys if key in owners))
    paper_id = found[0] if found else _free_id(db, keys)
    before = db.execute(
        "SELECT data FROM records WHERE paper_id = ? AND source = ? AND position = ?",
        (paper_id, *place),
    ).fetchone()
    if before == (data,):
        outcomes.setdefault(paper_id, "unchanged")
        return None
    for other in found[1:]:  # this record shows that two papers are one
        _join(db, other, paper_id, outcomes)
    db.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", (paper_id, *place, data))
    db.executemany("INSERT OR REPLACE INTO keys VALUES (?, ?)", [(key, paper_id) for key in keys])
    return paper_id


def put_back(db: sqlite3.Connection, paper_id: str, records: Sequence[Paper]) -> bool:
    """Makes a paper anew with records that it had, under the id that it had.

    Papers that share a key with them join it. Where a source has said something of the paper
    since, that stays instead; returns whether there was anything left to put back.
    """
    keys = json.dumps([key for record in records for key in keys_of(record)])
    owners = {
        owner
        for (owner,) in db.execute(
            "SELECT paper_id FROM keys WHERE key IN (SELECT value FROM json_each(?))", (keys,)
        )
    }
    said = {
        source
        for owner in owners
        for (source,) in db.execute("SELECT source FROM records WHERE paper_id = ?", (owner,))
    }
    left = [record for record in records if record.sources[0].file not in said]
    if not left:
        return False
    for other in sorted(owners - {paper_id}):
        _join(db, other, paper_id, {})
    db.executemany(
        "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)",
        [(paper_id, r.sources[0].file, r.sources[0].position, to_json(r)) for r in left],
    )
    rebuild(db, paper_id, {})
    return True


def _join(db: sqlite3.Connection, other: str, paper_id: str, outcomes: dict[str, Outcome]) -> None:
    """Gives all records of another paper to this one, which must then be built anew."""
    for table in ("records", "keys"):
        db.execute(
            f"UPDATE OR REPLACE {table} SET paper_id = ? WHERE paper_id = ?", (paper_id, other)
        )
    rebuild(db, other, outcomes)


def drop_outdated(db: sqlite3.Connection, given: dict[Place, int]) -> list[str]:
    """Drops what sources said of a paper before, where they said something of it now.

    `given` holds the places of all records of this run and what stood there; returns the
    papers that lost a record.
    """
    outdated: list[tuple[str, str, int]] = []
    for source in {source for source, _ in given}:
        now, before = set(), []
        rows = db.execute(
            "SELECT paper_id, position, data FROM records WHERE source = ?", (source,)
        )
        for paper_id, position, data in rows:
            if given.get((source, position)) == hash(data):
                now.add(paper_id)
            else:
                before.append((paper_id, source, position))
        outdated += [row for row in before if row[0] in now]
    db.executemany(
        "DELETE FROM records WHERE paper_id = ? AND source = ? AND position = ?", outdated
    )
    return list(dict.fromkeys(paper_id for paper_id, _, _ in outdated))


def rebuild(db: sqlite3.Connection, paper_id: str, outcomes: dict[str, Outcome]) -> None:
    """Makes a paper anew from its records, or several if these no longer share a key."""
    rows = db.execute(
        "SELECT data FROM records WHERE paper_id = ? ORDER BY source, position", (paper_id,)
    ).fetchall()
    if not rows:
        outcomes.pop(paper_id, None)
        db.execute("DELETE FROM keys WHERE paper_id = ?", (paper_id,))
        if db.execute("DELETE FROM papers WHERE id = ?", (paper_id,)).rowcount:
            note(db, paper_id, fresh=False)
        return
    # The records that the id was made from keep it.
    first, *others = sorted(
        alike(from_json(data) for (data,) in rows),
        key=lambda records: all(paper_id != id_of_key(k) for r in records for k in keys_of(r)),
    )
    _keep(db, paper_id, first, outcomes)
    for records in others:
        own_id = _free_id(db, keys_of(records[0]))
        places = [(own_id, paper_id, r.sources[0].file, r.sources[0].position) for r in records]
        db.executemany(
            "UPDATE records SET paper_id = ? WHERE paper_id = ? AND source = ? AND position = ?",
            places,
        )
        _keep(db, own_id, records, outcomes)


def _keep(
    db: sqlite3.Connection, paper_id: str, records: Sequence[Paper], outcomes: dict[str, Outcome]
) -> None:
    """Stores the merger of records under an id, and notes the change if its text changed."""
    paper = replace(merge(records), id=paper_id)
    keys = {key for record in records for key in keys_of(record)}
    had = {key for (key,) in db.execute("SELECT key FROM keys WHERE paper_id = ?", (paper_id,))}
    db.executemany("DELETE FROM keys WHERE key = ?", [(key,) for key in had - keys])
    db.executemany(
        "INSERT OR REPLACE INTO keys VALUES (?, ?)", [(key, paper_id) for key in keys - had]
    )
    row, digest = to_row(paper), text_digest(paper)
    stored = db.execute(
        f"SELECT text_digest, {','.join(COLUMNS)} FROM papers WHERE id = ?", (paper_id,)
    ).fetchone()
    if stored is None:
        added = datetime.now(UTC).isoformat(timespec="seconds")
        db.execute(
            f"INSERT INTO papers ({','.join(COLUMNS)}, text_digest, added) "
            f"VALUES ({','.join('?' * (len(COLUMNS) + 2))})",
            (*row, digest, added),
        )
        note(db, paper_id, fresh=True)
        outcomes[paper_id] = "new"
    elif row == tuple(stored[1:]):
        outcomes.setdefault(paper_id, "unchanged")
    else:
        db.execute(
            f"UPDATE papers SET {','.join(f'{c} = ?' for c in COLUMNS)}, text_digest = ? "
            "WHERE id = ?",
            (*row, digest, paper_id),
        )
        if digest != stored[0]:
            note(db, paper_id, fresh=False)
        if outcomes.get(paper_id) != "new":
            outcomes[paper_id] = "updated"


def _free_id(db: sqlite3.Connection, keys: Sequence[str]) -> str:
    """An id for a new paper: of its strongest key, unless a paper that once had it has the id."""
    wanted = [id_of_key(key) for key in keys]
    numbered = (f"{wanted[0]}-{number}" for number in count(2))
    return next(own_id for own_id in chain(wanted, numbered) if not holds(db, own_id))


def holds(db: sqlite3.Connection, paper_id: str) -> bool:
    return (
        db.execute("SELECT 1 FROM records WHERE paper_id = ?", (paper_id,)).fetchone() is not None
    )
