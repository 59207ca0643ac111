"""A real server over the invented papers, for tests that speak to it as programs do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.page.serving import Served
from tests.ui.making import PAGE, run_program

Serve = Callable[..., str]


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith(("ASSISTANT_", "OPENAI_", "XDG_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library of the invented papers; only to be copied."""
    home = tmp_path_factory.mktemp("home")
    page = home / "invented.txt"
    page.write_text(PAGE, "utf-8")
    done = run_program(home, "--library", str(home / "library"), "add", str(page))
    assert done.code == 0, done.err
    return home / "library"


@pytest.fixture(scope="module")
def serve(invented: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts a server over a copy of that library; gives its address once it is ready."""
    servers: list[Served] = []

    def started(*arguments: str, **variables: str) -> str:
        home = tmp_path_factory.mktemp("served")
        library = shutil.copytree(invented, home / "library")
        whole = ("--library", str(library), "serve", "--port", "0", *arguments)
        servers.append(Served(home, *whole, **variables))
        return servers[-1].wait()

    yield started
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def address(serve: Serve) -> str:
    """One server for all the tests of a file."""
    return serve()
