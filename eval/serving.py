"""A server to be measured, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PATIENCE = 120  # seconds


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A server over a library, for as long as the block takes; gives its address."""
    from ui.server import free_port

    program = Path(sys.executable).with_name("assistant")
    mine = ("ASSISTANT_", "OPENAI_", "PYTHON")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(mine)}
    port = free_port("127.0.0.1", 0)
    process = subprocess.Popen(
        [program, "--library", str(folder), "serve", "--port", str(port)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []

    def listen() -> None:
        assert process.stderr
        said.extend(process.stderr)

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{port}"
        if process.poll() is not None:
            raise RuntimeError(f"The server ended: {''.join(said)}")
    finally:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


def wait_ready(address: str, *, page: bool = False) -> None:
    """Returns once the server answers, or its page can be opened. Raises RuntimeError if not."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
                if not page or re.search(rb'"page":\s*true', answer.read()):
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.01)
    raise RuntimeError(f"The server did not come up within {_PATIENCE} seconds.")
