"""Which sentence of an abstract answers a column, if one does."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from assistant.evidence import Cut, SentenceTexts
from assistant.late import Asked, ask, late_of_sentences
from assistant.question import Terms, terms_of
from assistant.surveying.columns import Column
from assistant.surveying.data import names_data
from assistant.surveying.standing import dangles, short_name, substance
from store.late import Pieces
from store.library import Library
from store.paper import Paper
from store.sentences import Span

FEATURES = ("cues", "hints", "against", "late", "away", "opening", "figure")

# A question of the reader's own has no patterns: the sentence must hold its words, or be so near.
# Chosen by reading the cells of ten questions over 414 papers.
_HELD, _LATE, _LATE_ALONE = 0.6, 0.5, 0.74
_MOST_CUES = 2
_DANGLING = 0.8  # of its score is left to a sentence that only those before it explain
_SUBSTANCE = 2  # words of its subject that a problem or result must have
# A sentence that tells how a problem is solved, not which it is.
_SOLVES = re.compile(
    r"\b(?:overcomes?|address(?:es)?|tackles?|solves?|resolves?|remed(?:y|ies)|mitigates?|"
    r"alleviates?|"
    r"eliminates?)\b (?:this|these|those|such|the above|both|all)\b|"
    r"^\W*(?:(?:In|Here|To)\b[^,]*,\s+)?(?:we|this (?:paper|work|article|study)|the (?:paper|"
    r"study))"
    r" (?:\w+ )?(?:propose|present|introduce|develop|describe|design)s?\b"
    r"(?!.*\b(?:problems?|challeng\w*|question)\b(?!-))|"
    r"^\W*(?:Our (?:approach|method|framework|model|algorithm|work|key|main)|Building on)\b",
    re.IGNORECASE,
)
# The first sentence of a longer abstract tells of the field, unless it speaks of the paper.
_SHORT = 3
_OWN = re.compile(r"\b(?:we|our|this|here)\b", re.IGNORECASE)
_FIGURE = re.compile(r"\d")
_ASKS_FIGURE = re.compile(r"\b(?:how (?:many|much|large|big|long|fast)|number|size|count)\b", re.I)
# What others did or lack, with which abstracts begin.
OTHERS = re.compile(
    r"^\W*(?:however|while|recent|recently|prior|previous|existing|current|although|despite)\b|"
    r"\b(?:recent works?|prior work|existing|et al|conventional)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundreds?|thousands?|"
    r"millions?|billions?|half|twice)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Scored:
    """One sentence held against a column; `score` is 0 to 1, and `enough` whether it answers.
    One that doesn't so much as speak of what is asked isn't enough whatever its score."""

    span: Span
    text: str
    score: float
    enough: bool
    features: Mapping[str, float]
    speaks: bool = True


@dataclass(frozen=True, slots=True)
class ChoiceModel:
    """Logistic regression over the features of a known column's sentences; `assistant eval cells`
    fits it on labelled cells. Below `threshold` the abstract doesn't state it."""

    weights: Mapping[str, float]
    bias: float
    threshold: float

    def score(self, features: Mapping[str, float]) -> float:
        raw = self.bias + sum(self.weights[name] * features[name] for name in self.weights)
        return 1 / (1 + math.exp(-max(min(raw, 30.0), -30.0)))


@cache
def shipped_choice() -> ChoiceModel:
    """The model that the package carries."""
    text = files("assistant.surveying").joinpath("choosing.json").read_text("utf-8")
    values = json.loads(text)
    return ChoiceModel(values["weights"], values["bias"], values["threshold"])


class SentenceChoice:
    """Holds columns against papers' sentences, by patterns and by late interaction with what
    abstracts say there; each column is read by the model once."""

    def __init__(self, library: Library, texts: SentenceTexts) -> None:
        self._library = library
        self._texts = texts
        self._asked: dict[str, Asked] = {}
        self._terms: dict[str, Terms] = {}

    def cut(self, paper: Paper) -> Cut:
        """A paper's sentences."""
        return self._texts.of(paper)

    def of(
        self, columns: Sequence[Column], papers: Sequence[Paper], model: ChoiceModel | None = None
    ) -> list[list[list[Scored]]]:
        """For each paper and each column its sentences, in the abstract's order."""
        model = model or shipped_choice()
        held = {paper.id: paper for paper in papers}
        pieces = self._library.pieces_of(held, len(held))
        return [
            [
                self._scored(column, self._texts.of(p), pieces[p.id], model, short_name(p))
                for column in columns
            ]
            for p in papers
        ]

    def _scored(
        self, column: Column, cut: Cut, pieces: Pieces, model: ChoiceModel, name: str
    ) -> list[Scored]:
        lates = [
            [s.late for s in late_of_sentences(self._read(w).pieces, pieces, cut.spans)]
            for w in column.wordings
        ]
        found = []
        last = max(len(cut.spans) - 1, 1)
        for number, (span, text) in enumerate(zip(cut.spans, cut.texts, strict=True)):
            features = features_of(column, text, number / last, max(late[number] for late in lates))
            one = Scored(span, text, 0.0, False, features)
            if column.known:
                score = model.score(features) * (_DANGLING if dangles(text) else 1.0)
                speaks = not column.needs or (
                    bool(features["cues"] or features["hints"])
                    and (number > 0 or last < _SHORT or bool(_OWN.search(text)))
                )
                speaks = speaks and says_something(column, text, features, name)
                enough = speaks and score >= model.threshold
                found.append(replace(one, score=score, enough=enough, speaks=speaks))
            else:
                found.append(self._by_words(column, one, cut, number))
        return found

    def _by_words(self, column: Column, one: Scored, cut: Cut, number: int) -> Scored:
        """A question of the reader's own: by the words it holds beside meaning."""
        terms = self._terms.get(column.question)
        if terms is None:
            terms = self._terms[column.question] = terms_of(column.question, self._library)
        coverage, late = terms.coverage(cut.stems[number]), one.features["late"]
        enough = late >= _LATE_ALONE or (late >= _LATE and coverage >= _HELD)
        if OTHERS.search(one.text):
            enough = False
        if _ASKS_FIGURE.search(column.question) and not _NUMBER.search(one.text):
            enough = False
        return replace(one, score=0.6 * late + 0.4 * coverage, enough=enough)

    def _read(self, wording: str) -> Asked:
        if wording not in self._asked:
            self._asked[wording] = ask(wording, self._library)
        return self._asked[wording]


def says_something(
    column: Column, text: str, features: Mapping[str, float], name: str = ""
) -> bool:
    """Whether a sentence could answer a known column away from its abstract: it has a subject of
    its own, a problem isn't how one was solved, a method isn't only pointed at, and data are named
    or counted. `name` is what the paper's own method is called."""
    if column.known == "problem":
        return substance(text) >= _SUBSTANCE and not _SOLVES.search(text)
    if column.known == "method":
        return not dangles(text) or features["cues"] > 0
    if column.known == "data":
        return names_data(text, name)
    if column.known == "result":
        return substance(text) >= _SUBSTANCE or bool(_NUMBER.search(text))
    return True


def features_of(column: Column, text: str, place: float, late: float) -> dict[str, float]:
    """What the choice for a known column rests on, each about 0 to 1.

    - cues, hints, against: how many of the column's patterns the sentence has
    - late: late interaction with the column's wordings, the best of them
    - away: how far the sentence stands from where such sentences stand
    - opening: whether it is the first
    - figure: whether it has a figure
    """
    low, high = column.place
    return {
        "cues": min(_found(column.cues, text), _MOST_CUES) / _MOST_CUES,
        "hints": min(_found(column.hints, text), _MOST_CUES) / _MOST_CUES,
        "against": float(_found(column.against, text) > 0),
        "late": late,
        "away": max(low - place, place - high, 0.0),
        "opening": float(place == 0.0),
        "figure": float(bool(_FIGURE.search(text))),
    }


def _found(patterns: Sequence[re.Pattern[str]], text: str) -> int:
    return sum(bool(pattern.search(text)) for pattern in patterns)


def best_of(sentences: Sequence[Scored]) -> Scored | None:
    """The sentence that answers best, if one does."""
    enough = [one for one in sentences if one.enough]
    return max(enough, key=lambda one: one.score, default=None)
