"""Lets short work go ahead of long work on the same cores: a question of a large import."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE = 0.06  # seconds that a step of long work waits at most, so that it ends one day
_LOOK = 0.002
_RECENTLY = 0.5  # seconds after which nobody is expected to come again at once


class Courtesy:
    """Short work says that it is `ahead`; each step of long work is a `step`.

    A step waits while short work is under way. For a moment after it, steps come one by one, so
    that the next short work finds a core free.
    """

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._ahead = 0
        self._counting = threading.Lock()
        self._last = -_RECENTLY
        self._alone = threading.Lock()

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """For as long as short work is under way."""
        with self._counting:
            self._ahead += 1
        try:
            yield
        finally:
            with self._counting:
                self._ahead -= 1
                self._last = time.monotonic()

    def expected(self) -> bool:
        """Whether short work is under way, or was a moment ago."""
        return bool(self._ahead) or time.monotonic() - self._last <= _RECENTLY

    @contextmanager
    def step(self) -> Iterator[None]:
        """For as long as one step of long work takes."""
        if not self.expected():
            yield
            return
        with self._alone:
            end = time.monotonic() + self._patience
            while self._ahead and time.monotonic() < end:
                time.sleep(_LOOK)
            yield
