"""A library between threads and between processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from store.errors import BrokenLibrary, LibraryInUse
from store.filters import Filters
from store.library import Library
from store.lock import LibraryLock
from store.vectors import VectorIndex
from store.words import WordIndex
from tests.store.making import contents, invented, open_library
from tests.store.small_library import BEES, TIDES, by_vectors, by_words


def test_a_second_owner_is_told_of_the_first_but_may_look_at_the_papers(tmp_path: Path) -> None:
    with (
        open_library(tmp_path / "library", owner="the first") as first,
        open_library(tmp_path / "library") as second,
    ):
        first.add([TIDES])
        assert second.count() == 1
        for attempt in (
            lambda: second.add([BEES]),
            lambda: second.remove_papers([TIDES.id]),
            lambda: second.search_words("tides", 1, Filters()),
            lambda: by_vectors(second, "tides"),
            second.reindex,
        ):
            with pytest.raises(LibraryInUse, match=rf"'the first' \(process {os.getpid()}"):
                attempt()
        assert first.count() == 1


def test_a_library_that_was_closed_can_be_owned_by_another(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as first:
        first.add([TIDES])
    with open_library(tmp_path / "library") as second:
        assert second.add([BEES]).papers == 2
        assert set(by_vectors(second, "tides")) == {TIDES.id, BEES.id}


def test_threads_may_add_ask_and_remove_at_the_same_time(library: Library) -> None:
    library.add(invented(10, "base.txt"))
    errors: list[BaseException] = []
    done = threading.Event()

    def guarded(job: Callable[[], object]) -> None:
        try:
            job()
        except BaseException as error:
            errors.append(error)

    def change(seed: int) -> None:
        file = f"{seed}.txt"
        library.add(invented(12, file, seed))
        library.add([replace(p, abstract="Other words.") for p in invented(12, file, seed)])
        library.remove_papers([paper.id for paper in invented(6, file, seed)])

    def ask() -> None:
        while not done.is_set():
            library.index_words()
            assert by_words(library, "study")
            assert by_vectors(library, "glacier", Filters(sources=("base.txt",)))
            library.get(by_vectors(library, "violin"))

    writers = [threading.Thread(target=guarded, args=(lambda n=n: change(n),)) for n in (2, 3, 4)]
    readers = [threading.Thread(target=guarded, args=(ask,)) for _ in range(2)]
    for thread in writers + readers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert errors == []
    assert library.count() == len(library.words) == len(library.vectors) == 10 + 3 * 6
    assert contents(library).waiting == (0, 0)
    assert set(library.catalog.chunk_ids(Filters())) == {c[0] for c in contents(library).chunks}


@pytest.mark.parametrize(("owner", "step"), [(WordIndex, "apply"), (VectorIndex, "add")])
def test_one_thread_at_a_time_brings_an_index_up_to_date(
    library: Library, monkeypatch: pytest.MonkeyPatch, owner: type, step: str
) -> None:
    # Else an older text could come in behind a newer one and stay.
    inside, most = 0, 0
    real = getattr(owner, step)

    def slow(*args: Any) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.05)
        real(*args)
        inside -= 1

    monkeypatch.setattr(owner, step, slow)
    library.own()
    jobs = [lambda n=n: library.add(invented(2, f"{n}.txt", n)) for n in (1, 2, 3)]
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert len(library.words) == len(library.vectors) == 6


def test_parts_are_opened_once_however_many_threads_want_them(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = LibraryLock.acquire

    def slow(self: Any, wait: float) -> None:
        opened.append("lock")
        threading.Event().wait(0.05)
        real(self, wait)

    monkeypatch.setattr(LibraryLock, "acquire", slow)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(library.words)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len({id(part) for part in found}) == 1
    assert opened == ["lock"]


def test_a_path_that_can_be_no_library_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BrokenLibrary, match=r"file can't be opened .*--library"):
        open_library(tmp_path / "file")


def test_listing_papers_loads_neither_index_nor_embedder(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        library.add([TIDES])
    program = (
        "import sys; from tests.store.making import open_library; from pathlib import Path\n"
        "with open_library(Path(sys.argv[1])) as library:\n"
        "    assert library.count() == 1 and library.catalog.list()\n"
        "heavy = {'chromadb', 'llama_index', 'onnxruntime', 'tokenizers', 'tantivy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "library")],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
