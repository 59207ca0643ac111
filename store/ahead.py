"""Files that a question reads here and there, read through once: the system then has them at hand.

A question looks up dozens of papers, each somewhere else in files of hundreds of megabytes. On a
machine that has just started that took twice the time of all the rest of it.

It is done by a process of its own: whoever closes a file gives up all locks that his process has on
it, those of SQLite's connections too (sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

_PART = 1 << 20  # bytes at a time
_SHARE = 4  # no more than a fourth of the machine's memory is filled by it
_UNTOLD = 1 << 30  # bytes, where the system doesn't tell how much memory there is


def read_beside(files: Sequence[Path]) -> int:
    """As `read_ahead`, in another process; returns when that is done, 0 where it fails."""
    root = Path(__file__).parents[1]
    code = f"import sys; sys.path[0] = {str(root)!r}; from store.ahead import main; main()"
    command = [sys.executable, "-c", code, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 else 0


def main() -> None:
    """Arguments: the files and folders. Prints how many bytes were read."""
    print(read_ahead(map(Path, sys.argv[1:])))


def read_ahead(files: Iterable[Path], most: int | None = None) -> int:
    """Reads files, and folders of files, from beginning to end, and keeps nothing.

    It stops before a file with which it would be more than `most` bytes. Files that can't be read
    are passed over: who needs them will say so.

    Returns:
        How many bytes were read.
    """
    most = _memory() // _SHARE if most is None else most
    part, total = bytearray(_PART), 0
    for file in chain.from_iterable(map(_files, files)):
        with suppress(OSError):
            if total + file.stat().st_size > most:
                break
            with file.open("rb", buffering=0) as opened:
                while count := opened.readinto(part):
                    total += count
    return total


def _files(path: Path) -> list[Path]:
    try:
        return sorted(file for file in path.iterdir() if file.is_file())
    except OSError:  # it is a file itself, or isn't there
        return [path]


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has none of it
        return _SHARE * _UNTOLD
