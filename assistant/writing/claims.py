"""What a sentence claims in so many words, and whether two sentences claim the opposite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assistant.conflict import turned_round
from assistant.evidence import Evidence
from assistant.writing.words import ordered_stems, stem

_NEAR = 0.7  # cosine above which two sentences may be about the same thing
_SHARED = 0.6  # share of the shorter claim's words that the other must hold for that
_FEWEST = 3  # words that they must share

# Words with which a sentence doesn't claim, claims less, or tells what others claim.
HEDGED = re.compile(
    r"\b(?:may|might|could|would|should|if|whether|when|unless|only|but|however|although|though|"
    r"yet|except|despite|some|sometimes|often|partly|partially|necessarily|likely|unlikely|"
    r"perhaps|possibl\w+|suggest\w*|claim\w*|believ\w+|assum\w+|argu\w+|debat\w+|question\w*|"
    r"hypothes\w+|conjectur\w+|expect\w*|aim\w*|ask\w*|investigat\w+|stud(?:y|ies|ied)|"
    r"examin\w+|explor\w+|earlier|prior|previous\w*|recent\w*|commonly|widely|traditional\w*|"
    r"conventional\w*|usually|typically|unclear|unknown|hope\w*|want\w*|try|tries|tried|"
    r"how|why|what|which|both|either|neither|nor|no|none|never|without|fail\w*|unable|lack\w*|"
    r"hardly|barely|rarely|little|few|alone|necessary|not|\w+n['’]t)\b|\?",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:do|does|did|is|are|was|were|can|could|has|have|had)(?:\s+not\b(?! only)|n['’]t\b)"
    r"|\bcannot\b",
    re.IGNORECASE,
)
# What isn't the same in two papers, though they call it the same.
_OWN = re.compile(
    r"^(?:it|they|its|their)\b|\b(?:our|ours|we|us|this|these|such|"
    r"the (?:\w+ )?(?:methods?|approach|models?|algorithms?|framework|system|technique|"
    r"baselines?))\b",
    re.IGNORECASE,
)
_CAN = re.compile(r"\b(?:can|cannot)\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[;:,]\s|\s[–—-]+\s|\s(?:while|whereas|because|since|and|or|that|so)\s", re.IGNORECASE
)
_WAYS = tuple(
    tuple({stem(word) for word in words.split()} for words in pair)
    for pair in (
        ("increases raises grows rises boosts", "decreases reduces lowers shrinks drops"),
        ("higher larger greater", "lower smaller"),
        ("better superior", "worse inferior"),
        ("faster", "slower"),
        ("improves helps benefits", "hurts harms degrades worsens"),
        ("succeeds", "fails"),
        ("strengthens", "weakens"),
    )
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A clause that claims something and hedges nothing.

    `stems` are its content words in order; `before` are those before the denial, if it denies.
    """

    text: str
    stems: tuple[str, ...]
    denied: bool
    before: tuple[str, ...]
    can: bool


def claims(text: str) -> Iterator[Claim]:
    """The plain claims of a sentence; none behind words that hedge or tell what others say."""
    at = 0
    for end in (*(found.end() for found in _CLAUSE.finditer(text)), len(text)):
        clause = text[at:end].strip(" ,;:–—-")
        denials = list(_DENIES.finditer(clause))
        if HEDGED.search(_DENIES.sub(" ", clause)):
            return
        if len(denials) < 2:
            before = ordered_stems(clause[: denials[0].start()]) if denials else []
            yield Claim(
                text=clause,
                stems=tuple(ordered_stems(clause)),
                denied=bool(denials),
                before=tuple(before),
                can=bool(_CAN.search(clause)),
            )
        at = end


def opposes(one: Evidence, other: Evidence) -> bool:
    """Whether two sentences plainly claim the opposite about the same thing: one denies what
    the other says, a comparison is turned round, or it goes the other way."""
    if float(np.dot(one.vector, other.vector)) < _NEAR:
        return False
    return any(_against(ours, theirs) for ours in claims(one.text) for theirs in claims(other.text))


def _against(ours: Claim, theirs: Claim) -> bool:
    if ours.can != theirs.can or _OWN.search(ours.text) or _OWN.search(theirs.text):
        return False
    a, b = set(ours.stems), set(theirs.stems)
    shared = a & b
    if len(shared) < max(_FEWEST, _SHARED * min(len(a), len(b))):
        return False
    opposite = [
        (one & a, other & b)
        for pair in _WAYS
        for one, other in (pair, pair[::-1])
        if one & a - b and other & b - a
    ]
    if ours.denied != theirs.denied:
        denies, says = (ours, theirs) if ours.denied else (theirs, ours)
        # The subject is the same where what stands before the denial stands there first too.
        first = says.stems[: len(denies.before)]
        return not opposite and bool(denies.before) and denies.before == first
    if opposite:
        return len(opposite) == 1 and ours.stems[:1] == theirs.stems[:1]
    return turned_round(ours.text, theirs.text, ordered_stems)
