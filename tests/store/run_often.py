"""Runs `assistant` many times from one process that has imported everything already.

Each line of standard input is a run as JSON: its arguments, and after how many seconds to kill
it, or null. A child is forked for it, and its exit code printed; of a killed one -9. Batches are
small, so that a run has many steps at which it can be killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import chromadb  # noqa: F401
import llama_index.vector_stores.chroma  # noqa: F401
import onnxruntime  # noqa: F401
import tantivy  # noqa: F401
import tokenizers  # noqa: F401

import store.embedding  # noqa: F401
from store import catalog, following
from ui.cli import main

catalog._RECORDS = 10
following._VECTORS_AT_A_TIME = 8
following._VECTORS_FIRST = 8


def start(arguments: list[str], log: str) -> int:
    """Forks a child that runs the command; returns its process id."""
    child = os.fork()
    if child:
        return child
    for stream, path in ((0, os.devnull), (1, log), (2, log)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND), stream)
    sys.argv = ["assistant", *arguments]
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def wait(child: int, kill_after: float | None) -> int:
    """The exit code of a child; it is killed unless it ends in time."""
    if kill_after is not None:
        time.sleep(kill_after)
        # Ended or not, the child keeps its id until it is waited for.
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    print("ready", flush=True)
    for line in sys.stdin:
        command, seconds = json.loads(line)
        print(wait(start(command, sys.argv[1]), seconds), flush=True)
