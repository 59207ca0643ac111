"""Questions about the collection of the pages itself: right is only the exact answer.

`collection.jsonl` names no paper by its title: "2:87" is the 87th record of the third page. A
row has `count`, how many papers are meant, and `papers`, all of them (none where they are the
whole library); `first` are those that come first, in order, where some are asked for; `groups`
the sizes by name ("" where it isn't known), for pages by their number. Rows of the kind `content`
ask what papers say and must not be taken for questions about the collection.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.answer import Answer, Turn, turn_of
from assistant.collection.asking import asked_in
from eval.questions import HERE, STARTER, TRAINING, load_questions

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine

COLLECTION = HERE / "collection.jsonl"
_ELSEWHERE = (HERE / "questions.jsonl", STARTER, TRAINING)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its exact answer; `count` is None for one on content."""

    id: str
    kind: str
    question: str
    history: tuple[str, ...] = ()
    count: int | None = None
    papers: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    groups: dict[str, int] = field(default_factory=dict)


def load(path: Path = COLLECTION) -> list[Asked]:
    """All rows, in the file's order."""
    rows = (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())
    return [
        Asked(**{**row, **{k: tuple(row[k]) for k in ("history", "papers", "first") if k in row}})
        for row in rows
    ]


def measure(engine: CitedQueryEngine, rows: Sequence[Asked]) -> dict[str, Any]:
    """Asks every question after its history; `wrong` says of each wrong one what was wrong.

    `captured` are questions on content, of this file and all others, that were taken for
    questions about the collection.
    """
    places = _places(engine)
    wrong: dict[str, str] = {}
    times = []
    asked = [row for row in rows if row.count is not None]
    for row in asked:
        turns: list[Turn] = []
        for before in row.history:
            turns.append(turn_of(engine.ask(before, turns=turns)))
        answer = engine.ask(row.question, turns=turns)
        times.append(answer.timings_ms["total"])
        if why := _wrong(row, answer, places):
            wrong[row.id] = f"{row.question}: {why}"
    content = [(row.id, row.question, row.history) for row in rows if row.count is None]
    for path in _ELSEWHERE:
        content += [(q.id, q.question, q.history) for q in load_questions("all", path)]
    return {
        "questions": len(asked),
        "right": len(asked) - len(wrong),
        "wrong": wrong,
        "content_questions": len(content),
        "captured": [name for name, question, history in content if _taken(question, history)],
        "p50_ms": sorted(times)[len(times) // 2] if times else 0.0,
    }


def _taken(question: str, history: Sequence[str]) -> bool:
    """Whether a question or any before it would be answered from the catalogue."""
    turns = [Turn(before) for before in history]
    messages = (*history, question)
    return any(asked_in(one, turns[:place]) for place, one in enumerate(messages))


def _places(engine: CitedQueryEngine) -> dict[str, set[str]]:
    """The places of each paper, as "page:record"; pages count from 0 in the order of names."""
    pages = {name: place for place, name in enumerate(engine.library.catalog.sources())}
    return {
        paper.id: {f"{pages[source.file]}:{source.position}" for source in paper.sources}
        for paper in engine.library.catalog.list()
    }


def _wrong(row: Asked, answer: Answer, places: dict[str, set[str]]) -> str:
    """What is wrong with an answer; nothing where it is right."""
    collection = answer.collection
    if collection is None:
        return "not taken for a question about the collection"
    if collection.count != row.count or len(collection.members) != row.count:
        return f"{collection.count} papers and {len(collection.members)} members, not {row.count}"
    if row.papers:
        held = [any(place in places[one] for one in collection.members) for place in row.papers]
        if not all(held) or len(row.papers) != row.count:
            return f"{held.count(False)} of the right papers are missing"
    listed = [citation.paper_id for citation in answer.citations]
    if row.first:
        right = [place in places[one] for place, one in zip(row.first, listed, strict=False)]
        if not all(right) or len(listed) != len(row.first):
            return "not the right papers first"
    if row.groups and row.groups != (found := _groups(answer)):
        return f"groups {found}"
    shown = {paper for one in answer.sentences if one.entry for paper in _cited(one.citations)}
    if bool(row.count) != bool(shown) or not shown <= set(collection.members):
        return "the list shown is not of the members"
    return "" if _says(row, answer) else f"it doesn't say so: {answer.sentences[0].text}"


def _groups(answer: Answer) -> dict[str, int]:
    assert answer.collection is not None
    by_page = answer.collection.asked.endswith("by page")
    return {
        (Path(g.name).name[:3].lstrip("0") or "0") if by_page else g.name: len(g.papers)
        for g in answer.collection.groups
    }


def _cited(citations: Sequence[Any]) -> list[str]:
    return [citation.paper_id for citation in citations]


def _says(row: Asked, answer: Answer) -> bool:
    """Whether the first sentence tells the number."""
    number = f"{row.count:,}" if row.count else "None"
    return number in answer.sentences[0].text.replace("*", "").split()
