"""The catalogue: papers, where each was read, and what the indexes still have to learn.

SQLite is the one source of truth; the vectors and the word index are derived from it. Every
record is kept as it was read, per source, and a paper is the merger of its records: so a
source can be taken away without a trace, and adding in any order gives the same paper.
A change of a paper and the notes of it in `changes`, one for each index, are one transaction;
an index strikes its notes off once it has followed them (the transactional outbox pattern).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from store.filters import Filters
from store.paper import Paper, Source, id_of_key, keys_of, merge
from store.rows import COLUMNS, from_json, from_row, text_digest, to_json, to_row, where

Outcome = Literal["new", "updated", "unchanged"]
Order = Literal["added", "title", "year", "upvotes"]
Index = Literal["words", "vectors"]
INDEXES: tuple[Index, ...] = ("words", "vectors")

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS papers (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    abstract TEXT NOT NULL, kind TEXT NOT NULL, authors TEXT NOT NULL, author_count INTEGER,
    organisation TEXT, date TEXT, date_inferred INTEGER NOT NULL, year INTEGER, upvotes INTEGER,
    venue TEXT, url TEXT, doi TEXT, arxiv_id TEXT, text_digest TEXT NOT NULL, added TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS papers_year ON papers (year);
CREATE TABLE IF NOT EXISTS records (
    paper_id TEXT NOT NULL, source TEXT NOT NULL, position INTEGER NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (paper_id, source, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_source ON records (source);
CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, paper_id TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_paper ON keys (paper_id);
CREATE TABLE IF NOT EXISTS chunks (
    paper_id TEXT PRIMARY KEY, count INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, paper_id TEXT NOT NULL,
    fresh INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS changes_target ON changes (target, paper_id);
"""
_SORTS: dict[Order, str] = {
    "added": "number",
    "title": "title COLLATE NOCASE, number",
    "year": "COALESCE(date, year) DESC, number",
    "upvotes": "upvotes DESC, number",
}


@dataclass(frozen=True, slots=True)
class Change:
    """A paper that an index has yet to follow. `fresh`: no index ever held it before.

    `seq` is the last entry of the change list that this one stands for.
    """

    seq: int
    paper_id: str
    fresh: bool


class Catalog:
    """The papers of one library in one SQLite file.

    Safe to use from several threads: each has its own connection, writers take turns.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._writing = threading.RLock()
        self._opened: list[sqlite3.Connection] = []
        with self._write() as db:
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            db.execute(
                "INSERT OR IGNORE INTO meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),)
            )

    def close(self) -> None:
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        self._local = threading.local()

    # --- facts about the library itself -------------------------------------------------

    def meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def set_meta(self, key: str, value: str) -> None:
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # --- writing ------------------------------------------------------------------------

    def put(
        self, records: Iterable[Paper], begun: set[tuple[str, str]] | None = None
    ) -> list[tuple[str, Outcome]]:
        """Takes records in; returns (paper id, what happened to the paper) for each.

        Each record must name its one source. `begun` remembers, over several calls that read
        one file, which papers that file has given already: a paper's first record from a file
        replaces what the file said of it before, later ones join it.
        """
        begun = set() if begun is None else begun
        with self._write() as db:
            return [self._put_one(db, record, begun) for record in records]

    def remove_papers(self, ids: Sequence[str]) -> int:
        """Removes papers whole, from every source; returns how many there were."""
        with self._write() as db:
            known = [i for i in ids if self._exists(db, i)]
            for paper_id in known:
                db.execute("DELETE FROM records WHERE paper_id = ?", (paper_id,))
                self._rebuild(db, paper_id)
            return len(known)

    def remove_source(self, source: str) -> int:
        """Removes what one source gave; papers that others gave too stay, without it.

        Returns the number of papers that it touched.
        """
        with self._write() as db:
            rows = db.execute(
                "SELECT DISTINCT paper_id FROM records WHERE source = ?", (source,)
            ).fetchall()
            db.execute("DELETE FROM records WHERE source = ?", (source,))
            for (paper_id,) in rows:
                self._rebuild(db, paper_id)
            return len(rows)

    def _put_one(
        self, db: sqlite3.Connection, record: Paper, begun: set[tuple[str, str]]
    ) -> tuple[str, Outcome]:
        (source,) = record.sources
        keys = keys_of(record)
        marks = ",".join("?" * len(keys))
        owners = dict(db.execute(f"SELECT key, paper_id FROM keys WHERE key IN ({marks})", keys))
        found = list(dict.fromkeys(owners[k] for k in keys if k in owners))
        paper_id = found[0] if found else id_of_key(keys[0])
        for other in found[1:]:  # this record shows that two papers are one
            db.execute(
                "UPDATE OR REPLACE records SET paper_id = ? WHERE paper_id = ?", (paper_id, other)
            )
            self._rebuild(db, other)
        if (paper_id, source.file) not in begun:
            begun.add((paper_id, source.file))
            db.execute(
                "DELETE FROM records WHERE paper_id = ? AND source = ?", (paper_id, source.file)
            )
        db.execute(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)",
            (paper_id, source.file, source.position, to_json(record)),
        )
        return paper_id, self._rebuild(db, paper_id)

    def _rebuild(self, db: sqlite3.Connection, paper_id: str) -> Outcome:
        """Makes a paper anew from its records, and notes the change if its text changed."""
        stored = db.execute(
            f"SELECT number, text_digest, {','.join(COLUMNS)} FROM papers WHERE id = ?",
            (paper_id,),
        ).fetchone()
        rows = db.execute(
            "SELECT data FROM records WHERE paper_id = ? ORDER BY source, position", (paper_id,)
        ).fetchall()
        if not rows:
            db.execute("DELETE FROM papers WHERE id = ?", (paper_id,))
            db.execute("DELETE FROM keys WHERE paper_id = ?", (paper_id,))
            if stored:
                self._note(db, paper_id, fresh=False)
            return "updated"
        records = [replace(from_json(data), id=paper_id) for (data,) in rows]
        paper = merge(records)
        for record in records:
            for key in keys_of(record):
                db.execute("INSERT OR REPLACE INTO keys VALUES (?, ?)", (key, paper_id))
        row = to_row(paper)
        digest = text_digest(paper)
        if stored is None:
            db.execute(
                f"INSERT INTO papers ({','.join(COLUMNS)}, text_digest, added) "
                f"VALUES ({','.join('?' * (len(COLUMNS) + 2))})",
                (*row, digest, datetime.now(UTC).isoformat(timespec="seconds")),
            )
            self._note(db, paper_id, fresh=True)
            return "new"
        if digest != stored[1]:
            self._note(db, paper_id, fresh=False)
        if row == tuple(stored[2:]):
            return "unchanged"
        db.execute(
            f"UPDATE papers SET {','.join(f'{c} = ?' for c in COLUMNS)}, text_digest = ? "
            "WHERE number = ?",
            (*row, digest, stored[0]),
        )
        return "updated"

    @staticmethod
    def _note(db: sqlite3.Connection, paper_id: str, *, fresh: bool) -> None:
        db.executemany(
            "INSERT INTO changes (target, paper_id, fresh) VALUES (?, ?, ?)",
            [(index, paper_id, fresh) for index in INDEXES],
        )

    # --- what the indexes follow --------------------------------------------------------

    def pending(self, index: Index, limit: int | None = None) -> list[Change]:
        """The papers that `index` has yet to follow, oldest change first, each once.

        One that changed twice is not `fresh`: a broken-off run may have indexed its first form.
        """
        rows = self._db.execute(
            "SELECT seq, paper_id, fresh FROM changes WHERE target = ? ORDER BY seq LIMIT ?",
            (index, -1 if limit is None else limit),
        ).fetchall()
        latest: dict[str, Change] = {}
        for seq, paper_id, fresh in rows:
            before = latest.pop(paper_id, None)
            latest[paper_id] = Change(seq, paper_id, bool(fresh) and before is None)
        return list(latest.values())

    def count_pending(self, index: Index) -> int:
        """How many papers `index` has yet to follow."""
        row = self._db.execute(
            "SELECT COUNT(DISTINCT paper_id) FROM changes WHERE target = ?", (index,)
        ).fetchone()
        return int(row[0])

    def followed(
        self, index: Index, changes: Sequence[Change], chunks: dict[str, int] | None = None
    ) -> None:
        """Strikes off what `index` now holds; a change made meanwhile stays.

        The vector index also says how many `chunks` it holds of each paper that it has.
        """
        with self._write() as db:
            db.executemany(
                "DELETE FROM changes WHERE target = ? AND paper_id = ? AND seq <= ?",
                [(index, change.paper_id, change.seq) for change in changes],
            )
            if index == "vectors":
                counts = chunks or {}
                gone = [(c.paper_id,) for c in changes if c.paper_id not in counts]
                db.executemany("DELETE FROM chunks WHERE paper_id = ?", gone)
                db.executemany("INSERT OR REPLACE INTO chunks VALUES (?, ?)", counts.items())

    def chunk_ids(self, filters: Filters) -> list[str]:
        """The ids of all chunks in the vector index whose papers pass the filters."""
        condition, values = where(filters, "")
        rows = self._db.execute(
            "SELECT id, count FROM papers JOIN chunks ON chunks.paper_id = papers.id "
            f"WHERE {condition}",
            values,
        )
        return [f"{paper_id}#{n}" for paper_id, count in rows for n in range(count)]

    def count_chunks(self) -> int:
        return int(self._db.execute("SELECT COALESCE(SUM(count), 0) FROM chunks").fetchone()[0])

    def requeue(self, index: Index) -> None:
        """Puts every paper before an index again, which must be empty: to make it anew."""
        with self._write() as db:
            db.execute("DELETE FROM changes WHERE target = ?", (index,))
            if index == "vectors":
                db.execute("DELETE FROM chunks")
            db.execute(
                "INSERT INTO changes (target, paper_id, fresh) "
                "SELECT ?, id, 1 FROM papers ORDER BY number",
                (index,),
            )

    # --- reading ------------------------------------------------------------------------

    def get(self, ids: Sequence[str]) -> dict[str, Paper]:
        """Papers by id; ids that are not there are left out."""
        found: dict[str, Paper] = {}
        for start in range(0, len(ids), 500):
            part = list(ids[start : start + 500])
            for paper in self._select(f"id IN ({','.join('?' * len(part))})", part, "number"):
                found[paper.id] = paper
        return found

    def list(
        self,
        filters: Filters = Filters(),
        *,
        text: str = "",
        order: Order = "added",
        offset: int = 0,
        limit: int | None = None,
    ) -> list[Paper]:
        """A page of papers, filtered in the database; `text` looks into title and abstract."""
        condition, values = where(filters, text)
        return list(self._select(condition, values, _SORTS[order], limit, offset))

    def count(self, filters: Filters = Filters(), *, text: str = "") -> int:
        condition, values = where(filters, text)
        row = self._db.execute(f"SELECT COUNT(*) FROM papers WHERE {condition}", values).fetchone()
        return int(row[0])

    def ids(self, filters: Filters) -> set[str]:
        condition, values = where(filters, "")
        return {i for (i,) in self._db.execute(f"SELECT id FROM papers WHERE {condition}", values)}

    def sources(self) -> dict[str, int]:
        """Every source with the number of papers it gave."""
        return dict(
            self._db.execute(
                "SELECT source, COUNT(DISTINCT paper_id) FROM records GROUP BY source "
                "ORDER BY source"
            ).fetchall()
        )

    def _select(
        self,
        condition: str,
        values: Sequence[object],
        order: str,
        limit: int | None = None,
        offset: int = 0,
    ) -> Iterator[Paper]:
        rows = self._db.execute(
            f"SELECT {','.join(COLUMNS)} FROM papers WHERE {condition} ORDER BY {order} "
            "LIMIT ? OFFSET ?",
            (*values, -1 if limit is None else limit, offset),
        ).fetchall()
        ids = [row[COLUMNS.index("id")] for row in rows]
        sources = self._sources_of(ids)
        for row, paper_id in zip(rows, ids, strict=True):
            yield from_row(row, sources.get(paper_id, ()))

    def _sources_of(self, ids: Sequence[str]) -> dict[str, tuple[Source, ...]]:
        found: dict[str, list[Source]] = {}
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            rows = self._db.execute(
                "SELECT paper_id, source, position, json_extract(data, '$.sources[0].line') "
                f"FROM records WHERE paper_id IN ({','.join('?' * len(part))})",
                part,
            )
            for paper_id, file, position, line in rows:
                found.setdefault(paper_id, []).append(Source(file, position, line or 0))
        return {paper_id: tuple(sorted(given)) for paper_id, given in found.items()}

    @staticmethod
    def _exists(db: sqlite3.Connection, paper_id: str) -> bool:
        return db.execute("SELECT 1 FROM papers WHERE id = ?", (paper_id,)).fetchone() is not None

    # --- connections --------------------------------------------------------------------

    @property
    def _db(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self.path, timeout=30, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._local.connection = connection
            self._opened.append(connection)
        return connection

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._writing:
            db = self._db
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
