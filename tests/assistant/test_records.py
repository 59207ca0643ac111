"""Answers as JSON and back."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings

from assistant.answer import Answer
from assistant.records import UNREADABLE, from_json, storable, to_json
from tests.assistant.any_answers import answered, answers
from tests.assistant.invented import BEES

QUOTE = "We released 600\n".strip()
BEES_ANSWER = answered("Do bees see light?", ("Bees were released [1].", 1, BEES, QUOTE))


@given(answers)
@settings(deadline=None, max_examples=60)
def test_an_answer_comes_back_equal(answer: Answer) -> None:
    assert from_json(to_json(answer), "", "") == answer


def test_half_a_character_is_replaced_and_the_rest_kept() -> None:
    data = to_json(replace(BEES_ANSWER, question="Why \ud83d?"))
    assert from_json(data, "", "") == replace(BEES_ANSWER, question="Why ??")
    assert storable("\udcff é") == "? é"


def test_an_answer_of_a_later_version_is_read_without_what_is_unknown() -> None:
    later = json.dumps(json.loads(to_json(BEES_ANSWER)) | {"mood": "glad"})
    assert from_json(later, "", "") == BEES_ANSWER


def test_an_answer_that_cannot_be_read_is_its_text_and_nothing_looks_supported() -> None:
    for data in ("", "{", "[]", '{"question": 3}', "null"):
        read = from_json(data, "Why?", "Because [1].")
        assert (read.question, read.text, read.notice) == ("Why?", "Because [1].", UNREADABLE)
        assert [(s.text, s.supported) for s in read.sentences] == [("Because [1].", False)]
        assert read.citations == ()
