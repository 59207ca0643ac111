"""The engine called in-process from several threads, in a process of its own; see `eval.load`."""

from __future__ import annotations

import json
import sys
import threading
import time
from itertools import count
from pathlib import Path
from typing import Any

from assistant.engine import CitedQueryEngine
from store.library import Library
from store.settings import StoreSettings
from ui.documents import answer_document


def measure(engine: CitedQueryEngine, questions: list[str], threads: int, seconds: float) -> float:
    """Answers a second of an engine called from so many threads at once."""
    numbers = count()
    end = time.perf_counter() + seconds
    done = [0] * threads

    def work(place: int) -> None:
        while time.perf_counter() < end:
            engine.ask(questions[next(numbers) % len(questions)])
            done[place] += 1

    began = time.perf_counter()
    workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done) / (time.perf_counter() - began)


def main(folder: str, seconds: str, *threads: str) -> None:
    """Prints answers and rates as one JSON document; the questions come on standard input."""
    questions: list[str] = json.loads(sys.stdin.read())
    with Library(StoreSettings(library=Path(folder)), owner="eval load") as library:
        engine = CitedQueryEngine(library)
        answers: dict[str, Any] = {q: answer_document(engine.ask(q)) for q in questions}
        rates = {
            number: measure(engine, questions, int(number), float(seconds) / len(threads))
            for number in threads
        }
    print(json.dumps({"answers": answers, "rates": rates}))


if __name__ == "__main__":
    main(*sys.argv[1:])
