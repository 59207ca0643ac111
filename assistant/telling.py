"""How telling a sentence is: what in its wording makes a reader pick it as the evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

from assistant.question import asked_about, asks_for_works

WHAT = (  # count where a question asks no more than what something is
    "introduces", "what_late", "what_late_news", "what_place", "what_proposes", "what_result",
    "what_availability",
)  # fmt: skip
FEATURES = (
    "late", "late_news", "coverage", "news", "place", "place_squared", "opening", "proposes",
    "pointing", "availability", "figure", "length", "works_propose", *WHAT,
)  # fmt: skip

_ASKS_FIGURE = re.compile(
    r"\bhow (?:many|much|few|large|big|small|long|far|often|fast)\b|\bby how\b|"
    r"\bwhat (?:share|score|percent|size|fraction|number|rate|gain|accuracy|speed)|"
    r"\b(?:size|number|score|gain|average|percent|percentage|factor|figures?)\b",
    re.IGNORECASE,
)
_OF_SOMETHING = re.compile(r"\b(?:the|its|their)\s", re.IGNORECASE)
_ASKS_COUNT = re.compile(r"\bhow (?:many|few)\b(?! (?:per ?cent|points))", re.IGNORECASE)
_SHARE = re.compile(r"\d[\d.,]*\s*(?:%|per ?cent\b|points\b)", re.IGNORECASE)
_ASKS_WHAT = re.compile(
    r"^(?:.*\b(?:hear|heard|hearing|read|saw|mention\w*)\b.*[,.;:!?…]\s+)?"
    r"\W*(?:(?:hey|hi|hello|so|ok|okay|um+|and|please|pls)\b\W*)*"
    r"(?:(?:can|could|would) (?:you|somebody|anybody) )?(?:please |pls )?"
    r"(?:what(?:['’]?s| is| are| was| were)\s+(?:meant by |the (?:idea|concept) (?:of|behind) )?|"
    r"what (?:does|do) (?=.* (?:do|mean|stand for)\W*$)|"
    r"(?:explain|describe|define|tell me about|tell me)\s+(?:to me )?(?:what |what is )?)"
    r"(?:the |an? )?(?P<name>[^,;:!?]+?)"
    r"(?: method| model| algorithm| framework| benchmark| data ?set)?"
    r"(?: do| means?| stand for| is| are| does| exactly| about| for| used for| again| anyway|"
    r" and (?:what does it do|how does it work))*\W*$",
    re.IGNORECASE,
)
_JOINS = {"of", "in", "the", "a", "an"}  # within a name
_OF_IT = re.compile(
    r"['’]s\b|\b(?:two|three|four|five|main|key|advantages?|blocks|differences?|downsides?|fix|fuss|"
    r"ingredients|limits|parts|problems?|rates?|reasons?|results?|tricks?)\b",
    re.IGNORECASE,
)
_NAME, _BARE = 3, 2  # words of a name at most, and of one that is the whole question
_LONGEST = 200  # characters of such a question; a pasted page would keep the expression busy
_RESULT = re.compile(
    r"\b(?:outperform|surpass|exceed|achiev|improv|reach|match(?:es|ed)\b|state-of-the-art|accura|"
    r"better|faster|competitive|superior|results?\b|experiment|evaluat|demonstrat|became\b|"
    r"(?:we|also) (?:show|find|found|prove))",
    re.IGNORECASE,
)
_PROPOSES = re.compile(
    r"\b(?:we|this paper|this work|paper)\b[^.]{0,30}\b(?:propose|introduce|present|develop|study|"
    r"investigate|design|describe|formulate|devise|consider|provide|construct|build)",
    re.IGNORECASE,
)
_POINTING = re.compile(r"^(?:It|This|These|They|Such|Its|Their|Here)\b")
_AVAILABILITY = re.compile(
    r"https?://|\b(?:code|data(?:set)?s?|models?|demo|project page|videos?|weights)\b[^.]{0,60}"
    r"\b(?:available|released?|open[- ]sourced?|public(?:ly)?|found at)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|"
    r"dozens?|hundreds?|thousands?|millions?|billions?|half|third|quarter|twice)\b",
    re.IGNORECASE,
)


def sentence_features(
    question: str,
    text: str,
    *,
    late: float,
    late_news: float,
    coverage: float,
    news: float,
    place: float,
    introduces: bool = False,
) -> dict[str, float]:
    """What the choice of a sentence rests on, each about 0 to 1.

    Args:
        late: late interaction of question and sentence.
        late_news: what of it the title doesn't give as well.
        coverage: weighted share of the question's content words in the sentence.
        news: the same without the words that stand in the title anyway.
        place: where it stands in the abstract, 0 first to 1 last. Abstracts open with what is
            known and end with where the code is; what was asked mostly stands between.
        introduces: whether it is the first of those that name most of what was asked about.
            Counts where a question asks no more than what something is, as the wording once more:
            then neither what it achieved is the answer nor who else built upon it.
    """
    wording, figure, count = _wording(text)
    what = float(asks_what(question))
    asked = float(asks_figure(question))
    if _asks_count(question):
        figure = count
    return {
        "late": late,
        "late_news": late_news,
        "coverage": coverage,
        "news": news,
        "place": place,
        "place_squared": place * place,
        "opening": float(place == 0.0),
        **{name: wording[name] for name in ("proposes", "pointing", "availability")},
        "figure": figure * asked,
        "length": min(len(text), 400) / 400,
        "works_propose": wording["proposes"] * _asks_for_works(question),
        "introduces": what * introduces,
        "what_late": what * late,
        "what_late_news": what * late_news,
        "what_place": what * place,
        "what_proposes": what * wording["proposes"],
        "what_result": what * wording["result"],
        "what_availability": what * wording["availability"],
    }


@lru_cache(maxsize=256)  # asked for every sentence of the papers found
def asks_figure(question: str) -> bool:
    """Whether a question asks for a figure: how many, what share, by how much. "What is score
    matching?" asks for none, "What is the score?" does."""
    if not _ASKS_FIGURE.search(question):
        return False
    return not asks_what(question) or bool(_OF_SOMETHING.search(question))


_asks_for_works = lru_cache(maxsize=256)(asks_for_works)


@lru_cache(maxsize=256)
def asks_what(question: str) -> bool:
    """Whether a question asks no more than what something is: "What is GloVe?", "glove"."""
    if len(question) > _LONGEST:
        return False
    match = _ASKS_WHAT.match(question)
    name = match["name"] if match else question
    words = [word for word in name.strip(" ?!.").split() if word.lower() not in _JOINS]
    if not 0 < len(words) <= (_NAME if match else _BARE) or _OF_IT.search(name):
        return False
    return len(asked_about(" ".join(words))) == len(words)


@lru_cache(maxsize=256)
def _asks_count(question: str) -> bool:
    """Whether a question asks how many there are, which no share of them tells."""
    return bool(_ASKS_COUNT.search(question))


@lru_cache(maxsize=16_384)  # the sentences of the busy papers: most of the time went here
def _wording(text: str) -> tuple[dict[str, float], float, float]:
    """What doesn't depend on the question, whether there is a figure, and one that is neither a
    percentage nor points."""
    wording = {
        "proposes": float(bool(_PROPOSES.search(text))),
        "pointing": float(bool(_POINTING.match(text))),
        "availability": float(bool(_AVAILABILITY.search(text))),
        "result": float(bool(_RESULT.search(text))),
    }
    count = _FIGURE.search(_SHARE.sub("", text))
    return wording, float(bool(_FIGURE.search(text))), float(bool(count))


@cache
def shipped_weights() -> Mapping[str, float]:
    """The weights that the package carries, fitted by `assistant eval evidence` on labelled
    evidence with a softmax over the sentences of a paper (a conditional logit)."""
    weights = json.loads(files("assistant").joinpath("telling.json").read_text("utf-8"))
    return {name: float(weights[name]) for name in FEATURES}


def telling(features: Mapping[str, float], weights: Mapping[str, float] | None = None) -> float:
    """The weighted sum: higher for a sentence that a reader would sooner pick."""
    weights = shipped_weights() if weights is None else weights
    return sum(weights[name] * features[name] for name in FEATURES)
