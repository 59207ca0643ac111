"""The direct answer that an extractive answer opens with: a figure, a name, a yes or a no.

Only what is plain to see counts, as a wrong figure in bold is worse than none: where a rule isn't
sure there is no direct answer, and the quoted sentences speak for themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.conflict import conflicts
from assistant.evidence import Evidence
from assistant.question import asked_about
from assistant.writing.claims import HEDGED, claims
from assistant.writing.figures import (
    CLOSE,
    Figure,
    Finder,
    counted,
    durations,
    measures,
    shares,
    sizes,
)
from assistant.writing.words import ordered_stems, stem, stems

# Chosen by reading every direct answer to the training questions.
_LATE = 0.42  # late interaction of the question and a sentence that may answer it directly
_HELD = 0.2  # share of a question's other words that the sentence and its title must hold
_HELD_BY_GAIN = 0.5  # the same for gains and losses, which an abstract reports several of
_BEHIND = 0.1  # how far, by late interaction, it may stand behind the sentence chosen to lead
_BEHIND_IF_QUOTED = 0.25
_MORE = 2  # words that a claim may have beyond those of the question it says yes or no to
_SAME = 0.6  # late interaction of a question with a sentence that says yes or no to it

_HOW_MANY = re.compile(
    r"\bhow (?:many|few)\s+((?:[\w'’/-]+,?\s+){0,6}?[\w'’/-]+)"
    r"(?=\s+(?:do|does|did|is|are|was|were|can|could|has|have|had|will|would|should|must|may|in|"
    r"on|of|for|from|with|that|to|by|at|per|nobody|come|comes|came|take|takes|took|make|makes|"
    r"made|suffice)\b|\s*[,;:?!.(–—]|\s*$)",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*,?\s+and\s+|,\s+", re.IGNORECASE)
_TWO_OF_THEM = re.compile(r"\b([\w'’-]+) or ([\w'’-]+)\b", re.IGNORECASE)
_YES_NO = re.compile(
    r"^(?:does|do|did|is|are|was|were|can|could|has|have|had)\s+(?!there\b|any(?:one|body)\b)"
    r"(?!n['’]t)[^,;:?!.]+\?*$",
    re.IGNORECASE,
)
# Two questions in one, or one whose answer is more than yes or no, or hangs on one small word.
_NOT_PLAIN = re.compile(
    r"\b(?:or|and|not|\w+n['’]t|no|never|without|why|how|which|what|if|when|whether|only|just|"
    r"always|ever|all|every|any|most|some|enough|than|really|more|less|better|worse|it|this|that|"
    r"they|these|those|u|you|i|we)\b|\d",
    re.IGNORECASE,
)
_EXCEPTS = re.compile(
    r"\b(?:but|however|although|though|except|unless|only|yet|if|when|provided|as long as)\b", re.I
)
_COMPARES = re.compile(
    r"\b(?:\w+er than|more|less|fewer|rather|instead|not|no|without|than|versus|vs|both|neither|"
    r"nor|but|compared)\b|n['’]t\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Direct:
    """A direct answer and the sentence it is taken from, which is to be quoted first.

    `text` is made of words of that sentence, or is "Yes" or "No".
    """

    text: str
    evidence: Evidence


def direct_answer(
    question: str, quoted: Sequence[Evidence], sentences: Sequence[Evidence], title: str
) -> Direct | None:
    """What answers a question in a word or two, if that is plain.

    Args:
        question: a whole question.
        quoted: the sentences of a paper that are quoted, the leading one first.
        sentences: all sentences of that paper.
        title: the paper's title.
    """
    if not quoted or len(question) > 300:
        return None
    return (
        _count(question, quoted, sentences, title)
        or _measure(question, quoted, sentences, title)
        or _one_of_two(question, quoted[0], title)
        or _yes_or_no(question, quoted[0])
    )


# --- counts and measures ----------------------------------------------------------------------


def asked_counts(question: str) -> list[str]:
    """The things whose number is asked for, as a plural noun each: `how many time steps and
    layers` asks for steps and layers."""
    found = _HOW_MANY.search(question)
    if not found:
        return []
    heads = []
    for part in _AND.split(found.group(1)):
        words = [word for word in part.split() if word.lower() not in ("new", "other")]
        head = next((w for w in reversed(words[:4]) if _is_plural(w)), "")
        if head:
            heads.append(head)
        elif heads:
            break
    return heads


def _count(
    question: str, quoted: Sequence[Evidence], sentences: Sequence[Evidence], title: str
) -> Direct | None:
    heads = asked_counts(question)
    if not heads:
        return None
    parts = [_one_figure(counted, head, quoted, sentences, question, title) for head in heads]
    found = [part for part in parts if part]
    if not found or any(evidence is not found[0][1] for _, evidence in found):
        return None
    in_order = sorted({figure for figure, _ in found}, key=lambda figure: figure.start)
    return Direct(", ".join(figure.text for figure in in_order), found[0][1])


def _measure(
    question: str, quoted: Sequence[Evidence], sentences: Sequence[Evidence], title: str
) -> Direct | None:
    if asked_counts(question):
        return None
    for find, held in ((durations, _HELD), (measures, _HELD), (sizes, _HELD)):
        if found := _one_figure(find, question, quoted, sentences, question, title, held):
            return Direct(found[0].text, found[1])
    # Not by the title: a gain may be that of a part of what the title names.
    found = _one_figure(shares, question, quoted, sentences, question, "", _HELD_BY_GAIN)
    return Direct(found[0].text, found[1]) if found else None


def _one_figure(
    find: Finder,
    asked: str,
    quoted: Sequence[Evidence],
    sentences: Sequence[Evidence],
    question: str,
    title: str,
    held: float = _HELD,
) -> tuple[Figure, Evidence] | None:
    """The one figure that fits, of the leading sentence or else of the whole paper."""
    leading = quoted[0]
    fitting = {e.span: list(find(asked, e.text)) for e in sentences}
    own = fitting.get(leading.span, [])
    elsewhere = [(f, e) for e in sentences for f in fitting[e.span] if e.span != leading.span]
    if len(own) == 1:
        if any(f.value != own[0].value and e.late >= leading.late for f, e in elsewhere):
            return None
        found = own[0], leading
    elif find is counted and not own and len(elsewhere) == 1 and not _lists(asked, leading.text):
        found = elsewhere[0]
        behind = leading.late - found[1].late
        if behind > (_BEHIND_IF_QUOTED if any(found[1] is e for e in quoted) else _BEHIND):
            return None
    else:
        return None
    if "\\" in found[0].text or "$" in found[0].text:
        return None
    return found if _speaks_to(question, found[1], title, held) else None


def _lists(noun: str, text: str) -> bool:
    """Whether a sentence names a figure and, not far behind, what is asked for."""
    words = text.split()
    figures = (place for place, word in enumerate(words) if word[:1].isdigit() and "%" not in word)
    return any(stem(noun) in stems(" ".join(words[at + 1 : at + 9])) for at in figures)


def _speaks_to(question: str, evidence: Evidence, title: str, held: float) -> bool:
    """Whether a sentence is about what the question is about, the figure aside."""
    if evidence.late < _LATE:
        return False
    asked = stems(" ".join(asked_about(question))) - CLOSE
    return not asked or len(asked & stems(f"{title} {evidence.text}")) >= held * len(asked)


def _is_plural(word: str) -> bool:
    word = word.lower()
    return word in ("people", "data", "children", "men", "women", "mice", "criteria") or (
        word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3
    )


# --- one of two, yes or no --------------------------------------------------------------------


def _one_of_two(question: str, leading: Evidence, title: str) -> Direct | None:
    """The side of "A or B" that the leading sentence tells of, if it tells of one only."""
    pairs = list(_TWO_OF_THEM.finditer(question))
    if len(pairs) != 1 or re.search(r"\bor\b", question[pairs[0].end() :]):
        return None
    sides = pairs[0].groups()
    if not all(asked_about(side) for side in sides) or _COMPARES.search(leading.text):
        return None
    if leading.late < _SAME or HEDGED.search(leading.text):
        return None
    words = re.findall(r"[\w'’-]+", leading.text)
    told = [[w for w in words if stem(w) == stem(side)] for side in sides]
    if sum(map(bool, told)) != 1:
        return None
    others = stems(question) - {stem(side) for side in sides}
    if len(others & stems(leading.text)) < max(2, 0.75 * len(others)):
        return None
    (side,) = (found[0] for found in told if found)
    behind = re.match(r"\s+[\w'’-]+", question[pairs[0].end() :])  # "cloudy or sunny days"
    whole = f"{side}{behind.group()}" if behind else side
    return Direct(whole if whole in leading.text else side, leading)


def _yes_or_no(question: str, leading: Evidence) -> Direct | None:
    """Yes or No where one clause holds all that the question says, in its order, and either
    denies it in so many words or not at all."""
    plain = question.strip()
    if not _YES_NO.match(plain) or _NOT_PLAIN.search(plain.partition(" ")[2]):
        return None
    if leading.late < _SAME:
        return None
    asked = ordered_stems(plain.partition(" ")[2])
    if len(asked) < 3:
        return None
    if _EXCEPTS.search(leading.text):
        return None
    asks_can = plain.lower().startswith("can ")
    for claim in claims(leading.text):
        if len(claim.stems) > len(asked) + _MORE or not _in_order(asked, claim.stems):
            continue  # what else it says may be a condition
        if claim.can and not asks_can:
            continue
        if claim.denied == conflicts(plain, claim.text, ordered_stems):
            if claim.denied and not set(claim.before) & set(asked):
                continue
            return Direct("No" if claim.denied else "Yes", leading)
    return None


def _in_order(asked: Sequence[str], said: Sequence[str]) -> bool:
    """Whether all that is asked is said, in the same order."""
    rest: Iterator[str] = iter(said)
    return all(word in rest for word in asked)
