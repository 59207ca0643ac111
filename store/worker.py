"""The process behind `store.workers`: reads chunks' word pieces with the built-in model.

Tasks come pickled on standard input, results go pickled to standard output, in the same order;
the end of the input ends it.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from pathlib import Path
from queue import Queue
from typing import Any, BinaryIO

_WAITING = 8  # tasks and results each way, so that it works on while the other side is busy


def main() -> None:
    """Arguments: the folder of the model's files, and the file of the late head."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when this ends
    if hasattr(os, "nice"):
        os.nice(10)  # questions that are asked meanwhile go first
    tasks, results = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing else may get in between
    from store.late import LateHead
    from store.minilm import Model

    model, head = Model(Path(sys.argv[1])), LateHead(Path(sys.argv[2]))
    read: Queue[Any] = Queue(_WAITING)
    done: Queue[Any] = Queue(_WAITING)
    threading.Thread(target=_receive, args=(tasks, read), daemon=True).start()
    sender = threading.Thread(target=_send, args=(results, done), daemon=True)
    sender.start()
    while (task := read.get()) is not None:
        found = []
        for cut, title, start in task:
            reading = model.read(cut)
            found.append((reading.vector, head.encode(reading, title, start)))
        done.put(found)
    done.put(None)
    sender.join()


def _receive(tasks: BinaryIO, read: Queue[Any]) -> None:
    try:
        while True:
            read.put(pickle.load(tasks))
    except (EOFError, OSError, pickle.UnpicklingError):
        read.put(None)


def _send(results: BinaryIO, done: Queue[Any]) -> None:
    while (found := done.get()) is not None:
        try:
            pickle.dump(found, results, pickle.HIGHEST_PROTOCOL)
            results.flush()
        except OSError:  # nobody listens any more
            os._exit(0)


if __name__ == "__main__":
    main()
