"""Clocks, and two things measured side by side."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds by the wall clock, and of all cores together (finished children included)."""

    wall: float
    cpu: float


Work = Callable[[], Took]


def timed(work: Callable[[], object]) -> Took:
    """How long a call takes."""
    wall, cpu = time.perf_counter(), _cpu()
    work()
    return Took(time.perf_counter() - wall, _cpu() - cpu)


def process(command: Sequence[str], environment: Mapping[str, str]) -> Work:
    """A command as a whole process, its start and end included.

    Raises (when it runs): RuntimeError with what the command said, if it fails.
    """

    def run() -> None:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")

    return lambda: timed(run)


def in_turn(rounds: int, *works: Work) -> list[list[Took]]:
    """Runs all works one after another, and again (A B A B …); for each its times."""
    taken = [[work() for work in works] for _ in range(rounds)]
    return [list(times) for times in zip(*taken, strict=True)]


@dataclass(frozen=True, slots=True)
class Compared:
    """Two works measured in turn, in seconds (medians).

    `ratio` is the first's time by the second's: the median over the rounds, each of which
    compares neighbours in time, so that a machine busy with other things disturbs it least.
    `cpu_ratio` is the same by CPU seconds.
    """

    first: float
    second: float
    ratio: float
    cpu_ratio: float
    rounds: tuple[tuple[float, float], ...]


def compare(first: Sequence[Took], second: Sequence[Took]) -> Compared:
    """Two works of `in_turn` compared, round by round."""
    pairs = list(zip(first, second, strict=True))
    return Compared(
        first=median(took.wall for took in first),
        second=median(took.wall for took in second),
        ratio=median(a.wall / b.wall for a, b in pairs),
        cpu_ratio=median(a.cpu / b.cpu if b.cpu else 1.0 for a, b in pairs),
        rounds=tuple((round(a.wall, 4), round(b.wall, 4)) for a, b in pairs),
    )


def machine() -> dict[str, Any]:
    """What figures are taken on; a load of more than the cores means it was busy with others."""
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
