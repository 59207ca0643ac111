"""Abbreviations of a question, spelt out as the library's own papers do: "long form (LF)"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from store.filters import Filters

if TYPE_CHECKING:
    from store.library import Library

# Two capitals at least: "RLHF", "LLMs", "NeRF". Of a name like "GPT-4" the letters alone.
_SHORT = re.compile(r"(?<![\w-])[A-Za-z]*[A-Z][A-Za-z0-9]*[A-Z][A-Za-z0-9]*(?!\w)")
_LONGEST = 10  # letters of an abbreviation
_ASKED = 3  # abbreviations of one question that are looked up
_READ = 10  # papers that a definition is looked for in


def short_forms(question: str) -> list[str]:
    """The abbreviations in a question as they are written, without a plural's s."""
    found = (match.removesuffix("s") for match in _SHORT.findall(question))
    return [*dict.fromkeys(form for form in found if 2 <= len(form) <= _LONGEST)]


def long_form(short: str, text: str) -> str | None:
    """What stands before "(short)" in a text and spells it out; None where nothing does.

    From the right each letter of the abbreviation takes the nearest one like it, and the first
    one must begin a word (Schwartz and Hearst 2003, "A simple algorithm for identifying
    abbreviation definitions in biomedical text").
    """
    for found in re.finditer(rf"\(\s*{re.escape(short)}s?\s*\)", text):
        most = min(len(short) + 5, 2 * len(short))  # words, as the authors have it
        words = re.findall(r"\S+", text[max(0, found.start() - 300) : found.start()])[-most:]
        before = " ".join(words)
        if (start := _begin(_small(short), _small(before))) is not None:
            return before[start:].strip(" ,;:")
    return None


def _small(text: str) -> str:
    """In lower case, character by character, so that places stay the same."""
    return "".join(c.lower()[:1] for c in text)


def _begin(short: str, before: str) -> int | None:
    """Where in `before` the long form begins."""
    at = len(before)
    for place in range(len(short) - 1, -1, -1):
        at -= 1
        while at >= 0 and (
            before[at] != short[place] or (place == 0 and at > 0 and before[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return None
    return at


class Abbreviations:
    """What abbreviations stand for in a library. Safe to use from several threads."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known = lru_cache(maxsize=1000)(self._look_up)

    def spelt_out(self, question: str) -> list[str]:
        """For each abbreviation in a question that papers of the library define, the long form
        that most of the ten best papers for it give."""
        papers = len(self._library.words)
        forms = (self._known(short, papers) for short in short_forms(question)[:_ASKED])
        return [form for form in forms if form]

    def _look_up(self, short: str, papers: int) -> str | None:
        """`papers`, how many there are, is there to look again when others have come."""
        best = [paper_id for paper_id, _ in self._library.search_words(short, _READ, Filters())]
        texts = (paper.abstract for paper in self._library.get(best).values())
        return _usual(long_form(short, text) for text in texts)


def _usual(forms: Iterable[str | None]) -> str | None:
    counted = Counter(form.lower() for form in forms if form)
    return counted.most_common(1)[0][0] if counted else None
