"""What the indexes have yet to learn of the catalogue's papers (a transactional outbox).

A change of a paper and the notes of it, one for each index, are one transaction. An index
strikes its notes off once it has followed them; so a crash anywhere leaves notes to follow, and
following one twice does no harm.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from store.database import Database

Index = Literal["words", "vectors"]
INDEXES: tuple[Index, ...] = ("words", "vectors")

SCHEMA = """
CREATE TABLE IF NOT EXISTS changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, paper_id TEXT NOT NULL,
    fresh INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS changes_target ON changes (target, paper_id);
CREATE TABLE IF NOT EXISTS chunks (
    paper_id TEXT PRIMARY KEY, count INTEGER NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A paper that an index has yet to follow. `fresh`: the index never held it before.

    `seq` is the last note that this change stands for.
    """

    seq: int
    paper_id: str
    fresh: bool


def note(db: sqlite3.Connection, paper_id: str, *, fresh: bool) -> None:
    """Notes a change for every index, in the transaction that makes it."""
    db.executemany(
        "INSERT INTO changes (target, paper_id, fresh) VALUES (?, ?, ?)",
        [(index, paper_id, fresh) for index in INDEXES],
    )


class Changes:
    """The notes of one catalogue, and how many chunks the vector index made of each paper."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self) -> int:
        """Grows with every change of a paper's text and never goes back; 0 for a new library."""
        with self._database.read() as db:
            row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
        return int(row[0]) if row else 0

    def pending(self, index: Index) -> list[Change]:
        """The papers that `index` has yet to follow, oldest change first, each once.

        One that changed twice is not `fresh`: a broken-off run may have indexed its first form.
        """
        with self._database.read() as db:
            rows = db.execute(
                "SELECT seq, paper_id, fresh FROM changes WHERE target = ? ORDER BY seq", (index,)
            ).fetchall()
        latest: dict[str, Change] = {}
        for seq, paper_id, fresh in rows:
            before = latest.pop(paper_id, None)
            latest[paper_id] = Change(seq, paper_id, bool(fresh) and before is None)
        return list(latest.values())

    def count(self, index: Index) -> int:
        """How many papers `index` has yet to follow."""
        with self._database.read() as db:
            row = db.execute(
                "SELECT COUNT(DISTINCT paper_id) FROM changes WHERE target = ?", (index,)
            ).fetchone()
        return int(row[0])

    def chunk_counts(self, paper_ids: Sequence[str]) -> dict[str, int]:
        """How many chunks the vector index made of papers; those that it never made are left
        out."""
        with self._database.read() as db:
            rows = db.execute(
                "SELECT paper_id, count FROM chunks "
                "WHERE paper_id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(paper_ids)),),
            )
            return dict(rows.fetchall())

    def followed(
        self, index: Index, changes: Sequence[Change], chunks: Mapping[str, int] | None = None
    ) -> None:
        """Strikes off what `index` now holds; a change made meanwhile stays.

        The vector index also says how many `chunks` it holds of each paper that it has.
        """
        with self._database.write() as db:
            db.executemany(
                "DELETE FROM changes WHERE target = ? AND paper_id = ? AND seq <= ?",
                [(index, change.paper_id, change.seq) for change in changes],
            )
            if index == "vectors":
                counts = chunks or {}
                gone = [(c.paper_id,) for c in changes if c.paper_id not in counts]
                db.executemany("DELETE FROM chunks WHERE paper_id = ?", gone)
                db.executemany("INSERT OR REPLACE INTO chunks VALUES (?, ?)", counts.items())

    def requeue(self, index: Index) -> None:
        """Puts every paper before an index again, which must be empty: to make it anew."""
        with self._database.write() as db:
            db.execute("DELETE FROM changes WHERE target = ?", (index,))
            if index == "vectors":
                db.execute("DELETE FROM chunks")
            db.execute(
                "INSERT INTO changes (target, paper_id, fresh) "
                "SELECT ?, id, 1 FROM papers ORDER BY number",
                (index,),
            )
