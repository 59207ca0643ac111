"""Word pieces made by hand, and a question that the invented papers answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assistant.evidence import Evidence, SentenceTexts, gather
from assistant.late import ask
from assistant.question import terms_of
from store.late import AskedPieces, Pieces
from store.library import Library
from store.paper import Paper
from tests.assistant.invented import passage

QUESTION = "How do honeybees find their hive in morning light?"
WIDTH = 96


def rows(count: int, random: np.random.Generator) -> NDArray[np.float32]:
    made = random.standard_normal((count, WIDTH)).astype(np.float32)
    unit: NDArray[np.float32] = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


def pieces(rows: NDArray[np.float32], starts: list[int] | None = None) -> Pieces:
    return Pieces(rows, np.array(starts or range(len(rows)), np.int32))


def axis(*numbers: int) -> NDArray[np.float32]:
    return np.eye(WIDTH, dtype=np.float32)[list(numbers)]


def asked_for(rows: NDArray[np.float32], *weights: float) -> AskedPieces:
    return AskedPieces(rows, np.array(weights or [1 / len(rows)] * len(rows), np.float32))


def gathered(library: Library, question: str, *papers: Paper) -> list[Evidence]:
    return gather(
        question,
        ask(question, library),
        terms_of(question, library),
        [passage(paper) for paper in papers],
        SentenceTexts(library),
        library,
    )
