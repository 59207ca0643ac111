"""One process owns a library."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.errors import LibraryInUse
from store.lock import LibraryLock

_OWNER = """
import sys
from pathlib import Path
from store.lock import LibraryLock
lock = LibraryLock(Path(sys.argv[1]), "the other program")
lock.acquire()
print("owned", flush=True)
sys.stdin.readline()
lock.release()
print("released", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def start_owner(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a real process that owns `tmp_path` until it reads a line."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", _OWNER, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "owned\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_second_process_is_told_who_owns_the_library(
    tmp_path: Path, start_owner: Callable[[], subprocess.Popen[str]]
) -> None:
    owner = start_owner()
    lock = LibraryLock(tmp_path, "this test")
    with pytest.raises(LibraryInUse) as raised:
        lock.acquire(wait=0.1)
    assert not lock.held
    assert f"'the other program' (process {owner.pid}, since " in str(raised.value)
    assert str(tmp_path) in str(raised.value)
    assert "wait until it has finished, or stop it" in str(raised.value)


def test_a_library_is_free_once_its_owner_lets_it_go(
    tmp_path: Path, start_owner: Callable[[], subprocess.Popen[str]]
) -> None:
    owner = start_owner()
    lock = LibraryLock(tmp_path, "this test")
    threading.Timer(0.3, lambda: print(file=owner.stdin, flush=True)).start()
    lock.acquire(wait=10)
    assert lock.held
    assert f"process {os.getpid()}" in lock.owner()
    lock.release()
    assert not (tmp_path / "owner.json").exists()


def test_a_library_is_free_once_its_owner_is_killed(
    tmp_path: Path, start_owner: Callable[[], subprocess.Popen[str]]
) -> None:
    owner = start_owner()
    owner.kill()
    owner.wait()
    lock = LibraryLock(tmp_path, "this test")
    lock.acquire(wait=0)
    assert f"'this test' (process {os.getpid()}" in lock.owner()
    lock.release()


def test_all_threads_of_the_owner_hold_the_lock(tmp_path: Path) -> None:
    lock = LibraryLock(tmp_path, "this test")
    seen: list[bool] = []

    def look() -> None:
        seen.append(lock.held)
        lock.acquire(wait=0)
        seen.append(lock.held)

    lock.acquire()
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [True, True]
    lock.release()
    assert not lock.held


def test_taking_it_twice_needs_no_second_release(tmp_path: Path) -> None:
    lock, other = LibraryLock(tmp_path, "one"), LibraryLock(tmp_path, "two")
    lock.acquire()
    lock.acquire()
    lock.release()
    lock.release()
    other.acquire(wait=0)
    other.release()


@pytest.mark.parametrize("note", ["", "{", "[]", '{"pid": 1}', "\x00"])
def test_an_owner_whose_note_is_damaged_is_another_process(tmp_path: Path, note: str) -> None:
    (tmp_path / "owner.json").write_text(note)
    assert LibraryLock(tmp_path, "one").owner() == "another process"
