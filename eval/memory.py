"""How much memory a process holds, those that it started included."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_EVERY = 0.2  # seconds between two looks
MEGABYTE = 1_000_000


@dataclass
class Peak:
    """The most that was held, in bytes: together at one moment, and by each process."""

    together: int = 0
    each: dict[int, int] = field(default_factory=dict)


def resident(pid: int) -> dict[int, int]:
    """Bytes in memory by process, of `pid` and all below it; empty where the system has no /proc.

    What processes share (the libraries' code) counts in each, so a sum is never too low.
    """
    held: dict[int, int] = {}
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        with suppress(OSError, IndexError, ValueError):  # it may end while it is looked at
            pages = int((_PROC / str(one) / "statm").read_text("ascii").split()[1])
            held[one] = pages * os.sysconf("SC_PAGE_SIZE")
            for thread in (_PROC / str(one) / "task").iterdir():
                with suppress(OSError):
                    waiting += map(int, (thread / "children").read_text("ascii").split())
    return held


@contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """Looks at a process five times a second while the block runs."""
    peak, over = Peak(), threading.Event()

    def look() -> None:
        while True:
            held = resident(pid)
            peak.together = max(peak.together, sum(held.values()))
            for one, size in held.items():
                peak.each[one] = max(peak.each.get(one, 0), size)
            if over.wait(_EVERY):
                return

    looking = threading.Thread(target=look, name="memory", daemon=True)
    looking.start()
    try:
        yield peak
    finally:
        over.set()
        looking.join()
