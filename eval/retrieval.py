"""Rankings of judged collections: ours beside its parts and their plain fusion."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median, pstdev
from typing import Any

from assistant.engine import CitedQueryEngine, readable
from assistant.question import content_words
from assistant.retrieval import HybridRetriever, best_chunks
from eval.beir import Collection
from eval.comparing import Difference, in_words, paired
from eval.plots import Draw, bars
from eval.recording import Each, figure
from store.filters import Filters
from store.library import Library

DEPTH = 100  # places of a ranking that are measured
FIRST = 10  # papers that the product puts in order with care
MEASURES = {"nDCG@10": "nDCG@10", "R@10": "recall@10", "R@100": "recall@100", "RR@10": "MRR@10"}
PARTS = ("BM25", "dense")
FUSION, OURS = "plain fusion", "ours"
_DENSE_SHARE = 0.7  # of the plain fusion; words have the rest


class NoMeasures(ImportError):
    """ir-measures is missing; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Paper ids, best first, and the milliseconds until the first ten were in order."""

    ids: list[str]
    milliseconds: float


Rank = Callable[[str], Ranked]


@dataclass(frozen=True, slots=True)
class Measured:
    """A collection measured. `systems` holds mean measures and `p50 ms` by system; `each` the
    measures of each question under `system: measure`; `gains` what ours is ahead of others:
    {measure: {other system: difference}}."""

    name: str
    documents: int
    empty: tuple[str, ...]
    questions: int
    systems: dict[str, dict[str, float]]
    gains: dict[str, dict[str, Difference]]
    each: Each

    def figures(self) -> dict[str, Any]:
        """All numbers but those of the single questions."""
        gains = {
            f"{measure}, ours − {other}": {k: v for k, v in asdict(d).items() if k != "questions"}
            for measure, others in self.gains.items()
            for other, d in others.items()
        }
        return {"systems": self.systems, "gains": gains}

    def document(self) -> dict[str, Any]:
        return {k: v for k, v in asdict(self).items() if k != "each"}

    def plot(self) -> Draw:
        names = list(MEASURES.values())
        series = {name: [row[m] for m in names] for name, row in self.systems.items()}
        return bars(f"{self.name}: {self.questions} questions", names, series)


def systems(engine: CitedQueryEngine) -> dict[str, Rank]:
    """What is measured side by side, each a ranking of a hundred papers for a question."""
    library = engine.library
    return {
        "BM25": _timed(lambda question: list(by_words(library, question))),
        "dense": _timed(lambda question: list(by_vectors(library, question))),
        FUSION: _timed(lambda question: plain_fusion(library, question)),
        OURS: lambda question: ours(engine, question),
    }


def ours(engine: CitedQueryEngine, question: str) -> Ranked:
    """The product's ranking: the ten papers that an answer would rest on, in their order, then
    what its retriever brings beyond them. Only the ten are timed, as nobody asks for more."""
    began = time.perf_counter()
    found = engine.find(question, top_k=FIRST)
    took = (time.perf_counter() - began) * 1000
    ids = [passage.paper.id for passage in found.passages]
    retriever = engine.finder.retriever
    if isinstance(retriever, HybridRetriever):
        asked, _ = readable(found.standalone.question)
        beyond = retriever.search(asked, top_k=DEPTH) if asked else []
        ids += [passage.paper.id for passage in beyond]
    return Ranked(list(dict.fromkeys(ids))[:DEPTH], took)


def by_words(library: Library, question: str) -> dict[str, float]:
    """The hundred best papers by BM25 over the question's content words, with their scores."""
    return dict(library.search_words(" ".join(content_words(question)), DEPTH, Filters()))


def by_vectors(library: Library, question: str) -> dict[str, float]:
    """The hundred best papers by the cosine of their best chunk."""
    vector = library.embed_query(question)
    wanted = DEPTH
    while True:  # long papers have several chunks
        chunks = library.search_vectors(vector, wanted, Filters())
        best = best_chunks(chunks)
        if len(best) >= DEPTH or len(chunks) < wanted:
            return {i: cosine for i, (_, cosine) in list(best.items())[:DEPTH]}
        wanted *= 2


def plain_fusion(library: Library, question: str) -> list[str]:
    """z-scores over the hundred best of each part, weighed 0.7 (dense) to 0.3 (words); a paper
    that a part doesn't bring has that part's lowest."""
    dense = _standardised(by_vectors(library, question))
    words = _standardised(by_words(library, question))
    low = [min(part.values(), default=0.0) for part in (dense, words)]
    fused = {
        i: _DENSE_SHARE * dense.get(i, low[0]) + (1 - _DENSE_SHARE) * words.get(i, low[1])
        for i in {**dense, **words}
    }
    return sorted(fused, key=lambda i: -fused[i])[:DEPTH]


def measure(
    engine: CitedQueryEngine,
    collection: Collection,
    documents: Mapping[str, str],
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Measured:
    """Asks every judged question of every system and measures the rankings.

    Args:
        documents: the collection's document ids by paper id.
    """
    ranks = systems(engine)
    rankings: dict[str, dict[str, list[str]]] = {name: {} for name in ranks}
    times: dict[str, list[float]] = {name: [] for name in ranks}
    for question in list(collection.queries.values())[:3]:  # opens and fills what is lazy
        for rank in ranks.values():
            rank(question)
    for number, (own_id, question) in enumerate(collection.queries.items(), 1):
        for name, rank in ranks.items():
            ranked = rank(question)
            rankings[name][own_id] = [documents[i] for i in ranked.ids]
            times[name].append(ranked.milliseconds)
        tell(number, len(collection.queries))
    values = {name: score(ranking, collection.judged) for name, ranking in rankings.items()}
    return Measured(
        name=collection.name,
        documents=len(documents),
        empty=collection.empty,
        questions=len(collection.queries),
        systems={
            name: {m: fmean(row[m] for row in rows.values()) for m in MEASURES.values()}
            | {"p50 ms": median(times[name])}
            for name, rows in values.items()
        },
        gains=_gains(values) if len(collection.queries) > 1 else {},
        each={
            i: {f"{name}: {m}": v for name, rows in values.items() for m, v in rows[i].items()}
            for i in collection.queries
        },
    )


def score(
    rankings: Mapping[str, Sequence[str]], judged: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, float]]:
    """nDCG@10 (gain: the grade), recall@10, recall@100 and MRR@10 of each judged question, as
    trec_eval counts them; a question without ranking has 0.

    Raises NoMeasures where ir-measures isn't installed.
    """
    try:
        from ir_measures import iter_calc, parse_measure
    except ImportError as error:
        raise NoMeasures(
            "Retrieval is measured with ir-measures: install it with "
            "pip install 'paper-assistant[eval]'."
        ) from error
    # Scores that keep the order as it is: with equal ones trec_eval has an order of its own.
    runs = {
        i: {document: float(-place) for place, document in enumerate(ranking)}
        for i, ranking in rankings.items()
        if ranking
    }
    found = {i: dict.fromkeys(MEASURES.values(), 0.0) for i in judged}
    wanted = [parse_measure(name) for name in MEASURES]
    for metric in iter_calc(wanted, {i: dict(grades) for i, grades in judged.items()}, runs):
        found[metric.query_id][MEASURES[str(metric.measure)]] = metric.value
    return found


def markdown(measured: Sequence[Measured]) -> str:
    """The table of collections and systems, with what ours gained below."""
    columns = [*MEASURES.values(), "p50 ms"]
    lines = [f"| collection | system | {' | '.join(columns)} |"]
    lines.append(f"| --- | --- |{' ---: |' * len(columns)}")
    for m in measured:
        for name, row in m.systems.items():
            cells = [m.name, name, *(figure(row[column]) for column in columns)]
            lines.append(f"| {' | '.join(cells)} |")
    for m in measured:
        lines += ["", f"{m.name}: {m.documents} documents, {m.questions} questions."]
        if m.empty:
            some = ", ".join(m.empty[:10]) + (" …" if len(m.empty) > 10 else "")
            lines.append(f"Left out, with neither title nor text: {len(m.empty)} ({some}).")
        lines += [
            f"- {name}, ours − {other}: {in_words(d)}"
            for name, others in m.gains.items()
            for other, d in others.items()
        ]
    return "\n".join(lines)


def _gains(values: Mapping[str, dict[str, dict[str, float]]]) -> dict[str, dict[str, Difference]]:
    """What ours is ahead of the better of its parts, by each measure, and of the plain fusion."""
    gains: dict[str, dict[str, Difference]] = {}
    for name in MEASURES.values():
        column = {system: [row[name] for row in rows.values()] for system, rows in values.items()}
        best = max(PARTS, key=lambda part: fmean(column[part]))
        gains[name] = {other: paired(column[other], column[OURS]) for other in (best, FUSION)}
    return gains


def _timed(rank: Callable[[str], list[str]]) -> Rank:
    def run(question: str) -> Ranked:
        began = time.perf_counter()
        ids = rank(question)
        return Ranked(ids, (time.perf_counter() - began) * 1000)

    return run


def _standardised(scores: Mapping[str, float]) -> dict[str, float]:
    if not scores:
        return {}
    mean, spread = fmean(scores.values()), pstdev(scores.values()) or 1.0
    return {i: (value - mean) / spread for i, value in scores.items()}
