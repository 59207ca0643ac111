"""Answers as JSON that can be kept for years, and back."""

from __future__ import annotations

import json
from datetime import date as Date
from functools import cache

from pydantic import TypeAdapter, ValidationError

from assistant.answer import Answer, Searched, Sentence

UNREADABLE = "Another version of the program kept this answer: only its text can be shown."


def to_json(answer: Answer) -> str:
    """An answer as one JSON document that SQLite can hold, whatever is in its texts."""
    # Not pydantic's own writer: it makes null of an infinite score and stops at half a character.
    plain = _adapter().dump_python(answer)
    return storable(json.dumps(plain, ensure_ascii=False, default=Date.isoformat))


def from_json(data: str, question: str, text: str) -> Answer:
    """The answer that was written; where it can't be read, one of nothing but its text.

    No sentence of the latter counts as supported, as there is nothing to show for it.
    """
    try:
        return _adapter().validate_json(data)
    except ValidationError:
        sentences = (Sentence(text, (), supported=False),) if text.strip() else ()
        return Answer(
            question=question,
            status="partial" if sentences else "refused",
            text=text,
            sentences=sentences,
            citations=(),
            nearest=(),
            passages=(),
            searched=Searched(question, 0),
            writer="",
            confidence=0.0,
            notice=UNREADABLE,
        )


def storable(text: str) -> str:
    """A text with `?` for halves of characters, which UTF-8 doesn't know."""
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _adapter() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)
