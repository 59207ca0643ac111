"""What the catalogue knows of papers besides their texts, for questions about the collection."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from store.database import Database
from store.filters import Filters
from store.orders import DATE, SORTS, Order
from store.rows import where

_FEW = 10_000  # papers that the database is told of
_AT_ONCE = 2000  # papers whose texts are read together


# What is told of a paper: its year, its month (`YYYY-MM`, or the year where that is all that is
# known), its date (`YYYY-MM-DD`, or the year), its organisation, its upvotes.
What = Literal["year", "month", "date", "organisation", "upvotes"]
_COLUMNS: dict[What, str] = {
    "year": "year",
    "month": "COALESCE(substr(date, 1, 7), CAST(year AS TEXT))",
    "date": DATE,
    "organisation": "organisation",
    "upvotes": "upvotes",
}
_LACKING = {"date": "date IS NULL AND year IS NULL", "organisation": "organisation IS NULL"}
Value = str | int | None


class Known(NamedTuple):
    """Papers in an order, with what was asked of each; no values where nothing was."""

    ids: tuple[str, ...]
    values: tuple[Value, ...] = ()


class Facts:
    """Reads from the catalogue's file. Safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(
        self,
        filters: Filters = Filters(),
        order: Order = "added",
        what: What | None = None,
        *,
        votes: int | None = None,
        voteless: bool = False,
        lacking: Collection[Literal["date", "organisation"]] = (),
    ) -> Known:
        """All papers that pass the filters, in an order, and `what` is known of each; with `votes`
        those that have as many upvotes or more, `voteless` those that have none as far as known,
        and `lacking` those without a date or an organisation."""
        chosen = set(filters.papers) if len(filters.papers) > _FEW else None
        if chosen is not None:  # quicker to leave out here than to tell the database
            filters = replace(filters, papers=())
        condition, values = where(filters)
        # By the index of upvotes, as that of the order doesn't hold them.
        if votes is not None:
            condition += " AND +id IN (SELECT id FROM papers WHERE upvotes >= ?)"
            values = [*values, votes]
        if voteless:
            condition += " AND +id NOT IN (SELECT id FROM papers WHERE upvotes <> 0)"
        for fact in lacking:
            condition += f" AND {_LACKING[fact]}"
        # Columns that the order's index holds, as to read the papers takes ten times longer; and
        # no more of them than needed, as most of the time goes into making Python's objects.
        column = f", {_COLUMNS[what]}" if what else ""
        rows = self._rows(
            f"SELECT id{column} FROM papers WHERE {condition} ORDER BY {SORTS[order]}", values
        )
        if chosen is not None:
            rows = [row for row in rows if row[0] in chosen]
        ids = tuple([row[0] for row in rows])
        return Known(ids, tuple([row[1] for row in rows]) if what else ())

    def of_a_year(self, ids: Collection[str]) -> int:
        """How many of these papers have a year and no date."""
        return self._count("date IS NULL AND year IS NOT NULL", ids)

    def undated(self, filters: Filters) -> int:
        """How many papers that pass the filters have neither a date nor a year."""
        condition, values = where(filters)
        query = f"SELECT COUNT(*) FROM papers WHERE date IS NULL AND year IS NULL AND {condition}"
        return int(self._rows(query, values)[0][0])

    def inferred(self, ids: Collection[str]) -> int:
        """How many of these papers have a date whose year was worked out."""
        return self._count("date_inferred", ids)

    def _count(self, condition: str, ids: Collection[str]) -> int:
        every = self._rows(f"SELECT id FROM papers WHERE {condition}")
        return len({paper_id for (paper_id,) in every}.intersection(ids)) if every else 0

    def texts(self, ids: Collection[str]) -> Iterator[tuple[str, str, str]]:
        """(id, title, abstract) of papers, some at a time; of all where `ids` is empty."""
        if not ids:
            yield from self._rows("SELECT id, title, abstract FROM papers")
            return
        wanted = list(ids)
        for start in range(0, len(wanted), _AT_ONCE):
            yield from self._rows(
                "SELECT id, title, abstract FROM papers "
                "WHERE id IN (SELECT value FROM json_each(?))",
                [json.dumps(wanted[start : start + _AT_ONCE])],
            )

    def phrased(self, ids: Collection[str], phrases: Sequence[str]) -> set[str]:
        """Those of these papers whose title or abstract has a phrase between two spaces, whatever
        the case of its ASCII letters. The database looks, which is much quicker than to read."""
        marked = (re.sub(r"([%_\\])", r"\\\1", phrase) for phrase in phrases)
        likes = [f"% {phrase} %" for phrase in marked]
        condition = " OR ".join(
            rf"{column} LIKE ?{number} ESCAPE '\'"
            for column in ("abstract", "title")
            for number in range(1, len(likes) + 1)
        )
        query = (
            f"SELECT id FROM papers WHERE ({condition}) "
            f"AND id IN (SELECT value FROM json_each(?{len(likes) + 1}))"
        )
        return {i for (i,) in self._rows(query, [*likes, json.dumps(list(ids))])}

    def authors(self, name: str) -> dict[str, list[str]]:
        """The ids of the papers of each author whose name holds all words of `name`, whatever
        their case and order."""
        words = name.casefold().split()
        if not words:
            return {}
        # LIKE knows the case of ASCII alone, but is much quicker than a function of ours.
        condition = " AND ".join(
            r"authors LIKE '%' || ? || '%' ESCAPE '\'" if w.isascii() else "instr(fold(authors), ?)"
            for w in words
        )
        found: dict[str, list[str]] = {}
        # As a name stands in JSON: with its quotes escaped.
        quoted = ((word, json.dumps(word, ensure_ascii=False)[1:-1]) for word in words)
        pieces = [
            re.sub(r"([%_\\])", r"\\\1", piece) if word.isascii() else piece
            for word, piece in quoted
        ]
        for paper_id, data in self._rows(
            f"SELECT id, authors FROM papers WHERE authors <> '[]' AND {condition}", pieces
        ):
            for author in json.loads(data):
                if set(words) <= set(author.casefold().replace(",", " ").split()):
                    found.setdefault(author, []).append(paper_id)
        return found

    def given_by(self, source: str) -> set[str]:
        """The ids of the papers that a source of exactly this name gave."""
        return {
            i for (i,) in self._rows("SELECT paper_id FROM records WHERE source = ?", (source,))
        }

    def sources(self) -> list[str]:
        """The names of all sources, in order; a leap in their index for each."""
        least = "SELECT MIN(source) FROM records"
        rows = self._rows(
            f"WITH RECURSIVE names (name) AS ({least} UNION ALL "
            f"SELECT ({least} WHERE source > name) FROM names WHERE name IS NOT NULL) "
            "SELECT name FROM names WHERE name IS NOT NULL"
        )
        return [name for (name,) in rows]

    def by_source(self, ids: Collection[str]) -> dict[str, set[str]]:
        """What each source gave, by the sources' names: these papers at least, if there are any
        of them, and where these are many all that it gave."""
        if len(ids) >= _AT_ONCE:
            return {source: self.given_by(source) for source in self.sources()}
        found = dict[str, set[str]]()
        query = (
            "SELECT source, paper_id FROM records "
            "WHERE paper_id IN (SELECT value FROM json_each(?))"
        )
        for source, paper_id in self._rows(query, [json.dumps(list(ids))]):
            found.setdefault(source, set()).add(paper_id)
        return dict(sorted(found.items()))

    def _rows(self, query: str, values: Sequence[object] = ()) -> Sequence[Any]:
        with self._database.read() as db:
            return db.execute(query, values).fetchall()
