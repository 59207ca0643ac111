"""An answer on its way that can be stopped between two of its sentences as well as at them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

from assistant.answer import Event

_TICK = 0.1  # seconds in which a stop is heard


class Stopped(Exception):
    """The user, or the browser's going away, stopped the answer."""


class Running:
    """Which browser tabs have an answer on its way."""

    def __init__(self) -> None:
        self._stops: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def stop(self, tab: str) -> None:
        """Stops the tab's answer if there is one."""
        with self._lock:
            if tab in self._stops:
                self._stops[tab].set()

    def events(self, tab: str, stream: Callable[[], Iterator[Event]]) -> Iterator[Event]:
        """The events of `stream()`, which runs in a thread of its own.

        Raises:
            Stopped: `stop` was called meanwhile, or the tab asked anew.
            Exception: what the stream raised.
        """
        stopping = threading.Event()
        with self._lock:
            if tab in self._stops:
                self._stops[tab].set()
            self._stops[tab] = stopping
        came: queue.SimpleQueue[Event | Exception | None] = queue.SimpleQueue()

        def work() -> None:
            events = stream()
            try:
                for event in events:
                    came.put(event)
                    if stopping.is_set():
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
                if stopping.is_set():
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
            stopping.set()
            with self._lock:
                if self._stops.get(tab) is stopping:
                    del self._stops[tab]
