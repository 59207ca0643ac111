"""How long retrieval takes and where its time goes, and how many of the truly nearest chunks the
vector search finds, for `eval.scale`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date as Date
from functools import partial
from itertools import cycle
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from assistant import retrieval
from assistant.engine import CitedQueryEngine
from assistant.retrieval import HybridRetriever
from assistant.settings import AnswerSettings
from eval.figures import Figure
from eval.memory import MEGABYTE
from eval.questions import TRAINING, load_questions
from store.filters import Filters
from store.library import Library

Vectors = NDArray[np.float32]
Searched = list[tuple[str, float]]

NEAREST = 10
_LOOKED_AT = 1.25  # as the engine asks its retriever for
_WARMING = 30
_READ = 2_000  # vectors taken from Chroma at a time
_TIE = 1e-5  # cosines nearer than that are one, in 32 bits


def real_questions(count: int) -> list[str]:
    """So many questions, as evenly from all over both files as they come: those on the pages,
    which these papers may or may not answer, and those on the papers of the list."""
    half = count // 2
    of_pages = [q.question for q in load_questions() if not q.history]
    return [*_evenly(of_pages, half), *_evenly(_trained(), count - half)]


def _trained() -> list[str]:
    return [q.question for q in load_questions(path=TRAINING) if not q.history]


def _evenly(given: Sequence[str], count: int) -> list[str]:
    return [given[i * len(given) // count] for i in range(count)]


def by_year(library: Library) -> list[Filters]:
    """One year after the other, all that the library has."""
    years = library.catalog.years()
    return [Filters(since=Date(year, 1, 1), until=Date(year, 12, 31)) for year in years]


# --- how long it takes ----------------------------------------------------------------------


def finding(library: Library, questions: Sequence[str]) -> list[Figure]:
    """Retrieval and whole answers, by one thread, without a filter and within a year, once the
    files have been read ahead as the server does while it starts."""
    began = time.perf_counter()
    read = library.read_ahead()
    took_ahead = 1000 * (time.perf_counter() - began)
    settings = AnswerSettings(writer="extractive")
    engine = CitedQueryEngine(library, settings)
    retriever = engine.finder.retriever
    assert isinstance(retriever, HybridRetriever)
    wanted = int(_LOOKED_AT * settings.top_k)
    figures = [
        Figure(
            "read ahead",
            "reading its files ahead",
            "ms",
            ours=took_ahead,
            more={"megabytes": read / MEGABYTE},
        )
    ]
    for name, filters in (("", [Filters()]), (", one year", by_year(library))):
        asked = list(zip(questions, cycle(filters), strict=False))
        # Others than those that are measured, which are far apart: so each of these is new.
        count = max(min(_WARMING, len(questions)), len(filters))
        warming = list(zip(_trained()[1 : 1 + count], cycle(filters), strict=False))
        first = [_milliseconds(partial(retriever.search, q, filters=f)) for q, f in warming]
        for question, within in warming[:_WARMING]:
            engine.ask(question, filters=within)
        with _parts(library) as parts:
            took = [
                _milliseconds(partial(retriever.search, q, filters=f, top_k=wanted))
                for q, f in asked
            ]
        answers = [_milliseconds(partial(engine.ask, q, filters=f)) for q, f in asked]
        each = {part: 1000 * seconds / len(asked) for part, seconds in parts.items()}
        each["the rest"] = float(np.mean(took)) - sum(each.values())
        p50, p95, p99 = np.percentile(took, [50, 95, 99]).tolist()
        figures += [
            Figure(
                f"retrieval p50{name}",
                f"retrieval{name}: p50",
                "ms",
                "ours < 25",
                p50,
                more={"p99": p99, "mean": float(np.mean(took)), "questions": len(asked)},
            ),
            Figure(f"retrieval p95{name}", f"retrieval{name}: p95", "ms", "ours < 60", p95),
            Figure(
                f"retrieval first{name}",
                f"retrieval{name}: the slowest of the first {len(first)}, before those measured",
                "ms",
                ours=max(first),
                more={"each": first},
            ),
            *(
                Figure(f"{part}{name}", f"… {part}, mean", "ms", ours=mean)
                for part, mean in each.items()
            ),
            *(
                Figure(
                    f"answer p{which}{name}",
                    f"the whole answer{name}: p{which}",
                    "ms",
                    ours=float(np.percentile(answers, which)),
                )
                for which in (50, 95)
            ),
        ]
    return figures


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


@contextmanager
def _parts(library: Library) -> Iterator[dict[str, float]]:
    """Seconds by part of retrieval, counted while the block runs; a part within another counts
    for itself alone."""
    targets: list[tuple[Any, str, str]] = [
        (retrieval, "ask", "reading the question"),
        (library, "search_words", "searching the words"),
        (library, "search_vectors", "searching the vectors"),
        (library._searches, "_passing", "which papers pass the filter"),
        (library.vectors, "vectors", "fetching stored vectors"),
        (library, "get", "papers from the catalogue"),
        (library.catalog, "digests", "papers from the catalogue"),
        (library, "pieces_held", "late interaction"),
        (library, "pieces_of", "late interaction"),
        (retrieval, "late_scores", "late interaction"),
    ]
    seconds = {part: 0.0 for _, _, part in targets}
    within = 0.0  # of the call under way, what parts inside of it took

    def timed(call: Callable[..., Any], part: str) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            nonlocal within
            outside, within, began = within, 0.0, time.perf_counter()
            try:
                return call(*given, **named)
            finally:
                took = time.perf_counter() - began
                seconds[part] += took - within
                within = outside + took

        return run

    with ExitStack() as stack:
        for owner, name, part in targets:
            stack.enter_context(patch.object(owner, name, timed(getattr(owner, name), part)))
        yield seconds


# --- what is found --------------------------------------------------------------------------


class Exact:
    """Exact search over all stored vectors: `ids` of chunks and `rows`, shape (n, dimensions), each
    of length 1."""

    def __init__(self, library: Library) -> None:
        self.ids = library.catalog.chunk_ids(Filters())
        self.place = {chunk_id: place for place, chunk_id in enumerate(self.ids)}
        self.rows: Vectors = np.zeros((len(self.ids), 0), np.float32)
        for at in range(0, len(self.ids), _READ):
            stored = library.vectors.vectors(self.ids[at : at + _READ])
            if not at:
                dimensions = len(next(iter(stored.values())))
                self.rows = np.zeros((len(self.ids), dimensions), np.float32)
            for chunk_id, vector in stored.items():
                self.rows[self.place[chunk_id]] = vector / np.linalg.norm(vector)

    def search(self, vector: Vectors, limit: int, only: Sequence[str] | None = None) -> Searched:
        """The nearest chunks as (chunk id, cosine), nearest first; `only` keeps it to these."""
        places = np.array([self.place[i] for i in (self.ids if only is None else only)], np.int64)
        cosines = self.rows[places] @ vector if only is not None else self.rows @ vector
        best = np.argsort(-cosines, kind="stable")[:limit]
        return [(self.ids[places[i]], float(cosines[i])) for i in best]

    def share(
        self, found: Searched, vector: Vectors, limit: int, only: Sequence[str] | None = None
    ) -> float:
        """The share of the nearest `limit` that was found; of several equally near, any counts."""
        nearest = self.search(vector, limit, only)
        if not nearest:
            return 1.0
        least = nearest[-1][1] - _TIE
        allowed = None if only is None else set(only)
        given = {i for i, _ in found[:limit] if allowed is None or i in allowed}
        right = sum(float(self.rows[self.place[i]] @ vector) >= least for i in given)
        return right / len(nearest)


def recall(library: Library, questions: Sequence[str]) -> list[Figure]:
    """Recall of the vector search among the ten nearest chunks, without a filter and by year."""
    vectors = [library.embed_query(question) for question in questions]
    vectors = [vector / np.linalg.norm(vector) for vector in vectors]
    exact = Exact(library)
    figures = []
    for name, filters in (("", [Filters()]), (", one year", by_year(library))):
        only = [library.catalog.chunk_ids(f) if f else None for f in filters]
        shares = [
            exact.share(library.search_vectors(vector, NEAREST, f), vector, NEAREST, within)
            for vector, (f, within) in zip(
                vectors, cycle(zip(filters, only, strict=True)), strict=False
            )
        ]
        figures.append(
            Figure(
                f"recall{name}",
                f"vector search against exact search{name}: recall@{NEAREST}",
                "",
                "ours >= 0.98",
                float(np.mean(shares)),
                more={"questions": len(shares), "least": min(shares)},
            )
        )
    return figures
