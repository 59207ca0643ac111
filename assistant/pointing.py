"""How the wording of a message leans on what was said before it: the signs, and nothing else."""

from __future__ import annotations

import re
from typing import Literal

from assistant.question import asked_about

# What one asks of a paper that is already under discussion. A message with no other content
# ("which datasets?", "how much faster?") is about that paper.
_ASPECTS_TEXT = """
accuracy advantage advantages applied architecture assumption assumptions author authors baseline
baselines benchmark benchmarks benefit benefits better big bigger cheap cheaper code compare
compared compares comparison conclude conclusion conclusions contribution contributions cost costs
data dataset datasets differ difference differences drawback drawbacks enough evaluate evaluated
evaluation evidence experiment experiments explored far fast faster figure figures finding findings
fix gain gains game games goal improvement improvements investigated itself large larger limit
limitation limitations limits long longer looked measured method methods metric metrics model models
motivation much number numbers parameter parameters performance problem problems proof proven
reached reason reasons released result results score scores setting settings shorter size slow
slower small smaller solution solutions speed stronger studied summary tackled task tasks test
tested tests train trained training weakness weaknesses worked worse year
"""
_ASPECTS = frozenset(_ASPECTS_TEXT.split())

_WORK = (
    r"papers?|stud(?:y|ies)|works?|methods?|approach(?:es)?|articles?|abstracts?|results?|"
    r"sources?|models?|findings?|techniques?|frameworks?|datasets?|benchmarks?|algorithms?|"
    r"systems?|ideas?|authors?|ones?"
)
_AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had|should|might|may)"
    r"(?:n['’]t)?"
)
_OPENING = re.compile(
    r"^(?:(?:and|but|or|so|also|then|now|ok|okay|well|thanks|thank you|great|good|right|yes|no)\b"
    r"[\s,.!:;–-]*)+",
    re.IGNORECASE,
)
_LINKED = re.compile(r"^(?:and|but|or)\b", re.IGNORECASE)
_WHAT_ABOUT = re.compile(r"^(?:what|how) about\b", re.IGNORECASE)
_FRAGMENT = re.compile(
    r"^(?:on|for|with|in|at|by|under|without|against|using)\s+(?:[^\s?]+\s*){1,3}\?*$",
    re.IGNORECASE,
)
_WHY_DID = re.compile(r"^why\s+(?:was|were|did|had)(?:n['’]t)?\b", re.IGNORECASE)
_DEFINES = re.compile(
    r"^(?:what(?:['’]s|\s+is|\s+are)|who\s+(?:is|are)|define|explain|tell me about)\s+"
    r"(?!the\b|its\b|their\b|that\b|this\b|these\b|those\b|it\b|they\b)",
    re.IGNORECASE,
)
# The thing asked for ("which games did", "how much faster is"): no antecedent of a pronoun.
_ASKED_THING = re.compile(
    r"^(?:(?:on|in|for|at|by|with|to|from|of)\s+)?(?:which|what|whose|how\s+(?:many|much|far|big|"
    rf"large|long|often|well))\b(?:\s+[\w-]+){{0,5}}?(?=\s+{_AUXILIARY}\b)",
    re.IGNORECASE,
)

_POSSESSIVE = re.compile(r"\b(?:its|theirs?|itself|themselves|his|hers?)\b", re.IGNORECASE)
_PERSONAL = re.compile(r"\b(?:it|they|them|he|she|him)\b", re.IGNORECASE)
# "is it possible to", "does it help to", "it rains": the word stands for nothing.
_EXPLETIVE = re.compile(
    r"\b(?:is|was|be|isn['’]t|would|makes?|made|finds?|found)\s+it\s+(?:(?:\w+ly|not|ever|still)\s+)?"
    r"\w+\s+(?:to|that|if|whether|for)\b(?=\s+\w)"
    r"|\bit(?:['’]s|\s+is|\s+was)\s+(?:\w+ly\s+|not\s+)?\w+\s+(?:to|that|whether)\b(?=\s+\w)"
    r"|\bdoes\s+it\s+(?:help|hurt|matter|pay|make\s+sense)\s+(?:to|whether)\b"
    r"|\bit\s+(?:takes?|took|costs?)\s+to\s+\w+(?=\s+\w)|\bit\s+(?:rain|snow)s?\b",
    re.IGNORECASE,
)
# A personal pronoun behind one of these may stand for a noun before it …
_CLAUSE = re.compile(
    r"[,;:.?!]|\b(?:and|or|but|when|if|because|while|since|so|once|that|which|who|where|as|though|"
    r"although|after|before|until|whether|how|why|without)\b",
    re.IGNORECASE,
)
# … and so it may in "the data they use", "a bound tying them" and "able to beat it", if enough
# stands before.
_SUBCLAUSE_BEFORE = re.compile(r"(?:ing|\bto\s+\w+)\s+$", re.IGNORECASE)
_VERB_BEHIND = re.compile(
    r"\s+(?!(?:on|in|for|with|at|by|to|from|of|than|too|also|as|and|or)\b|\w+ly\b)\w", re.IGNORECASE
)
_AUXILIARY_BEFORE = re.compile(
    rf"(?:^|\b(?:{_AUXILIARY}|how|why|when|where|what|which|who))\s*$", re.IGNORECASE
)
_OWN_SUBJECT = 3  # topic words with which "other people" are no others than those cited
_ENOUGH = 4  # topic words before a pronoun: with so many it means one of them
_THAT = re.compile(
    # "does that hold up", "why is this so": subject of the verb; "is this field's" is not.
    rf"\b{_AUXILIARY}\s+(?:that|this|these|those)\s+(?:also|always|really|still|hold|work|help|mean|"
    r"happen|matter|apply|compare|scale|need|require|use|differ|affect|change|improve|relate|make|"
    r"lead|depend|generali[sz]e|transfer|true|right|so|possible|the|an?|because|due|better|worse|"
    r"more|less|faster|slower|cheaper|different|similar|new|done|known|enough|a)\b"
    # "who studied that?", "like this, …"
    r"|\b(?:that|this|these|those)\s*(?:[?.!,;]|$)"
    # "did they test that on …"
    r"|\b(?:do|does|did|use|used|test|tested|try|tried|study|studied|show|showed|explain|solve|"
    r"achieve|reach|measure)\s+(?:that|this)\s+(?:on|in|with|for|by|at|too)\b"
    # "this paper", "the same method"
    rf"|\b(?:this|that|these|those|same|such(?:\s+an?)?)\s+(?:{_WORK})\b(?!\s+(?:as|that|which)\b)"
    # "do both …", but not "both A and B"
    r"|\bboth\b(?!.*\band\b)",
    re.IGNORECASE,
)
# "the authors", "the method"; not "the method of …", which says itself which one.
_THE_WORK = re.compile(
    r"\bthe\s+(?:papers?|authors?|stud(?:y|ies)|works?|abstracts?|findings?|results?|methods?|"
    r"approach|models?|technique|framework|dataset|benchmark|algorithm|system|idea|two|ones?)\b"
    r"(?!\s+(?:of|for|behind|called|named|that|which|in|from|by|with|on|about|size|sizes)\b)"
    r"(?!\s*['\"“‘])",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\b(?:they|them|these|those|both|the (?:two|papers|studies))\b", re.I)
_COMPARES = re.compile(
    r"\b(?:compar\w+|differ\w*|versus|vs|(?:dis)?agree|contradict\w*|conflict\w*|in common|"
    r"than)\b",
    re.IGNORECASE,
)

_OTHERS = re.compile(
    r"\b(?:who|any(?:one|body|thing)|nobody|what|where)\s+else\b"
    r"|\b(?:other|more|similar|related|further|another)\s+(?:papers?|works?|stud(?:y|ies)|research|"
    r"articles?|ones?|sources?|references?)\b"
    r"|\b(?:other|more|further|another)\s+(?:authors?|people|groups?|teams?|researchers?)\b"
    r"|\b(?:any|which|what|are there|the)\s+others?\b(?!\s+\w)|\banything similar\b"
    r"|\b(?:apart from|besides|other than|beyond|except)\s+(?:that|this|it|them|these|those)\b",
    re.IGNORECASE,
)
# "what else do they say" asks for more of the same paper, not for another one.
_SAME_ONES = re.compile(
    r"\b(?:what|anything|something) else\b[^?.!]{0,20}\b(?:it|they|he|she|authors?|"
    r"(?:the|this|that) (?:paper|study|work))\b",
    re.IGNORECASE,
)

_ORDINALS = {
    "first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "latter": 1, "third": 2, "3rd": 2,
    "fourth": 3, "4th": 3, "fifth": 4, "5th": 4, "last": -1,
}  # fmt: skip
_NTH = "|".join(_ORDINALS)
_ORDINAL = re.compile(
    # "the second one", "second paper"; "the second", "the latter" with nothing it could belong to
    rf"\b({_NTH})\s+(?:one|paper|study|work|abstract|approach|article|result|source|of\s+(?:them|"
    r"these|those))\b"
    rf"|\bthe\s+({_NTH})(?=\s*(?:[?!.,;)]|$|(?:and|or|with|to|say|says|do|does|did|is|was|has|find|"
    r"finds|use|uses|report|reports|better|worse|faster|slower|cheaper|also)\b))",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\[(\d{1,2})\]|(?:\b(?:number|paper|source|abstract)\s*|(?<!\w)#)(\d{1,2})\b(?![.,]?\d)",
    re.IGNORECASE,
)
_NICETY = re.compile(
    r"^(?:(?:thanks?|thank you|thx|cheers|hi|hello|hey|hallo|bye|goodbye|ok|okay|great|good|nice|"
    r"cool|perfect|wow|yes|no|please|sure|right|got it|i see|very|so much|a lot|morning|evening|"
    r"there)\b[\s,.!;:)-]*)+$",
    re.IGNORECASE,
)

Sign = Literal["others", "pointing", "linked", "none"]


def asks_nothing(message: str) -> bool:
    """Whether a message holds no question: no word at all, or a greeting or thanks."""
    return not any(c.isalnum() for c in message) or bool(_NICETY.match(message))


def sign_of(message: str, said: str) -> Sign:
    """What a message's wording asks of the turn before it.

    `others`: papers beyond those cited; `pointing`: it means what was said or cited; `linked`:
    it goes on with the same subject ("and in vision?", "what about speech?"); `none`: it can
    stand alone. `said` is the text of the last turn: a short message in its words goes on.
    """
    text = _OPENING.sub("", message).strip()
    if (
        _OTHERS.search(text)
        and not _SAME_ONES.search(text)
        and len(topic_words(_OTHERS.sub(" ", text))) < _OWN_SUBJECT
    ):
        return "others"
    if points_back(text):
        return "pointing"
    own = topic_words(text)
    if _WHAT_ABOUT.match(text):
        return "linked" if own else "pointing"
    if not own and not _DEFINES.match(text):
        return "pointing"
    if _DEFINES.match(text):
        return "none"
    if _LINKED.match(message.strip()) or _FRAGMENT.match(text):
        return "linked"
    if len(own) == 1 and _WHY_DID.match(text):
        return "linked"
    known = {word.lower() for word in re.findall(r"\w+", said)}
    return "pointing" if len(own) == 1 and own[0].lower() in known else "none"


def points_back(text: str) -> bool:
    """Whether a pronoun or "the paper" stands for something outside the message."""
    plain = _EXPLETIVE.sub(lambda found: "·" * len(found.group()), text)
    asked = _ASKED_THING.match(plain)
    start = asked.end() if asked else 0
    for pattern, needed in ((_THAT, 2), (_THE_WORK, 1), (_POSSESSIVE, 1)):
        for found in pattern.finditer(plain):
            if len(topic_words(plain[start : found.start()])) < needed:
                return True
    return any(
        not _has_antecedent(plain[start : found.start()], plain[found.end() :])
        for found in _PERSONAL.finditer(plain)
    )


def _has_antecedent(before: str, behind: str) -> bool:
    """Whether a personal pronoun between these can stand for a noun of the message itself: one
    in an earlier clause, as in its own it would be "itself"."""
    words = len(topic_words(before))
    if words >= _ENOUGH:
        return True
    clauses = [clause.start() for clause in _CLAUSE.finditer(before)]
    if clauses and topic_words(before[: clauses[-1]]):
        return True
    relative = _VERB_BEHIND.match(behind) and not _AUXILIARY_BEFORE.search(before)
    return words >= 2 and bool(relative or _SUBCLAUSE_BEFORE.search(before))


def topic_words(text: str) -> list[str]:
    """The words of a text that bring in a subject: neither asked with nor an aspect of one."""
    return [word for word in asked_about(text) if word.lower() not in _ASPECTS]


def others_by(message: str) -> str:
    """The subject that a message brings in where it asks for other papers; mostly none."""
    return " ".join(topic_words(_OTHERS.sub(" ", message)))


def compares_several(message: str) -> bool:
    """Whether it holds several of the papers against each other ("how do they differ?")."""
    return bool(_SEVERAL.search(message) and _COMPARES.search(message))


def compares(message: str) -> bool:
    return bool(_COMPARES.search(message))


def numbered(message: str, count: int) -> list[int]:
    """Which of `count` papers a message names by number, from 0, in its order; those beyond
    the last are left out."""
    places = []
    long = len(topic_words(message)) > _ENOUGH  # its own matter: "worse than the last one"
    found_all = [*(() if long else _ORDINAL.finditer(message)), *_NUMBER.finditer(message)]
    for found in sorted(found_all, key=lambda match: match.start()):
        word = next(group for group in found.groups() if group)
        place = _ORDINALS.get(word.lower())
        if place is None:
            place = int(word) - 1
        elif place < 0:
            place = count - 1
        if 0 <= place < count:
            places.append(place)
    return list(dict.fromkeys(places))


def without_numbers(message: str) -> str:
    """A message without the words that name papers by number."""
    return _NUMBER.sub(" ", _ORDINAL.sub(" ", message))


def names_a_number(message: str) -> bool:
    """Whether a message names a paper by number at all, be there one or not."""
    return numbered(message, 99) != []
