"""One SQLite file, used from any thread: readers at the same time, writers in turn."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import BrokenLibrary


class Database:
    """Lends connections; there are as many as were ever in use at the same time.

    A connection is lent and not kept by its thread, so threads that come and go leave none
    behind. Rows must be fetched before it is given back. `what` names the file in errors.
    What is `derived` from other data may lose its last changes where the power fails.

    Raises (from `read` and `write`): BrokenLibrary where SQLite can't do what it should.
    """

    def __init__(self, path: Path, what: str = "catalogue", *, derived: bool = False) -> None:
        self.path = path
        self._what = what
        self._waits = "NORMAL" if derived else "FULL"  # for the disk
        self._idle: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        self._closed = False
        self.writes = 0  # transactions that were kept, by this object

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        try:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._open()
            try:
                yield connection
            finally:
                self._give_back(connection)
        except sqlite3.Error as error:
            raise BrokenLibrary(
                f"The {self._what} {self.path} can't be used ({error}): check the disk and your "
                "rights on the file, or name another library with --library."
            ) from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: everything in the block is kept, or nothing if it raises."""
        with self._writing, self.read() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
                self.writes += 1
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Closes the connections; those on loan close when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=30, isolation_level=None, check_same_thread=False
        )
        connection.create_function("fold", 1, _fold, deterministic=True)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self._waits}")
        connection.execute("PRAGMA cache_size = -32000")  # KB; adding touches all indexes' pages
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)


def _fold(text: str | None) -> str | None:
    """What SQLite's own lower() does for ASCII alone."""
    return None if text is None else text.casefold()
