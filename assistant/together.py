"""A question and a paper read together: how well the paper answers, and by which sentence.

Everything before this compares a question with texts that were read without it. Here the small
transformer that makes the vectors, taught anew for it, reads both at once (a cross-encoder, as in
Nogueira and Cho, "Passage Re-ranking with BERT", 2019): a question, the paper's title, and its most
telling sentences. That is too slow for all papers and fast enough for the first few.
`eval.tune_reader` makes the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from store.minilm import STATES, Model, usable_cores
from store.sentences import Span

if TYPE_CHECKING:
    from assistant.answer import Passage
    from assistant.evidence import Evidence
    from store.library import Library

FOLDER = Path(__file__).parent / "data" / "reader"
SENTENCES = 3  # of a paper that are read, the most telling ones
# Word pieces of each part that are read: 64 + 26 + 3 * 52 and the marks between are 252 of 256.
QUESTION, TITLE, SENTENCE = 64, 26, 52
_CLS, _SEP = 101, 102

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a paper came to, read together with the question.

    `answers` is the log-odds that it answers; `sentences` tells the sentences that were read apart,
    more is better.
    """

    answers: float
    sentences: Mapping[Span, float]


def retold(evidence: Sequence[Evidence], judged: Sequence[Judgement]) -> list[Evidence]:
    """The sentences, of which those that were read of a paper swap how telling they are, so that
    this stays on its scale. `judged` are the first passages."""
    told: dict[int, float] = {}
    for number, judgement in enumerate(judged):
        own = [
            i
            for i, e in enumerate(evidence)
            if e.passage == number and e.span in judgement.sentences
        ]
        by_reading = sorted(own, key=lambda i: -judgement.sentences[evidence[i].span])
        values = sorted((evidence[i].telling for i in own), reverse=True)
        told |= dict(zip(by_reading, values, strict=True))
    return [replace(e, telling=told.get(i, e.telling)) for i, e in enumerate(evidence)]


@dataclass(frozen=True, slots=True)
class _Page:
    """What the model reads: word pieces, the part that each belongs to (0 the question, 1 the
    title, from 2 the sentences; -1 marks), and how telling each sentence is."""

    ids: list[int]
    parts: NDArray[np.int64]
    telling: Vectors


@dataclass(frozen=True, slots=True)
class _Heads:
    """From the model's states to numbers: a weight for each of 384 channels, (384,), and a bias."""

    answers: Vectors
    sentence: Vectors
    biases: Vectors  # of the two
    scales: Vectors  # of telling, of a sentence's cosine, and of the best sentence's


class Reader:
    """Reads papers together with a question. Safe to use from several threads.

    Raises ModelMissing (when first used) where the model's files are not there.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._model = Model(folder)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        # A paper has a core of its own: cores that share one read it hardly sooner, and while
        # they wait for more they keep the search off the processor.
        return ThreadPoolExecutor(usable_cores(), thread_name_prefix="read")

    @cached_property
    def _heads(self) -> _Heads:
        with np.load(self._model.file("heads.npz")) as file:
            names = ("answers", "sentence", "biases", "scales")
            return _Heads(*(file[name].astype(np.float32) for name in names))

    def is_too_long(self, question: str, library: Library) -> bool:
        """Whether the reader would only see how a question begins."""
        return len(library.pieces.model.whole(question)[0]) > QUESTION

    def judge(
        self,
        question: str,
        passages: Sequence[Passage],
        evidence: Sequence[Evidence],
        library: Library,
    ) -> list[Judgement]:
        """One judgement for each passage. `evidence` are their sentences; others are passed by."""
        cut = library.pieces.model.whole
        asked = cut(question)[0][:QUESTION].tolist()
        pages, spans = [], []
        for number, passage in enumerate(passages):
            own = [e for e in evidence if e.passage == number]
            best = most_telling(own)
            title = cut(passage.paper.title)[0][:TITLE].tolist()
            texts = [cut(e.text)[0][:SENTENCE].tolist() for e in best]
            pages.append(page(asked, title, texts, [e.telling for e in best]))
            spans.append([e.span for e in best])
        states = self._pool.map(self._read, pages) if len(pages) > 1 else map(self._read, pages)
        return [_judged(self._heads, *one) for one in zip(pages, states, spans, strict=True)]

    def _read(self, one: _Page) -> Vectors:
        ids = np.array([one.ids], np.int64)
        states: Vectors = self._model.session.run([STATES], {"ids": ids})[0][0]
        return states


def most_telling(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Those of a paper's sentences that are read, as they follow one another."""
    best = sorted(evidence, key=lambda e: -e.telling)[:SENTENCES]
    return sorted(best, key=lambda e: e.span)


def page(
    question: Sequence[int],
    title: Sequence[int],
    sentences: Sequence[Sequence[int]],
    telling: Sequence[float],
) -> _Page:
    """The word pieces of question, title and sentences in a row, as the model was taught."""
    ids, parts = [_CLS], [-1]
    for number, pieces in enumerate([question, title, *sentences]):
        ids += [*pieces, _SEP]
        parts += [number] * len(pieces) + [-1]
    return _Page(ids, np.array(parts), np.array(telling, np.float32))


def _judged(heads: _Heads, one: _Page, states: Vectors, spans: Sequence[Span]) -> Judgement:
    question = _unit(_mean(states[one.parts == 0]))
    sentences = [_mean(states[one.parts == 2 + number]) for number in range(len(spans))]
    cosines = np.array([float(question @ _unit(row)) for row in sentences], np.float32)
    news = np.array([float(_normal(row) @ heads.sentence) for row in sentences], np.float32)
    telling, near, best = heads.scales.tolist()
    told = telling * one.telling + near * cosines + news + heads.biases[1]
    whole = _normal(states[0] + _mean(states[one.parts >= 1]))
    answers = best * float(cosines.max(initial=-1.0)) + float(whole @ heads.answers)
    return Judgement(answers + float(heads.biases[0]), dict(zip(spans, told.tolist(), strict=True)))


def _mean(rows: Vectors) -> Vectors:
    mean: Vectors = rows.mean(axis=0) if len(rows) else np.zeros(384, np.float32)
    return mean


def _unit(row: Vectors) -> Vectors:
    unit: Vectors = row / max(float(np.linalg.norm(row)), 1e-9)
    return unit


def _normal(row: Vectors) -> Vectors:
    normal: Vectors = (row - row.mean()) / np.sqrt(row.var() + 1e-5)
    return normal
