"""The papers of a method: those that hold its name, the one that introduces it first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from store.filters import Filters
from store.library import Library
from store.paper import Paper

LONGEST = 200  # characters of a name
_EVERYBODYS = 8  # papers; a name that more hold is a field's
_LOOKED_AT = 400  # papers that hold a name's words
# "We propose the X", "a framework called X (…)": with no preposition between, of which it would
# only be the object.
_INTRODUCES = (
    r"\b(?:(?:we|paper|work|article)\b[^.]{0,40}\b(?:propose|introduce|present|develop|describe)s?|"
    r"called|named|namely|termed|dubbed)\b"
    r"(?:(?!\b(?:for|to|with|of|on|over|in|into|that|which|by|via|than|using|from)\b)[^.;]){0,90}"
)
_RIGHT_BEFORE = re.compile(
    r"(?:(?:propose|introduce|present|develop|describe)s?|called|named|namely|termed|dubbed|"
    r"algorithm|framework|method|model|approach|system|benchmark|dataset|network|architecture|"
    r"[,:–—(-])\s*(?:the\s+|an?\s+|our\s+)?$",
    re.IGNORECASE,
)
_PART_OF_A_NAME = re.compile(r"\s+(?:with|via|by|using|for|from|in)\s+[A-Z]|\s*-?\s?[A-Z][a-z]+")
# "Cooper, a RL framework": the name only tells which framework.
_OF_ANOTHER = re.compile(
    r"(?:[-\s]+[\w-]+){0,2}[-\s]+(?:frameworks?|methods?|approach\w*|algorithms?|based|training|"
    r"finetuning|fine-tuning|variants?|baselines?|pipelines?|recipes?|strateg\w+|models?|"
    r"connections?|"
    r"systems?|layers?|networks?|optimi[sz]\w+|agents?|losse?s?|objectives?|type|style)\b"
)
_SHORT = re.compile(r"\(([A-Za-z][\w+-]{1,11}?)s?\)")
_WORD = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Named:
    """A method's name in its forms, and the papers that hold it, the most its own first; of them
    the first `own` (one or none) introduces it. `named` finds it in a text."""

    name: str
    named: re.Pattern[str]
    papers: tuple[Paper, ...]
    own: int

    def holds(self, text: str) -> bool:
        return bool(self.named.search(text))


def find_method(library: Library, name: str, filters: Filters = Filters()) -> Named:
    """Looks a method up by its name, however hyphens and capitals are set; an abbreviation and
    what an abstract spells it out as are one. No papers where none holds it."""
    pattern = _pattern([name])
    papers = _holding(library, name, pattern, filters)
    if more := _other_forms(name, papers):
        pattern = _pattern([name, *more])
        held = {paper.id: paper for paper in papers}
        # The long form alone is as good; its letters alone may stand for something else.
        for form in more:
            if " " in form:
                held |= {p.id: p for p in _holding(library, form, _pattern([form]), filters)}
        papers = list(held.values())
    everybodys = len(papers) > _EVERYBODYS
    owns = {paper.id: _owns(paper, pattern, everybodys) for paper in papers}
    told = {paper.id: _tells(paper, pattern) for paper in papers}
    papers.sort(key=lambda p: (not owns[p.id], -told[p.id], p.year or 9999, p.id))
    return Named(name, pattern, tuple(papers), int(any(owns.values())))


def _holding(
    library: Library, name: str, pattern: re.Pattern[str], filters: Filters
) -> list[Paper]:
    ids = library.words.holding(name)
    if len(ids) > _LOOKED_AT:  # of common words: those that hold them best
        ids = [i for i, _ in library.words.search(name, _LOOKED_AT)]
    if filters:
        allowed = library.catalog.ids(filters)
        ids = [i for i in ids if i in allowed]
    found = library.get(ids)
    return [p for p in found.values() if pattern.search(f"{p.title}. {p.abstract}")]


def _pattern(forms: Sequence[str]) -> re.Pattern[str]:
    """A name between word bounds, with "s" or without. One of few letters is found only in its
    own capitals, or "rag" would be found in rags."""
    parts = []
    for form in sorted(forms, key=len, reverse=True):
        words = re.findall(r"[^\s\-–_]+", form)
        text = r"[\s\-–_]*".join(re.escape(word) for word in words)
        exact = len(form) <= 5 and any(c.isupper() for c in form)
        parts.append(f"(?-i:{text})" if exact else text)
    return re.compile(
        rf"(?<![\w-])(?:{'|'.join(parts)})(?:s|es)?(?![\w])(?!-(?-i:[A-Z]))", re.IGNORECASE
    )


def _other_forms(name: str, papers: Sequence[Paper]) -> list[str]:
    """What abstracts give in brackets for a name, or spell its letters out as."""
    words = _WORD.findall(name)
    forms: list[str] = []
    for paper in papers:
        text = f"{paper.title}. {paper.abstract}"
        for found in _SHORT.finditer(text):
            before = text[: found.start()].rstrip()
            short = found.group(1)
            if len(words) > 1 and before.lower().endswith(name.lower()):
                if short[0].lower() == words[0][0].lower() and sum(c.isupper() for c in short) > 1:
                    forms.append(short)
            elif short == name and (long := _spelt_out(short, before)):
                forms.append(long)
    counted = dict.fromkeys(forms)
    return [form for form in counted if form.lower() != name.lower()][:2]


def _spelt_out(short: str, before: str) -> str:
    """The words that end a text and begin with the letters of an abbreviation."""
    letters = [c.lower() for c in short if c.isalnum()]
    words = list(re.finditer(r"[A-Za-z0-9]+", before))[-len(letters) :]
    if len(words) < 2 or [w.group()[0].lower() for w in words] != letters:
        return ""
    return " ".join(before[words[0].start() :].split())


def _owns(paper: Paper, pattern: re.Pattern[str], everybodys: bool) -> bool:
    """Whether a paper is the method's own: its title begins with the name and a colon, or is the
    name, or its abstract introduces it. What everybody names no abstract introduces: "we propose a
    visual odometry system"."""
    if found := pattern.match(paper.title):
        behind = paper.title[found.end() :]
        if re.match(r"\s*(?:\([^)]*\)\s*)?(?::|–|—|\s-\s|$)", behind):
            return True
    if everybodys:
        return False
    introduced = re.search(f"({_INTRODUCES})(?:{pattern.pattern})", paper.abstract, re.IGNORECASE)
    if not introduced or not _RIGHT_BEFORE.search(introduced.group(1)):
        return False  # "we introduce Speculative Knowledge Distillation" is another's
    behind = paper.abstract[introduced.end() :]
    return not _PART_OF_A_NAME.match(behind) and not _OF_ANOTHER.match(behind)


def _tells(paper: Paper, pattern: re.Pattern[str]) -> float:
    """How much a paper speaks of a method, by its title and how often."""
    return 2.0 * bool(pattern.search(paper.title)) + min(len(pattern.findall(paper.abstract)), 5)
