"""One process owns a library: two on one embedded Chroma do not see each other's vectors."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from store.errors import LibraryInUse

_LOCK, _NOTE = "owner.lock", "owner.json"


class LibraryLock:
    """A lock on a library's folder that names its owner to whoever finds it taken.

    All threads of the owner hold it. The operating system frees it when the owner dies, however
    it dies.
    """

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._owner = owner
        self._lock = FileLock(folder / _LOCK, thread_local=False)
        self._taking = threading.Lock()
        self._facts: dict[str, Any] = {}

    @property
    def held(self) -> bool:
        return self._lock.is_locked

    def acquire(self, wait: float = 5.0) -> None:
        """Takes the lock, waiting up to `wait` seconds; raises LibraryInUse after that."""
        with self._taking:
            if self.held:
                return
            try:
                self._lock.acquire(timeout=wait)
            except Timeout:
                raise LibraryInUse(str(self._folder), self.owner()) from None
            since = datetime.now().isoformat(timespec="seconds")
            self._facts = {"pid": os.getpid(), "owner": self._owner, "since": since}
            self._write()

    def announce(self, **facts: Any) -> None:
        """Adds facts to the owner's note, which only the same user can read; needs the lock."""
        with self._taking:
            if not self.held:
                raise AssertionError("only the owner of a library announces anything")
            self._facts |= facts
            self._write()

    def _write(self) -> None:
        """Writes the note anew, whole or not at all, and never readable by others."""
        draft = self._folder / f"{_NOTE}.new"
        draft.unlink(missing_ok=True)  # of an owner that died while it wrote
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(json.dumps(self._facts).encode())
        draft.replace(self._folder / _NOTE)

    def owner(self) -> str:
        """The present owner in words."""
        return self.in_words(self.note(self._folder) or {})

    @staticmethod
    def in_words(note: Mapping[str, Any]) -> str:
        """The owner that a note tells of."""
        try:
            return f"'{note['owner']}' (process {note['pid']}, since {note['since']})"
        except KeyError:
            return "another process"

    @staticmethod
    def note(folder: Path) -> dict[str, Any] | None:
        """What the owner of a library wrote down; one that died leaves its note behind."""
        try:
            note = json.loads((folder / _NOTE).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return note if isinstance(note, dict) else None

    @staticmethod
    def taken(folder: Path) -> bool:
        """Whether anybody holds the lock of a library, this process included."""
        lock = FileLock(folder / _LOCK, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            return True
        lock.release()
        return False

    def release(self) -> None:
        with self._taking:
            if self.held:
                (self._folder / _NOTE).unlink(missing_ok=True)
                self._lock.release()
