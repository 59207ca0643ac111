"""Thumbs given on the page become labelled questions."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.answer import Answer
from assistant.history import Conversations
from eval.collecting import collect, write
from eval.questions import load_doubtful, load_questions
from store.library import Library
from store.paper import Paper, normal_title
from store.settings import StoreSettings
from tests.assistant.any_answers import answered, refused
from tests.assistant.invented import BEES, BELLS, CRANES

RELEASED = answered(
    "How many bees were released?", ("600 bees [1].", 1, BEES, "We released 600 honeybees at dawn")
)
RUST = answered(
    "And how fast do cranes rust?",
    ("Faster [1].", 1, CRANES, "Harbour cranes rust faster than inland cranes"),
    follows=True,
)
NOTHING = refused("Who wrote the Odyssey?", BEES)


def collected(tmp_path: Path, papers: list[Paper], *rated: tuple[Answer, int, str]) -> Any:
    """What thumbs on answers of one conversation give over a library of these papers."""
    tmp_path.mkdir(exist_ok=True)
    path = tmp_path / "conversations.sqlite"
    with closing(Conversations(path)) as kept:
        made = kept.create("ann")
        for answer, thumb, note in rated:
            kept.rate(kept.record(made.id, answer).id, thumb, note)
    with Library(StoreSettings(library=tmp_path), owner="a test") as library:
        library.catalogue(papers)
        return collect(library.catalog, path, count=0)


def test_a_thumb_up_says_which_papers_and_sentences_are_right(tmp_path: Path) -> None:
    collection = collected(tmp_path, [BEES, CRANES], (RELEASED, 1, "yes"), (RUST, 1, ""))
    write(collection.rows, tmp_path / "q.jsonl")
    first, second = load_questions(path=tmp_path / "q.jsonl")
    title = normal_title(BEES.title)
    assert (first.kind, first.papers, first.history) == ("rated", (title,), ())
    ((start, end),) = first.evidence[title]
    assert BEES.abstract[start:end] == "We released 600 honeybees at dawn"
    assert (second.kind, second.history) == ("rated-followup", (RELEASED.question,))
    assert collection.from_thumbs["answers with a thumb up"] == 2


def test_a_thumb_down_leaves_a_doubtful_line_with_its_note(tmp_path: Path) -> None:
    collection = collected(tmp_path, [BEES], (RELEASED, -1, "it was 700"))
    write(collection.rows, tmp_path / "q.jsonl")
    assert load_questions(path=tmp_path / "q.jsonl") == []
    (row,) = load_doubtful(tmp_path / "q.jsonl")
    assert (row["kind"], row["note"], row["cited"]) == ("doubtful", "it was 700", [BEES.id])
    assert collection.counts() == {"doubtful": 1}


def test_a_note_without_a_thumb_is_kept_and_goes_before_none(tmp_path: Path) -> None:
    (row,) = collected(tmp_path / "alone", [BEES], (RELEASED, 0, "it was 700")).rows
    assert (row["kind"], row["note"]) == ("doubtful", "it was 700")
    (row,) = collected(tmp_path / "both", [BEES], (RELEASED, 1, ""), (RELEASED, 0, "or 700")).rows
    assert row["kind"] == "rated"


def test_a_refusal_counts_as_unanswerable_only_with_a_thumb_up(tmp_path: Path) -> None:
    down = replace(NOTHING, question="Who wrote the Iliad?")
    narrowed = replace(
        NOTHING, question="Why?", searched=replace(NOTHING.searched, filters=("from 2024 on",))
    )
    collection = collected(tmp_path, [BEES], (NOTHING, 1, ""), (down, -1, ""), (narrowed, 1, ""))
    (row,) = collection.rows
    assert (row["kind"], row["question"], row["papers"]) == ("rated-refusal", NOTHING.question, [])
    assert collection.from_thumbs == {
        "answers with a thumb up": 0,
        "refusals with a thumb up": 1,
        "answers with a thumb down (doubtful, not scored)": 0,
        "notes without a thumb (doubtful, not scored)": 0,
        "refusals with a thumb down (left out)": 1,
        "refusals of a filtered search (left out)": 1,
        "answers whose papers are gone (left out)": 0,
    }


def test_the_last_thumb_on_a_question_counts(tmp_path: Path) -> None:
    collection = collected(tmp_path, [BEES], (RELEASED, -1, "no"), (RELEASED, 1, "now"))
    (row,) = collection.rows
    assert (row["kind"], row["note"]) == ("rated", "now")


def test_papers_that_are_gone_and_sentences_that_changed_are_left_out(tmp_path: Path) -> None:
    longer = replace(BEES, abstract=f"New words. {BEES.abstract}")
    (row,) = collected(tmp_path / "changed", [longer], (RELEASED, 1, "")).rows
    assert (row["papers"], row["evidence"]) == ([BEES.title], [])
    collection = collected(tmp_path / "gone", [BELLS], (RELEASED, 1, ""))
    assert collection.rows == ()
    assert collection.from_thumbs["answers whose papers are gone (left out)"] == 1


def test_nothing_in_a_row_says_who_rated(tmp_path: Path) -> None:
    collection = collected(tmp_path, [BEES], (RELEASED, 1, "yes"), (NOTHING, 1, ""))
    assert not any("ann" in str(value).split() for row in collection.rows for value in row.values())
