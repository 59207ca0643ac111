"""Embedding in other processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from store import indexing
from store.embedding import MiniLM
from store.late import LateHead
from store.library import Library
from store.minilm import Vectors
from store.workers import ReadingWorkers, WorkerLost
from tests.store.making import invented, open_library

MODEL, HEAD = MiniLM(), LateHead()
TEXTS = [f"Paper {i} {'on tides and dunes ' * (i % 9)}\nIt measures them." for i in range(40)]
CUTS = [(MODEL.cut(text), 8, 0) for text in TEXTS]


@pytest.fixture
def workers() -> Iterator[ReadingWorkers]:
    with ReadingWorkers(MODEL.folder, HEAD.path, 2) as opened:
        yield opened


def pids(workers: ReadingWorkers) -> list[int]:
    return [worker._process.pid for worker in workers._workers]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_other_processes_read_the_same_vectors_and_pieces(workers: ReadingWorkers) -> None:
    found = workers.read(CUTS)
    here = MODEL.read(TEXTS, lambda i, reading: (reading.vector, HEAD.encode(reading, 8, 0)))
    for (vector, coded), (own_vector, own_coded) in zip(found, here, strict=True):
        assert np.array_equal(vector, own_vector)
        assert np.array_equal(coded[0], own_coded[0])
        assert np.array_equal(coded[1], own_coded[1])
    assert workers.read([]) == []


def test_several_threads_share_them(workers: ReadingWorkers) -> None:
    alone = [vector for vector, _ in workers.read(CUTS)]
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: [v for v, _ in workers.read(CUTS)], range(4)):
            assert np.array_equal(vectors, alone)


def test_while_questions_are_asked_one_process_works_at_a_time(
    workers: ReadingWorkers,
) -> None:
    alone = [vector for vector, _ in workers.read(CUTS)]
    busy: list[int] = []

    def asked() -> bool:
        if started:
            busy.append(sum(bool(worker._given) for worker in patient._workers))
        return True

    started = False
    with ReadingWorkers(MODEL.folder, HEAD.path, 2, asked) as patient:
        patient.read(CUTS[:1])
        started = True
        found = [vector for vector, _ in patient.read(CUTS)]
    assert np.array_equal(found, alone)
    assert max(busy) == 1


def test_what_a_killed_process_was_given_is_done_by_another(workers: ReadingWorkers) -> None:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(workers.read, CUTS * 20)
        time.sleep(1)
        os.kill(pids(workers)[0], signal.SIGKILL)
        found = running.result(timeout=60)
    expected = workers.read(CUTS)
    assert np.array_equal([v for v, _ in found[-40:]], [v for v, _ in expected])


def test_with_no_process_left_it_says_so_and_nobody_waits(workers: ReadingWorkers) -> None:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(workers.read, CUTS * 20)
        for pid in pids(workers):
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(WorkerLost):
            running.result(timeout=60)
    with pytest.raises(WorkerLost):
        workers.read(CUTS)


def test_none_outlives_its_end_even_in_mid_work() -> None:
    with ReadingWorkers(MODEL.folder, HEAD.path, 2) as workers, ThreadPoolExecutor(1) as pool:
        started = pids(workers)
        running = pool.submit(workers.read, CUTS * 20)
        time.sleep(0.2)
        workers.close()
        with pytest.raises(WorkerLost):
            running.result(timeout=60)
    assert all(gone(pid) for pid in started)


@pytest.mark.parametrize("lost", [False, True])
def test_a_large_library_is_the_same_made_by_other_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    papers = invented(60)
    used: list[int] = []
    read = ReadingWorkers.read

    def watched(self: ReadingWorkers, texts: object) -> object:
        if lost:
            for pid in pids(self):
                os.kill(pid, signal.SIGKILL)
        used.append(1)
        return read(self, texts)  # type: ignore[arg-type]

    monkeypatch.setattr(ReadingWorkers, "read", watched)
    with open_library(tmp_path / "here") as here:
        here.add(papers)
        expected = vectors_of(here)
        assert not used
    monkeypatch.setattr(indexing, "_MANY", 10)
    with open_library(tmp_path / "beside") as beside:
        assert beside.add(papers).embedded == len(papers)
        assert used
        found = vectors_of(beside)
        pieces = beside.pieces._held([paper.id for paper in papers])
    assert len(pieces) == len(papers)
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[i], expected[i]) for i in expected)


def vectors_of(library: Library) -> dict[str, Vectors]:
    ids = [f"{paper.id}#0" for paper in library.catalog.list()]
    return dict(library.vectors.vectors(ids))
