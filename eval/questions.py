"""The labelled questions over the real pages, and a library made of those pages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from store.paper import normal_title

if TYPE_CHECKING:
    from store.library import Library

HERE = Path(__file__).parent
PAGES = HERE.parent.parent / "shared" / "pages"
QUESTIONS = HERE / "questions.jsonl"  # over the real pages
STARTER = HERE / "starter.jsonl"  # over the starter library
Split = Literal["tune", "test", "all"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question with the titles of the papers that answer it; none where none does.

    `evidence` gives, by title, the sentences that a reader would quote, as offsets into the
    abstract, best first. Weights and thresholds are chosen on the split `tune` only; `test`
    was written by others over other papers.
    """

    id: str
    split: str
    kind: str
    question: str
    papers: tuple[str, ...]
    history: tuple[str, ...] = ()
    evidence: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    low_overlap: bool = False

    @property
    def answerable(self) -> bool:
        return bool(self.papers)


def load_questions(split: Split = "all", path: Path = QUESTIONS) -> list[Question]:
    """The questions of one split, in the file's order."""
    questions = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        if split not in ("all", row["split"]):
            continue
        questions.append(
            Question(
                id=row["id"],
                split=row["split"],
                kind=row["kind"],
                question=row["question"],
                papers=tuple(normal_title(title) for title in row["papers"]),
                history=tuple(row.get("history", ())),
                evidence={
                    normal_title(e["title"]): [(s, t) for s, t in e["sentences"]]
                    for e in row.get("evidence", ())
                },
                low_overlap=row.get("low_overlap", False),
            )
        )
    return questions


def pages_library(folder: Path, pages: Path = PAGES) -> Library:
    """A library of the real pages in `folder`, made at the first call and kept.

    Raises FileNotFoundError where the pages are missing.
    """
    from store.library import Library
    from store.readers import read_paths
    from store.settings import StoreSettings

    if not pages.is_dir():
        raise FileNotFoundError(f"The saved pages are expected in {pages}: name them with --pages.")
    library = Library(StoreSettings(library=folder), owner="assistant eval")
    library.add(read_paths([pages]))
    return library


def starter_library(folder: Path) -> Library:
    """A library of the starter papers in `folder`, made at the first call and kept."""
    from store.library import Library
    from store.settings import StoreSettings
    from store.starter import starter_papers

    library = Library(StoreSettings(library=folder), owner="assistant eval")
    library.add(starter_papers())
    return library
