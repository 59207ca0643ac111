"""Whether a sentence says something by itself, away from its abstract, and what introduces it."""

from __future__ import annotations

import re

from store.paper import Paper
from store.topic_words import COMMON

_OWN_TEXT = r"(?:paper|work|article|study|survey|report|letter|thesis|regard|end|year)\b"
# An opening that points at what was said before: "This mitigates both …", "To this end, it …".
_DANGLES = re.compile(
    rf"\W*(?:(?:However|Moreover|Furthermore|Thus|Hence|Therefore|Additionally|Finally|Then|"
    rf"And|But|"
    rf"Also|Notably|Specifically|In particular|In addition|As a result|Empirically),?\s+)*"
    rf"(?:(?:In|By|With|From|On|Under|For|Using|Given|To|Through|After|Within|Both|All|Each|"
    rf"None|Some"
    rf"|Most|Many|One)\s+(?:\w+\s+){{0,2}})?"
    rf"(?:It(?! (?:is|was|has been|can be|may be|remains|seems)(?: [\w-]+){{0,3}} (?:that|to|"
    rf"whether|how|why))|"
    rf"They|Them|Its|Their|He|She|The (?:former|latter|two|three|resulting|above|same|first|"
    rf"second|third|last|other)|Both(?! \w+ and)|One|Doing so|"
    rf"(?:This|These|Those|Such)(?! {_OWN_TEXT})(?! an? ))\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    rf"\b(?:this|these|those|such|said)\s+(?!{_OWN_TEXT}|as\b|an?\b|that\b)(?=[a-z])|"
    r"\b(?:the (?:former|latter|above)|aforementioned)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(
    rf"\b(?:we|our|ours|us|I)\b|\b(?:this|the|present) {_OWN_TEXT}|"
    r"\b(?:the|proposed|presented) (?:proposed |presented |new )?(?:method|approach|model|"
    r"algorithm|framework|system|technique|results?|experiments?|authors?|benchmark|dataset|"
    r"scheme|network)\b|"
    r"^\W*(?:\w+\s+){0,2}(?:results?|experiments?|evaluations?|simulations?|analys[ie]s|tests)\b",
    re.IGNORECASE,
)
_OPENING = 60  # characters in which a sentence says whom it speaks of
_REPORTS = re.compile(
    r"\W*(?:(?:[A-Z]\w*,\s+)?(?:we|our|the|these|this|extensive|experimental|experiments?|"
    r"comprehensive|empirical\w*|numerical|results?|simulations?|theoretical\w*|evaluations?|"
    r"analys[ie]s|further)\b[^,.;:]{0,70}?)\b"
    r"(?:show|demonstrate|find|reveal|confirm|establish|prove|observe|verify)(?:s|es|"
    r"ed)?\s+that\s+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][\w-]+")
_GENERIC_TEXT = """
approach approaches accuracy addresses algorithm algorithms classification conducted data
dataset datasets effectiveness evaluate evaluation extensive baseline imbalanced learning model
models network networks overcomes questions research robustness superior system systems task tasks
theory training verified whose achieve enjoys especially domains several techniques tackles
"""
_GENERIC = frozenset(_GENERIC_TEXT.split())
_COINED = re.compile(
    r"\b(?:propos\w+|introduc\w+|present\w*|develop\w*|called|named|dubbed|termed|namely|design\w*)"
    r"\s+(?:[\w“”'-]+\s+){0,9}?[(“]?([A-Z][\w+^-]*[A-Z\d][\w+*^-]*\*?)"
)
_EVERYBODYS = re.compile(
    r"(?:LLMs?|RL|AI|NLP|GPUs?|RLHF|SOTA|ML|CNNs?|GANs?|GNNs?|MLLMs?|VLMs?|RNNs?|LSTMs?|BERT|DNNs?|"
    r"PPO|GRPO|DPO|SFT|CoT|MDPs?|RLVR|\dD|[23]-?D|UAVs?|QA|VQA|NMT|MT|SLAM|DRL|KL|PRMs?|PDEs?|MAB)"
)
_SHORT_NAME = 4  # words of a title before its colon


def dangles(text: str) -> bool:
    """Whether a sentence opens with what only the sentences before it explain."""
    return bool(_DANGLES.match(text))


def points(text: str) -> bool:
    """Whether it points at something before it anywhere."""
    return dangles(text) or bool(_POINTS.search(text))


def speaks_of_itself(text: str) -> bool:
    """Whether it opens as only its own paper can: "we", "our method", "experiments show"."""
    return bool(_FIRST_PERSON.search(text[:_OPENING]))


def reports(text: str) -> int:
    """How many characters of "Our experiments show that" open it; 0 where what follows would not
    stand alone."""
    found = _REPORTS.match(text)
    if not found or points(text[found.end() :]) or speaks_of_itself(text[found.end() :]):
        return 0
    return found.end()


def substance(text: str) -> int:
    """How many different words of a sentence belong to its subject."""
    words = {word.lower() for word in _WORD.findall(text)}
    return sum(len(w) > 2 and w not in COMMON and w not in _GENERIC for w in words)


def short_name(paper: Paper) -> str:
    """What a paper's method or subject is called for short: what stands before its title's colon,
    or a name that its abstract coins; "" where there is none."""
    head, colon, _ = paper.title.partition(":")
    head = " ".join(head.split())
    if colon and len(head.split()) <= _SHORT_NAME and (head[:1].isupper() or head[:1].isdigit()):
        return head
    for found in _COINED.finditer(" ".join(paper.abstract.split())):
        name = found.group(1).rstrip("-")
        if not _EVERYBODYS.fullmatch(name):
            return name
    return ""


def holds_name(text: str, name: str) -> bool:
    """Whether a sentence holds a name as a word."""
    return bool(name) and bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))


def introduced_by(paper: Paper, text: str) -> str:
    """By what a sentence must be introduced to be understood: the paper's name where its title
    begins with it, else its title; "" where the sentence stands alone."""
    if not (points(text) or speaks_of_itself(text)):
        return ""
    name, title = short_name(paper), " ".join(paper.title.split())
    return name if name and title.startswith(f"{name}:") else title
