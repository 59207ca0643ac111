"""Sentences and citation marks out of a text that a model is still writing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from store.sentences import split_sentences

_GROUP = re.compile(
    r"\s*[\[【](?:\s*(?:passage|source|ref)?\s*\d{1,3}\s*(?:[,;–-]\s*)?)+[\]】]", re.I
)
_NUMBERS = re.compile(r"(\d{1,3})(?:\s*[–-]\s*(\d{1,3}))?")
# A text that ends like this may go on with a mark of the sentence before.
_OPEN_MARK = re.compile(r"[\[【][^\]】]{0,20}$")
_LEADING_MARKS = re.compile(rf"^(?:{_GROUP.pattern})+[.!?]?", re.I)
_MARKUP = re.compile(r"<[/|!]?[a-z_|][^<>]{0,200}>", re.I)
_SPACE = re.compile(r"[^\S\n]+")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Drafted:
    """A sentence as a model wrote it: the bare text, the numbers it cites, where it stands."""

    text: str
    marks: tuple[int, ...]
    opens_paragraph: bool


def read_marks(text: str) -> tuple[str, tuple[int, ...]]:
    """A sentence without its marks, and the numbers in them in order, each once.

    Knows `[1]`, `[1, 2]`, `[1][2]` and `[1-3]`.
    """
    numbers: list[int] = []
    for group in _GROUP.findall(text):
        for first, last in _NUMBERS.findall(group):
            span = range(int(first), int(last or first) + 1)
            numbers.extend(span if len(span) <= 20 else [int(first)])
    bare = _SPACE.sub(" ", _GROUP.sub("", text)).strip()
    return bare, tuple(dict.fromkeys(numbers))


def drafted_sentences(pieces: Iterable[str]) -> Iterator[Drafted]:
    """Each sentence as soon as it is whole: when the next one has begun, or the text has ended.

    Markup and control tokens a model may leak (`<b>`, `<|end|>`) are taken out.
    """
    waiting = ""
    opens = False
    for piece in pieces:
        waiting += piece
        while (cut := _first_whole(waiting)) is not None:
            part, waiting = waiting[:cut], waiting[cut:]
            yield from _draft(part, opens)
            opens = "\n" in waiting[: len(waiting) - len(waiting.lstrip())]
            waiting = waiting.lstrip()
    for start, end in _with_marks(waiting):
        yield from _draft(waiting[start:end], opens)
        opens = "\n" in waiting[end : end + 2]


def _first_whole(text: str) -> int | None:
    """Where the first sentence and its marks end, once something has begun after them."""
    spans = _with_marks(text)
    if len(spans) < 2 or (_OPEN_MARK.search(text[: spans[1][1]]) and len(spans) == 2):
        return None
    if text[spans[1][0]] in "[【" or len(text) - spans[1][0] < 4:
        return None
    return spans[0][1]


def _with_marks(text: str) -> list[tuple[int, int]]:
    """Sentence spans, line by line, marks behind a full stop counted to the sentence before."""
    spans: list[tuple[int, int]] = []
    for line in re.finditer(r"[^\n]+", text):
        for start, end in split_sentences(line.group()):
            start, end = start + line.start(), end + line.start()
            lead = _LEADING_MARKS.match(text[start:end])
            if lead and spans:
                spans[-1] = (spans[-1][0], start + lead.end())
                start += lead.end()
                start += len(text[start:end]) - len(text[start:end].lstrip())
            if start < end:
                spans.append((start, end))
    return spans


def _draft(text: str, opens: bool) -> Iterator[Drafted]:
    clean = _BULLET.sub("", _MARKUP.sub("", text)).strip()
    bare, numbers = read_marks(clean)
    bare = re.sub(r"\s+([.,;!?])", r"\1", bare)
    if any(c.isalnum() for c in bare):
        yield Drafted(bare, numbers, opens)
