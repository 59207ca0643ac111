"""How records become papers: each step works inside the caller's transaction.

`records` holds every record as it was read, `keys` the keys by which each paper is known, and
`papers` the mergers. For each stored record, all its keys are its paper's; a register's id is the
key of one paper, a title may be that of several.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, count
from math import inf
from typing import Literal

from store.changes import note
from store.identity import alike, keys_of
from store.paper import Paper, ids_of, merge
from store.rows import COLUMNS, from_json, text_digest, to_json, to_row

Outcome = Literal["new", "updated", "unchanged"]
Place = tuple[str, int]  # a source, and a position in it

SCHEMA = """
CREATE TABLE IF NOT EXISTS papers (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    abstract TEXT NOT NULL, kind TEXT NOT NULL, authors TEXT NOT NULL, author_count INTEGER,
    organisation TEXT, date TEXT, date_inferred INTEGER NOT NULL, year INTEGER, upvotes INTEGER,
    venue TEXT, url TEXT, doi TEXT, arxiv_id TEXT, text_digest TEXT NOT NULL, added TEXT NOT NULL,
    other_ids TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE IF NOT EXISTS records (
    paper_id TEXT NOT NULL, source TEXT NOT NULL, position INTEGER NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (paper_id, source, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_source ON records (source);
CREATE TABLE IF NOT EXISTS keys (
    key TEXT NOT NULL, paper_id TEXT NOT NULL, PRIMARY KEY (key, paper_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_paper ON keys (paper_id);
"""


def put_one(
    db: sqlite3.Connection,
    record: Paper,
    given: dict[Place, int],
    outcomes: dict[str, Outcome],
) -> str | None:
    """Stores a record, with the paper that shares a register's id with it or as one of its own.

    Returns the id of that paper, which must be rebuilt; None if nothing is left to do.
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
    sharing = _sharing(db, keys)
    if not sharing:  # most are the first of their paper: there is nothing to compare them with
        paper_id = _free_id(db, record)
        db.execute("INSERT INTO records VALUES (?, ?, ?, ?)", (paper_id, *place, data))
        db.executemany("INSERT INTO keys VALUES (?, ?)", [(key, paper_id) for key in keys])
        _insert(db, replace(record, id=paper_id))
        outcomes[paper_id] = "new"
        return None
    owners = json.dumps(list(dict.fromkeys(paper_id for _, paper_id in sharing)))
    at_place = db.execute(
        "SELECT paper_id, data FROM records WHERE source = ? AND position = ? "
        "AND paper_id IN (SELECT value FROM json_each(?))",
        (*place, owners),
    ).fetchall()
    for paper_id, before in at_place:
        if before == data:
            outcomes.setdefault(paper_id, "unchanged")
            return None
    # A register's id tells whose it is, then the place; a title tells nothing yet.
    sure = {key: paper_id for key, paper_id in sharing if key != keys[-1]}
    held = [sure[key] for key in keys if key in sure] + [paper_id for paper_id, _ in at_place]
    paper_id = held[0] if held else _free_id(db, record)
    db.executemany(
        "DELETE FROM records WHERE paper_id = ? AND source = ? AND position = ?",
        [(other, *place) for other, _ in at_place if other != paper_id],
    )
    db.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", (paper_id, *place, data))
    db.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", [(key, paper_id) for key in keys])
    return paper_id


def put_back(db: sqlite3.Connection, paper_id: str, records: Sequence[Paper]) -> bool:
    """Makes a paper anew with records that it had, under the id that it had.

    Papers that are the same join it. Where a source has said something of the paper since, that
    stays instead; returns whether there was anything left to put back.
    """
    keys = [key for record in records for key in keys_of(record)]
    said: set[str] = set()
    for owner in {owner for _, owner in _sharing(db, keys)}:
        theirs = [record for _, record in _records_of(db, [owner])]
        if len(alike([*theirs, *records])) < len(alike(theirs)) + len(alike(records)):
            said |= {record.sources[0].file for record in theirs}
    left = [record for record in records if record.sources[0].file not in said]
    if not left:
        return False
    db.executemany(
        "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)",
        [(paper_id, r.sources[0].file, r.sources[0].position, to_json(r)) for r in left],
    )
    own_keys = {(key, paper_id) for record in left for key in keys_of(record)}
    db.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", own_keys)
    rebuild(db, [paper_id], {}, first=paper_id)
    return True


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


def rebuild(
    db: sqlite3.Connection,
    ids: Iterable[str],
    outcomes: dict[str, Outcome],
    *,
    given: Mapping[Place, int] = {},
    first: str | None = None,
) -> None:
    """Makes papers anew from their records, together with all that share a key with them.

    Records that are the same paper come together and others part. A paper keeps its id; of
    several that become one the oldest does, or `first`. Where two papers say something of a
    place, what was `given` of it in this run stays.
    """
    done: set[str] = set()
    for paper_id in dict.fromkeys(ids):
        if paper_id not in done:
            together = _together(db, paper_id)
            done |= together
            _drop_restated(db, together, given)
            before = set(outcomes)
            _regroup(db, together, outcomes, first)
            # Of those beside them that stayed as they were, nothing is to be told.
            for other in together - before:
                if outcomes.get(other) == "unchanged" and not _among(db, other, given):
                    del outcomes[other]


def _together(db: sqlite3.Connection, paper_id: str) -> set[str]:
    """This paper and those that share a key with it, be it through others."""
    found, new = {paper_id}, [paper_id]
    while new:
        rows = db.execute(
            "SELECT DISTINCT theirs.paper_id FROM keys AS own JOIN keys AS theirs "
            "ON theirs.key = own.key WHERE own.paper_id = ?",
            (new.pop(),),
        )
        for (other,) in rows.fetchall():
            if other not in found:
                found.add(other)
                new.append(other)
    return found


def _among(db: sqlite3.Connection, paper_id: str, given: Mapping[Place, int]) -> bool:
    """Whether a record of this run is one of the paper's."""
    rows = db.execute("SELECT source, position FROM records WHERE paper_id = ?", (paper_id,))
    return any(place in given for place in rows.fetchall())


def _drop_restated(
    db: sqlite3.Connection, ids: Collection[str], given: Mapping[Place, int]
) -> None:
    """Drops what a source said at a place that says something else now of one of these papers."""
    if len(ids) < 2 or not given:
        return
    at: dict[Place, list[tuple[str, int]]] = {}
    rows = db.execute(
        "SELECT paper_id, source, position, data FROM records "
        "WHERE paper_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    for paper_id, source, position, data in rows.fetchall():
        at.setdefault((source, position), []).append((paper_id, hash(data)))
    for place, said in at.items():
        if any(number == given.get(place) for _, number in said):
            db.executemany(
                "DELETE FROM records WHERE paper_id = ? AND source = ? AND position = ?",
                [(paper_id, *place) for paper_id, number in said if number != given[place]],
            )


def _regroup(
    db: sqlite3.Connection, ids: Collection[str], outcomes: dict[str, Outcome], first: str | None
) -> None:
    """Divides the records of some papers into papers anew."""
    owned = _records_of(db, ids)
    owner_of = {id(record): owner for owner, record in owned}
    groups = alike(record for _, record in owned)
    marks = ",".join("?" * len(ids))
    rows = db.execute(f"SELECT id, number FROM papers WHERE id IN ({marks})", list(ids))
    age: dict[str, float] = dict(rows.fetchall())
    names: dict[int, str] = {}
    for paper_id in sorted(ids, key=lambda i: (i != first, age.get(i, inf), i)):
        claims = [
            (any(paper_id in ids_of(record) for record in group), own, -number)
            for number, group in enumerate(groups)
            if number not in names
            and (own := sum(owner_of[id(record)] == paper_id for record in group))
        ]
        if claims:  # the records that the id was made from keep it
            names[-max(claims)[2]] = paper_id
    for number, group in enumerate(groups):
        name = names.get(number) or _free_id(db, group[0])
        moved = [
            (name, owner_of[id(r)], r.sources[0].file, r.sources[0].position)
            for r in group
            if owner_of[id(r)] != name
        ]
        db.executemany(
            "UPDATE OR REPLACE records SET paper_id = ? "
            "WHERE paper_id = ? AND source = ? AND position = ?",
            moved,
        )
        names[number] = name
    for paper_id in set(ids) - set(names.values()):
        outcomes.pop(paper_id, None)
        db.execute("DELETE FROM keys WHERE paper_id = ?", (paper_id,))
        if db.execute("DELETE FROM papers WHERE id = ?", (paper_id,)).rowcount:
            note(db, paper_id, fresh=False)
    for number, group in enumerate(groups):
        _keep(db, names[number], group, outcomes)


def _sharing(db: sqlite3.Connection, keys: Sequence[str]) -> list[tuple[str, str]]:
    """The keys that are known, each with a paper that has it."""
    marks = ",".join("?" * len(keys))
    return db.execute(f"SELECT key, paper_id FROM keys WHERE key IN ({marks})", keys).fetchall()


def _records_of(db: sqlite3.Connection, ids: Collection[str]) -> list[tuple[str, Paper]]:
    """The records of papers, each with the id of its paper."""
    rows = db.execute(
        "SELECT paper_id, data FROM records WHERE paper_id IN (SELECT value FROM json_each(?)) "
        "ORDER BY source, position",
        (json.dumps(list(ids)),),
    )
    return [(paper_id, from_json(data)) for paper_id, data in rows]


def _keep(
    db: sqlite3.Connection, paper_id: str, records: Sequence[Paper], outcomes: dict[str, Outcome]
) -> None:
    """Stores the merger of records under an id, and notes the change if its text changed."""
    paper = replace(merge(records), id=paper_id)
    keys = {key for record in records for key in keys_of(record)}
    had = {key for (key,) in db.execute("SELECT key FROM keys WHERE paper_id = ?", (paper_id,))}
    db.executemany(
        "DELETE FROM keys WHERE key = ? AND paper_id = ?", [(key, paper_id) for key in had - keys]
    )
    db.executemany(
        "INSERT OR IGNORE INTO keys VALUES (?, ?)", [(key, paper_id) for key in keys - had]
    )
    row, digest = to_row(paper), text_digest(paper)
    stored = db.execute(
        f"SELECT text_digest, {','.join(COLUMNS)} FROM papers WHERE id = ?", (paper_id,)
    ).fetchone()
    if stored is None:
        _insert(db, paper)
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


def _insert(db: sqlite3.Connection, paper: Paper) -> None:
    added = datetime.now(UTC).isoformat(timespec="seconds")
    db.execute(
        f"INSERT INTO papers ({','.join(COLUMNS)}, text_digest, added) "
        f"VALUES ({','.join('?' * (len(COLUMNS) + 2))})",
        (*to_row(paper), text_digest(paper), added),
    )
    note(db, paper.id, fresh=True)


def _free_id(db: sqlite3.Connection, record: Paper) -> str:
    """An id for a new paper: its strongest, unless a paper that once had it has that id."""
    wanted = ids_of(record)
    numbered = (f"{wanted[0]}-{number}" for number in count(2))
    return next(own_id for own_id in chain(wanted, numbered) if not holds(db, own_id))


def holds(db: sqlite3.Connection, paper_id: str) -> bool:
    return (
        db.execute("SELECT 1 FROM records WHERE paper_id = ?", (paper_id,)).fetchone() is not None
    )
