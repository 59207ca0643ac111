"""What the page suggests to ask: first of a library, then in a conversation."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from functools import partial

from assistant.answer import turn_of
from assistant.engine import CitedQueryEngine
from assistant.history_rows import Exchange, turns
from assistant.suggesting import first_questions, follow_ups
from ui.page.scope import Scope

log = logging.getLogger("assistant.page")


class Suggestions:
    """Questions that an engine's library answers."""

    def __init__(self, engine: CitedQueryEngine) -> None:
        self._engine = engine
        self._library = engine.library
        self._first: tuple[int, list[str]] = (-1, [])
        self._choosing = threading.Lock()

    def first(self) -> list[str]:
        """Questions to begin with; nobody waits for the better ones, of which each was tried."""
        version, questions = self._first
        if version != self._library.catalog.changes.version():
            questions = first_questions(self._library)
            threading.Thread(target=self.choose, name="suggest", daemon=True).start()
        return questions

    def choose(self) -> None:
        """Chooses the questions to begin with, each of which the library answers."""
        if not self._choosing.acquire(blocking=False):
            return
        try:
            version = self._library.catalog.changes.version()
            questions = first_questions(self._library, answers=self._engine.can_answer)
            self._first = (version, questions)
        except Exception:  # a library without suggestions can still be asked
            log.exception("No first questions could be made")
        finally:
            self._choosing.release()

    def next(self, exchanges: Sequence[Exchange], scope: Scope) -> list[str] | None:
        """What could be asked after the last exchange; None where that can't be told."""
        before, answer = turns(exchanges[:-1]), exchanges[-1].answer
        after = [*before, turn_of(answer)]
        try:
            can = partial(self._engine.can_answer, filters=scope.filters(), turns=after)
            return follow_ups(answer, before, library=self._library, answers=can)
        except Exception:  # an answer without suggestions is still an answer
            log.exception("No follow-ups could be made")
            return None
