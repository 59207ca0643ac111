"""Questions made from a paper's own words by templates, with the sentences that answer them.

No model, no index: phrases are weighed by how rare their words are in a sample of the library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

from assistant.question import tidy
from assistant.questions_about import name_in, questions_about
from eval.wording import Wording, copies, key, keys, plain, spelt_out, telling, tells
from store.paper import Paper
from store.sentences import Span, split_sentences
from store.topic_words import BESIDE

KINDS = ("named", "detail", "topic", "part", "count")

_ODD = re.compile(r"[$\\{}|<>~]|https?:|www\.")  # formulas, markup and links are asked by nobody
_FIGURE = re.compile(r"(?<![\w.-])\d[\d.,]*\s?(?:%|x\b|×|percent|times|points)")
_COUNT = re.compile(
    r"(?<![\w.$€£-])(?!(?:19|20)\d\d\b)\d[\d,]*\s+((?:[a-z][a-z-]+\s){0,2}[a-z][a-z-]+s)\b(?!\s+of\b)"
)
_UNIT = re.compile(
    r"\b(?:times|points|percents?|parameters|tokens|(?:kilo|centi|milli)?met(?:re|er)s|(?:milli)?seconds|minutes|hours|days|weeks|months|years)$"
)
_SAYS = re.compile(
    r"\b(?:we|results|experiments|analysis|study|findings)\s+(?:\w+ly\s+|also\s+)?(?:find|found|shows?|"
    r"prove|conclude|observe|reveal|suggest|demonstrate)\b|\b(?:outperform|surpass)\w*",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:()]|\s[–—-]+\s|\b(?:which|while|whereas|because|although|but)\b")
_FEW_WORDS, _MANY_WORDS = 4, 7  # of a part of a sentence
_TITLE_SHARE = 0.5  # of a question's words that may stand in the title
_RARE_SHARE = 0.02  # of the papers that hold a word that tells papers apart

Holders = Callable[[Sequence[str]], Sequence[Paper]]


@dataclass(frozen=True, slots=True)
class Made:
    """A question with the papers that answer it, and the sentences of each as offsets.

    `names` are texts that a paper must hold to have anything to say to it.
    """

    kind: str
    question: str
    evidence: tuple[tuple[Paper, tuple[Span, ...]], ...]
    names: tuple[str, ...] = ()


class Templates:
    """Makes questions of the kinds `KINDS`.

    `sample` are the papers that tell how common a word is; `holders` gives all papers of the
    library that hold every one of some texts, so that a question that several papers answer
    names them all, and one that too many answer is not asked.
    """

    def __init__(self, sample: Iterable[Paper], holders: Holders) -> None:
        self._words = Wording(sample)
        self._holders = holders

    def questions(self, paper: Paper, random: Random) -> dict[str, Made]:
        """One question of each kind that the paper gives; the same for the same lots."""
        sentences = [s for s in split_sentences(paper.abstract) if s[1] - s[0] > 20]
        makers = {
            "named": self._named,
            "detail": self._detail,
            "topic": self._topic,
            "part": self._part,
            "count": self._count,
        }
        made = {}
        for kind, make in makers.items():
            offered = list(make(paper, sentences, random))
            random.shuffle(offered)
            chosen = next((m for m in offered if self._fair(m, paper)), None)
            if chosen:
                made[kind] = chosen
        return made

    # --- the kinds ------------------------------------------------------------------------

    def _named(self, paper: Paper, sentences: list[Span], random: Random) -> Iterator[Made]:
        """Of a name that the paper gives to something of its own."""
        text = paper.abstract
        name = name_in(paper)
        if name and len(self._holders([name])) <= 3:
            about = tuple(s for s in sentences if name in text[slice(*s)])
            wordings = [f"What problem does {name} solve?", f"Explain {name} in a few words"]
            wordings += [s.question for s in questions_about(paper) if s.kind == "method"]
            yield _made("named", random.choice(wordings), paper, about, name)
            results = tuple(s for s in sentences if _reports(text[slice(*s)]))
            if asks := [s.question for s in questions_about(paper) if s.kind == "results"]:
                yield _made("named", asks[0], paper, results, name)
        for short, _, span in spelt_out(text):
            if short != name and short not in paper.title and len(self._holders([short])) == 1:
                sentence = tuple(s for s in sentences if s[0] <= span[0] < s[1])
                wordings = [f"What does {short} stand for?", f"What is {short} used for?"]
                yield _made("named", random.choice(wordings), paper, sentence, short)

    def _detail(self, paper: Paper, sentences: list[Span], random: Random) -> Iterator[Made]:
        """Of a sentence that tells a figure or a finding."""
        for span in sentences:
            text = paper.abstract[slice(*span)]
            if _ODD.search(text) or not _reports(text):
                continue
            found = self._words.best(text, 2)
            if len(found) < 2:
                continue
            if _SAYS.search(text):
                wordings = [
                    "What was found about {} and {}?",
                    "How are {} and {} related?",
                    "Do we know anything on {} with regard to {}?",
                ]
            else:
                wordings = [
                    "What figures are reported for {} and {}?",
                    "What are the numbers for {} and {}?",
                ]
            question = random.choice(wordings).format(*found)
            yield _made("detail", question, paper, (span,), *found)

    def _topic(self, paper: Paper, sentences: list[Span], random: Random) -> Iterator[Made]:
        """Of two rare words of the title that stand in one sentence of the abstract."""
        things = filter(self._words.is_thing, telling(paper.title))
        words = list(dict.fromkeys(plain(w) for w in things if w.lower() not in BESIDE))
        words = sorted(words, key=self._words.weight, reverse=True)[:5]
        for one, two in combinations(words, 2):
            if key(one) == key(two):
                continue
            if paper.title.lower().find(one.lower()) > paper.title.lower().find(two.lower()):
                one, two = two, one
            beside = f"{one} {two}".lower() in paper.title.lower()
            wordings = (
                ["Papers on {} {}", "What is known about {} {}?"]
                if beside
                else ["What has been written on {} and {}?", "{} in connection with {}"]
            )
            if not _spans_with((one, two), paper):
                continue
            others = [p for p in self._holders([one, two]) if p.id != paper.id]
            if len(others) < 5:
                evidence = ((p, _spans_with((one, two), p)) for p in (paper, *others))
                wording = random.choice(wordings).format(one, two)
                yield Made("topic", wording, tuple(evidence))

    def _part(self, paper: Paper, sentences: list[Span], random: Random) -> Iterator[Made]:
        """The telling words of a clause in the middle of the abstract, as a keyword query."""
        for span in sentences[1:-1]:
            text = paper.abstract[slice(*span)]
            if _ODD.search(text):
                continue
            for clause in _CLAUSE.split(text):
                words = list(dict.fromkeys(map(plain, telling(clause))))
                if len(words) >= _FEW_WORDS:
                    yield _made("part", " ".join(words[:_MANY_WORDS]), paper, (span,))

    def _count(self, paper: Paper, sentences: list[Span], random: Random) -> Iterator[Made]:
        """Of how many there are of something, in what the title names."""
        subject = self._subject(paper)
        if not subject or len(self._holders([subject])) > 1:
            return
        for span in sentences:
            text = paper.abstract[slice(*span)]
            for things in [] if _ODD.search(text) else _COUNT.findall(text):
                words = things.split()
                while len(words) > 1 and not tells(words[0]):
                    words.pop(0)
                if _UNIT.search(things) or not all(map(tells, words)):
                    continue
                if self._words.is_thing(words[-1]) and not keys(things) & keys(subject):
                    wordings = ["How many {} were there in the work on {}?", "{1}: how many {0}?"]
                    question = random.choice(wordings).format(" ".join(words), subject)
                    question = question[0].upper() + question[1:]
                    yield _made("count", question, paper, (span,), words[-1], subject)

    # --- what is asked of a question ------------------------------------------------------

    def _fair(self, made: Made, paper: Paper) -> bool:
        """Whether a question is no copy, and tells its paper from most others."""
        if not all(spans for _, spans in made.evidence[:1]):
            return False
        if any(copies(made.question, text) for text in (paper.title, paper.abstract)):
            return False
        if made.kind in ("named", "topic", "count"):
            return True
        asked, title = keys(made.question), keys(paper.title)
        held, most = self._words.held, max(3, _RARE_SHARE * self._words.papers)
        rare = sorted((held[k], k) for k in asked if 0 < held[k] <= most)
        if len(rare) < 2 or len(asked & title) > _TITLE_SHARE * len(asked):
            return False
        return made.kind != "detail" or len(self._holders([k for _, k in rare[:2]])) < 2

    def answered_by_one(self, made: Made) -> bool:
        """Whether no other paper of the library names what a question names."""
        return bool(made.names) and len(self._holders(made.names)) < 2

    def _subject(self, paper: Paper) -> str:
        """A phrase of the title that says what a paper is about."""
        best = self._words.best(tidy(paper.title), 1)
        return " ".join(map(plain, best[0].split())) if best else ""


def _made(kind: str, question: str, paper: Paper, spans: tuple[Span, ...], *names: str) -> Made:
    return Made(kind, question, ((paper, spans),), names)


def _reports(sentence: str) -> bool:
    return bool(_FIGURE.search(sentence) or _SAYS.search(sentence))


def _spans_with(words: Sequence[str], paper: Paper) -> tuple[Span, ...]:
    sought = {key(word) for word in words}
    return tuple(
        span
        for span in split_sentences(paper.abstract)
        if sought <= keys(paper.abstract[slice(*span)])
    )
