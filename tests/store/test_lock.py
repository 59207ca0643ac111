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


def test_what_the_owner_announces_is_told_until_it_lets_go(tmp_path: Path) -> None:
    lock = LibraryLock(tmp_path, "one")
    lock.acquire()
    lock.announce(address="http://127.0.0.1:1", token="a")
    lock.announce(ready=True, token="b")
    note = LibraryLock.note(tmp_path)
    assert note is not None
    told = {name: note[name] for name in ("pid", "owner", "address", "token", "ready")}
    assert told == {
        "pid": os.getpid(), "owner": "one", "address": "http://127.0.0.1:1", "token": "b",
        "ready": True,
    }  # fmt: skip
    assert lock.owner().startswith(f"'one' (process {os.getpid()}, since ")
    lock.release()
    assert LibraryLock.note(tmp_path) is None
    lock.acquire()
    assert "token" not in (LibraryLock.note(tmp_path) or {})
    lock.release()


def test_nobody_else_can_read_the_owners_note(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        (tmp_path / "owner.json.new").write_text("left by one that died", "utf-8")
        lock = LibraryLock(tmp_path, "one")
        lock.acquire()
        lock.announce(token="secret")
    finally:
        os.umask(before)
    assert (tmp_path / "owner.json").stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == ["owner.json", "owner.lock"]
    lock.release()


def test_a_library_is_taken_as_long_as_its_owner_lives(
    tmp_path: Path, start_owner: Callable[[], subprocess.Popen[str]]
) -> None:
    assert not LibraryLock.taken(tmp_path)
    owner = start_owner()
    assert LibraryLock.taken(tmp_path)
    owner.kill()
    owner.wait()
    assert LibraryLock.note(tmp_path) is not None
    assert not LibraryLock.taken(tmp_path)
    lock = LibraryLock(tmp_path, "this test")
    lock.acquire(wait=0)
    assert LibraryLock.taken(tmp_path)
    lock.release()
