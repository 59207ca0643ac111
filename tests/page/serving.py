"""A real `assistant serve` in a process of its own, and what it takes to open its page."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ui.making import PROGRAM, environment

_ADDRESS = re.compile(r"The page is at (http://\S+)")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium must ask nobody but the server: the tests hold it to that.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def browser_path() -> str:
    """Where Chromium is; fails with what to do where there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert found, "These tests drive Chromium: install it, as with 'apt install chromium'."
    return found


class Served:
    """A running server. `address` is known once the page can be opened."""

    def __init__(self, home: Path, *arguments: str, **variables: str) -> None:
        self._said: list[str] = []
        self._process = subprocess.Popen(
            [PROGRAM, *arguments],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
            env=environment(home, **variables),
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._said.append(line)

    @property
    def said(self) -> str:
        """All that it wrote so far."""
        return "".join(self._said)

    def wait(self, patience: float = 90) -> str:
        """The address, once the page can be opened."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if found := _ADDRESS.search(self.said):
                return found.group(1).replace("localhost", "127.0.0.1")
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended: {self.said}")
            time.sleep(0.1)
        raise AssertionError(f"the server didn't come up: {self.said}")

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ends it as Ctrl-C does; returns its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(20)
        finally:
            self._process.kill()


@contextmanager
def served(home: Path, *arguments: str, **variables: str) -> Iterator[str]:
    """A server for as long as the block takes; gives its address."""
    server = Served(home, *arguments, **variables)
    try:
        yield server.wait()
    finally:
        server.stop()


def status_of(address: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and text of a plain GET."""
    request = urllib.request.Request(address, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
