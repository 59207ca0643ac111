"""What tests of the engine ask, and answers without their clocks."""

from __future__ import annotations

from dataclasses import replace

from assistant.answer import Answer
from assistant.settings import AnswerSettings

BEE_QUESTION = "Does morning light help honeybees find their hive?"
EXTRACTIVE = AnswerSettings(writer="extractive")


def plain(answer: Answer) -> Answer:
    """An answer without what differs from run to run."""
    return replace(answer, timings_ms={})
