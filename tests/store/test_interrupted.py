"""Whole runs of `assistant`: killed at any moment, and without a network."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from store.readers import read_paths
from tests.store.making import Contents, contents, invented, open_library, page, record

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KILLS = 10


def environment(home: Path) -> dict[str, str]:
    """This environment without settings, keys or files of the user's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ASSISTANT_", "OPENAI_", "XDG_"))
    }
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT)}


class Runner:
    """Starts `assistant` without waiting for its imports; see `run_often`."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log.txt"
        self._process = subprocess.Popen(
            [sys.executable, HERE / "run_often.py", self.log],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(folder),
        )

    def wait_until_ready(self) -> None:
        assert self._line() == "ready"

    def run(self, *arguments: str, kill_after: float | None = None) -> int:
        """The exit code of a run, which is killed after some seconds unless it ends before."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([arguments, kill_after]) + "\n")
        self._process.stdin.flush()
        return int(self._line())

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    if not hasattr(os, "fork"):
        pytest.skip("runs are forked")
    started = Runner(tmp_path)
    yield started
    started.stop()


def held(folder: Path) -> Contents:
    with open_library(folder) as library:
        return contents(library)


def test_killing_an_addition_at_any_moment_and_running_it_again_gives_the_very_same_library(
    tmp_path: Path, runner: Runner
) -> None:
    random = Random(20251105)
    pile = tmp_path / "pile"
    pile.mkdir()
    old = invented(16, sentences=5)
    (pile / "a.txt").write_text(page(old), "utf-8")
    with open_library(tmp_path / "base") as library:
        library.add(read_paths([pile]))
    # The page was saved anew, one abstract shorter and some records twice, and there is a second.
    changed = [replace(paper, abstract=paper.abstract[:90]) for paper in old[5:9]]
    (pile / "a.txt").write_text(page([*changed, *old[:8], *old[9:]]), "utf-8")
    more = invented(30, seed=2, sentences=4)
    (pile / "b.txt").write_text(page([*more, *old[2:5]]), "utf-8")

    folders = iter(tmp_path / f"library-{number}" for number in range(100))

    def copy() -> Path:
        folder = next(folders)
        shutil.copytree(tmp_path / "base", folder)
        return folder

    def add(folder: Path, kill_after: float | None = None) -> int:
        code = runner.run(
            "add", str(pile), "--library", str(folder), "--json", kill_after=kill_after
        )
        assert code in (0, -signal.SIGKILL), runner.log.read_text("utf-8")
        return code

    with open_library(copy()) as library:  # in this process and in large steps
        library.add(read_paths([pile]))
        expected = contents(library)
    assert len(expected.chunks) >= 46

    runner.wait_until_ready()
    whole = copy()
    began = time.perf_counter()
    add(whole)
    duration = time.perf_counter() - began
    assert held(whole) == expected

    kills = 0
    folder = copy()
    while kills < KILLS:
        if add(folder, random.random() * duration):
            kills += 1
            if kills < KILLS:
                continue
            add(folder)
        assert held(folder) == expected
        folder = copy()


def test_adding_and_asking_need_no_network(tmp_path: Path) -> None:
    pages = [
        record(
            "How a swarm of honeybees agrees on a new nest",
            "A swarm of honeybees sends out scouts. Scouts dance for the nest hole that they "
            "like best. The swarm moves once fifteen scouts meet at one hole.",
        ),
        *invented(5, sentences=5),
    ]
    (tmp_path / "page.txt").write_text(page(pages), "utf-8")
    library = ["--library", str(tmp_path / "library")]
    question = "When does a swarm of honeybees move to a new nest?"
    commands = [
        ["add", str(tmp_path / "page.txt"), *library, "--json"],
        ["ask", question, *library, "--json"],
    ]
    done = subprocess.run(
        [sys.executable, HERE / "run_offline.py", json.dumps(commands)],
        capture_output=True,
        text=True,
        env=environment(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    added, end = json.JSONDecoder().raw_decode(done.stdout)
    answer = json.loads(done.stdout[end:])
    assert (added["new"], added["embedded"]) == (6, 6)
    assert answer["status"] == "answered"
    assert answer["citations"][0]["title"] == pages[0].title


def test_the_block_on_networking_blocks(tmp_path: Path) -> None:
    program = (
        "import socket, sys; sys.path.insert(0, sys.argv[1]); import run_offline\n"
        "sys.addaudithook(run_offline.block)\n"
        "try: socket.create_connection(('192.0.2.1', 80), timeout=1)\n"
        "except OSError: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, HERE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 99
    assert "networking is blocked" in done.stderr
