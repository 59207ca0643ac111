"""Fixtures that every test can use."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

# A background job of a shell begins with interrupts ignored, and so would the programs under
# test, some of which are interrupted.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_PAGES = Path(__file__).resolve().parents[2] / "shared" / "pages"


@pytest.fixture(scope="session")
def pages_dir() -> Path:
    """The folder of real saved pages beside the repository; none of their text is part of it.

    Without the folder a test that needs it is skipped, but in CI it fails.
    """
    if not any(_PAGES.glob("*.txt")):
        message = f"the real pages belong in {_PAGES.parent.name}/{_PAGES.name} beside the project"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return _PAGES
