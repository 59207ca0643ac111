"""A follow-up as a question that stands alone, with or without a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import prompts
from assistant.answer import Turn
from assistant.marks import drafted_sentences
from assistant.pointing import (
    asks_nothing,
    compares,
    compares_several,
    names_a_number,
    numbered,
    others_by,
    points_back,
    sign_of,
    topic_words,
    without_numbers,
)
from assistant.question import asked_about

if TYPE_CHECKING:
    from llama_index.core.llms.llm import LLM

_LONGEST = 400  # characters of a question that a model may make of a message
_LABEL = re.compile(r"^[\w -]{0,40}question[\w -]{0,20}:\s*", re.IGNORECASE)
_SEVERAL = 3  # papers that "they" may mean


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that can be searched by itself.

    `asks` is the wording that tells one sentence of a paper from another: the message without
    the context that the question has been given. `favoured` are the papers that the
    conversation is about, `excluded` those that the user asks to look beyond. `follows` tells
    whether it leans on an earlier turn; `only` that it is about the favoured papers and no
    others. `told` is an answer to go beyond ("tell me more"). `failed` says why the language
    model couldn't word it, if it couldn't.
    """

    question: str
    asks: str
    favoured: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    follows: bool = False
    only: bool = False
    told: str = ""
    failed: str = ""


def stand_alone(question: str, turns: Sequence[Turn], llm: LLM | None = None) -> Standalone:
    """What a message asks for in its conversation; an empty question for one that asks nothing.

    Rules find the follow-ups: words that point back ("it", "the authors"), a numbered paper
    ("the second one", "[2]"), a wish for other papers ("who else …"), or a message with hardly
    a word of its own. With a language model the wording comes from it, the papers in question
    still from the rules; where the model fails, so does the wording.
    """
    if asks_nothing(question):
        return Standalone("", "")
    turns = [turn for turn in turns if not asks_nothing(turn.question)]
    if not turns:
        return Standalone(question, question)
    ruled = _by_rules(question, turns)
    if llm is None or not ruled.follows:
        return ruled
    try:
        written = _condense(question, turns, llm)
    except Exception as error:  # any client library, any server: the rules' wording serves as well
        from assistant.writing.model import reason

        return replace(ruled, failed=reason(error))
    return replace(ruled, question=written, asks=written) if written else ruled


def _by_rules(message: str, turns: Sequence[Turn]) -> Standalone:
    last, topic = turns[-1], _topic(turns)
    places = numbered(message, len(last.cited))
    if places:
        if compares(message) and points_back(message) and 0 not in places:
            places.insert(0, 0)  # "how does it compare with the second one?"
        return _about(message, last, places)
    if names_a_number(message):
        return Standalone(message, message)
    sign = sign_of(message, " ".join((last.question, last.answer, *last.titles)))
    if sign == "others":
        own = others_by(message)
        asked = message if own and not points_back(message) else f"{topic} {own}".strip()
        seen = dict.fromkeys(i for turn in turns[_since(turns) :] for i in turn.cited)
        return Standalone(asked, asked, excluded=tuple(seen), follows=True)
    if sign == "none":
        return Standalone(message, message)
    answered = [turn for turn in turns[_since(turns) :] if turn.cited and not turn.refused]
    if sign == "linked" or not answered:
        return _with(message, topic)
    before = answered[-1]
    if compares_several(message):
        return _about(message, before, range(min(len(before.cited), _SEVERAL)))
    found = _with(message, f"{before.titles[0]}; {topic}")
    told = before.answer if found.asks == found.question else ""
    return replace(found, favoured=before.cited[:1], told=told)


def _with(message: str, context: str) -> Standalone:
    asked = f"{message} ({context})"
    own = asked_about(without_numbers(message))
    return Standalone(asked, message if own else asked, follows=True)


def _about(message: str, last: Turn, places: Sequence[int]) -> Standalone:
    """A message about these papers of the last turn and no others."""
    found = _with(message, "; ".join(last.titles[place] for place in places))
    return replace(found, favoured=tuple(last.cited[place] for place in places), only=True)


def _since(turns: Sequence[Turn]) -> int:
    """The turn that the conversation's present subject began with."""
    for place in range(len(turns) - 1, 0, -1):
        if not turns[place].follows:
            return place
    return 0


def _topic(turns: Sequence[Turn]) -> str:
    first = turns[_since(turns)]
    return first.standalone or first.question


def _condense(message: str, turns: Sequence[Turn], llm: LLM) -> str:
    """The model's wording of a message, or nothing where it wrote something else."""
    from llama_index.core.base.llms.types import ChatMessage, MessageRole

    lines = []
    for turn in turns[-3:]:
        lines.append(f"Researcher: {turn.question}")
        lines.append(f"Assistant: {turn.answer[:600]}")
    prompt = prompts.fill("condense", conversation="\n".join(lines), question=message)
    reply = llm.chat([ChatMessage(role=MessageRole.USER, content=prompt)])
    return question_in(reply.message.content or "", "\n".join((*lines, message)))


def question_in(reply: str, conversation: str) -> str:
    """The question that a model wrote, or nothing if what it wrote can't be one: an answer with
    marks, a text without end, or words that the conversation never held."""
    line: list[str] = []
    for drafted in drafted_sentences([reply]):
        if drafted.marks:
            return ""
        if line and drafted.opens_paragraph:
            break
        line.append(drafted.text)
    text = _LABEL.sub("", " ".join(line)).strip(' "“”')
    if not text or len(text) > _LONGEST:
        return ""
    said = {word.lower() for word in re.findall(r"\w+", conversation)}
    own = [word.lower() for word in re.findall(r"\w+", " ".join(topic_words(text)))]
    known = sum(word in said for word in own)
    return text if known * 2 >= len(own) else ""
