"""The everyday work with a library of some size, and a server over it, for `eval.scale`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date as Date
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx
import numpy as np

from eval.figures import Figure
from eval.memory import MEGABYTE, Peak, resident, watched
from eval.scale_adding import MEMORY_MARK, OWNER
from eval.serving import serving, wait_ready
from store.filters import Filters
from store.library import Library
from store.orders import Order
from store.settings import StoreSettings

PAGE = 50  # papers, as the API gives them
_ROUNDS = 7
_MARK = "ours < 100"
_PATIENCE = 3 * 3600.0  # seconds for a job


# --- everyday work --------------------------------------------------------------------------


def everyday(folder: Path) -> list[Figure]:
    """Opening, listing, filtering, counting, removing: milliseconds, the median of seven."""
    settings = StoreSettings(library=folder)

    def opening() -> None:
        with Library(settings, owner=OWNER) as opened:
            opened.count()

    def indexes() -> None:
        with Library(settings, owner=OWNER) as opened:
            opened.search_words("learning", 10, Filters())
            opened.search_vectors(vector, 10, Filters())

    with Library(settings, owner=OWNER) as library:
        vector = library.embed_query("learning")
        years = library.catalog.years()
        papers = library.count()
    figures = [
        _median("open", "opening a library, and counting it", opening),
        _median("open all", "the same and a first search of words and vectors", indexes, ""),
    ]
    with Library(settings, owner=OWNER) as library:
        largest = max(years, key=lambda year: years[year]) if years else 2024
        year = Filters(since=Date(largest, 1, 1), until=Date(largest, 12, 31))
        places = {"first": 0, "middle": papers // 2, "last": max(0, papers - PAGE)}
        orders: dict[Order, str] = {"title": "by title", "-year": "newest first"}

        def page(
            text: str = "", filters: Filters = Filters(), order: Order = "added", at: int = 0
        ) -> Callable[[], object]:
            return lambda: library.browse(text, filters, order, at, PAGE)

        for order, said in orders.items():
            for place, at in places.items():
                name, what = f"list {order} {place}", f"listing {said}: the {place} page"
                figures.append(_median(name, what, page(order=order, at=at)))
        chosen = Filters(organisations=("university",))
        figures += [
            _median("filter year", "filtering by the largest year", page(filters=year)),
            _median("filter organisation", "filtering by organisation", page(filters=chosen)),
            _median("filter text", "filtering by words", page("reinforcement learning")),
            _median("filter begun", "filtering by a word begun", page("reinforcement lear")),
            _median(
                "filter part",
                "filtering by any text, which looks at every paper",
                page(_in_no_word(library)),
                mark="",
            ),
            _median("count", "counting all papers", library.count),
            _median("count year", "counting those of a year", lambda: library.count(year)),
            *_removing(library),
        ]
    return figures


def _in_no_word(library: Library) -> str:
    """A text that the word index doesn't know, which papers hold all the same."""
    parts = ("inforcement lear", "ransfer learnin", "mage classificatio")
    words = library.words
    return next(
        part for part in parts if not words.holding(part) and not words.holding(part, begun=True)
    )


def _removing(library: Library) -> list[Figure]:
    """Removing a paper, and bringing it back, each time another one."""
    took: dict[str, list[float]] = {"remove": [], "undo": []}
    library.index()
    library.embed_query("learning")
    for paper in library.catalog.sample(_ROUNDS + 1, seed=2):
        began = time.perf_counter()
        removal = library.remove_with_undo([paper.id])
        removed = time.perf_counter()
        library.undo(removal.token)
        took["remove"].append((removed - began) * 1000)
        took["undo"].append((time.perf_counter() - removed) * 1000)
    return [
        _figure("remove", "removing one paper", took["remove"][1:], _MARK),
        _figure("undo", "bringing it back, which embeds it anew", took["undo"][1:], ""),
    ]


def _median(name: str, what: str, work: Callable[[], object], mark: str = _MARK) -> Figure:
    took = []
    for _ in range(_ROUNDS + 1):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return _figure(name, what, took[1:], mark)  # the first warms


def _figure(name: str, what: str, took: Sequence[float], mark: str) -> Figure:
    return Figure(name, what, "ms", mark, median(took), more={"each": list(took)})


# --- a server over it -----------------------------------------------------------------------


def served(folder: Path, questions: Sequence[str], starts: int) -> list[Figure]:
    """A server's start, the median of so many, and its memory after it answered the questions."""
    ready, first = [], []
    held: dict[int, int] = {}
    for number in range(starts):
        began = time.perf_counter()
        with serving(folder) as address, httpx.Client(base_url=address, timeout=120) as client:
            wait_ready(address)
            ready.append(time.perf_counter() - began)
            _ask(client, questions[0])
            first.append(time.perf_counter() - began)
            if number == starts - 1:
                wait_ready(address, page=True)
                for question in questions:
                    _ask(client, question)
                held = resident(_owner(folder))
    return [
        Figure("ready", "server: ready after", "s", ours=median(ready), more={"each": ready}),
        Figure("first", "server: first answer after", "s", ours=median(first)),
        Figure(
            "memory",
            f"server: memory after {len(questions)} questions",
            "MB",
            MEMORY_MARK,
            sum(held.values()) / MEGABYTE if held else None,
            note="" if held else "measured where the system has /proc.",
        ),
    ]


def meanwhile(file: Path, folder: Path, questions: Sequence[str]) -> list[Figure]:
    """Asks a server one question after another while it adds the papers of a file, and the same
    afterwards. The library begins empty, in a folder beside `folder`, and isn't kept."""
    busy: list[float] = []
    failed: list[str] = []
    with (
        TemporaryDirectory(prefix="served-", dir=folder.parent) as name,
        serving(Path(name)) as address,
        httpx.Client(base_url=address, timeout=120) as client,
    ):
        wait_ready(address, page=True)
        _ask(client, questions[0])
        began = time.perf_counter()
        with watched(_owner(Path(name))) as peak:
            with file.open("rb") as data:
                posted = client.post("/v1/papers", files={"files": (file.name, data)})
            job = posted.raise_for_status().json()
            looked = began
            asking = cycle(questions)
            while job["status"] in ("waiting", "running"):
                try:
                    busy.append(_ask(client, next(asking)))
                except httpx.HTTPError as error:
                    failed.append(f"{type(error).__name__}: {error}")
                if time.perf_counter() - looked > 1:
                    looked = time.perf_counter()
                    job = client.get(f"/v1/jobs/{job['id']}").json()
                    if looked - began > _PATIENCE:
                        raise RuntimeError("The server didn't finish adding within three hours.")
        seconds = time.perf_counter() - began
        if job["status"] != "done":
            raise RuntimeError(f"The server could not add the papers: {job['error']}")
        quiet = [_ask(client, question) for question in questions]
    return _meanwhile(busy, quiet, failed, peak, job["result"]["papers"], seconds)


def _meanwhile(
    busy: Sequence[float],
    quiet: Sequence[float],
    failed: Sequence[str],
    peak: Peak,
    papers: int,
    seconds: float,
) -> list[Figure]:
    ours, other = np.percentile(busy, [50, 95]), np.percentile(quiet, [50, 95])
    return [
        Figure(
            "meanwhile failed",
            "asked while papers are added: questions that failed",
            "",
            "ours <= 0",
            float(len(failed)),
            more={"failed": list(failed[:20]), "asked": len(busy) + len(failed)},
            note=f"{len(busy) + len(failed):,} questions while {papers:,} papers were added to an "
            f"empty library in {seconds:.0f} s.",
        ),
        *(
            Figure(
                f"meanwhile p{which}",
                f"asked while papers are added: p{which} / afterwards",
                "ms",
                "",
                float(ours[i]),
                float(other[i]),
                float(ours[i] / other[i]),
            )
            for i, which in enumerate((50, 95))
        ),
        Figure(
            "meanwhile memory",
            "asked while papers are added: the server's peak memory",
            "MB",
            MEMORY_MARK,
            peak.together / MEGABYTE if peak.together else None,
        ),
    ]


def _ask(client: httpx.Client, question: str) -> float:
    """Milliseconds of an answer; httpx.HTTPError where there is none."""
    began = time.perf_counter()
    response = client.post("/v1/ask", json={"question": question})
    took = (time.perf_counter() - began) * 1000
    if response.is_error:
        raise httpx.HTTPError(f"status {response.status_code}: {response.text[:200]}")
    answer = response.json()
    if answer["question"] != " ".join(question.split()):
        raise httpx.HTTPError(f"the answer to {answer['question']!r} came for {question!r}")
    return took


def _owner(folder: Path) -> int:
    """The process that has a library."""
    note = Library.announced(folder)
    if note is None:
        raise RuntimeError(f"Nobody has the library {folder}, though a server should.")
    return int(note["pid"])
