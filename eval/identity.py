"""How well records of one paper find together: precision and recall over labelled pairs.

`pairs.jsonl` names records by their place (a line of the conference list, or a record of a saved
page) and the form in which each arrives (`eval.forms`). What a pair is made from decides whether
it is the same paper. Pairs of near titles were looked through, and those that are one work
published twice left out. Those of one short title are two real papers by different people whose
titles are the same up to a colon, cut there: of two parts by the same people, the cut would take
away what tells them apart.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.forms import in_form
from eval.questions import HERE, PAGES
from store.identity import same_paper
from store.paper import Paper, Source
from store.readers import read_paths
from store.readers.fields import record_of

PAIRS = HERE / "pairs.jsonl"
CONFERENCE = PAGES.parent / "collections" / "conference.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, whether they are the same paper, and where the pair is from."""

    one: Paper
    other: Paper
    same: bool
    kind: str


def load_pairs(
    path: Path = PAIRS, pages: Path = PAGES, conference: Path = CONFERENCE
) -> list[Pair]:
    """The labelled pairs; FileNotFoundError where what they are made from is missing."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    wanted = [tuple(row[side][:2]) for row in rows for side in ("a", "b")]
    papers = dict(_papers(set(wanted), pages, conference))

    def record(place: str, number: int, form: str) -> Paper:
        return in_form(papers[place, number], form)

    return [Pair(record(*r["a"]), record(*r["b"]), r["same"], r["kind"]) for r in rows]


def _papers(
    wanted: set[tuple[Any, ...]], pages: Path, conference: Path
) -> Iterator[tuple[tuple[Any, ...], Paper]]:
    with gzip.open(conference, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if ("conference", number) in wanted:
                paper = record_of(json.loads(line), Source("conference", number, number))
                assert isinstance(paper, Paper)
                yield ("conference", number), paper
    for record in read_paths([pages]):
        if isinstance(record, Paper):
            (source,) = record.sources
            yield (Path(source.file).name[:3], source.position), record


def measure(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Precision and recall of "the same paper", and the pairs that were judged wrongly."""
    judged = [(pair, same_paper(pair.one, pair.other)) for pair in pairs]
    hits = sum(same and pair.same for pair, same in judged)
    wrong = [(pair, same) for pair, same in judged if same != pair.same]
    kinds = {
        kind: {
            "pairs": sum(pair.kind == kind for pair in pairs),
            "right": sum(pair.kind == kind and pair.same == same for pair, same in judged),
        }
        for kind in dict.fromkeys(pair.kind for pair in pairs)
    }
    return {
        "pairs": len(pairs),
        "precision": hits / max(1, sum(same for _, same in judged)),
        "recall": hits / max(1, sum(pair.same for pair in pairs)),
        "kinds": kinds,
        "wrong": [
            {"kind": p.kind, "same": p.same, "titles": [p.one.title, p.other.title]}
            for p, _ in wrong
        ],
    }
