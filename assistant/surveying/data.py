"""Whether a sentence names data, and the part of it that does."""

from __future__ import annotations

import re

from assistant.surveying.clauses import FIGURE, NO_DATA, is_outside, shorten
from store.sentences import Span
from store.topic_words import COMMON

_SHORT = 40  # characters of what is left of a sentence, at least
_SAYS = (
    r"(?:shows?|showed|demonstrates?|demonstrated|reveals?|indicates?|confirms?|suggests?|verify|"
    r"verifies|proves?)"
)
_DATA_FIRST = re.compile(
    r"\W*(?:\w+,\s+)?(?P<data>(?:On|In|Across|Over|For|Using|With)\s[^,;]{6,120}),\s+"
)
_TESTS_FIRST = re.compile(
    rf"\W*(?:\w+,\s+)?(?P<data>[^;]{{0,50}}?\b(?:on|across|over|in|using|with|"
    rf"from)\s[^;]{{4,160}}?)\s+"
    rf"(?:consistently |further |also |clearly )?{_SAYS}\s+(?:that\s+)?",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r";|,\s+(?:and (?=we\b|it\b|the\b|without|shows?|performs?)|but|which|while|where|whereas|with|"
    r"outperform\w*|achiev\w+|surpass\w*|compared|demonstrat\w+|show\w*|improv\w+|by|suggest\w+|"
    r"highlight\w*)\b|\s(?:compared|while|demonstrates?|shows?|and (?:performs|outperforms|shows?|"
    r"demonstrates?|uncover|achieves?|improves?|reduces?|is|are)|than|without|when|using|by|with|"
    r"relative|to)\b"
)
# What parts the words that tell which data from those before them.
_JOINS = re.compile(
    r"\b(?:on|in|with|of|for|from|the|an?|to|over|across|our|their|its|this|is|are|we|by|using|as|"
    r"that|it|into|than|at|between|under|or)\s"
)
_DATA_LAST = re.compile(r"\b(?:on|across|over)\s+(?=[\w-])")
_ITEMS = (
    "questions|problems|samples|examples|images|videos|pages|papers|participants|patients|students|"
    "subjects|hours|languages|datasets|tasks|data sets|instances|tokens|classes|"
    "conversations|pairs|"
    "trajectories|streams|sites|volunteers|people|cases|hospitals|benchmarks|environments|games|"
    "domains|scenarios|sentences|documents|scenes|robots|users|objects|sequences|corpora|categories|articles"
)
_COUNTED_WORDS = re.compile(
    r"\bcase stud(?:y|ies) (?:of|on|in)\b|"
    r"\b(?<![.\d])\d[\d,]*\s+(?:[a-z][a-z-]+\s+)?(?!(?:times|points|models?|baselines|methods|"
    r"algorithms|"
    r"parameters|layers|steps|epochs|iterations|bits|percent|days|weeks|years|minutes|seconds|"
    r"degrees|"
    r"agents|losses|updates|comparisons|frames)\b)[a-z][a-z-]+s\b|"
    rf"\b(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundreds of|"
    rf"thousands of|millions of)\s?(?:k|K|M|B|million|billion|thousand|hundred)?\+?\s+"
    rf"(?:[\w-]+\s+){{0,4}}(?:{_ITEMS})\b"
)
_TONGUES = re.compile(
    r"\b(?:English|Chinese|German|French|Spanish|Japanese|Korean|Arabic|Russian|Hindi|Italian|"
    r"Portuguese|Turkish|Vietnamese|Indic|Romanian|Czech|Finnish|Dutch|Swedish|Bengali)\b"
)
_NAME_OF_DATA = re.compile(
    r"\b(?i:on|from|over|across|using|with|including|such as|namely|e\.g\.|benchmarks?|datasets?|"
    r"called|introduces?|presents?|releases?|propose|construct|collect|build|:)[\s,:(]+"
    r"(?:the\s+|a\s+|an\s+|both\s+)?(?:[a-z][\w-]*\s+){0,3}([A-Z][\w+*’-]*[\w+*])(?=\W|$)|"
    r"\b([A-Z][\w+*’-]*[A-Z\d][\w+*-]*)\s+(?:[\w-]+\s+){0,2}(?:data ?sets?|benchmarks?|corpus|"
    r"corpora|"
    r"leaderboards?|test ?beds?|challenge|suite|tasks|images|videos|games)\b"
)
_OF_A_FIELD = re.compile(
    r"((?:[\w-]+,?\s+(?:and\s+|or\s+)?){1,5})(?:data ?sets?|benchmarks?|corpus|corpora|test ?beds?|"
    r"leaderboards?|tasks?|data|images?|videos?|problems|environments?|simulations?|domains?|"
    r"games?|"
    r"scenes?|robots?|questions|texts?|tests?)\b"
)
_ANY_TEXT = """
    datasets dataset data benchmark benchmarks public popular standard synthetic real downstream
    imbalanced training test offline online fixed classification task tasks domain domains across
    unseen held-out experiments experiment evaluation evaluations own model models learning testbed
    environment environments world simulated simulation extensive widely-used commonly-used sets
    mainstream diverse simulations difficult accurate methods trained tested evaluated algorithm
    performance quality complex quantitative qualitative high-dimensional low-dimensional show shows
"""
_ANY_DATA = frozenset(_ANY_TEXT.split())


def data_and_rest(text: str) -> tuple[Span, Span] | None:
    """Of a sentence that names data and what was found on it the part that names the data, and the
    part that tells the finding: "On X, " or "Experiments on X show that" before it, "on X" behind
    it (then the finding is the whole sentence). None where it can't be parted."""
    start, end = shorten(text, (FIGURE,))
    for pattern in (_DATA_FIRST, _TESTS_FIRST):
        found = pattern.match(text)
        if found is None or not names_data(found.group("data")):
            continue
        if is_outside(text[: found.end()]) and len(text) - found.end() > _SHORT:
            shown = end if end > found.end() + _SHORT else len(text)
            return found.span("data"), (found.end(), shown)
    for found in _DATA_LAST.finditer(text):
        close = _CLOSES.search(text, found.end())
        stop = close.start() if close else len(text)
        narrower = stop - found.start() < end - start
        named = names_data(text[found.start() : stop])
        if narrower and named and is_outside(text[: found.start()]):
            return (found.start(), stop), (start, end)
    return None


def names_data(text: str, besides: str = "") -> bool:
    """Whether a text names a data set, a field that data is of, or how many items there are;
    `besides` is the method's own name, which is none."""
    if _COUNTED_WORDS.search(text) or _TONGUES.search(text):
        return True
    for found in _NAME_OF_DATA.finditer(text):
        name = found.group(1) or found.group(2)
        if not NO_DATA.fullmatch(name) and name != besides:
            return True
    for found in _OF_A_FIELD.finditer(text):
        told = re.findall(r"[A-Za-z][\w-]+", _JOINS.split(found.group(1))[-1])
        if any(w.lower() not in COMMON and w.lower() not in _ANY_DATA for w in told):
            return True
    return False
