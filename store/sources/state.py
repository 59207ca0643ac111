"""How far fetching came, in one small SQLite file of the library's folder.

Losing it loses no paper: what was fetched is fetched anew then, and found to be known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from store.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS marks (
    source TEXT PRIMARY KEY, reached INTEGER NOT NULL, whole INTEGER NOT NULL,
    run INTEGER NOT NULL, newer INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS papers (
    source TEXT NOT NULL, paper TEXT NOT NULL, number INTEGER NOT NULL, run INTEGER NOT NULL,
    PRIMARY KEY (source, paper)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
    source TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (source, item)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a search was followed: its first `reached` results are in the library, and `whole`
    tells whether these are all.

    `run` counts the times it was gone through. `newer` is how far the present one came in
    looking for what is newer, -1 where none is under way.
    """

    reached: int = 0
    whole: bool = False
    run: int = 1
    newer: int = -1


class Fetched:
    """What was fetched into the library of a folder. Safe to use from several threads.

    Raises (from any method): BrokenLibrary where the file can't be used.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = Database(
            folder / "fetched.sqlite", "list of what was fetched", derived=True
        )
        with self._database.write() as db:
            for statement in _SCHEMA.split(";"):
                db.execute(statement)

    def close(self) -> None:
        self._database.close()

    def forget(self, source: str) -> None:
        """Forgets how far a source was followed, so that it is fetched anew.

        Its papers keep their numbers: what is fetched anew replaces what is there.
        """
        with self._database.write() as db:
            for table in ("marks", "items"):
                db.execute(f"DELETE FROM {table} WHERE source = ?", (source,))
            db.execute("UPDATE papers SET run = 1 WHERE source = ?", (source,))

    def mark(self, source: str) -> Mark:
        with self._database.read() as db:
            row = db.execute(
                "SELECT reached, whole, run, newer FROM marks WHERE source = ?", (source,)
            ).fetchone()
        return Mark(row[0], bool(row[1]), row[2], row[3]) if row else Mark()

    def set_mark(self, source: str, mark: Mark) -> None:
        with self._database.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO marks VALUES (:source, :reached, :whole, :run, :newer)",
                {"source": source, **asdict(mark)},
            )

    def number(self, source: str, papers: Sequence[str], run: int = 1) -> dict[str, int]:
        """The numbers of papers in a source: from 1, in the order in which they first came."""
        with self._database.write() as db:
            (last,) = db.execute(
                "SELECT COALESCE(MAX(number), 0) FROM papers WHERE source = ?", (source,)
            ).fetchone()
            found: dict[str, int] = {}
            for paper in papers:
                row = db.execute(
                    "SELECT number FROM papers WHERE source = ? AND paper = ?", (source, paper)
                ).fetchone()
                if row is None:
                    last += 1
                    db.execute("INSERT INTO papers VALUES (?, ?, ?, ?)", (source, paper, last, run))
                found[paper] = row[0] if row else last
        return found

    def knew(self, source: str, papers: Sequence[str], run: int) -> bool:
        """Whether all these papers came before this run."""
        with self._database.read() as db:
            return all(
                db.execute(
                    "SELECT 1 FROM papers WHERE source = ? AND paper = ? AND run < ?",
                    (source, paper, run),
                ).fetchone()
                for paper in papers
            )

    def has(self, source: str, item: str) -> bool:
        """Whether something named was fetched, and needn't be again."""
        with self._database.read() as db:
            row = db.execute(
                "SELECT 1 FROM items WHERE source = ? AND item = ?", (source, item)
            ).fetchone()
        return row is not None

    def keep(self, source: str, item: str) -> None:
        with self._database.write() as db:
            db.execute("INSERT OR IGNORE INTO items VALUES (?, ?)", (source, item))
