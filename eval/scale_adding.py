"""How fast and in how much memory papers are added, for `eval.scale`.

Run as a program it is what is measured: it adds the papers of a file as `assistant add` does, in a
process of its own, and prints when each step was done.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from eval.figures import Figure
from eval.memory import MEGABYTE, watched
from store.adding import AddReport, Progress, Record
from store.filters import Filters
from store.indexing import Indexing
from store.intake import Intake
from store.library import Library
from store.paper import Paper
from store.readers import read_paths
from store.settings import StoreSettings

OWNER = "assistant eval scale"
MEMORY_MARK = "ours < 1500"
_BATCH = 256  # texts that the bare embedder is given at a time, as many as it asks for
_LOOKED_UP = 200  # papers whose title is looked for in the end
_TOLD = 60  # seconds between two words of progress


# --- the program ----------------------------------------------------------------------------


class _ClockedIndexing(Indexing):
    """Notes at what time each index was done; the last time counts, as more are read meanwhile."""

    noted: dict[str, float]

    def words(self) -> None:
        super().words()
        self.noted["words"] = time.time()

    def vectors(self, progress: Progress | None = None, intake: Intake | None = None) -> int:
        self.noted["began"] = time.time()
        embedded = super().vectors(progress, intake)
        self.noted["vectors"] = time.time()
        return embedded


class _Clocked(Library):
    """A library that notes at what time each step of adding was done."""

    def __init__(self, settings: StoreSettings) -> None:
        super().__init__(settings, owner=OWNER)
        parts = self.catalog, self._parts, self._encoder, self._courtesy
        self._indexing = indexing = _ClockedIndexing(*parts)
        self.noted = indexing.noted = {}

    def catalogue(self, records: Iterable[Record]) -> AddReport:
        report = super().catalogue(records)
        self.noted["catalogue"] = time.time()
        return report


def main(file: str, folder: str, began: str) -> None:
    """Adds a file to a library; `began` is when this process was started, since the epoch."""
    library = _Clocked(StoreSettings(library=Path(folder)))
    with library:
        report = library.add(read_paths([file]), _teller())
        done = {name: at - float(began) for name, at in library.noted.items()}
        sample = library.catalog.sample(_LOOKED_UP, seed=1)
        document = {
            "seconds": done,
            "papers": report.papers,
            "rejected": len(report.rejected),
            "embedded": report.embedded,
            "chunks": library.catalog.count_chunks(),
            "in_words": len(library.words),
            "looked_up": len(sample),
            "found": sum(_found(library, paper) for paper in sample),
            "rusage": _rusage(),
        }
    print(json.dumps(document))


def _found(library: Library, paper: Paper) -> bool:
    return paper.id in dict(library.search_words(paper.title, 100, Filters()))


def _teller() -> Progress:
    told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > _TOLD:
            told = time.monotonic()
            print(f"{done:,} of {total:,} papers have their vectors", file=sys.stderr, flush=True)

    return tell


def _rusage() -> int | None:
    """The most bytes that this process held and the largest of its children did, for systems
    without /proc; None on Windows."""
    try:
        import resource
    except ImportError:
        return None
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return sum(resource.getrusage(one).ru_maxrss for one in who) * unit


# --- measuring it ---------------------------------------------------------------------------


def adding(file: Path, lines: int, folder: Path, sample: int) -> list[Figure]:
    """Adds a file of so many records to a library in `folder`, and says what that took.

    The bare embedder reads the chunks of up to `sample` papers, every second one before the
    adding and the others after it.

    Raises RuntimeError, with what it said, where the program failed.
    """
    texts, papers = _texts(file, lines, sample)
    bare = _bare(texts[0::2])
    told, memory, how = _run(file, folder)
    bare += _bare(texts[1::2])
    seconds = told["seconds"]
    rate = told["embedded"] / (seconds["vectors"] - seconds["began"])
    found = told["found"] / max(1, told["looked_up"])
    if told["in_words"] != told["papers"]:
        found = min(found, told["in_words"] / told["papers"])
    return [
        Figure(
            "add words",
            "adding: every paper found by its words after",
            "s",
            "ours <= 90",
            seconds["words"],
            more={"catalogue": seconds["catalogue"], "rejected": told["rejected"]},
        ),
        Figure(
            "add found",
            "share of papers then found by their title's words",
            "",
            "ours >= 1",
            found,
            more={"looked_up": told["looked_up"], "in_words": told["in_words"]},
        ),
        Figure(
            "add vectors",
            "vectors / the bare embedder on the same texts",
            "papers/s",
            "ratio >= 0.85",
            rate,
            papers / bare,
            rate * bare / papers,
            more={"chunks": told["chunks"], "bare_papers": papers, "bare_chunks": len(texts)},
        ),
        Figure("add all", "adding: all done after", "s", ours=seconds["vectors"]),
        Figure(
            "add memory",
            "adding: peak memory, all its processes together",
            "MB",
            MEMORY_MARK,
            memory["together"],
            more={"by_process": memory["each"], "how": how},
        ),
    ]


def _run(file: Path, folder: Path) -> tuple[dict[str, Any], dict[str, Any], str]:
    """What the program printed, its memory in megabytes, and how that was measured."""
    arguments = [str(file), str(folder), str(time.time())]
    command = [sys.executable, "-m", "eval.scale_adding", *arguments]
    mine = ("ASSISTANT_", "OPENAI_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(mine)}
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    said: list[str] = []
    with process, watched(process.pid) as peak:
        # Its progress is passed on; an error is kept to be told.
        assert process.stderr
        assert process.stdout
        listening = threading.Thread(target=_listen, args=(process.stderr, said), daemon=True)
        listening.start()
        printed = process.stdout.read()
        code = process.wait()
        listening.join()
    if code:
        raise RuntimeError(f"Adding to {folder} ended with {code}: {''.join(said[-20:])}")
    told: dict[str, Any] = json.loads(printed.splitlines()[-1])
    if peak.together:
        each = sorted((size / MEGABYTE for size in peak.each.values()), reverse=True)
        how = "RSS by /proc, five times a second, the sum over the program and its workers"
        return told, {"together": peak.together / MEGABYTE, "each": each}, how
    largest = told["rusage"]
    how = "getrusage: the program's peak and that of its largest worker"
    return told, {"together": largest and largest / MEGABYTE, "each": []}, how


def _listen(stream: Any, said: list[str]) -> None:
    for line in stream:
        said.append(line)
        if line[:1].isdigit():
            sys.stderr.write(line)


def _texts(file: Path, lines: int, sample: int) -> tuple[list[str], int]:
    """The chunks of every so many-th paper as they are embedded, and of how many papers."""
    from store.chunking import chunk
    from store.embedding import MiniLM

    embedder, step = MiniLM(), -(-lines // sample)
    records = (record for record in read_paths([file]) if isinstance(record, Paper))
    papers = [paper for number, paper in enumerate(records) if not number % step]
    window = StoreSettings().window
    nodes = [
        node
        for paper in papers
        for node in chunk(paper, embedder.count_tokens, window, embedder.whole)
    ]
    return [node.text for node in nodes], len(papers)


def _bare(texts: Sequence[str]) -> float:
    """Seconds that the embedder alone takes for texts, its files opened before."""
    from store.embedding import MiniLM

    embedder = MiniLM()
    embedder.embed(texts[:8])
    began = time.perf_counter()
    for at in range(0, len(texts), _BATCH):
        embedder.embed(texts[at : at + _BATCH])
    return time.perf_counter() - began


if __name__ == "__main__":
    main(*sys.argv[1:])
