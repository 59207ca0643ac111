"""One process owns a library: two on one embedded Chroma do not see each other's vectors."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from store.errors import LibraryInUse


class LibraryLock:
    """A lock on a library's folder that names its owner to whoever finds it taken.

    All threads of the owner hold it. The operating system frees it when the owner dies, however
    it dies.
    """

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._owner = owner
        self._lock = FileLock(folder / "owner.lock", thread_local=False)
        self._taking = threading.Lock()
        self._note = folder / "owner.json"

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
            note = {"pid": os.getpid(), "owner": self._owner, "since": since}
            self._note.write_text(json.dumps(note), "utf-8")

    def owner(self) -> str:
        """The present owner in words."""
        try:
            note = json.loads(self._note.read_text("utf-8"))
            return f"'{note['owner']}' (process {note['pid']}, since {note['since']})"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"

    def release(self) -> None:
        with self._taking:
            if self.held:
                with suppress(FileNotFoundError):
                    self._note.unlink()
                self._lock.release()
