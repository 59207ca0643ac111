"""A pseudo-terminal that runs the installed program, for tests that type and look."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from typing import Self

from tests.ui.making import PROGRAM

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
# Takes the pseudo-terminal as its own, so that Ctrl-C reaches the program, and becomes it.
_BECOME = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """The installed program in a terminal of its own, to type into and to look at.

    `seen` is what it showed, without colours.
    """

    def __init__(self, environment: Mapping[str, str], *arguments: str, columns: int = 80) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BECOME, str(PROGRAM), *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(environment),
            start_new_session=True,
        )
        os.close(slave)
        self.raw = ""

    @property
    def seen(self) -> str:
        return _ESCAPE.sub("", self.raw).replace("\r\n", "\n")

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def wait_for(self, text: str, after: int = 0, patience: float = 60) -> int:
        """Waits until `text` is shown behind the place `after`; returns the place behind it."""
        end = time.monotonic() + patience
        while (place := self.seen.find(text, after)) < 0:
            if not self._read(end - time.monotonic()):
                raise AssertionError(f"{text!r} was not shown, but:\n{self.seen[after:]}")
        return place + len(text)

    def interrupt(self) -> None:
        """Ctrl-C, once the program rests: Python takes none between its prompt and its waiting."""
        while self._read(0.3):
            pass
        self.type("\x03")

    def wait(self, patience: float = 60) -> int:
        """Waits for the program's end; returns its exit code."""
        end = time.monotonic() + patience
        while self._read(end - time.monotonic()):
            pass
        return self._process.wait(max(end - time.monotonic(), 1))

    def _read(self, patience: float) -> bool:
        if patience <= 0 or not select.select([self._master], [], [], patience)[0]:
            return False
        try:
            piece = os.read(self._master, 65_536)
        except OSError:  # the program has closed its side
            return False
        self.raw += piece.decode("utf-8", "replace")
        return bool(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._master)
