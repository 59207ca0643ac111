"""Names for groups of papers, made of the groups' own words (class-based TF-IDF).

The weight of a term in a group is the share of the group's papers that hold it, times
log(1 + mean size of a group / papers that hold it anywhere); after Grootendorst, "BERTopic"
(2022), with papers counted in place of words, so that one long abstract names no group.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from store.paper import Paper
from store.topic_words import BESIDE, COMMON

Stems = Callable[[str], Sequence[str]]
Key = tuple[str, ...]  # a term as its stems, so that its forms are one
Term = tuple[Key, str]  # the same, and how it is written

_WORD = re.compile(r"(?<![\w-])[^\W\d_][^\W_]*(?:[-+][^\W_]+)*\+*")
# Two words with a hyphen say how something is ("cross-modal") unless they end like these.
_DESCRIBES = re.compile(
    r"[A-Za-z][a-z]+-[A-Za-z][a-z]+(?<!ing|ion)(?<!or)|[a-z]+ly|.*-(?:based|specific)"
)
_MOSTLY = 0.55  # of a term's uses must be part of a longer term, to be written as that
_PAIR_WORTH = 1.6  # two words say more than one
_PLURAL = 0.15  # of a term's uses must be so, for it to be a thing one speaks of in the plural
_IN_LABEL = 3
_WORDS = 8
_OFFERED = 40  # terms of each group that are looked at
_LEAST_SHARE = 0.04  # of a group's papers must hold a term that names it


@dataclass(frozen=True, slots=True)
class Label:
    """The name of a group, and the terms that are most its own, best first."""

    text: str
    words: tuple[str, ...]


class _Stemmed:
    """Stems of single words, each asked for once."""

    def __init__(self, stems: Stems) -> None:
        self._stems = stems
        self._known: dict[str, Key] = {}

    def of(self, word: str) -> Key:
        """A word's stems; none for a word that says nothing of any subject."""
        plain = word.lower().replace("’", "'")
        if plain not in self._known:
            says = len(plain) > 1 and plain not in COMMON
            self._known[plain] = tuple(self._stems(plain)) if says else ()
        return self._known[plain]


Run = list[tuple[str, Key]]


def _runs(text: str, stemmed: Callable[[str], Key]) -> Iterator[Run]:
    """The words that may be part of a term, as far as only one space parts them."""
    run: Run = []
    past = 0
    for found in _WORD.finditer(text):
        word, key = found.group(), stemmed(found.group())
        if not key or text[past : found.start()] != " ":
            if run:
                yield run
            run = []
        if key:
            run.append((word, key))
        past = found.end()
    if run:
        yield run


def _terms(run: Run) -> Iterator[tuple[Key, int, int]]:
    """The one- and two-word terms of a run: stems, and the range of words."""
    for at, (word, key) in enumerate(run):
        alone = word.lower() not in BESIDE and not _DESCRIBES.fullmatch(word)
        if alone and len(word) > 2:
            yield key, at, at + 1
        if at + 1 < len(run):
            after, other = run[at + 1]
            if key != other and not {word.lower(), after.lower()} <= BESIDE:
                yield key + other, at, at + 2


def label_groups(groups: Sequence[Sequence[Paper]], stems: Stems) -> list[Label]:
    """A label of up to three terms for each group of papers, no two the same.

    No stem stands twice in a label, and no term in two labels: it goes where it weighs most.
    """
    stemmed = _Stemmed(stems).of
    held = [Counter[Key]() for _ in groups]
    for group, count in zip(groups, held, strict=True):
        for paper in group:
            runs = _runs(f"{paper.title}.\n{paper.abstract}", stemmed)
            count.update({key for run in runs for key, _, _ in _terms(run)})
    weights = _weights(held, [len(group) for group in groups])
    shared = _share_out(weights)
    taken: set[Key] = set()
    labels = []
    for number, (group, own, weight) in enumerate(zip(groups, shared, weights, strict=True)):
        rest = sorted(weight, key=lambda key: (-weight[key], key))[:_OFFERED]
        written = _written(group, {*own, *rest}, stemmed)
        first = _apart((written[key] for key in own), _IN_LABEL, taken)
        taken.update(whole for whole, _ in first)
        words = _apart([*first, *(written[key] for key in rest)], _WORDS)
        names = ", ".join(text for _, text in first)
        labels.append(Label(_capital(names or f"Topic {number + 1}"), tuple(t for _, t in words)))
    return labels


def shared_terms(papers: Sequence[Paper], most: int) -> list[tuple[str, tuple[Paper, ...]]]:
    """Terms of two words or more that titles share, each with its papers: the commonest first.

    Quick, and without an index: forms of a word are the same if they differ by an "s".
    """
    stemmed = _Stemmed(lambda word: [word.removesuffix("s")]).of
    holders: dict[Key, list[Paper]] = {}
    for paper in papers:
        pairs = {
            key
            for run in _runs(paper.title, stemmed)
            for key, start, end in _terms(run)
            if end - start == 2
        }
        for key in sorted(pairs):
            holders.setdefault(key, []).append(paper)
    shared = [key for key in holders if len(holders[key]) > 1]
    shared.sort(key=lambda key: (-len(holders[key]), key))
    terms: dict[Key, tuple[str, tuple[Paper, ...]]] = {}
    for key in shared[:most]:
        whole, text = _written(holders[key], {key}, stemmed, plural=True)[key]
        terms.setdefault(whole, (text, tuple(holders[key])))
    return list(terms.values())


def _weights(held: Sequence[Counter[Key]], sizes: Sequence[int]) -> list[dict[Key, float]]:
    everywhere: Counter[Key] = Counter()
    for count in held:
        everywhere.update(count)
    mean = sum(sizes) / max(len(sizes), 1)
    weights = []
    for count, size in zip(held, sizes, strict=True):
        least = max(2, math.ceil(_LEAST_SHARE * size)) if size > 2 else 1
        weights.append(
            {
                key: number / size * math.log(1 + mean / everywhere[key]) * _worth(key)
                for key, number in count.items()
                if number >= least
            }
        )
    return weights


def _worth(key: Key) -> float:
    return _PAIR_WORTH if len(key) > 1 else 1.0


def _share_out(weights: Sequence[dict[Key, float]]) -> list[list[Key]]:
    """The terms that may name each group, best first: each term where it weighs most."""
    offers = sorted(
        (-weight, number, key)
        for number, own in enumerate(weights)
        for key, weight in sorted(own.items(), key=lambda item: (-item[1], item[0]))[:_OFFERED]
    )
    shared: list[list[Key]] = [[] for _ in weights]
    taken: set[Key] = set()
    for _, number, key in offers:
        if key not in taken:
            shared[number].append(key)
            taken.add(key)
    return shared


def _apart(terms: Iterable[Term], most: int, taken: Set[Key] = frozenset()) -> list[Term]:
    """The first terms that share no stem with another and are not `taken`."""
    apart: list[Term] = []
    seen: set[str] = set()
    for whole, text in terms:
        if len(apart) < most and whole not in taken and seen.isdisjoint(whole):
            apart.append((whole, text))
            seen.update(whole)
    return apart


def _written(
    group: Sequence[Paper], keys: set[Key], stemmed: Callable[[str], Key], *, plural: bool = False
) -> dict[Key, Term]:
    """How the group's papers write these terms; in the plural, if `plural` and if some do.

    One that is mostly part of one longer term ("deep reinforcement") is written as that.
    Titles, with their capitals, count less than abstracts.
    """
    forms: dict[Key, Counter[str]] = {key: Counter() for key in keys}
    longer: dict[Key, Counter[Term]] = {key: Counter() for key in keys}
    runs = [
        (run, weight)
        for paper in group
        for text, weight in ((paper.abstract, 3), (paper.title, 1))
        for run in _runs(text, stemmed)
    ]
    for run, weight in runs:
        words = [word if weight > 1 else _plain(word) for word, _ in run]
        for key, start, end in _terms(run):
            if key not in forms:
                continue
            forms[key][" ".join(words[start:end])] += weight
            for first, past in _around(start, end):
                if first >= 0 and past <= len(run):
                    whole = tuple(stem for _, own in run[first:past] for stem in own)
                    longer[key][whole, " ".join(words[first:past])] += weight
    small = {word for run, weight in runs for word, _ in run if weight > 1 and word.islower()}
    terms = {key: _form(key, count, longer[key], plural) for key, count in forms.items()}
    return {key: (whole, _small(text, small)) for key, (whole, text) in terms.items()}


def _around(start: int, end: int) -> list[tuple[int, int]]:
    """Ranges of words a little longer than one."""
    return [(start - 1, end), (start, end + 1), (start, end + 2), (start - 1, end + 1)]


def _form(key: Key, forms: Counter[str], longer: Counter[Term], plural: bool) -> Term:
    """The form that is used most, or the longest of the longer ones that is used mostly."""
    used = sum(forms.values())
    wholes: dict[Key, Counter[str]] = {}
    for (whole, written), number in longer.items():
        wholes.setdefault(whole, Counter())[written] += number
    mostly = [whole for whole, own in wholes.items() if sum(own.values()) > _MOSTLY * used]
    if mostly:
        key = max(mostly, key=lambda whole: (len(whole), whole))
        forms = wholes[key]
    many = Counter({form: number for form, number in forms.items() if form.endswith("s")})
    if plural and many.total() >= _PLURAL * forms.total():
        forms = many
    return key, min(forms.items(), key=lambda item: (-item[1], item[0]))[0]


def _small(text: str, small: Set[str]) -> str:
    """A term without capitals on words that are written small elsewhere: "Gaussian" keeps its."""
    return " ".join(
        word.lower() if word.istitle() and word.lower() in small else word
        for word in text.split(" ")
    )


def _plain(word: str) -> str:
    """A title's word in lower case, unless it is written as acronyms and names are."""
    return word if any(c.isupper() for c in word[1:]) else word.lower()


def _capital(text: str) -> str:
    first = text.partition(",")[0].split(" ")[0]
    return text if any(c.isupper() for c in first) else text[:1].upper() + text[1:]
