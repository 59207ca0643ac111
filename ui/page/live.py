"""An answer on its way, as a conversation shows it until it is there."""

from __future__ import annotations

from markupsafe import Markup

from assistant.answer import (
    Answer,
    Restarted,
    Retrieved,
    Sentence,
    Tokens,
    Written,
    join_sentences,
)
from ui.page.exchanges import LIVE, Shown

_STOPPED = "You stopped this answer here."


class Live:
    """What has come of the answer to a question."""

    def __init__(self, question: str) -> None:
        self.question = question
        self.sentences: list[Sentence] = []
        self.notice = ""
        self.retrieved: Retrieved | None = None
        self.answer: Answer | None = None

    def heard(self, event: Retrieved | Written | Restarted) -> bool:
        """Takes an event in; whether there is something new to see."""
        if isinstance(event, Retrieved):
            self.retrieved = event
            return False
        if isinstance(event, Written):
            self.sentences.append(event.sentence)
        else:
            self.sentences.clear()
            self.notice = event.notice
        return True

    def html(self, state: str, notice: str = "") -> Markup:
        passages = self.retrieved.passages if self.retrieved else ()
        return Shown(
            LIVE,
            self.question,
            tuple(self.sentences),
            passages,
            notice=notice or self.notice,
            state=state,
        ).html()

    def broken_off(self) -> Answer | None:
        """What there is of the answer, or None where there is nothing."""
        if self.retrieved is None or not self.sentences:
            return None
        sentences = tuple(self.sentences)
        return Answer(
            question=self.question,
            status="partial",
            text=join_sentences(sentences),
            sentences=sentences,
            citations=tuple(c for sentence in sentences for c in sentence.citations),
            nearest=(),
            passages=self.retrieved.passages,
            searched=self.retrieved.searched,
            writer="",
            confidence=0.0,
            tokens=Tokens(),
            notice=_STOPPED,
        )
