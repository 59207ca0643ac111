"""Papers grouped by the noun phrases that they share, each group under one of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from assistant.answer import Passage
from assistant.question import idf
from assistant.surveying.phrases import noun_phrases
from store.library import Library
from store.paper import Paper
from store.topic_words import BESIDE, COMMON

OTHER = "Other"  # what shares no phrase with another
_MOST = 4
_FEWEST = 2  # papers of a theme
_WIDEST = 0.6  # of the papers; a phrase of more says nothing that the topic doesn't
_FAMILY = 5  # letters that words of one family begin with
_FIRM = 2.0  # how strongly a third of a theme's papers must hold its phrase
_IN_TITLE, _IN_TEXT = 3.0, 1.0
_OFTEN = 3  # times in an abstract that count


@dataclass(slots=True)
class _Phrase:
    """A noun phrase: how it is written, and how strongly each paper holds it."""

    forms: Counter[str] = field(default_factory=Counter)
    held: dict[int, float] = field(default_factory=dict)


def themes(
    passages: Sequence[Passage], topic: str, library: Library
) -> list[tuple[str, list[int]]]:
    """(name, places of its papers) for each theme, the one of the best paper first.

    A theme is what some of the papers, but not most, call by one noun phrase that isn't the topic;
    the phrase that most of them hold most firmly and fewest other papers of the library do comes
    first, and a paper goes where it holds the phrase most firmly. Those without one come last,
    under OTHER. One group without a name where the papers share no phrase.
    """
    papers = [passage.paper for passage in passages]
    phrases = _phrases(papers, topic, library)
    count = library.count()

    def rare(key: tuple[str, ...]) -> float:
        return max(idf(library.words.held_by(stem), count) for stem in key)

    left = set(range(len(papers)))
    chosen: list[tuple[str, ...]] = []
    while len(chosen) < _MOST:
        worth = {
            key: rare(key) * sum(min(s, 4.0) for n, s in phrase.held.items() if n in left)
            for key, phrase in phrases.items()
            if sum(n in left for n in phrase.held) >= _FEWEST
            and _firm([s for n, s in phrase.held.items() if n in left])
            and not any(set(key) & set(other) for other in chosen)
        }
        if not worth:
            break
        best = max(sorted(worth), key=lambda key: worth[key])
        chosen.append(best)
        left -= phrases[best].held.keys()
    groups: dict[tuple[str, ...], list[int]] = {key: [] for key in chosen}
    other: list[int] = []
    for number in range(len(papers)):
        own = {key: phrases[key].held.get(number, 0.0) for key in chosen}
        best = max(chosen, key=lambda key: own[key], default=())
        (groups[best] if best and own[best] else other).append(number)
    other += [n for own in groups.values() if len(own) < _FEWEST for n in own]
    found = [(_name(phrases[key]), own) for key, own in groups.items() if len(own) >= _FEWEST]
    if not found:
        return [("", sorted(other))] if other else []
    found.sort(key=lambda theme: theme[1][0])
    return [*found, (OTHER, sorted(other))] if other else found


def _firm(held: Sequence[float]) -> bool:
    return 3 * sum(strength >= _FIRM for strength in held) >= len(held)


def _phrases(
    papers: Sequence[Paper], topic: str, library: Library
) -> dict[tuple[str, ...], _Phrase]:
    """The noun phrases that several of the papers hold and that say more than the topic does, by
    their stems."""
    stemmed: dict[str, tuple[str, ...]] = {}

    def stems(word: str) -> tuple[str, ...]:
        if word not in stemmed:
            stemmed[word] = tuple(library.words.stems(word))
        return stemmed[word]

    known = set(library.words.stems(topic))
    found: dict[tuple[str, ...], _Phrase] = {}
    for number, paper in enumerate(papers):
        for text, weight in ((paper.title, _IN_TITLE), (paper.abstract, _IN_TEXT)):
            own: Counter[tuple[str, ...]] = Counter()
            for key, form in noun_phrases(text, stems):
                own[key] += 1
                found.setdefault(key, _Phrase()).forms[form] += 3 if weight == _IN_TEXT else 1
            for key, times in own.items():
                held = found[key].held
                held[number] = held.get(number, 0.0) + weight * min(times, _OFTEN)
    most = max(_WIDEST * len(papers), _FEWEST)
    # A word that says little of any subject ("language", "model") must add more than itself.
    plain = {stem for word in (*BESIDE, *COMMON) for stem in stems(word)}
    kept = {
        key: phrase
        for key, phrase in found.items()
        if _FEWEST <= len(phrase.held) <= most
        and {s for s in key if not _is_known(s, known)} - plain
    }
    # "cloud classification" is only the end of "point cloud classification".
    ends = {
        key[at:]
        for key, phrase in kept.items()
        for at in range(1, len(key) - 1)
        if key[at:] in kept and len(kept[key[at:]].held) == len(phrase.held)
    }
    return {key: phrase for key, phrase in kept.items() if key not in ends}


def _is_known(stem: str, known: Set[str]) -> bool:
    """Whether the topic holds a word or one of its family: planner, optimisation."""
    return any(stem[:_FAMILY] == other[:_FAMILY] for other in known if len(other) >= 4) or (
        stem in known
    )


def _name(phrase: _Phrase) -> str:
    """The form that is written most, in small letters but for names."""
    form = min(phrase.forms.items(), key=lambda item: (-item[1], item[0]))[0]
    name = " ".join(w if _is_name(w, phrase) else w.lower() for w in form.split())
    return name[0].upper() + name[1:]


def _is_name(word: str, phrase: _Phrase) -> bool:
    """Whether a word keeps its capitals: as acronyms do, and what is never written small."""
    if any(c.isupper() for part in word.split("-") for c in part[1:]):
        return True
    return not any(word.lower() in form.split() for form in phrase.forms) and len(phrase.forms) > 1
