"""Measures the cells of tables on labelled ones: is it stated, and is it the right sentence?

The labels name sentences by their offsets; the papers are those of the starter library and of the
conference list. `assistant eval cells` prints the figures, and with --keep fits the choice on the
tuning half and writes it into the package.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from eval.questions import CONFERENCE, HERE
from store.paper import Paper
from store.sentences import Span

if TYPE_CHECKING:
    from assistant.surveying.choosing import ChoiceModel, Scored
    from store.library import Library

CELLS = HERE / "cells.jsonl"
# "fresh" papers were drawn by lot and labelled once the patterns stood; others were read before.
Split = Literal["tune", "test", "fresh"]
# The labelled papers hold few sentences that only seem to answer; of others' papers most errors
# were such, so a pattern against one weighs at least this.
_AGAINST = -3.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """One paper's labelled cells: the sentences that answer each column, none where the abstract
    doesn't state it; columns that are open to doubt are left out."""

    paper: Paper
    split: Split
    cells: Mapping[str, tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled cell with its sentences as they were scored."""

    column: str
    split: Split
    right: tuple[Span, ...]
    sentences: tuple[Scored, ...]


def load_cells(path: Path = CELLS, conference: Path = CONFERENCE) -> list[Labelled]:
    """The labelled cells with their papers. Raises FileNotFoundError without the conference
    papers."""
    from store.starter import starter_papers

    if not conference.is_file():
        raise FileNotFoundError(f"The conference papers are expected in {conference}.")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    wanted = {row["title"] for row in rows if row["collection"] == "conference"}
    papers = {paper.title: paper for paper in starter_papers()}
    with gzip.open(conference, "rt", encoding="utf-8") as lines:
        for line in lines:
            given = json.loads(line)
            if given["title"] in wanted:
                papers[given["title"]] = Paper(title=given["title"], abstract=given["abstract"])
    return [
        Labelled(
            papers[row["title"]],
            row["split"],
            {name: tuple((s, e) for s, e in spans) for name, spans in row["cells"].items()},
        )
        for row in rows
    ]


def cases_of(library: Library, labelled: Sequence[Labelled]) -> list[Case]:
    """Every labelled cell, its paper's sentences scored as a table scores them."""
    from assistant.evidence import SentenceTexts
    from assistant.surveying.choosing import SentenceChoice
    from assistant.surveying.columns import columns_of

    choice = SentenceChoice(library, SentenceTexts(library))
    found = []
    for one in labelled:
        columns = columns_of(list(one.cells))
        (scored,) = choice.of(columns, [one.paper])
        found += [
            Case(name, one.split, right, tuple(sentences))
            for (name, right), sentences in zip(one.cells.items(), scored, strict=True)
        ]
    return found


def measure(cases: Sequence[Case], model: ChoiceModel | None = None) -> dict[str, Any]:
    """Precision and recall of "stated", and how often a cell that is stated and should be quotes
    a right sentence; over all and by column."""
    columns = sorted({case.column for case in cases})
    by_column = {c: _row([case for case in cases if case.column == c], model) for c in columns}
    return {"all": _row(cases, model), "by_column": by_column}


def _row(cases: Sequence[Case], model: ChoiceModel | None) -> dict[str, float]:
    said = should = both = right = 0
    for case in cases:
        best = _chosen(case, model)
        said += best is not None
        should += bool(case.right)
        if best is not None and case.right:
            both += 1
            right += best.span in case.right
    return {
        "cells": len(cases),
        "stated": should,
        "precision": round(both / said, 3) if said else 1.0,
        "recall": round(both / should, 3) if should else 1.0,
        "right_sentence": round(right / both, 3) if both else 1.0,
        "right_of_said": round(right / said, 3) if said else 1.0,
    }


def _chosen(case: Case, model: ChoiceModel | None) -> Scored | None:
    from dataclasses import replace

    from assistant.surveying.choosing import best_of

    if model is None:
        return best_of(case.sentences)
    scored = [replace(one, score=model.score(one.features)) for one in case.sentences]
    return best_of(
        [replace(one, enough=one.speaks and one.score >= model.threshold) for one in scored]
    )


def fit(cases: Sequence[Case]) -> ChoiceModel:
    """The choice fitted on cases: logistic regression over their sentences, and the threshold
    that gives the highest share of cells that are as labelled."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    from assistant.surveying.choosing import FEATURES, ChoiceModel

    rows = [
        ([one.features[f] for f in FEATURES], one.span in case.right)
        for case in cases
        for one in case.sentences
    ]
    x, y = np.array([row for row, _ in rows]), np.array([mark for _, mark in rows])
    learnt = LogisticRegression(C=10.0, max_iter=2000).fit(x, y)
    weights = {f: round(float(w), 3) for f, w in zip(FEATURES, learnt.coef_[0], strict=True)}
    bias = round(float(learnt.intercept_[0]), 3)
    weights["against"] = min(weights["against"], _AGAINST)
    thresholds = [t / 100 for t in range(10, 80, 2)]
    models = [ChoiceModel(weights, bias, t) for t in thresholds]
    return max(models, key=lambda m: _as_labelled(cases, m))


def _as_labelled(cases: Sequence[Case], model: ChoiceModel) -> float:
    good = 0
    for case in cases:
        best = _chosen(case, model)
        good += (best is None) == (not case.right) and (best is None or best.span in case.right)
    return good / len(cases)


def document(library: Library) -> tuple[dict[str, Any], ChoiceModel]:
    """The figures of the choice that the package carries on either half, and the choice that the
    tuning half gives."""
    from assistant.surveying.choosing import shipped_choice

    cases = cases_of(library, load_cells())
    tune = [case for case in cases if case.split == "tune"]
    test = [case for case in cases if case.split == "test"]
    fresh = [case for case in cases if case.split == "fresh"]
    model = fit(tune)
    shipped = shipped_choice()
    figures = {
        "cells": len(cases),
        "as_labelled": {
            "tune": round(_as_labelled(tune, shipped), 3),
            "test": round(_as_labelled(test, shipped), 3),
            "fresh": round(_as_labelled(fresh, shipped), 3),
        },
        "tune": measure(tune),
        "test": measure(test),
        "fresh": measure(fresh),
        "refitted": {"test": measure(test, model)["all"], "threshold": model.threshold},
    }
    return figures, model


def run(keep: bool = False) -> dict[str, Any]:
    """The figures; with `keep` the choice fitted on the tuning half goes into the package. The
    library is an empty one: only the models of its embedder are needed."""
    from tempfile import TemporaryDirectory

    from store.library import Library
    from store.settings import StoreSettings

    with (
        TemporaryDirectory() as folder,
        Library(StoreSettings(library=Path(folder)), owner="assistant eval") as library,
    ):
        figures, model = document(library)
    if keep:
        kept = {"weights": dict(model.weights), "bias": model.bias, "threshold": model.threshold}
        path = HERE.parent / "assistant" / "surveying" / "choosing.json"
        path.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    return figures


if __name__ == "__main__":
    import sys

    print(json.dumps(run("--keep" in sys.argv), indent=2))
