"""A desk that is there while somebody works at it, and leaves the library to others in between.

An agent's program runs for days, and only one process can have a library: one that kept it would
lock out the command line and the server.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from store.errors import LibraryInUse

if TYPE_CHECKING:
    from ui.desk import Desk

Opening = Callable[[], "AbstractContextManager[Desk]"]
_IDLE = 60.0  # seconds; opening once more takes one or two


class Lender:
    """Opens a desk in a thread, once it is entered and whenever it is needed again.

    It is closed after `idle` seconds without work, and once a call found that the library or the
    server had gone elsewhere: the next call opens it anew. Use as a context manager.

        with Lender(opening) as desk, desk() as one:
            one.count()
    """

    def __init__(self, opening: Opening, idle: float = _IDLE) -> None:
        self._opening = opening
        self._idle = idle
        self._changed = threading.Condition()
        self._closing = False
        self._open: _Open | None = None

    def __enter__(self) -> Lender:
        with self._changed:
            self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            last = self._open
        if last is not None:
            last.thread.join()

    @contextmanager
    def __call__(self) -> Iterator[Desk]:
        """The desk, once it is open. Raises what kept it from being opened."""
        with self._changed:
            one = self._open
            if one is None or one.over or one.stale:
                one = self._begin()
            one.users += 1
        try:
            yield one.desk.result()
        except (LibraryInUse, OSError):
            one.stale = True
            raise
        finally:
            with self._changed:
                one.users -= 1
                one.used = time.monotonic()
                self._changed.notify_all()

    def _begin(self) -> _Open:
        before, one = self._open, _Open()
        one.thread = threading.Thread(target=self._keep, args=(one, before), name="desk")
        self._open = one
        one.thread.start()
        return one

    def _keep(self, one: _Open, before: _Open | None) -> None:
        """Opens the desk, keeps it while it is needed and closes it, all in one thread."""
        if before is not None:
            before.thread.join()  # so that this process doesn't stand in its own way
        try:
            with self._opening() as desk:
                one.desk.set_result(desk)
                with self._changed:
                    while (left := self._left(one)) > 0:
                        self._changed.wait(left)
                    one.over = True
        except Exception as error:
            one.over = True
            if one.desk.done():
                raise
            one.desk.set_exception(error)

    def _left(self, one: _Open) -> float:
        """Seconds for which a desk is kept if nothing happens; 0 for no longer."""
        if self._closing or (one.stale and not one.users):
            return 0
        return self._idle if one.users else one.used + self._idle - time.monotonic()


class _Open:
    """One opening of the desk: who is at it, when it was last used, whether it is of use yet."""

    thread: threading.Thread

    def __init__(self) -> None:
        self.desk: Future[Desk] = Future()
        self.users = 0
        self.used = time.monotonic()
        self.stale = self.over = False
