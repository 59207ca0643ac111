"""Measures which papers a survey takes to be about its topic, on labelled ones.

The labels name conference papers by title: of the eighteen that the search put first for each of
fifteen topics among 2,181 papers those that are about it and those that only mention it or speak
of something near; what is open to doubt is left out. `python -m eval.about` prints precision and
recall, and with --keep fits the cut on the tuning topics and writes it into the package.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.questions import CONFERENCE, HERE
from store.paper import Paper, Source

if TYPE_CHECKING:
    from assistant.surveying.about import AboutModel
    from store.library import Library

ABOUT = HERE / "about.jsonl"


@dataclass(frozen=True, slots=True)
class Judged:
    """A topic, the titles of papers about it and of near ones that aren't."""

    topic: str
    split: str
    about: tuple[str, ...]
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One paper held against one topic."""

    split: str
    about: bool
    features: dict[str, float]


def load_judged(path: Path = ABOUT) -> list[Judged]:
    """The labels, topic by topic."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [Judged(r["topic"], r["split"], tuple(r["about"]), tuple(r["not"])) for r in rows]


def papers_of(judged: Sequence[Judged], conference: Path = CONFERENCE) -> list[Paper]:
    """The labelled papers. Raises FileNotFoundError without the conference papers."""
    if not conference.is_file():
        raise FileNotFoundError(f"The conference papers are expected in {conference}.")
    wanted = {title for one in judged for title in (*one.about, *one.near)}
    with gzip.open(conference, "rt", encoding="utf-8") as lines:
        rows = (json.loads(line) for line in lines)
        found = {
            r["title"]: Paper(
                title=r["title"], abstract=r["abstract"], sources=(Source("conference"),)
            )
            for r in rows
            if r["title"] in wanted
        }
    return list(found.values())


def cases_of(library: Library, judged: Sequence[Judged]) -> list[Case]:
    """Every labelled pair with what the cut rests on; `library` holds the papers."""
    from assistant.evidence import SentenceTexts
    from assistant.retrieval import HybridRetriever
    from assistant.surveying.about import Topic

    texts = SentenceTexts(library)
    retriever = HybridRetriever(library)
    found = []
    for one in judged:
        labels = dict.fromkeys(one.about, True) | dict.fromkeys(one.near, False)
        near = retriever.search(one.topic, top_k=50)
        own = [p for p in near if p.paper.title in labels]
        found += [
            Case(one.split, labels[p.paper.title], features)
            for p, features in zip(own, Topic(one.topic, library, texts).features(own), strict=True)
        ]
    return found


def measure(cases: Sequence[Case], model: AboutModel) -> dict[str, float]:
    """Precision and recall of "about"."""
    said = [case for case in cases if model.sure(case.features) >= model.threshold]
    right = sum(case.about for case in said)
    should = sum(case.about for case in cases)
    return {
        "pairs": len(cases),
        "precision": round(right / len(said), 3) if said else 1.0,
        "recall": round(right / should, 3) if should else 1.0,
    }


def fit(cases: Sequence[Case]) -> AboutModel:
    """The cut fitted on cases, at the threshold where its F1 is highest."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    from assistant.surveying.about import FEATURES, AboutModel

    x = np.array([[case.features[f] for f in FEATURES] for case in cases])
    learnt = LogisticRegression(C=10.0, max_iter=2000).fit(x, [case.about for case in cases])
    weights = {f: round(float(w), 2) for f, w in zip(FEATURES, learnt.coef_[0], strict=True)}
    bias = round(float(learnt.intercept_[0]), 2)
    models = [AboutModel(weights, bias, t / 100) for t in range(30, 71, 2)]

    def f1(model: AboutModel) -> float:
        found = measure(cases, model)
        return 2 / (1 / max(found["precision"], 1e-9) + 1 / max(found["recall"], 1e-9))

    return max(models, key=f1)


def run(keep: bool = False) -> dict[str, Any]:
    """The figures of the cut that the package carries; with `keep` it is fitted anew first."""
    from tempfile import TemporaryDirectory

    from assistant.surveying.about import shipped_about
    from store.library import Library
    from store.settings import StoreSettings

    judged = load_judged()
    with (
        TemporaryDirectory() as folder,
        Library(StoreSettings(library=Path(folder)), owner="assistant eval") as library,
    ):
        library.add(papers_of(judged))
        cases = cases_of(library, judged)
    splits = {split: [c for c in cases if c.split == split] for split in ("tune", "test")}
    if keep:
        model = fit(splits["tune"])
        kept = {"weights": dict(model.weights), "bias": model.bias, "threshold": model.threshold}
        path = HERE.parent / "assistant" / "surveying" / "about.json"
        path.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    else:
        model = shipped_about()
    return {split: measure(own, model) for split, own in splits.items()}


if __name__ == "__main__":
    import sys

    print(json.dumps(run("--keep" in sys.argv), indent=2))
