"""Sentences of an abstract, as offsets into it."""

from __future__ import annotations

import re

Span = tuple[int, int]

# A full stop after these is no end of a sentence.
_ABBREVIATIONS = (
    r"e\.g|i\.e|et al|al|cf|vs|resp|approx|fig|figs|eq|eqs|sec|no|vol|ca|w\.r\.t|a\.k\.a|aka|"
    r"dr|prof|mr|mrs|st|ref|refs|def|thm|prop|viz|i\.i\.d|u\.s|etc"
)
_ENDS_IN_ABBREVIATION = re.compile(rf"(?:^|[\s(\[~])(?:{_ABBREVIATIONS}|[A-Z])\.$", re.IGNORECASE)
_INITIAL = re.compile(r"(?:^|[\s(\[~.])[A-Z]\.$")
# Where a sentence may end: a mark with its closing quotes or brackets, then white space; or a
# full stop glued to the next sentence's first word, as pages that lost a line end have it.
_BREAK = re.compile(
    r"(?P<mark>[.!?][\"'”’)\]}]*)(?P<gap>\s+)(?=\S)"
    r"|(?P<glued>(?<=[a-z0-9)\]%}$]{2})[.!?])(?=[A-Z][a-z]+[\s,])"
)
_MIN_LENGTH = 12


def split_sentences(text: str) -> list[Span]:
    """The sentences of a text as (start, end) offsets, in order, without the gaps between.

    A rule-based splitter made for abstracts: it knows their abbreviations, keeps decimals,
    URLs and enumerations whole, and parts sentences whose gap got lost. Every character that
    is not white space stands in exactly one sentence.
    """
    spans: list[Span] = []
    start = _skip_space(text, 0)
    for found in _BREAK.finditer(text):
        end = found.end("mark") if found.group("mark") else found.end("glued")
        if end - start < _MIN_LENGTH or not _may_end(text, start, end, found):
            continue
        spans.append((start, end))
        start = _skip_space(text, end)
    last = len(text.rstrip())
    if last > start:
        spans.append((start, last))
    return spans


def _may_end(text: str, start: int, end: int, found: re.Match[str]) -> bool:
    after = text[found.end()]
    if found.group("glued"):
        return "://" not in text[max(start, text.rfind(" ", start, end)) : end]
    if after.islower():
        return False
    tail = text[max(start, end - 12) : end]
    if text[found.start()] == "." and (
        (_ENDS_IN_ABBREVIATION.search(tail) and not _closes_with_etc(tail)) or _INITIAL.search(tail)
    ):
        return False
    return not _open_bracket(text, start, end)


def _closes_with_etc(tail: str) -> bool:
    # "etc." before a capital mostly does end its sentence.
    return tail.lower().endswith((" etc.", "(etc."))


def _open_bracket(text: str, start: int, end: int) -> bool:
    """Whether a round bracket opened in this sentence is still open a short way back."""
    near = text[max(start, end - 160) : end]
    return near.rfind("(") > near.rfind(")") and ")" in text[end : end + 160]


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
