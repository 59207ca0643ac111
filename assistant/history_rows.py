"""What is kept of a conversation, and how it stands in SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from assistant.answer import Answer, Turn, turn_of
from assistant.records import from_json, storable

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS conversations (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '', named INTEGER NOT NULL DEFAULT 0,
    made TEXT NOT NULL, changed TEXT NOT NULL, deleted TEXT);
CREATE INDEX IF NOT EXISTS conversations_by_owner ON conversations (owner, changed);
CREATE TABLE IF NOT EXISTS exchanges (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL, asked TEXT NOT NULL, question TEXT NOT NULL,
    text TEXT NOT NULL, answer TEXT NOT NULL,
    thumb INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS exchanges_by_conversation ON exchanges (conversation_id, number);
CREATE INDEX IF NOT EXISTS exchanges_rated ON exchanges (number) WHERE thumb <> 0
"""
CONVERSATION = (
    "SELECT id, owner, title, made, changed, (SELECT COUNT(*) FROM exchanges "
    "WHERE conversation_id = conversations.id) FROM conversations WHERE deleted IS NULL AND "
)
EXCHANGE = (
    "SELECT e.id, conversation_id, asked, question, text, answer, thumb, note FROM exchanges e "
    "JOIN conversations c ON c.id = conversation_id WHERE deleted IS NULL AND "
)
_TITLE = 60  # characters of a question that make a title


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a list shows of a conversation; times are UTC, `exchanges` is how many it has."""

    id: str
    owner: str
    title: str
    made: datetime
    changed: datetime
    exchanges: int = 0


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer; `thumb` is 1, -1 or, where nobody rated it, 0."""

    id: str
    conversation_id: str
    asked: datetime
    answer: Answer
    thumb: int = 0
    note: str = ""


def turns(exchanges: Iterable[Exchange]) -> list[Turn]:
    """What a next question has to know of the exchanges before it."""
    return [turn_of(exchange.answer) for exchange in exchanges]


def short_title(question: str) -> str:
    """A question as a title: on one line, cut after a word where it is long."""
    title = " ".join(question.split())
    if len(title) <= _TITLE:
        return title
    words = title[: _TITLE + 1].rpartition(" ")[0]
    # Some scripts have no spaces: there it is cut anywhere.
    return f"{words if len(words) > _TITLE // 3 else title[:_TITLE]}…"


def where(owner: str, text: str) -> tuple[str, list[object]]:
    """A condition on `conversations` and its values."""
    if not text.strip():
        return "owner = ?", [owner]
    sought = storable(text.strip())
    return (
        "owner = ? AND (instr(fold(title), fold(?)) OR EXISTS (SELECT 1 FROM exchanges e "
        "WHERE e.conversation_id = conversations.id "
        "AND (instr(fold(question), fold(?)) OR instr(fold(text), fold(?)))))",
        [owner, sought, sought, sought],
    )


def to_conversation(row: Sequence[Any]) -> Conversation:
    key, owner, title, made, changed, exchanges = row
    times = datetime.fromisoformat(made), datetime.fromisoformat(changed)
    return Conversation(key, owner, title, *times, exchanges)


def to_exchange(row: Sequence[Any]) -> Exchange:
    key, conversation_id, asked, question, text, answer, thumb, note = row
    answer = from_json(answer, question, text)
    return Exchange(key, conversation_id, datetime.fromisoformat(asked), answer, thumb, note)


def as_text(moment: datetime) -> str:
    """A time as text that sorts as the time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
