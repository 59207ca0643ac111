"""The words of a question that carry its meaning, weighed by how rare they are in the library."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.framing import topic_of

if TYPE_CHECKING:
    from store.library import Library

# Words that people ask with, not about; the word index itself drops articles and the like.
_ASKING_TEXT = """
a about above abstract abstracts across actually after again all also although am among an and
another any anybody anyone anything are around article articles as ask asked asking at author
authored authors be because been before being best between both briefly btw but by call called calls
came can cheers come could curious describe described describes detail details did different discuss
discussed do does doing done down dumb each either else especially ever every exactly example
explain explained explains few find finds first for found from further general generally get gets
give given gives go gonna good got had happen happens has have having he hello help her here hey hi
him his hmm how however i idea if im in instead interested into is isn it its just kind kinda kindly
kinds know known let like list literature ll look looking main make makes many may maybe me mean
means mention mentioned mentions might more most much must my need new no not now of off often ok
okay on one ones only or other others our out over own paper papers part people perhaps please pls
plz point possible present presented quite rather re really recent recently regarding remember
report reported reports researcher researchers said same saw say says second see seem seems seen
several shall she should show showed shown shows since so some somebody someone something somewhere
sorry sort still studies study such suggest summarise summarize sure talk tell than thank thanks
that the their them then there these they thing things think third this those through thus thx to
too tried try two u ugh um under until up upon ur us use used uses using ve very via wanna want
wanted was way ways we well were what whats when where whether which while who whom whose why will
with within without wonder wondering work working works would written wrote yes yet you your
"""
_ASKING = frozenset(_ASKING_TEXT.split())
_WORD = re.compile(r"[^\W_]+(?:[-'’.+/^][^\W_]+)*\+*", re.UNICODE)


_SEVERAL = re.compile(
    r"^\W*(?:(?:which|what) (?:\w+ ){0,2}(?:papers?|works?|methods?|approaches|studies|techniques|"
    r"datasets?|benchmarks?|frameworks?|algorithms|ways|tricks|research)\b|who (?!\w+ed\b)\w+|"
    r"(?:papers?|works?|research|studies|literature|methods|approaches|techniques|anything)\b|"
    r"(?:list|show|find|give)\b|is there (?:any )?(?:\w+ )?(?:work|research)|"
    r"what (?:has been|is known|do we know|work)|overview|survey|state of)|"
    r"\b(?:papers|works|methods|approaches|studies) (?:on|about|that|where|which|for)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\?|^\W*(?:what|which|how|why|who|when|where|does|do|did|is|are|was|can|could|should|will|"
    r"compare|explain|describe|tell)\b",
    re.IGNORECASE,
)
# "Explain …" and "tell me about …" ask for one thing, "what do they tell me about …" for all.
_EXPLAINS = re.compile(r"^(?!\W*what\b).*\b(?:explain|tell|teach)\b", re.IGNORECASE | re.DOTALL)


def asks_for_several(question: str) -> bool:
    """Whether a question wants an overview of papers and not one answer: "which papers …",
    "work on …", or a few bare key words."""
    if _SEVERAL.search(question):
        return True
    if not _EXPLAINS.search(question):
        question = topic_of(question)
    return not _ASKS.search(question) and len(content_words(question)) <= 4


def asks_for_works(question: str) -> bool:
    """Whether a question says in words that it wants papers: "which papers …", "work on …"."""
    return bool(_SEVERAL.search(question))


def tidy(question: str) -> str:
    """A question on one line, without control characters or halves of characters."""
    plain = (c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in question)
    return " ".join("".join(plain).split())


_ASKED_THING = re.compile(
    r"\b(?:how (?:many|much)|what|which|whose)\s+((?:[\w'’/+-]+\s*){1,4})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Terms:
    """The content words of a question as stems of the word index, each with its weight (idf).

    `unknown` are those that no paper of the library holds; `names` the stems of words written
    as names are (inner capitals, digits, or a capital inside the question); `asked` those of
    the thing asked for ("how many volunteers", "which base model").
    """

    weights: dict[str, float]
    unknown: frozenset[str]
    names: frozenset[str]
    asked: frozenset[str] = frozenset()

    def coverage(self, stems: Set[str]) -> float:
        """Share (0 to 1) of the weight that `stems` hold; 0 for a question without content."""
        total = sum(self.weights.values())
        if not total:
            return 0.0
        return sum(weight for stem, weight in self.weights.items() if stem in stems) / total


def asked_about(question: str) -> list[str]:
    """The words of a question without those people only ask with, as they are written."""
    return [word for word in _WORD.findall(question) if not _only_asks(word)]


def about_spans(question: str) -> list[tuple[int, int]]:
    """Where those words stand in the question."""
    return [found.span() for found in _WORD.finditer(question) if not _only_asks(found.group())]


def content_words(question: str) -> list[str]:
    """The same, but all words of a question that has no others."""
    return asked_about(question) or _WORD.findall(question)


def _only_asks(word: str) -> bool:
    plain = word.lower().replace("’", "'")
    return plain.split("'")[0] in _ASKING or plain.removesuffix("n't") in _ASKING


def terms_of(question: str, library: Library) -> Terms:
    """Weighs a question's content words by the library's own statistics."""
    index = library.words
    papers = max(len(index), 1)  # to count the catalogue takes 2 ms where there are 87,000
    weights: dict[str, float] = {}
    unknown, names = set(), set()
    begins = True
    for word in content_words(question):
        stems = index.stems(word)
        named = _is_name(word, begins and question.lstrip().startswith(word))
        begins = False
        for stem in stems:
            held = index.held_by(stem)
            weights[stem] = idf(held, papers)
            if held == 0:
                unknown.add(stem)
            if named:
                names.add(stem)
    things = (asked_about(found.group(1)) for found in _ASKED_THING.finditer(question))
    asked = {stem for words in things for word in words for stem in index.stems(word)}
    return Terms(weights, frozenset(unknown), frozenset(names), frozenset(asked & weights.keys()))


def idf(held: float, papers: int) -> float:
    """A word's weight (BM25's inverse document frequency) when `held` of `papers` hold it."""
    return math.log(1 + (papers - held + 0.5) / (held + 0.5))


def _is_name(word: str, opens_question: bool) -> bool:
    if any(c.isdigit() for c in word) or any(c.isupper() for c in word[1:]):
        return True
    return word[0].isupper() and not opens_question
