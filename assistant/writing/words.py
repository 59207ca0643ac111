"""Words brought to a common form, to hold a question against a sentence without a library."""

from __future__ import annotations

import re

from assistant.question import asked_about

_ENDING = re.compile(r"(?:ies|es|s|ied|(?<!e)ed|ing|e|y)$")
_PARTS = re.compile(r"[-/]")


def stem(word: str) -> str:
    """A word without its ending: `boxes` and `box`, `improves` and `improving` are one."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    short = _ENDING.sub("", word) if word.isalpha() else word
    if len(short) > 3 and short[-1] == short[-2]:  # mapped, maps
        short = short[:-1]
    return short if len(short) > 2 else word.removesuffix("s") or word


def ordered_stems(text: str) -> list[str]:
    """The stems of a text's content words, in order; words with hyphens in their parts."""
    words = (part for word in asked_about(text) for part in _PARTS.split(word))
    return [stem(word) for word in words if word]


def stems(text: str) -> set[str]:
    """The same as a set."""
    return set(ordered_stems(text))
