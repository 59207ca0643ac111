"""Lets short work go ahead of long work on the same cores: a question of a large import."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE = 0.06  # seconds that a step of long work waits at most, so that it ends one day
_LOOK = 0.002


class Courtesy:
    """Short work says that it is `ahead`; long work lets it pass before each of its steps."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._ahead = 0
        self._counting = threading.Lock()

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

    def let_pass(self) -> None:
        """Waits for the short work that is under way, for a moment at most."""
        if not self._ahead:
            return
        end = time.monotonic() + self._patience
        while self._ahead and time.monotonic() < end:
            time.sleep(_LOOK)
