"""Rated answers as labelled questions: what a thumb tells, and what it doesn't."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from store.paper import Paper, normal_title

Row = dict[str, Any]


@dataclass(slots=True)
class Thumbs:
    """Rows for a questions file, and how many rated answers came to what.

    `doubtful` rows have no right papers: they are kept to be looked at, and not asked.
    """

    rows: list[Row] = field(default_factory=list)
    doubtful: list[Row] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: {
            "answers with a thumb up": 0,
            "refusals with a thumb up": 0,
            "answers with a thumb down (doubtful, not scored)": 0,
            "notes without a thumb (doubtful, not scored)": 0,
            "refusals with a thumb down (left out)": 0,
            "refusals of a filtered search (left out)": 0,
            "answers whose papers are gone (left out)": 0,
        }
    )

    def _count(self, what: str) -> None:
        self.counts[next(name for name in self.counts if name.startswith(what))] += 1


def from_thumbs(rated: Iterable[Mapping[str, object]], papers: Mapping[str, Paper]) -> Thumbs:
    """What the rows of `Conversations.rated` tell of the library's papers, by normal title.

    A question rated several times counts as it was rated last. What cites papers that the
    library doesn't hold any more is left out, and so is evidence that isn't in the abstract.
    """
    thumbs = Thumbs()
    # A note by itself never goes before a thumb.
    in_turn = sorted(rated, key=lambda row: row["rating"] != 0)
    last = {(row["question"], *_history(row)): row for row in in_turn}
    for row in last.values():
        refused = row["status"] == "refused"
        if row["rating"] == 1 and not refused:
            if kept := _with_papers(row, papers):
                thumbs.rows.append(kept)
                thumbs._count("answers with a thumb up")
            else:
                thumbs._count("answers whose papers are gone")
        elif row["rating"] == 1 and row.get("filters"):
            thumbs._count("refusals of a filtered search")
        elif row["rating"] == 1:
            thumbs.rows.append({**_asked(row), "kind": "rated-refusal", "papers": []})
            thumbs._count("refusals with a thumb up")
        elif row["rating"] == 0:
            thumbs.doubtful.append({**_asked(row), "kind": "doubtful", "cited": row["cited"]})
            thumbs._count("notes without a thumb")
        elif refused:  # nobody knows which paper would have been right
            thumbs._count("refusals with a thumb down")
        else:
            thumbs.doubtful.append({**_asked(row), "kind": "doubtful", "cited": row["cited"]})
            thumbs._count("answers with a thumb down")
    return thumbs


def _asked(row: Mapping[str, Any]) -> Row:
    kept = {name: row[name] for name in ("id", "kind", "question", "history", "note") if
            row.get(name)}  # fmt: skip
    return {**kept, "split": "own", "made_by": "thumbs"}


def _with_papers(row: Mapping[str, Any], papers: Mapping[str, Paper]) -> Row | None:
    held = [papers[key] for t in row.get("papers", ()) if (key := normal_title(t)) in papers]
    if not held:
        return None
    quotes = set(row["quotes"])
    evidence = []
    for given in row.get("evidence", ()):
        paper = papers.get(normal_title(given["title"]))
        spans = [[s, e] for s, e in given["sentences"] if paper and paper.abstract[s:e] in quotes]
        if paper and spans:
            evidence.append({"title": paper.title, "sentences": spans})
    return {**_asked(row), "papers": [paper.title for paper in held], "evidence": evidence}


def _history(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row.get("history", ()))
