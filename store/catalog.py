"""The catalogue: papers, and where each was read. The one source of truth.

Every record is kept as it was read, per source, and a paper is the merger of the records that
share a key: so a source can be taken away without a trace, and records that come in any order
give the same papers. Only a paper's id depends on the order, as it stays what it was first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from store import changes, orders, removing
from store import records as store_records
from store.changes import Changes
from store.database import Database
from store.errors import BrokenLibrary
from store.facts import Facts
from store.filters import Filters
from store.migrating import migrate
from store.orders import SORTS, Order
from store.paper import Paper, Source
from store.records import Outcome, Place, drop_outdated, put_one, rebuild
from store.removing import Removal
from store.rows import COLUMNS, from_row, where

SCHEMA_VERSION = 2
_META = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_SCHEMAS = (_META, store_records.SCHEMA, orders.SCHEMA, changes.SCHEMA, removing.SCHEMA)
_RECORDS = 500  # records a transaction


class Catalog:
    """The papers of one library in one SQLite file. Safe to use from several threads.

    `changes` tells the indexes what they have yet to follow; `facts` reads metadata alone.

    Raises (from any method): BrokenLibrary where the file can't be used.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self._sources: tuple[int, dict[str, int]] | None = None  # as they were after so many writes
        self.changes = Changes(self._database)
        self.facts = Facts(self._database)
        with self._database.write() as db:
            migrate(db)
            for statement in "".join(_SCHEMAS).split(";"):
                db.execute(statement)
            db.execute(
                "INSERT OR IGNORE INTO meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),)
            )
        if (version := self.meta("schema_version")) != str(SCHEMA_VERSION):
            self.close()
            raise BrokenLibrary(
                f"The catalogue {path} has format {version}, and this program reads format "
                f"{SCHEMA_VERSION}: use the version of the program that made it."
            )

    def close(self) -> None:
        self._database.close()

    @property
    def writes(self) -> int:
        """Grows with whatever changes here; what was asked before it grew may be out of date."""
        return self._database.writes

    # --- facts about the library itself -------------------------------------------------

    def meta(self, key: str) -> str | None:
        with self._database.read() as db:
            row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def set_meta(self, key: str, value: str) -> None:
        with self._database.write() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # --- writing ------------------------------------------------------------------------

    def put(self, records: Iterable[Paper]) -> dict[str, Outcome]:
        """Takes a stream of records in; returns what happened to each paper among them.

        Each record must name its one source. What a source says of a paper replaces what it
        said of it before; papers that it says nothing of any more stay. The records come in
        by some hundred a transaction, so if the stream breaks off, the first of them are in.
        """
        outcomes: dict[str, Outcome] = {}
        given: dict[Place, int] = {}
        stream = iter(records)
        while batch := list(islice(stream, _RECORDS)):
            with self._database.write() as db:
                changed = [put_one(db, record, given, outcomes) for record in batch]
                rebuild(db, filter(None, changed), outcomes, given=given)
        with self._database.write() as db:
            rebuild(db, drop_outdated(db, given), outcomes, given=given)
        return outcomes

    def remove_papers(self, ids: Iterable[str]) -> Removal:
        """Removes papers whole, from every source."""
        with self._database.write() as db:
            return removing.remove_papers(db, ids)

    def remove_source(self, source: str) -> Removal:
        """Removes what one source gave; papers that others gave too stay, without it."""
        with self._database.write() as db:
            return removing.remove_source(db, source)

    def undo(self, token: str) -> int:
        """Brings back what a removal took, as it was; returns how many papers that touched.

        Only the latest ten removals are kept. What a source has said of a paper since then
        stays as it is.

        Raises KeyError if there is no such removal, or if it was undone.
        """
        with self._database.write() as db:
            return removing.undo(db, token)

    # --- reading ------------------------------------------------------------------------

    def get(self, ids: Sequence[str]) -> dict[str, Paper]:
        """Papers by id; ids that are not there are left out."""
        condition = "id IN (SELECT value FROM json_each(?))"
        found = self._select(condition, [json.dumps(list(ids))], "number")
        return {paper.id: paper for paper in found}

    def digests(self, ids: Sequence[str]) -> dict[str, str]:
        """What tells a paper's text from any other (`store.rows.text_digest`), by id; ids that
        are not there are left out."""
        condition = "id IN (SELECT value FROM json_each(?))"
        values = [json.dumps(list(ids))]
        return dict(self._rows(f"SELECT id, text_digest FROM papers WHERE {condition}", values))

    def known_by(self, keys: Sequence[str]) -> dict[str, str]:
        """The ids of the papers that are known by keys (`store.identity.keys_of`), by key.

        Of several papers with a title, the one that came first."""
        rows = self._rows(
            "SELECT key, paper_id FROM keys JOIN papers ON id = paper_id "
            "WHERE key IN (SELECT value FROM json_each(?)) ORDER BY number DESC",
            [json.dumps(list(keys))],
        )
        return dict(rows)

    def chunk_ids(self, filters: Filters) -> list[str]:
        """The ids of all chunks in the vector index whose papers pass the filters."""
        condition, values = where(filters, unordered=True)
        rows = self._rows(
            "SELECT id, count FROM papers JOIN chunks ON chunks.paper_id = papers.id "
            f"WHERE {condition}",
            values,
        )
        return [f"{paper_id}#{n}" for paper_id, count in rows for n in range(count)]

    def count_chunks(self) -> int:
        return int(self._rows("SELECT COALESCE(SUM(count), 0) FROM chunks")[0][0])

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
        return list(self._select(condition, values, SORTS[order], limit, offset))

    def sample(self, count: int, seed: int) -> Sequence[Paper]:
        """Up to `count` papers drawn by lot; the same seed draws the same from the same papers."""
        numbers = [number for (number,) in self._rows("SELECT number FROM papers ORDER BY number")]
        lots = json.dumps(Random(seed).sample(numbers, min(count, len(numbers))))
        return self._select("number IN (SELECT value FROM json_each(?))", [lots], "number")

    def count(self, filters: Filters = Filters(), *, text: str = "") -> int:
        condition, values = where(filters, text, unordered=True)
        return int(self._rows(f"SELECT COUNT(*) FROM papers WHERE {condition}", values)[0][0])

    def ids(self, filters: Filters, *, text: str = "") -> set[str]:
        condition, values = where(filters, text, unordered=True)
        return {i for (i,) in self._rows(f"SELECT id FROM papers WHERE {condition}", values)}

    def years(self) -> dict[int, int]:
        """How many papers each year has, oldest first; papers without a year aside."""
        return dict(
            self._rows(
                "SELECT year, COUNT(*) FROM papers WHERE year IS NOT NULL GROUP BY year "
                "ORDER BY year"
            )
        )

    def organisations(self, text: str = "", limit: int = 50) -> dict[str, int]:
        """How many papers each organisation has, most first; `text` is a part of its name.

        Names that differ in case alone are one.
        """
        return dict(
            self._rows(
                "SELECT MIN(organisation) AS name, COUNT(*) AS papers FROM papers "
                "WHERE organisation IS NOT NULL GROUP BY organisation COLLATE NOCASE "
                "HAVING instr(fold(name), fold(?)) ORDER BY papers DESC, name LIMIT ?",
                (text, limit),
            )
        )

    def is_organisation(self, name: str) -> bool:
        """Whether a paper is of an organisation of this name, whatever its case."""
        query = "SELECT 1 FROM papers WHERE organisation = ? COLLATE NOCASE LIMIT 1"
        return bool(self._rows(query, (name,)))

    def sources(self) -> dict[str, int]:
        """Every source with the number of papers it gave."""
        writes = self.writes
        if self._sources is None or self._sources[0] != writes:  # takes long in a large library
            rows = self._rows(
                "SELECT source, COUNT(DISTINCT paper_id) FROM records GROUP BY source "
                "ORDER BY source"
            )
            self._sources = writes, dict(rows)
        return dict(self._sources[1])

    def _select(
        self,
        condition: str,
        values: Sequence[object],
        order: str,
        limit: int | None = None,
        offset: int = 0,
    ) -> Sequence[Paper]:
        chosen = f"FROM papers WHERE {condition} ORDER BY {order}"
        if limit is not None or offset:  # the index alone leads to the page
            chosen = (
                f"FROM papers WHERE number IN (SELECT number {chosen} LIMIT ? OFFSET ?) "
                f"ORDER BY {order}"
            )
            values = (*values, -1 if limit is None else limit, offset)
        rows = self._rows(f"SELECT {','.join(COLUMNS)} {chosen}", values)
        ids = [row[COLUMNS.index("id")] for row in rows]
        sources: dict[str, list[Source]] = {}
        for paper_id, *place in self._rows(
            "SELECT paper_id, source, position, json_extract(data, '$.sources[0].line') "
            "FROM records WHERE paper_id IN (SELECT value FROM json_each(?))",
            [json.dumps(ids)],
        ):
            sources.setdefault(paper_id, []).append(Source(*place))
        return [
            from_row(row, tuple(sorted(sources.get(paper_id, ()))))
            for row, paper_id in zip(rows, ids, strict=True)
        ]

    def _rows(self, query: str, values: Sequence[object] = ()) -> Sequence[Any]:
        with self._database.read() as db:
            return db.execute(query, values).fetchall()
