"""Does the threshold of refusals hold in other fields? `python -m eval.fields`

Every library is asked every set of questions: a library of aeronautics its own, those on
information science, those on machine learning, and small talk. The model was fitted on machine
learning alone, so the other fields show how far it carries.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from assistant.engine import CitedQueryEngine
from assistant.refusal import shipped_model
from eval.beir import collection_library, load_collection
from eval.questions import CONFERENCE, HERE, load_questions, pages_library
from store.library import Library

COLLECTIONS = CONFERENCE.parent
WORK = HERE.parent / "build" / "eval-beir"
ASKED, SHORT = 100, 25  # questions of a set at most; words of one, as CISI has whole pages


def answered(library: Library, questions: Iterable[str]) -> float:
    """The share of questions whose confidence reaches the threshold, from 0 to 1."""
    engine, model = CitedQueryEngine(library), shipped_model()
    sure = [model.confidence(engine.find(q).features) >= model.threshold for q in questions]
    return sum(sure) / len(sure) if sure else 0.0


def measure(collections: Path = COLLECTIONS, work: Path = WORK) -> dict[str, dict[str, float]]:
    """The share answered, by library and then by set of questions.

    Raises BadCollection and FileNotFoundError where pages or collections aren't there.
    """
    labelled = load_questions()
    hard = ("paraphrase", "riddle", "followup")
    asked = {
        "pages": [q.question for q in labelled if q.answerable and q.kind not in hard],
        "small talk": [q.question for q in labelled if q.kind in ("general", "other-field")],
    }
    judged = [load_collection(collections / name) for name in ("cranfield", "cisi")]
    for collection in judged:
        asked[collection.name] = [q for q in collection.queries.values() if len(q.split()) <= SHORT]
    draw = random.Random(0)
    asked = {name: draw.sample(qs, min(ASKED, len(qs))) for name, qs in asked.items()}
    shares = {}
    with ExitStack() as opened:
        libraries = {
            "pages": opened.enter_context(pages_library(HERE.parent / "build/eval-library"))
        }
        for collection in judged:
            library, _ = opened.enter_context(collection_library(collection, work))
            libraries[collection.name] = library
        for name, library in libraries.items():
            shares[name] = {whose: answered(library, qs) for whose, qs in asked.items()}
    return shares


def main() -> None:
    for name, shares in measure().items():
        told = ", ".join(f"{whose} {share:.2f}" for whose, share in shares.items())
        print(f"library {name} answers of the questions on: {told}")


if __name__ == "__main__":
    main()
