"""An answer on its way that can be stopped between two of its sentences as well as at them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

from assistant.answer import Event

_TICK = 0.1  # seconds in which a stop is heard


class Stopped(Exception):
    """The user, or the browser's going away, stopped the answer."""


class Run:
    """One answer on its way. `left` tells that the tab shows something else by now."""

    def __init__(self) -> None:
        self.left = False
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def events(self, stream: Callable[[], Iterator[Event]]) -> Iterator[Event]:
        """The events of `stream()`, which runs in a thread of its own.

        Raises:
            Stopped: `stop` was called meanwhile.
            Exception: what the stream raised.
        """
        came: queue.SimpleQueue[Event | Exception | None] = queue.SimpleQueue()

        def work() -> None:
            events = stream()
            try:
                for event in events:
                    came.put(event)
                    if self._stopping.is_set():
                        break
                came.put(None)
            except Exception as error:  # raised again where it is waited for
                came.put(error)
            finally:
                if (close := getattr(events, "close", None)) is not None:
                    close()

        threading.Thread(target=work, name="answer", daemon=True).start()
        try:
            while True:
                if self._stopping.is_set():
                    raise Stopped
                try:
                    event = came.get(timeout=_TICK)
                except queue.Empty:
                    continue
                if event is None:
                    return
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self._stopping.set()


class Running:
    """Which browser tabs have an answer on its way; a tab has one at most."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()

    def begin(self, tab: str) -> Run:
        """A new run of a tab; the one before it is stopped."""
        self.leave(tab)
        with self._lock:
            self._runs[tab] = run = Run()
        return run

    def end(self, tab: str, run: Run) -> None:
        """Forgets a run."""
        with self._lock:
            if self._runs.get(tab) is run:
                del self._runs[tab]

    def stop(self, tab: str) -> None:
        """Stops the tab's answer if there is one; what there is of it is shown."""
        with self._lock:
            if run := self._runs.get(tab):
                run.stop()

    def leave(self, tab: str) -> None:
        """Stops the tab's answer as it is about to show something else."""
        with self._lock:
            if run := self._runs.get(tab):
                run.left = True
                run.stop()
