"""Conversations that are kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.answer import turn_of
from assistant.history import Conversations, UnknownConversation, turns
from assistant.history_rows import short_title
from assistant.records import UNREADABLE
from eval.questions import load_questions
from store.errors import BrokenLibrary
from store.paper import normal_title
from tests.assistant.any_answers import answered, refused
from tests.assistant.invented import BEES, CRANES

RELEASED = answered(
    "How many bees were released?", ("600 bees [1].", 1, BEES, "We released 600"),
)  # fmt: skip
RUST = answered(
    "And how fast do cranes RÜSTEN?",
    ("Faster [2].", 2, CRANES, "Harbour cranes rust faster"),
    follows=True,
)
NOTHING = refused("Who wrote the Odyssey?", BEES)


class Clock:
    """A clock that a test sets; it moves by a second with each look."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conversations.sqlite"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(path: Path, clock: Clock) -> Iterator[Conversations]:
    with closing(Conversations(path, clock=clock)) as opened:
        yield opened


# --- keeping --------------------------------------------------------------------------------


def test_a_conversation_is_there_after_a_restart(kept: Conversations, path: Path) -> None:
    made = kept.create("ann")
    first, second = kept.record(made.id, RELEASED), kept.record(made.id, NOTHING)
    kept.close()
    with closing(Conversations(path)) as again:
        assert again.exchanges(made.id) == [first, second]
        assert again.exchange(second.id) == second
        (listed,) = again.list("ann")
        assert again.get(made.id) == listed
        assert (listed.exchanges, listed.made, listed.changed) == (2, made.made, second.asked)
        assert turns(again.exchanges(made.id)) == [turn_of(RELEASED), turn_of(NOTHING)]


def test_ids_cannot_be_guessed(kept: Conversations) -> None:
    ids = {kept.create("ann").id for _ in range(50)}
    assert len(ids) == 50
    assert all(len(one) == 16 for one in ids)


def test_the_first_question_is_the_title_until_it_is_renamed(kept: Conversations) -> None:
    one, other = kept.create("ann"), kept.create("ann")
    assert one.title == ""
    first = kept.record(one.id, RELEASED)
    kept.record(one.id, RUST)
    assert title(kept, one.id) == RELEASED.question
    kept.record(one.id, RUST, instead_of=first.id)
    assert title(kept, one.id) == RUST.question
    kept.rename(other.id, "  Bees \n and light ")
    kept.record(other.id, RELEASED)
    assert title(kept, other.id) == "Bees and light"
    with pytest.raises(ValueError, match="write one"):
        kept.rename(other.id, " \n")


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        (" Why\nbees? ", "Why bees?"),
        ("word " * 12, ("word " * 12).strip()),
        ("word " * 30, ("word " * 12).strip() + "…"),
        ("x" * 99, "x" * 60 + "…"),
        ("why " + "x" * 99, "why " + "x" * 56 + "…"),
    ],
)
def test_a_long_question_is_cut_after_a_word(question: str, shown: str) -> None:
    assert short_title(question) == shown


def title(kept: Conversations, conversation_id: str) -> str:
    found = kept.get(conversation_id)
    assert found
    return found.title


def test_an_answer_takes_the_place_of_an_exchange_and_all_after_it_and_of_nothing_else(
    kept: Conversations,
) -> None:
    one, other = kept.create("ann"), kept.create("ann")
    first, second, _ = (kept.record(one.id, a) for a in (RELEASED, RUST, NOTHING))
    elsewhere = kept.record(other.id, RUST)
    new = kept.record(one.id, NOTHING, instead_of=second.id)
    assert kept.exchanges(one.id) == [first, new]
    with pytest.raises(UnknownConversation, match="no exchange"):
        kept.record(one.id, RELEASED, instead_of=elsewhere.id)
    assert kept.exchanges(one.id) == [first, new]
    assert kept.exchanges(other.id) == [elsewhere]
    only = kept.record(other.id, RELEASED, instead_of=elsewhere.id)
    assert (kept.exchanges(other.id), title(kept, other.id)) == ([only], RELEASED.question)


def test_an_answer_in_an_unknown_format_does_not_break_the_others(
    kept: Conversations, path: Path
) -> None:
    made = kept.create("ann")
    broken, whole = kept.record(made.id, RELEASED), kept.record(made.id, RUST)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE exchanges SET answer = '{\"v\": 9}' WHERE id = ?", (broken.id,))
    shown = kept.exchanges(made.id)
    assert [e.answer.text for e in shown] == [RELEASED.text, RUST.text]
    assert shown[0].answer.notice == UNREADABLE
    assert shown[1] == whole
    assert kept.count("ann", text="600 bees") == 1


def test_threads_may_record_at_the_same_time(kept: Conversations) -> None:
    ids = [kept.create("ann").id for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        recorded = list(pool.map(lambda n: kept.record(ids[n % 4], RELEASED), range(40)))
        assert sum(map(len, pool.map(kept.exchanges, ids))) == 40
    assert {e.id for one in ids for e in kept.exchanges(one)} == {e.id for e in recorded}


# --- lists ----------------------------------------------------------------------------------


def test_the_conversation_that_changed_last_comes_first(kept: Conversations) -> None:
    old, new = kept.create("ann"), kept.create("ann")
    kept.create("bob")
    assert [c.id for c in kept.list("ann")] == [new.id, old.id]
    kept.record(old.id, RELEASED)
    kept.rename(new.id, "A name is no change")
    assert [c.id for c in kept.list("ann")] == [old.id, new.id]
    assert [c.id for c in kept.list("ann", limit=1, offset=1)] == [new.id]
    assert (kept.count("ann"), kept.count("bob"), kept.count("cy")) == (2, 1, 0)


@pytest.mark.parametrize("text", ["RELEASED", "600 bees", "rüsten", " my NAME ", "_a%"])
def test_a_search_looks_into_titles_questions_and_answers(kept: Conversations, text: str) -> None:
    made, other = kept.create("ann"), kept.create("ann")
    kept.record(made.id, RELEASED)
    kept.record(made.id, RUST)
    kept.rename(made.id, "In my name _a%b")
    kept.record(other.id, NOTHING)
    kept.record(kept.create("bob").id, RELEASED)
    assert [c.id for c in kept.list("ann", text=text)] == [made.id]
    assert kept.count("ann", text=text) == 1
    assert kept.list("ann", text="\ud800x") == []


# --- deleting and copying -------------------------------------------------------------------


def test_what_was_deleted_can_be_brought_back_as_it_was(kept: Conversations) -> None:
    made = kept.create("ann")
    exchange = kept.record(made.id, RELEASED)
    before = kept.get(made.id)
    kept.delete(made.id)
    assert (kept.get(made.id), kept.exchange(exchange.id)) == (None, None)
    assert (kept.list("ann"), kept.count("ann"), kept.exchanges(made.id)) == ([], 0, [])
    with pytest.raises(UnknownConversation):
        kept.restore(made.id, "bob")
    assert kept.get(made.id) is None
    kept.restore(made.id, "ann")
    assert kept.get(made.id) == before
    assert kept.exchanges(made.id) == [exchange]


def test_an_answer_that_comes_after_the_deletion_is_not_lost(kept: Conversations) -> None:
    made = kept.create("ann")
    kept.delete(made.id)
    late = kept.record(made.id, RELEASED)
    kept.restore(made.id)
    assert kept.exchanges(made.id) == [late]


def test_after_a_month_the_next_start_forgets_what_was_deleted(
    kept: Conversations, path: Path, clock: Clock
) -> None:
    gone, stays = kept.create("ann"), kept.create("ann")
    kept.record(gone.id, RELEASED)
    kept.record(stays.id, RELEASED)
    kept.delete(gone.id)
    for days, rows in ((29, 2), (2, 1)):
        clock.now += timedelta(days=days)
        with closing(Conversations(path, clock=clock)), closing(sqlite3.connect(path)) as db:
            for table in ("conversations", "exchanges"):
                assert db.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (rows,)
    with pytest.raises(UnknownConversation, match="may have been deleted"):
        kept.restore(gone.id)
    assert kept.get(stays.id)


def test_a_copy_goes_its_own_way(kept: Conversations) -> None:
    made = kept.create("ann")
    exchanges = [kept.record(made.id, answer) for answer in (RELEASED, RUST)]
    kept.rate(exchanges[0].id, 1, "good")
    copied = kept.copy(made.id, "bob")
    assert kept.get(copied.id) == copied
    assert (copied.owner, copied.title, copied.exchanges) == ("bob", RELEASED.question, 2)
    theirs = kept.exchanges(copied.id)
    assert [(e.answer, e.asked, e.thumb) for e in theirs] == [
        (e.answer, e.asked, 0) for e in exchanges
    ]
    kept.record(copied.id, NOTHING, instead_of=theirs[0].id)
    assert len(kept.exchanges(made.id)) == 2
    kept.delete(made.id)
    with pytest.raises(UnknownConversation):
        kept.copy(made.id, "bob")


def test_what_is_not_there_cannot_be_changed(kept: Conversations) -> None:
    for change in (
        lambda: kept.record("x", RELEASED), lambda: kept.rename("x", "y"),
        lambda: kept.delete("x"), lambda: kept.restore("x"), lambda: kept.rate("x", 1),
        lambda: kept.copy("x", "ann"), lambda: kept.record("x", RUST, instead_of="y"),
    ):  # fmt: skip
        with pytest.raises(UnknownConversation, match=r"'[xy]': it may have been deleted"):
            change()
    assert (kept.get("x"), kept.exchanges("x"), kept.exchange("\ud800")) == (None, [], None)


# --- rating ---------------------------------------------------------------------------------


def test_a_thumb_and_a_note_are_kept_and_can_be_taken_back(kept: Conversations) -> None:
    exchange = kept.record(kept.create("ann").id, RELEASED)
    for thumb, note in ((1, "yes"), (-1, "no, 700"), (0, "")):
        kept.rate(exchange.id, thumb, note)
        found = kept.exchange(exchange.id)
        assert found
        assert (found.thumb, found.note) == (thumb, note)
    with pytest.raises(ValueError, match="not 2"):
        kept.rate(exchange.id, 2)


def test_rated_answers_are_evaluation_questions(kept: Conversations, tmp_path: Path) -> None:
    made = kept.create("ann")
    exchanges = [kept.record(made.id, answer) for answer in (RELEASED, RUST, NOTHING)]
    for exchange in exchanges:
        kept.rate(exchange.id, 1, "fine")
    kept.record(made.id, RELEASED)
    rows = list(kept.rated())
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    first, second, third = load_questions("all", file)
    assert (first.id, first.question) == (exchanges[0].id, RELEASED.question)
    title = normal_title(BEES.title)
    assert first.papers == (title,)
    ((start, end),) = first.evidence[title]
    assert BEES.abstract[start:end] == "We released 600"
    assert (first.history, second.history) == ((), (RELEASED.question,))
    assert not third.answerable
    assert (rows[0]["rating"], rows[0]["note"]) == (1, "fine")
    assert (rows[0]["cited"], rows[0]["quotes"]) == ([BEES.id], ["We released 600"])
    assert "ann" not in json.dumps(rows).split('"')


def test_a_thumb_down_does_not_say_which_papers_are_right(kept: Conversations) -> None:
    for answer in (RELEASED, NOTHING):
        kept.rate(kept.record(kept.create("ann").id, answer).id, -1, "wrong")
    for row in kept.rated("ann"):
        assert row["rating"] == -1
        assert "papers" not in row
    assert list(kept.rated("bob")) == []


def test_a_note_without_a_thumb_is_exported_too(kept: Conversations) -> None:
    exchanges = [kept.record(kept.create("ann").id, RELEASED) for _ in range(2)]
    kept.rate(exchanges[0].id, 0, "it was 700")
    kept.rate(exchanges[1].id, 0, "")  # a thumb that was taken back
    (row,) = kept.rated("ann")
    assert (row["rating"], row["note"]) == (0, "it was 700")
    assert "papers" not in row


# --- the file -------------------------------------------------------------------------------


def test_a_file_of_another_format_is_left_alone(kept: Conversations, path: Path) -> None:
    kept.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE meta SET value = '99'")
    with pytest.raises(BrokenLibrary, match="has format 99, and this program reads format 1"):
        Conversations(path)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    path.write_text("These are notes, and no database at all. " * 50)
    with pytest.raises(BrokenLibrary, match=r"The file of conversations .*notes"):
        Conversations(path)
