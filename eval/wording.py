"""What the words of a text are worth to a question: which name things, and how rare they are.

Without a dictionary or a tagger, from a sample of a library alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from assistant.question import asked_about
from store.paper import Paper
from store.sentences import Span
from store.topic_words import BESIDE, COMMON

COPIED = 5  # words in a row that make a question a copy

_WORD = re.compile(r"[^\W_]+(?:[-'’.+/^][^\W_]+)*\+*")
_BRACKETS = re.compile(r"\([^()]*\)")
_ACRONYM = re.compile(r"\(([A-Z][A-Za-z0-9-]{0,9}[A-Z][A-Za-z0-9-]{0,5}?)s?\)")
# What stands after the first is mostly a verb, and after the others mostly none.
_BETWEEN = re.compile(
    r"\b(?:(to|we|can|cannot|will|could|may|which|that|it|they|not|often|models|methods)|"
    r"the|an?|of|in|for|with|on|by|as|from|its|their|our|these|this)\s+([a-z][a-z-]+)\b",
    re.IGNORECASE,
)
_NO_THING = re.compile(
    r".*(?:ing|ed|able|ible|ive|al|ful|ous|ic|less|ary|ent|worthy|wise)",
    re.IGNORECASE,
)
_NO_WORDS = """
aware based both dependent driven free here how less more our specific than their these they this
when where four six seven eight nine ten eleven twelve dozen hundred million
"""
_EMPTY = frozenset(_NO_WORDS.split()) | COMMON
_LONG_WORD = 30  # characters; longer ones are identifiers
_PHRASE = 3  # words
_TAILS = ("-based", "-free", "-guided", "-driven", "-aware", "-efficient")  # of adjectives
_SEEN = 4  # times that a word must be seen to tell what it is
_CLOSES = 0.5  # of these it ends its phrase, if it is a noun


class Wording:
    """How rare words are, and which of them are verbs, as far as a sample of papers tells.

    `held` is how many of the `papers` hold a word, by its `key`.
    """

    def __init__(self, sample: Iterable[Paper]) -> None:
        self._held: Counter[str] = Counter()
        self._verbs: Counter[str] = Counter()  # how much more often than not it is one
        self._seen: Counter[str] = Counter()
        self._closes: Counter[str] = Counter()  # how often a word ends its phrase
        self.papers = 0
        for paper in sample:
            self.papers += 1
            self._held.update(keys(f"{paper.title} {paper.abstract}"))
            for verb, word in _BETWEEN.findall(paper.abstract):
                self._verbs[word.lower()] += 1 if verb else -1
            for run in _runs(paper.abstract, tells):
                self._seen.update(map(key, run))
                self._closes[key(run[-1])] += 1

    @property
    def held(self) -> Mapping[str, int]:
        return self._held

    def weight(self, word: str) -> float:
        return math.log((self.papers + 1) / (self._held[key(word)] + 0.5))

    def best(self, text: str, most: int) -> list[str]:
        """The phrases whose words are rarest, in the text's order; what stands in brackets is
        mostly said before them."""
        text = _BRACKETS.sub(";", text)
        weighed = sorted(
            dict.fromkeys(self._phrases(text)),
            key=lambda p: -sum(self.weight(w) for w in p.split()) / (1 + 0.5 * p.count(" ")),
        )
        chosen: list[str] = []
        for phrase in weighed:
            if len(chosen) < most and not any(keys(phrase) & keys(other) for other in chosen):
                chosen.append(phrase)
        return sorted(chosen, key=text.find)

    def _phrases(self, text: str) -> Iterator[str]:
        """Runs of up to three telling words that end in a thing; one word only if it is a name."""
        for run in _runs(text, lambda word: tells(word) and not self._is_verb(word)):
            while run and not self.is_thing(run[-1]):
                run.pop()
            run = run[-_PHRASE:]
            while len(run) > 1 and run[0].lower().endswith(("ing", "ed")):
                if len(run) == 2 and not _is_name(run[1]):
                    break
                run.pop(0)
            named = any(map(_is_name, run))
            if (len(run) > 1 or named) and not {word.lower() for word in run} <= BESIDE:
                yield " ".join(run)

    def _is_verb(self, word: str) -> bool:
        return self._verbs[word.lower()] > 0

    def is_thing(self, word: str) -> bool:
        """Whether a word is likely a noun, and no adjective or verb."""
        if _is_name(word):
            return not word.lower().endswith(_TAILS)
        if self._is_verb(word) or not tells(word):
            return False
        # An adjective stands before what it describes.
        seen = self._seen[key(word)]
        if seen >= _SEEN:
            return self._closes[key(word)] >= _CLOSES * seen
        return not _NO_THING.fullmatch(key(word))


def copies(question: str, text: str) -> bool:
    """Whether a question holds `COPIED` words in a row that stand so in `text`."""
    asked, held = (" ".join(w.lower() for w in _WORD.findall(t)) for t in (question, text))
    words = asked.split()
    runs = (words[at : at + COPIED] for at in range(len(words) - COPIED + 1))
    return any(f" {' '.join(run)} " in f" {held} " for run in runs)


def spelt_out(text: str) -> list[tuple[str, str, Span]]:
    """The acronyms that a text spells out, as "long form (LF)": each with its long form and
    where both stand."""
    found = []
    for match in _ACRONYM.finditer(text):
        letters = [c.lower() for c in match.group(1) if c.isalnum()]
        before = list(re.finditer(r"[^\W_]+", text[: match.start()]))[-len(letters) :]
        if len(before) != len(letters) or len(letters) > 8:
            continue
        if all(w.group()[0].lower() == c for w, c in zip(before, letters, strict=True)):
            start = before[0].start()
            long = text[start : match.start()].strip()
            found.append((match.group(1), long, (start, match.end())))
    return found


def _runs(text: str, wanted: Callable[[str], bool]) -> list[list[str]]:
    """The words for which `wanted` holds, together where they stand side by side."""
    found: list[list[str]] = [[]]
    past = 0
    for match in _WORD.finditer(text):
        if text[past : match.start()].strip() or not wanted(match.group()):
            found.append([])
        if wanted(match.group()):
            found[-1].append(match.group())
        past = match.end()
    return [run for run in found if run]


def telling(text: str) -> list[str]:
    """The words of a text that name something."""
    return [word for word in _WORD.findall(text) if tells(word)]


def tells(word: str) -> bool:
    """Whether a word names something, as articles, figures and "we propose" don't."""
    plain = word.lower().replace("’", "'").split("'")[0]
    return (
        (2 < len(word) < _LONG_WORD or (len(word) == 2 and word.isupper()))
        and not word[0].isdigit()
        and plain not in _EMPTY
        and not plain.endswith("ly")
        and bool(asked_about(word))
    )


def plain(word: str) -> str:
    """A word in lower case, unless it is written as acronyms and names are."""
    return word if any(c.isupper() for c in word[1:]) else word.lower()


def key(word: str) -> str:
    """What the forms of a word share, roughly."""
    return word.lower().removesuffix("s")


def keys(text: str) -> set[str]:
    return {key(word) for word in telling(text)}


def _is_name(word: str) -> bool:
    return any(c.isupper() or c.isdigit() for c in word[1:])
