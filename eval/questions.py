"""The labelled questions over the real pages, and a library made of those pages."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from store.paper import normal_title

if TYPE_CHECKING:
    from store.library import Library

HERE = Path(__file__).parent
PAGES = HERE.parent.parent / "shared" / "pages"
QUESTIONS = HERE / "questions.jsonl"  # over the real pages
STARTER = HERE / "starter.jsonl"  # over the starter library
TRAINING = HERE / "training.jsonl"  # over conference papers; to learn from, never to report
CONFERENCE = HERE.parent.parent / "shared" / "collections" / "conference.jsonl.gz"
# Of the training questions: "tune" have taught the embedder and its head, "fit" what stands upon
# them, "held" nothing at all.
Split = Literal["tune", "fit", "held", "test", "all"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question with the titles of the papers that answer it; none where none does.

    `evidence` gives, by title, the sentences that a reader would quote, as offsets into the
    abstract, best first. Weights and thresholds are chosen on the split `tune` only; `test`
    was written by others over other papers. `without` are titles of papers to be hidden from the
    search, so that what they would have answered has no answer. `answer` is a reference that
    answers are measured against; without one the evidence takes its place.
    """

    id: str
    split: str
    kind: str
    question: str
    papers: tuple[str, ...]
    history: tuple[str, ...] = ()
    evidence: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    low_overlap: bool = False
    without: tuple[str, ...] = ()
    answer: str = ""

    @property
    def answerable(self) -> bool:
        return bool(self.papers)


def load_questions(split: Split = "all", path: Path = QUESTIONS) -> list[Question]:
    """The questions of one split, in the file's order; those that don't say which papers are
    right (see `load_doubtful`) are left out.

    Raises ValueError where a line is no question; the message names it.
    """
    rows = [row for row in _rows(path) if "papers" in row]
    return [_question(row) for row in rows if split in ("all", row["split"])]


def load_doubtful(path: Path) -> list[dict[str, Any]]:
    """The rows that don't say which papers are right: answers that somebody found wrong."""
    return [row for row in _rows(path) if "papers" not in row]


def _question(row: dict[str, Any]) -> Question:
    return Question(
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
        without=tuple(normal_title(title) for title in row.get("without", ())),
        answer=row.get("answer", "").strip(),
    )


def _rows(path: Path) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = {"id": str(number), "split": "own", "kind": "own", **json.loads(line)}
            if not row["question"].strip():
                raise ValueError("it asks nothing")
            if "papers" in row:
                _question(row)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise ValueError(
                f"Line {number} of {path} is no labelled question ({type(error).__name__}: "
                f"{error}): see 'assistant eval collect --help'."
            ) from None
        rows.append(row)
    return rows


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


def training_library(folder: Path, papers: Path = CONFERENCE) -> Library:
    """A library of the conference papers that the training questions ask about, in `folder`, made
    at the first call and kept; papers that are asked about since are added.

    Raises FileNotFoundError where the list of conference papers is missing.
    """
    from store.library import Library
    from store.paper import Source
    from store.readers.fields import paper_of
    from store.settings import StoreSettings

    if not papers.is_file():
        raise FileNotFoundError(f"The conference papers are expected in {papers}.")
    wanted = {normal_title(str(row["about"])) for row in _rows(TRAINING)}
    library = Library(StoreSettings(library=folder), owner="assistant eval")
    if wanted := wanted.difference(normal_title(paper.title) for paper in library.catalog.list()):
        with gzip.open(papers, "rt", encoding="utf-8") as lines:
            given = (json.loads(line) for line in lines)
            chosen = (row for row in given if normal_title(row["title"]) in wanted)
            library.catalogue(
                paper_of(row, Source("conference", n)) for n, row in enumerate(chosen, 1)
            )
    library.index()
    return library
