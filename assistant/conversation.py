"""A follow-up as a question that stands alone, with or without a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import prompts
from assistant.answer import Turn
from assistant.question import content_words

if TYPE_CHECKING:
    from llama_index.core.llms.llm import LLM

_ORDINALS = {
    "first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "latter": 1, "third": 2, "3rd": 2,
    "fourth": 3, "4th": 3, "fifth": 4, "5th": 4, "last": -1,
}  # fmt: skip
_ORDINAL = re.compile(
    rf"\bthe\s+({'|'.join(_ORDINALS)})(?:\s+(?:one|paper|study|work|abstract|method|approach|"
    r"article|result|source))?\b(?!\s+(?:time|step|stage|place|order|author|layer))",
    re.IGNORECASE,
)
_MARK = re.compile(r"(?:\[|\b(?:number|paper|source|no\.?)\s*#?)(\d{1,2})\b\]?", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:who|what|which|any(?:one|body|thing)?|some(?:one|body)|are there)\b[^.?!]{0,30}\b"
    r"(?:else|other|others|similar|related|another)\b|\b(?:any|other|similar|related|more)\s+"
    r"(?:papers?|works?|stud(?:y|ies)|research|articles?|ones?|approaches|methods)\b|"
    r"\banything similar\b|\bapart from (?:that|this|it|them)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:it|its|itself|they|them|their|theirs|he|she|his|her|this|that|these|those|there|"
    r"such|same|both|the (?:paper|authors?|method|approach|model|study|work|result|results|"
    r"technique|framework|dataset|benchmark|algorithm|system|idea|former|latter|one|ones))\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^\s*(?:and|but|so|or|also|then|ok(?:ay)?|what about|how about|why\?*$|how so|"
    r"how come|in what way|on (?:which|what)|by how|for (?:which|what))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that can be searched by itself.

    `favoured` are the papers that the conversation is about, `excluded` those that the user
    asks to look beyond. `follows` tells whether it leans on an earlier turn.
    """

    question: str
    favoured: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    follows: bool = False


def stand_alone(question: str, turns: Sequence[Turn], llm: LLM | None = None) -> Standalone:
    """What a message asks for in its conversation.

    Rules find the follow-ups: words that point back ("it", "the authors"), a numbered paper
    ("the second one", "[2]"), a wish for other papers ("who else …"), or a message with hardly
    a word of its own. With a language model the wording comes from it, the papers in question
    still from the rules; a model that fails costs nothing but its help.
    """
    if not turns:
        return Standalone(question)
    last = turns[-1]
    ruled = _by_rules(question, last)
    if llm is None or not ruled.follows:
        return ruled
    written = _condense(question, turns, llm)
    if written:
        return Standalone(written, ruled.favoured, ruled.excluded, follows=True)
    return ruled


def _by_rules(question: str, last: Turn) -> Standalone:
    topic = last.standalone or last.question
    if _OTHERS.search(question):
        own = " ".join(_own_words(question))
        return Standalone(f"{topic} {own}".strip(), (), last.cited, follows=True)
    pointed = _numbered(question, last)
    if pointed is not None:
        title = last.titles[pointed]
        return Standalone(f"{question} ({title})", (last.cited[pointed],), follows=True)
    short = len(_own_words(question)) <= 2
    if _POINTING.search(question) or _OPENING.search(question) or short:
        about = last.titles[0] if last.titles else topic
        return Standalone(f"{question} ({about}; {topic})", last.cited[:1], follows=True)
    return Standalone(question)


def _own_words(question: str) -> list[str]:
    words = content_words(question)
    asked = {w.lower() for w in words}
    return [w for w in words if w.lower() in asked and len(w) > 2]


def _numbered(question: str, last: Turn) -> int | None:
    """Which of the last answer's papers a message names by its number, if it does."""
    if found := _ORDINAL.search(question):
        place = _ORDINALS[found.group(1).lower()]
    elif found := _MARK.search(question):
        place = int(found.group(1)) - 1
    else:
        return None
    if place == -1:
        place = len(last.cited) - 1
    return place if 0 <= place < len(last.cited) else None


def _condense(question: str, turns: Sequence[Turn], llm: LLM) -> str:
    from llama_index.core.base.llms.types import ChatMessage, MessageRole

    lines = []
    for turn in turns[-3:]:
        lines.append(f"Researcher: {turn.question}")
        lines.append(f"Assistant: {turn.answer[:600]}")
    prompt = prompts.fill("condense", conversation="\n".join(lines), question=question)
    try:
        reply = llm.chat([ChatMessage(role=MessageRole.USER, content=prompt)])
    except Exception:  # the rules' own wording serves as well
        return ""
    text = (reply.message.content or "").strip().strip('"').splitlines()
    return text[0][:500] if text and text[0] else ""
