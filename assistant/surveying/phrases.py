"""Noun phrases of titles and abstracts, told by their neighbours and endings, without a tagger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from store.topic_words import COMMON

_LONGEST = 4  # words of a phrase
_WORD = re.compile(r"(?<![\w-])[A-Za-z][A-Za-z\d]*(?:[-+][A-Za-z\d]+)*(?![\w])")
# What may be the first word of a noun phrase though it ends as verbs do, and the last one though
# it ends as adjectives do.
_DOING_TEXT = """
learning reasoning planning training processing sampling tracking matching sensing computing
mapping modeling modelling clustering pricing embedding spiking walking rolling flying vanishing
monitoring manufacturing
"""
_DOING = frozenset(_DOING_TEXT.split())
_ED_TEXT = """
supervised unsupervised distributed embedded aided guided underactuated
"""
_ED = frozenset(_ED_TEXT.split())
_NOUNS_TEXT = """
retrieval signal goal proposal terminal interval removal arrival objective primitive logic traffic
topic physics dynamics kinematics metric heuristic robotics mechanic aerodynamics semantics
statistics genetics characteristic rubric music graphics haptics linguistics captioning
segmentation speed need seed feed potential material variable table cable
"""
_NOUNS = frozenset(_NOUNS_TEXT.split())
_NO_NAME = re.compile(
    r"abilit(?:y|ies)|rates?|scores?|evaluations?|answers?|accurac(?:y|ies)|methods?|"
    r"approach(?:es)?|"
    r"algorithms?|results?|steps?|process|number|times?|costs?|amounts?|hand|ways?|stages?|inputs?|"
    r"outputs?|users?|researchers|people|authors|examples?|questions|classes|class|layers?|"
    r"parameters?|values?|terms?|sets?|levels?|quality|success|case|cases|domains?|conditions?|"
    r"information|knowledge|research|study|order|systems?|theory|functions?|capacity|size|wild|"
    r"behaviors?|human|test|source|target|sample|object|open|optimal|bounds?|complexity"
)
_VERBS_TEXT = """
mitigate mitigates mitigating align aligning aligns solve optimize optimizes optimizing maximize
minimize generate generates incorporate exploit exploits explore ensure prevent yield encourage
guide guides train trains tune predict predicts estimate estimates infer infers move moves fuse
fuses follow follows keep hold add adds avoid balance boost capture compute control deal define
detect detects determine encode encodes enforce find force form handle help learn let limit map
match model perform plan process produce recover remain remove represent run scale search select
share show start stay track transfer try turn update verify win wins help helps improves reduces
requires uses makes gives becomes need needs exhibit proving prove proves given via per versus non
often without
"""
_VERBS = frozenset(_VERBS_TEXT.split())
_VERB_ALONE_TEXT = """
control form force guide limit map match model plan process search share track transfer balance
scale update train
"""
_VERB_ALONE = frozenset(_VERB_ALONE_TEXT.split())
_BEFORE_VERBS_TEXT = """
to can we will may must not that which could should and or
"""
_BEFORE_VERBS = frozenset(_BEFORE_VERBS_TEXT.split())


def noun_phrases(
    text: str, stems: Callable[[str], tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """The noun phrases of two and three words as they stand between other words, and inside them
    those that end with their last word."""
    words = list(_WORD.finditer(text))
    run: list[re.Match[str]] = []
    before = ""
    for place, found in enumerate([*words, None]):
        word = found.group() if found else ""
        joined = bool(found and run and text[run[-1].end() : found.start()] == " ")
        part = bool(found) and (word.lower() not in COMMON or word.lower() == "control")
        if run and not (joined and part):
            yield from _ends(run, before, stems)
            run = []
        if found and part:
            if not run:
                before = words[place - 1].group().lower() if place else ""
            run.append(found)


def _ends(
    run: Sequence[re.Match[str]], before: str, stems: Callable[[str], tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], str]]:
    for size in range(2, _LONGEST + 1):
        for start in range(len(run) - size + 1):
            words = [m.group() for m in run[start : start + size]]
            if start + size < len(run) and not _is_verb(run[start + size].group()):
                continue  # "graph neural" of "graph neural networks"
            first = before if start == 0 else run[start - 1].group().lower()
            if _is_noun_phrase(words, first):
                key = tuple(stem for word in words for stem in stems(word.lower()))
                if len(key) >= size:
                    yield key, " ".join(words)


def _is_verb(word: str) -> bool:
    return word.lower() in _VERBS or word.endswith(("ed", "ly"))


def _is_noun_phrase(words: Sequence[str], before: str) -> bool:
    first, last = words[0].lower(), words[-1].lower()
    if first.endswith("ly") or (first.endswith("ing") and first not in _DOING):
        return False
    if first.endswith("ed") and first not in _ED and "-" not in first:
        return False
    if first in _VERBS and (first not in _VERB_ALONE or before in _BEFORE_VERBS):
        return False
    if any(w.lower() in _VERBS - _VERB_ALONE for w in words):
        return False
    if before in {"to", "can", "we", "will", "may"} and not words[0][0].isupper():
        return False
    if _NO_NAME.fullmatch(last) or len(last) < 3:
        return False
    if last in _NOUNS:
        return True
    return not last.endswith(
        ("ed", "ly", "al", "ous", "able", "ible", "ive", "ic", "ful", "less", "ical", "ary")
    ) and not (last.endswith("ing") and "-" in last)
