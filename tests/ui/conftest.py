"""A small library of invented papers, and a way to run commands without a process each."""

from __future__ import annotations

import io
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.making import PAGE, Result, Run
from tests.ui.screens import put_in_place, screen
from ui.cli import main
from ui.terminal import Screen


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No setting, key or file of whoever runs the tests; signals are left as they were."""
    for name in [*os.environ]:
        if name.startswith(("ASSISTANT_", "OPENAI_", "OTEL_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ASSISTANT_CONFIG", "")  # `--config` sets it; so it is put back
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of invented papers as a file."""
    path = tmp_path_factory.mktemp("pages") / "invented.txt"
    path.write_text(PAGE, "utf-8")
    return path


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory, page: Path) -> Path:
    """The folder of a library of those papers. Only to be read; `own_library` is for the rest."""
    folder = tmp_path_factory.mktemp("libraries") / "shared"
    with pytest.raises(SystemExit) as end:
        main(["--library", str(folder), "add", str(page), "--json"])
    assert end.value.code == 0
    return folder


@pytest.fixture
def own_library(library: Path, tmp_path: Path) -> Path:
    """A copy of the library that the test may change."""
    return Path(shutil.copytree(library, tmp_path / "own"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process: `run("papers", "list", library=folder, stdin=b"…")`."""

    def run(*arguments: str, library: Path | None = None, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        before = [] if library is None else ["--library", str(library)]
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([*before, *arguments])
        wrote = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Result(end.value.code, wrote.out, wrote.err)

    return run


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A terminal of 60 columns without styles, which the functions of `showing` write to."""
    return put_in_place(monkeypatch, screen(60))
