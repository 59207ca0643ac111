"""Files that are read before a question needs them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from store.ahead import read_ahead
from store.library import Library
from tests.store.making import invented


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    (tmp_path / "one").write_bytes(b"1" * 3_000_000)
    (tmp_path / "folder" / "in it").mkdir(parents=True)
    (tmp_path / "folder" / "two").write_bytes(b"2" * 500)
    (tmp_path / "folder" / "three").write_bytes(b"3" * 40)
    return [tmp_path / name for name in ("one", "none", "folder")]


def test_files_and_those_in_folders_are_read_to_their_ends(files: list[Path]) -> None:
    assert read_ahead(files) == 3_000_540


@pytest.mark.parametrize(("most", "read"), [(0, 0), (3_000_000, 3_000_000), (3_000_100, 3_000_040)])
def test_it_ends_before_it_is_more_than_it_may_be(files: list[Path], most: int, read: int) -> None:
    assert read_ahead(files, most) == read


def test_a_library_keeps_its_locks_meanwhile(library: Library) -> None:
    """Closing a file would give up the locks that SQLite has on it in this process."""
    library.add(invented(3))
    with sqlite3.connect(library.folder / "papers.sqlite") as ours:
        ours.execute("BEGIN IMMEDIATE")
        assert library.read_ahead() > 0
        takes = "sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
        code = f"import sqlite3, sys; {takes}"
        command = [sys.executable, "-c", code, str(library.folder / "papers.sqlite")]
        other = subprocess.run(command, capture_output=True, text=True, check=False)
    ours.close()
    assert "database is locked" in other.stderr


def test_a_library_reads_what_its_questions_look_up(library: Library) -> None:
    assert library.read_ahead() > 0  # the catalogue is always there
    library.add(invented(3))
    names = ("papers.sqlite", "pieces.sqlite", "matrix/matrix.f32")
    sizes = [(library.folder / name).stat().st_size for name in names]
    assert all(sizes)
    assert library.read_ahead() >= sum(sizes)
