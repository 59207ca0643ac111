"""Processes that embed many papers beside this one.

Chroma holds Python's lock while it writes, a third of a second for a hundred papers: threads that
embed stand still meanwhile, other processes don't. They have the patience to wait for whatever
else the machine does (`nice`), which a question asked meanwhile is thankful for.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import nullcontext, suppress
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.late import Coded
    from store.minilm import Cut, Vectors

    Text = tuple[Cut, int, int]  # word pieces, and for the head: the title's length, the start
    Read = tuple[Vectors, Coded]

_TEXTS = 12  # in a task: a quarter of a second, so that both sides seldom wait for each other
_REST = 1.0  # seconds at most between two tasks while questions are asked
_UNDER_WAY = 3  # tasks that a process has been given, the one it works on among them


class WorkerLost(RuntimeError):
    """A process ended before it had done its task."""


class ReadingWorkers:
    """Some processes with the built-in model each. Use as a context manager.

    Safe to use from several threads. A process that ends early (out of memory, killed) leaves its
    work to the others; WorkerLost where there is none left. While questions are `asked` one works
    at a time, and rests as long: so a core is free for them, and Chroma writes so seldom that few
    wait for it.
    """

    def __init__(
        self, model: Path, head: Path, count: int, asked: Callable[[], bool] = lambda: False
    ) -> None:
        self._tasks: Queue[tuple[list[Text], Future[list[Read]]] | None] = Queue()
        root = Path(__file__).parents[1]
        code = f"import sys; sys.path[0] = {str(root)!r}; from store.worker import main; main()"
        command = [sys.executable, "-c", code, str(model), str(head)]
        alone = threading.Lock()
        self._workers = [
            _Worker(command, self._tasks, self._refuse, asked, alone) for _ in range(count)
        ]

    def __enter__(self) -> ReadingWorkers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def read(self, texts: Sequence[Text]) -> list[Read]:
        """The vector, (384,), and the coded word pieces of each text."""
        # Longest first, so that no process is left with long texts at the end.
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i][0][0]))
        parts = [order[at : at + _TEXTS] for at in range(0, len(order), _TEXTS)]
        futures = [self._give([texts[i] for i in part]) for part in parts]
        found: list[Read | None] = [None] * len(texts)
        for part, future in zip(parts, futures, strict=True):
            for i, read in zip(part, self._kept(future, [texts[i] for i in part]), strict=True):
                found[i] = read
        return [read for read in found if read is not None]

    def close(self) -> None:
        """Ends the processes; what they were given and haven't done is lost."""
        for _ in self._workers:
            self._tasks.put(None)
        for worker in self._workers:
            worker.close()

    def _give(self, texts: list[Text]) -> Future[list[Read]]:
        future: Future[list[Read]] = Future()
        self._tasks.put((texts, future))
        self._refuse()
        return future

    def _kept(self, future: Future[list[Read]], texts: list[Text]) -> list[Read]:
        """What came of a task; a task whose process was lost is given to another."""
        while True:
            try:
                return future.result()
            except WorkerLost:
                if not any(worker.alive for worker in self._workers):
                    raise
                future = self._give(texts)

    def _refuse(self) -> None:
        """Gives back the tasks that nobody is left to do."""
        while not any(worker.alive for worker in self._workers):
            try:
                task = self._tasks.get_nowait()
            except Empty:
                return
            if task is not None:
                task[1].set_exception(WorkerLost("no process is left that embeds"))


class _Worker:
    """One process, with a thread that gives it tasks and one that takes its results."""

    def __init__(
        self,
        command: Sequence[str],
        tasks: Queue[Any],
        lost: Callable[[], None],
        asked: Callable[[], bool],
        alone: threading.Lock,
    ) -> None:
        self._tasks = tasks
        self._lost = lost
        self._asked = asked
        self._alone = alone
        self._given: deque[Future[list[Read]]] = deque()
        self._free = threading.Semaphore(_UNDER_WAY)
        self.alive = True
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # One core each: without it half of the time goes in threads that wait for each other.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._send, self._receive)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self.alive = False
        self._free.release()
        self._process.terminate()  # it holds nothing that could be lost
        self._process.wait()
        for thread in self._threads:
            thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):  # what was left to be sent
                pipe.close()

    def _send(self) -> None:
        assert self._process.stdin is not None
        while True:
            self._free.acquire()
            if not self.alive or (task := self._tasks.get()) is None:
                return
            texts, future = task
            with self._alone if self._asked() else nullcontext():
                self._given.append(future)
                try:
                    pickle.dump(texts, self._process.stdin, pickle.HIGHEST_PROTOCOL)
                    self._process.stdin.flush()
                except OSError:
                    self._lose()
                    return
                if self._asked():
                    began = time.monotonic()
                    wait([future])
                    time.sleep(min(time.monotonic() - began, _REST))

    def _receive(self) -> None:
        assert self._process.stdout is not None
        try:
            while True:
                found = pickle.load(self._process.stdout)
                self._given.popleft().set_result(found)
                self._free.release()
        except (EOFError, OSError, pickle.UnpicklingError):
            self._lose()

    def _lose(self) -> None:
        self.alive = False
        self._free.release()
        with suppress(IndexError):  # both threads may be here
            while True:
                self._given.popleft().set_exception(WorkerLost("a process that embeds ended"))
        self._lost()
