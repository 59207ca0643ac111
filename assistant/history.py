"""Conversations kept across restarts, in one SQLite file that the user owns."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.answer import Answer
from assistant.history_rows import (
    CONVERSATION,
    EXCHANGE,
    SCHEMA,
    Conversation,
    Exchange,
    as_text,
    short_title,
    to_conversation,
    to_exchange,
    turns,
    where,
)
from assistant.ratings import rated_row
from assistant.records import storable, to_json
from store.database import Database
from store.errors import BrokenLibrary

__all__ = ["Conversation", "Conversations", "Exchange", "UnknownConversation", "turns"]

SCHEMA_VERSION = 1
_LONGEST_TITLE = 200


class UnknownConversation(LookupError):
    """There is no conversation or exchange of that id."""


class Conversations:
    """All conversations of a library. Safe to use from several threads.

    Ids can't be guessed, so whoever has one may read that conversation; whether somebody may
    change it is for the caller to decide, by its `owner`. What was deleted can be brought back
    until the file is opened `keep_deleted` later or after.

    Raises (from any method): BrokenLibrary where the file can't be used; UnknownConversation
    where something is to be changed that isn't there.
    """

    def __init__(
        self,
        path: Path,
        *,
        keep_deleted: timedelta = timedelta(days=30),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._database = Database(path, "file of conversations")
        with self._database.write() as db:
            for statement in SCHEMA.split(";"):
                db.execute(statement)
            db.execute(
                "INSERT OR IGNORE INTO meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),)
            )
        version = self._rows("SELECT value FROM meta WHERE key = 'schema_version'")[0][0]
        if version != str(SCHEMA_VERSION):
            self.close()
            raise BrokenLibrary(
                f"The file of conversations {path} has format {version}, and this program reads "
                f"format {SCHEMA_VERSION}: use the version of the program that made it."
            )
        self._forget(before=clock() - keep_deleted)

    def close(self) -> None:
        self._database.close()

    # --- conversations ------------------------------------------------------------------

    def create(self, owner: str) -> Conversation:
        """A new one, without a title until something is asked in it."""
        now = self._clock()
        made = Conversation(_new_id(), owner, "", now, now)
        with self._database.write() as db:
            db.execute(
                "INSERT INTO conversations (id, owner, made, changed) VALUES (?, ?, ?, ?)",
                (made.id, owner, as_text(now), as_text(now)),
            )
        return made

    def get(self, conversation_id: str) -> Conversation | None:
        """A conversation by its id; None where there is none or it was deleted."""
        rows = self._rows(f"{CONVERSATION} id = ?", (storable(conversation_id),))
        return to_conversation(rows[0]) if rows else None

    def rename(self, conversation_id: str, title: str) -> None:
        """Gives it a title that stays. Raises ValueError for a title of nothing but space."""
        title = " ".join(storable(title).split())[:_LONGEST_TITLE]
        if not title:
            raise ValueError("A title needs at least one letter: write one.")
        self._change("title = ?, named = 1", (title,), conversation_id)

    def delete(self, conversation_id: str) -> None:
        """Takes it out of sight; `restore` brings it back."""
        self._change("deleted = COALESCE(deleted, ?)", (as_text(self._clock()),), conversation_id)

    def restore(self, conversation_id: str, owner: str | None = None) -> None:
        """Brings a deleted one back as it was; with an owner only if it is theirs."""
        query = (
            "UPDATE conversations SET deleted = NULL WHERE id = ? AND owner = COALESCE(?, owner)"
        )
        with self._database.write() as db:
            if not db.execute(query, (conversation_id, owner)).rowcount:
                raise _unknown("conversation", conversation_id)

    def copy(self, conversation_id: str, owner: str) -> Conversation:
        """The same exchanges under new ids for somebody else, without anybody's ratings."""
        copied, moment = _new_id(), self._clock()
        now = as_text(moment)
        with self._database.write() as db:
            made = db.execute(
                "INSERT INTO conversations (id, owner, title, named, made, changed) "
                "SELECT ?, ?, title, named, ?, ? FROM conversations "
                "WHERE id = ? AND deleted IS NULL",
                (copied, owner, now, now, conversation_id),
            ).rowcount
            if not made:
                raise _unknown("conversation", conversation_id)
            title = db.execute("SELECT title FROM conversations WHERE id = ?", (copied,)).fetchone()
            numbers = db.execute(
                "SELECT number FROM exchanges WHERE conversation_id = ? ORDER BY number",
                (conversation_id,),
            ).fetchall()
            db.executemany(
                "INSERT INTO exchanges (id, conversation_id, asked, question, text, answer) "
                "SELECT ?, ?, asked, question, text, answer FROM exchanges WHERE number = ?",
                [(_new_id(), copied, number) for (number,) in numbers],
            )
        return Conversation(copied, owner, title[0], moment, moment, len(numbers))

    # --- exchanges ----------------------------------------------------------------------

    def record(self, conversation_id: str, answer: Answer, *, instead_of: str = "") -> Exchange:
        """Adds an answer at the end; the first gives the conversation its title.

        It takes the place of the exchange `instead_of` and all after it, if one is named. A
        conversation that was deleted meanwhile takes it too, so that nothing is lost.
        """
        exchange = Exchange(_new_id(), conversation_id, self._clock(), answer)
        question, text = storable(answer.question), storable(answer.text)
        row = (
            exchange.id,
            conversation_id,
            as_text(exchange.asked),
            question,
            text,
            to_json(answer),
        )
        with self._database.write() as db:
            if instead_of:
                self._cut(db, conversation_id, instead_of)
            known = db.execute(
                "UPDATE conversations SET changed = ?, title = CASE WHEN named OR EXISTS "
                "(SELECT 1 FROM exchanges WHERE conversation_id = conversations.id) "
                "THEN title ELSE ? END WHERE id = ?",
                (row[2], short_title(question), conversation_id),
            ).rowcount
            if not known:
                raise _unknown("conversation", conversation_id)
            db.execute(
                "INSERT INTO exchanges (id, conversation_id, asked, question, text, answer) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
        return exchange

    def exchanges(self, conversation_id: str) -> list[Exchange]:
        """All of a conversation in order; none where there is no such conversation."""
        rows = self._rows(
            f"{EXCHANGE} conversation_id = ? ORDER BY e.number", (storable(conversation_id),)
        )
        return [to_exchange(row) for row in rows]

    def exchange(self, exchange_id: str) -> Exchange | None:
        """One by its id; None where there is none or its conversation was deleted."""
        rows = self._rows(f"{EXCHANGE} e.id = ?", (storable(exchange_id),))
        return to_exchange(rows[0]) if rows else None

    @staticmethod
    def _cut(db: sqlite3.Connection, conversation_id: str, exchange_id: str) -> None:
        """Removes an exchange and all after it for good."""
        cut = db.execute(
            "DELETE FROM exchanges WHERE conversation_id = ?1 AND number >= (SELECT number "
            "FROM exchanges WHERE id = ?2 AND conversation_id = ?1)",
            (conversation_id, exchange_id),
        ).rowcount
        if not cut:
            raise _unknown("exchange", exchange_id)

    def rate(self, exchange_id: str, thumb: int, note: str = "") -> None:
        """Sets thumb (1, -1, or 0 to take it back) and note, in place of what was there."""
        if thumb not in (-1, 0, 1):
            raise ValueError(f"A thumb is 1, -1 or 0, not {thumb}.")
        with self._database.write() as db:
            query = "UPDATE exchanges SET thumb = ?, note = ? WHERE id = ?"
            if not db.execute(query, (thumb, storable(note), exchange_id)).rowcount:
                raise _unknown("exchange", exchange_id)

    def rated(self, owner: str | None = None) -> Iterator[dict[str, object]]:
        """Every exchange with a thumb or a note, or one owner's, as rows of a questions file,
        oldest first.

        See `assistant.ratings`; nothing in a row says who rated.
        """
        numbers = self._rows(
            "SELECT e.number FROM exchanges e JOIN conversations c ON c.id = conversation_id "
            "WHERE (thumb <> 0 OR note <> '') AND deleted IS NULL AND owner = COALESCE(?, owner) "
            "ORDER BY e.number",
            (owner,),
        )
        for (number,) in numbers:
            # One by one, as an answer with all its passages is large.
            for exchange in map(to_exchange, self._rows(f"{EXCHANGE} e.number = ?", (number,))):
                earlier = self._rows(
                    "SELECT question FROM exchanges WHERE conversation_id = ? AND number < ? "
                    "ORDER BY number",
                    (exchange.conversation_id, number),
                )
                yield rated_row(
                    exchange.id,
                    exchange.answer,
                    exchange.thumb,
                    exchange.note,
                    tuple(question for (question,) in earlier),
                )

    # --- lists --------------------------------------------------------------------------

    def list(
        self, owner: str, *, text: str = "", limit: int | None = None, offset: int = 0
    ) -> Sequence[Conversation]:
        """A page of somebody's conversations, the one that changed last first.

        `text` looks into titles, questions and answers, whatever the case.
        """
        condition, values = where(owner, text)
        rows = self._rows(
            f"{CONVERSATION} {condition} ORDER BY changed DESC, number DESC LIMIT ? OFFSET ?",
            (*values, -1 if limit is None else limit, offset),
        )
        return [to_conversation(row) for row in rows]

    def count(self, owner: str, *, text: str = "") -> int:
        condition, values = where(owner, text)
        query = f"SELECT COUNT(*) FROM conversations WHERE deleted IS NULL AND {condition}"
        return int(self._rows(query, values)[0][0])

    # --- within -------------------------------------------------------------------------

    def _change(self, what: str, values: Sequence[object], conversation_id: str) -> None:
        with self._database.write() as db:
            query = f"UPDATE conversations SET {what} WHERE id = ?"
            if not db.execute(query, (*values, conversation_id)).rowcount:
                raise _unknown("conversation", conversation_id)

    def _forget(self, before: datetime) -> None:
        """Removes for good what was deleted before that time."""
        with self._database.write() as db:
            old = "SELECT id FROM conversations WHERE deleted < ?"
            db.execute(
                f"DELETE FROM exchanges WHERE conversation_id IN ({old})", (as_text(before),)
            )
            db.execute("DELETE FROM conversations WHERE deleted < ?", (as_text(before),))

    def _rows(self, query: str, values: Sequence[object] = ()) -> Sequence[Any]:
        with self._database.read() as db:
            return db.execute(query, values).fetchall()


def _new_id() -> str:
    return secrets.token_urlsafe(12)


def _unknown(what: str, key: str) -> UnknownConversation:
    return UnknownConversation(f"There is no {what} {key!r}: it may have been deleted.")
