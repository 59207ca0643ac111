"""Figures in a sentence with the words that belong to them: `128 healthy volunteers`, `3x faster`.

Each finder takes what is asked and a sentence, and gives the figures that may answer it, as they
are written there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assistant.writing.words import stem


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its unit, to the letter; `value` is the bare figure, `start` its place."""

    text: str
    value: str
    start: int


Finder = Callable[[str, str], Iterator[Figure]]

_WORDS = (
    r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|hundred|one hundred"
)
_DIGITS = r"\d+(?:[,.]\d+)*(?:\s?(?:thousand|million|billion)\b|[kKMB]\b)?\+?"
_NUMBER = rf"(?:{_DIGITS}|(?:{_WORDS})\b)"
# What narrows a figure is part of the answer.
_ABOUT = (
    r"(?:(?:more|fewer|less|greater) than|as (?:few|many|little|much) as|at (?:least|most)|up to|"
    r"well over|over|under|below|above|about|around|approximately|roughly|nearly|almost|some|~)"
    r"(?:\s+an?)?"
)
# "over nine sandbanks", "accuracy over 112 languages" aren't more than so many.
_OVER_ALL = re.compile(
    r"\b(?:averaged?|evaluat\w+|tested|computed|measured|results?|improvements?)\s*$", re.IGNORECASE
)
_ROUND = re.compile(r"\d.*(?:0|[kmb]|thousand|million|billion)\+?$", re.IGNORECASE)
_FIGURE = rf"(?P<figure>(?:\b{_ABOUT}\s+|~\s?)?(?<![\w.,$^_/{{(\\–=-])(?P<value>{_NUMBER}))"
# Figures that aren't the whole: "the top 10 classes", "3 of 12 tasks", "from 5 to 10 models".
_PART_BEFORE = re.compile(
    r"(?:\b(?:top|first|last|next|other|another|additional|remaining|every|each|per|"
    r"between|version|level|task|table|figure|section|step|stage)|\d\s*[-–]|"
    rf"(?:\d\S*|\b(?:one|{_WORDS}|half|most|some|any|out|all|none|third|rest))\s+of(?:\s+the)?|"
    rf"(?:\d\S*|\b(?:{_WORDS}))(?:\s+[\w-]+)?\s+to|"
    rf"(?:\d\S*|\b(?:{_WORDS})),?\s+(?:and|or))\s*$",
    re.IGNORECASE,
)
_NO_GAP = (
    r"(?:of|out|in|on|at|to|for|from|with|by|and|or|as|than|the|a|an|per|that|which|is|are|was|"
    r"were|has|have|had|we|our|its|their|times|percent|points|using|via|over|under|into|across|"
    r"between|while|but|more|fewer|less|out-of|different-sized)"
)
_GAP = rf"(?:\s+(?!{_NO_GAP}\b)\d?[A-Za-z][\w'’/+-]*){{0,4}}?"
# "Atari 2600 games", "ResNet 50 layers": the figure belongs to the name before it.
_NAMED = re.compile(r"[^.!?]\s[A-Z][\w-]*\s$")
_YEAR = re.compile(r"(?:19|20)\d\d$")

_CLASSES = {
    "up": "improve improvement gain raise increase boost better outperform beat surpass exceed rise"
    " rose grow grew climb add outdo lift higher jump enhance enhancement ahead",
    "down": "reduce reduction drop decrease lower cut fall fell save shrink lose loss fewer less"
    " decline degrade deteriorate sank worsen",
    "behind": "trail behind gap short lag difference",
    "fast": "faster quicker speedup speed accelerate acceleration",
    "cheap": "cheaper",
    "small": "smaller",
    "large": "larger bigger",
}
_CLASS = {stem(word): name for name, words in _CLASSES.items() for word in words.split()}
# Words of a question that say which way it goes; a sentence may put it in others.
CLOSE = frozenset(_CLASS) | {stem(w) for w in ("points", "percent", "average", "share", "rate")}

_PERCENT = r"(?:\s?(?:\\?%|percent\b|per cent\b|percentage points?\b)(?:\s?points?\b)?)"
_POINTS = r"(?:\s(?:absolute |F1 |BLEU )?(?:points?|dB|pp)\b)"
_TIMES = r"(?:\s?[x×](?![\w])|\s?times\b|[- ]?fold\b)"


def counted(asked: str, text: str) -> Iterator[Figure]:
    """The figures that stand by the plural noun `asked`: `43 languages`."""
    wanted = stem(asked)
    for found in re.finditer(rf"{_FIGURE}{_GAP}\s+(?P<noun>[A-Za-z][\w'’-]*)", text, re.I):
        start = _start(text, found)
        for end in _ends(text, found.start("value"), found.end("value")):
            noun = text[found.end("value") : end].split()[-1]
            if stem(noun.split("-")[-1]) == wanted and (noun[-1:] == "s" or noun == asked):
                if not _partial(text, start, found):
                    yield Figure(text[start:end], _value(found), start)
                break


def _ends(text: str, start: int, at: int) -> Iterator[int]:
    """Where each of the words behind a figure ends, as long as they may belong to it."""
    for _ in range(5):
        word = re.compile(rf"\s+(?!{_NO_GAP}\b)\d?[A-Za-z][\w'’/+-]*").match(text, at)
        if not word:
            return
        at = word.end()
        yield at


def _partial(text: str, start: int, found: re.Match[str]) -> bool:
    before, value, behind = text[:start], found.group("value"), text[found.end("value") :]
    narrowed = found.group("figure") != value
    return bool(
        _PART_BEFORE.search(before)
        or (_YEAR.match(value) and not narrowed)
        or (_NAMED.search(before) and not narrowed)
        or re.match(r"\s*(?:[\w-]+\s+)?(?:of|out of|to|or|[-–])\s*(?:the\s+)?\d", behind)
    )


def _start(text: str, found: re.Match[str]) -> int:
    """Where a figure begins, with what narrows it."""
    start = found.start("figure")
    if found.group("figure").lower().startswith("over") and (
        _OVER_ALL.search(text[:start]) or not _ROUND.search(found.group("value"))
    ):
        return found.start("value")
    return start


def _value(found: re.Match[str]) -> str:
    return found.group("value").lower().replace(",", "")


def durations(asked: str, text: str) -> Iterator[Figure]:
    """For `how long` the times: `15 minutes`."""
    if not re.search(
        r"\bhow (?:long (?!\w*(?:sequences|contexts|texts|documents))|many "
        r"(?:minutes|hours|days|seconds))",
        asked,
        re.I,
    ):
        return
    unit = (
        r"(?:\s?ms|\s?milliseconds?|\s?seconds?|[\s-]?minutes?|[\s-]?hours?|[\s-]?days?|\s?weeks?|"
        r"\s?months?|\s?years?|\s?(?:GPU|TPU|CPU)[\s-](?:hours?|days?))\b"
    )
    for found in re.finditer(rf"{_FIGURE}{unit}", text, re.I):
        if _partial(text, found.start(), found):
            continue
        yield Figure(found.group(), _value(found), found.start())


def measures(asked: str, text: str) -> Iterator[Figure]:
    """For `how much faster` and the like: `3x faster`, `38% fewer`."""
    wanted = re.search(
        r"\bhow (?:much|many times) (?:more |less )?(faster|quicker|cheaper|smaller|larger|bigger)"
        r"\b|\bhow (?:big|large) (?:a|is the|was the) (speed-?up)\b",
        asked,
        re.I,
    )
    if not wanted:
        return
    kind = _CLASS.get(stem((wanted.group(1) or wanted.group(2)).replace("-", "")))
    comparing = r"(?:faster|quicker|cheaper|smaller|larger|bigger|speed-?ups?|acceleration)"
    for found in re.finditer(
        rf"{_FIGURE}(?:{_PERCENT}|{_TIMES})\s+(?:\w+\s+)?(?P<way>{comparing})\b"
        rf"|\b(?P<way2>speed-?ups?)\s+of\s+(?P<figure2>(?:{_ABOUT}\s+)?(?P<value2>{_DIGITS})"
        rf"(?:{_PERCENT}|{_TIMES}))",
        text.replace("times\\", "      "),
        re.I,
    ):
        way = (found.group("way") or found.group("way2")).replace("-", "")
        if _CLASS.get(stem(way)) != kind:
            continue
        if found.group("figure2"):
            yield Figure(found.group("figure2"), found.group("value2"), found.start("figure2"))
        else:
            yield Figure(text[found.start() : found.end()], _value(found), found.start())


def sizes(asked: str, text: str) -> Iterator[Figure]:
    """For `how big` the parameters of a model, or what a collection consists of; for `what
    accuracy` and the like the figure by that noun."""
    size = re.search(
        r"\bhow (?:big|large|small)\s(?:is|was|are)\b.{0,60}?"
        r"\b(?:(model|network|net|LLM)|(data ?set|corpus|collection|benchmark|training set))\b",
        asked,
        re.I,
    )
    if size and size.group(1):
        pattern = (
            rf"{_FIGURE}(?:[\s-](?:million|billion))?"
            r"(?:\s(?:\w+\s)?parameters\b|[\s-]parameter(?:\s[\w-]+){0,3}?\s(?:model|network|LLM)\b)"
        )
        for found in re.finditer(pattern, text, re.I):
            yield Figure(found.group(), _value(found), found.start())
    elif size:
        pattern = (
            r"\b(?:consist\w* of|contain\w*|compris\w*|includ\w*)\s+"
            rf"{_FIGURE}{_GAP}\s+[A-Za-z][\w-]*s\b"
        )
        for found in re.finditer(pattern, text, re.I):
            start = found.start("figure")
            yield Figure(text[start : found.end()], _value(found), start)
    noun = re.search(
        r"\bwhat\s+(?:[\w-]+\s+){0,2}?(accuracy|precision|recall|F1|BLEU|AUC|error|mAP|"
        r"(?:success|win|error|refusal|compression|acceptance)[- ]rate|speed-?up)\b",
        asked,
        re.I,
    )
    if not noun:
        return
    name = re.escape(noun.group(1)).replace(r"\ ", "[- ]").replace(r"\-", "[- ]")
    for pattern in (
        rf"{_FIGURE}{_PERCENT}?\s(?:(?!{_NO_GAP}\b)[\w-]+\s){{0,2}}?{name}\b",
        rf"\b{name}\s(?:rate\s|score\s)?of\s{_FIGURE}{_PERCENT}?",
    ):
        for found in re.finditer(pattern, text, re.I):
            start = found.start("figure")
            yield Figure(text[start : found.end()].rstrip(), _value(found), start)


_ASKS_SHARE = re.compile(
    r"\bby how (?:much|many (?:\w+ )?(?:points|percent\w*|dB))|\bhow (?:much|far|big|large)\b|"
    r"\bwhat (?:\w+ )?(?:share|percentage|fraction|proportion|gain|improvement|speed-?up|drop)\b|"
    r"\bhow many (?:\w+ )?(?:points|percent\w*|dB)\b",
    re.IGNORECASE,
)


def shares(asked: str, text: str) -> Iterator[Figure]:
    """For gains and losses the figures that go the way asked for: `improves … by up to 9.7%`.

    None where the sentence tells of several, as it takes reading to see which is meant.
    """
    if not _ASKS_SHARE.search(asked):
        return
    ways = {_CLASS[s] for s in stems_all(asked) if s in _CLASS} & {"up", "down", "behind", "fast"}
    if len(ways) != 1:
        return
    every = list(re.finditer(rf"{_FIGURE}(?:{_PERCENT}|{_POINTS}|{_TIMES})", text, re.I))
    if len(every) != 1 or re.search(r"\brespectively\b|\bfrom [\d.]+\S* to\b", text):
        return
    (found,) = every
    if text[: found.start()].rstrip().endswith("("):
        return
    near = " ".join((*text[: found.start()].split()[-7:], *text[found.end() :].split()[:5]))
    if ways <= {_CLASS[s] for s in stems_all(near) if s in _CLASS}:
        yield Figure(found.group(), _value(found), found.start())


def stems_all(text: str) -> set[str]:
    """The stems of all words, those one only asks with too ("less", "over")."""
    return {stem(word) for word in re.findall(r"[A-Za-z]+", text.replace("-", ""))}
