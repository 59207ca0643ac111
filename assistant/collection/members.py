"""The papers that a question about the collection means, each decided by a rule that is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from os.path import commonprefix
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.collection.query import By, CollectionQuery
from store.facts import Value, What
from store.filters import Filters

if TYPE_CHECKING:
    from store.library import Library

# Words of a topic that its papers needn't hold; the word index drops articles and the like.
_LITTLE_TEXT = """
about across against among around before after between both by during from how of off on onto over
own per through toward towards under upon using via within without
"""
_LITTLE = frozenset(_LITTLE_TEXT.split())
_WORD = re.compile(r"[^\W_]+(?:['’.+/-][^\W_]+)*\+*")
# Endings of one number and of the other; the first that fits is taken.
_NUMBERS = (
    ("trices", ("trix",)), ("trix", ("trices", "trixes")), ("dices", ("dex",)),
    ("dex", ("dices", "dexes")), ("rtices", ("rtex",)), ("rtex", ("rtices",)),
    ("theses", ("thesis",)), ("lyses", ("lysis",)), ("sis", ("ses",)), ("ricula", ("riculum",)),
    ("ectra", ("ectrum",)), ("ima", ("imum",)), ("um", ("a", "ums")), ("teria", ("terion",)),
    ("terion", ("teria",)), ("omena", ("omenon",)), ("omenon", ("omena",)), ("ies", ("y",)),
    ("ay", ("ays",)), ("ey", ("eys",)), ("oy", ("oys",)), ("y", ("ies",)), ("sses", ("ss",)),
    ("shes", ("sh",)), ("ches", ("ch",)), ("xes", ("x",)), ("ss", ("sses",)), ("sh", ("shes",)),
    ("ch", ("ches",)), ("x", ("xes",)), ("us", ("uses",)), ("is", ()), ("s", ("",)), ("", ("s",)),
)  # fmt: skip
_NO_PLURALS = frozenset(
    (
        "alias",
        "always",
        "atlas",
        "bias",
        "canvas",
        "chaos",
        "gas",
        "lens",
        "means",
        "news",
        "series",
    )
)
_GAP = r"[\s\-‐-–]+"  # a space, a hyphen or a line's end
_MOST_NAMES = 1000  # organisations
_YEAR = len("2024")
_MANY = 500  # papers of which the database is to look through the texts first


@dataclass(slots=True)
class Members:
    """The ids of the papers meant, in the order asked for, and what it took to tell.

    `values` are what the papers are grouped or ranked by, one for each, where they are.
    Where days were asked for, `undated` are papers that pass all else and have no date,
    `inferred` members whose year was worked out, and `of_a_year` those of which no more than the
    year is known. `words` are those that a topic's papers hold, each alternative by itself.
    `organisations` and `authors` are the names that matched, with the number of papers each has
    in the library; `pages` the sources that a place or a name meant. `near` are the papers that
    have the words of a phrase which no paper has as it stands.
    """

    ids: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()
    undated: int = 0
    inferred: int = 0
    of_a_year: int = 0
    words: list[list[tuple[str, ...]]] = field(default_factory=list)
    organisations: dict[str, int] = field(default_factory=dict)
    authors: dict[str, int] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)
    near: int = 0


def members_of(query: CollectionQuery, library: Library, filters: Filters) -> Members:
    """Finds the papers that pass a query and the caller's filters; reads no vectors."""
    if query.about or query.mentions or query.called:
        library.index_words()
    found = Members()
    allowed = _allowed(query, library, found)
    if filters.papers:
        wanted = set(filters.papers)
        allowed = wanted if allowed is None else allowed & wanted
    if allowed is not None and not allowed:
        return found
    if allowed is not None:
        filters = replace(filters, papers=tuple(allowed))
    facts = library.catalog.facts
    if query.since or query.until:
        found.undated = facts.undated(filters)
        filters = _dated(filters, query)
        if filters.since and filters.until and filters.since > filters.until:
            return found
    order = query.order or "-year"
    dated, what = query.since or query.until, _what(query)
    found.ids, values = facts.of(
        filters, order, what or ("date" if dated else None),
        votes=query.votes, voteless=query.voteless, lacking=query.lacking,
    )  # fmt: skip
    found.values = values if what else ()
    if dated:
        found.inferred = facts.inferred(found.ids)
        if what in (None, "date"):
            found.of_a_year = sum(len(str(value)) == _YEAR for value in values)
        else:
            found.of_a_year = facts.of_a_year(found.ids)
    return found


def _what(query: CollectionQuery) -> What | None:
    """What is to be known of each paper, for groups and for places in a ranking."""
    if query.kind == "groups":
        return query.by if query.by != "page" else None
    if not query.superlative or query.order == "-added":
        return None
    return "upvotes" if query.order == "-upvotes" else "date"


def _dated(filters: Filters, query: CollectionQuery) -> Filters:
    """The caller's filters and the query's days together."""
    since = max(filter(None, (filters.since, query.since)), default=None)
    until = min(filter(None, (filters.until, query.until)), default=None)
    return replace(filters, since=since, until=until)


def groups_of(
    members: Members, by: By, library: Library, *, biggest_first: bool = False
) -> list[tuple[str | None, tuple[str, ...]]]:
    """The members by year, month, organisation or source, each group in the members' order.

    Years and months go up, sources by name, organisations by size, as all do `biggest_first`;
    None is the group of those without. A paper that several sources gave is in several groups;
    sources that gave no member are left out.
    """
    if by == "page":
        places = library.catalog.facts.by_source(members.ids)
        found = [
            (source, tuple([i for i in members.ids if i in given]))
            for source, given in places.items()
        ]
        given_any = [group for group in found if group[1]]
        return sorted(given_any, key=lambda g: -len(g[1])) if biggest_first else list(given_any)
    groups: dict[str | None, list[str]] = {}
    spelt: dict[str, str] = {}
    of_value: dict[Value, list[str]] = {}
    for value in dict.fromkeys(members.values):
        name = str(value) if value else None
        if name and by == "organisation":
            name = spelt.setdefault(name.casefold(), name)
        of_value[value] = groups.setdefault(name, [])
    for paper_id, value in zip(members.ids, members.values, strict=True):
        of_value[value].append(paper_id)
    named = [(name, tuple(ids)) for name, ids in groups.items() if name is not None]
    named.sort(key=lambda group: group[0].casefold())
    if biggest_first or by == "organisation":
        named.sort(key=lambda group: -len(group[1]))
    return [*named, *((None, tuple(groups[name])) for name in groups if name is None)]


def content_of(topic: str, library: Library) -> tuple[str, ...]:
    """The words of a topic that decide; all of them where none does."""
    words = [w for w in _WORD.findall(topic) if library.words.stems(w)]
    return tuple(dict.fromkeys(w for w in words if w.lower() not in _LITTLE)) or tuple(words)


def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """A phrase as whole words, whatever its case, in singular or plural, its words apart by
    spaces or hyphens."""
    return re.compile(rf"(?<!\w){_phrase(phrase)}", re.IGNORECASE)


def _phrase(phrase: str) -> str:
    words = _words(phrase)
    forms = _forms(words[-1])
    stem = commonprefix(forms)  # noqa: RUF071 - of words, no paths
    ends = "|".join(re.escape(form[len(stem) :]) for form in sorted(forms, key=len, reverse=True))
    if words[-1][-1:].isupper():  # "GPs" is several, "GPS" something else
        ends = f"(?-i:{ends})"
    return _GAP.join([*map(re.escape, words[:-1]), rf"{re.escape(stem)}(?:{ends})(?!\w)"])


def _words(phrase: str) -> list[str]:
    return [word for word in re.split(_GAP, phrase.strip()) if word] or [phrase]


def _allowed(query: CollectionQuery, library: Library, found: Members) -> set[str] | None:
    """The ids that pass all but dates and upvotes; None where nothing narrows."""
    sets: list[set[str]] = []
    catalog = library.catalog
    about = list(query.about)
    for name in query.called:
        names = [one for one in catalog.organisations(name) if one.casefold() == name.casefold()]
        if names:
            sets.append(_by_name(name, library, found))
        else:
            about.append((name,))
    for name in query.names:
        sets.append(_by_name(name, library, found))
    sources = catalog.facts.sources() if query.pages or query.sources else []
    for page in query.pages:
        place = page - 1 if page > 0 else len(sources) - 1
        sets.append(_given_by(sources[place : place + 1], library, found))
    for part in query.sources:
        meant = [source for source in sources if _named(part, source)]
        sets.append(_given_by(meant, library, found))
    for topic in about:
        words = [content_of(alternative, library) for alternative in topic]
        found.words.append(words)
        sets.append(set().union(*(_about(one, library) for one in words)))
    for phrases in query.mentions:
        sets.append(set().union(*(_mentioning(phrase, library) for phrase in phrases)))
        if not sets[-1]:
            found.near += len(set().union(*(library.words.holding(one) for one in phrases)))
    return set.intersection(*sets) if sets else None


def _named(part: str, source: str) -> bool:
    """Whether a source has this in its name; a number only as a whole: "003" in "003_….txt"."""
    if not part.isdigit():
        return part.casefold() in source.casefold()
    return re.search(rf"(?<![^\W_]){part}(?![^\W_])", Path(source).name) is not None


def _given_by(sources: Sequence[str], library: Library, found: Members) -> set[str]:
    found.pages += sources
    return set().union(*(library.catalog.facts.given_by(source) for source in sources))


def _about(words: Sequence[str], library: Library) -> set[str]:
    """The papers that hold each of these words in some form.

    The word index knows most forms as one; a few plurals it takes for words of their own.
    """
    forms = [
        {tuple(library.words.stems(form)): form for form in _forms(word)}.values() for word in words
    ]
    return set().union(*(library.words.holding(" ".join(one)) for one in product(*forms)))


def _by_name(name: str, library: Library, found: Members) -> set[str]:
    """The papers of organisations with this in their names and of authors with these words."""
    catalog = library.catalog
    organisations = catalog.organisations(name, _MOST_NAMES)
    parts = [part for part in re.split(r"\s*,\s*|\s+(?:and|or)\s+", name) if part]
    if len(parts) > 1 and not organisations:  # of nobody as it stands: "Tencent and Adobe"
        return set().union(*(_by_name(part, library, found) for part in parts))
    authors = catalog.facts.authors(name)
    found.organisations |= organisations
    found.authors |= {author: len(ids) for author, ids in authors.items()}
    ids = catalog.ids(Filters(organisations=(name,))) if organisations else set()
    return ids.union(*authors.values())


def _mentioning(phrase: str, library: Library) -> set[str]:
    """The papers with a phrase, to the letter; see `phrase_pattern`.

    The word index brings those that have its words in any form, and their texts decide.
    """
    *first, last = _words(phrase)
    forms = [" ".join((*first, form)) for form in _forms(last)]
    by_stems = {tuple(library.words.stems(form)): form for form in forms}
    candidates: dict[str, None] = {}  # in the index's order, so that texts are read in theirs
    if () not in by_stems:  # nothing but words that the index doesn't keep
        for form in by_stems.values():
            candidates |= dict.fromkeys(library.words.holding(form))
        if not candidates:
            return set()
    certain: set[str] = set()
    if len(candidates) > _MANY:
        # The database can't tell "GPs" from "GPS".
        told = forms[:1] if last[-1:].isupper() else forms
        certain = library.catalog.facts.phrased(candidates, told)
        candidates = {one: None for one in candidates if one not in certain}
        if not candidates:
            return certain
    # Without regard to case in the pattern, and with nothing before its first letter, it is found
    # several times quicker.
    quick, exact = re.compile(_phrase(phrase.casefold())), phrase_pattern(phrase)
    sure = not last[-1:].isupper()
    return certain | {
        paper_id
        for paper_id, title, abstract in library.catalog.facts.texts(candidates)
        if any(_holds(quick, text) and (sure or exact.search(text)) for text in (title, abstract))
    }


def _holds(pattern: re.Pattern[str], text: str) -> bool:
    folded = text.casefold()
    return any(
        not (start and (folded[start - 1].isalnum() or folded[start - 1] == "_"))
        for start in (found.start() for found in pattern.finditer(folded))
    )


def _forms(word: str) -> list[str]:
    """A word in singular and plural, as it is spelt and as English makes the other."""
    low = word.lower()
    if low in _NO_PLURALS or len(word) < 2:
        return [word]
    if word[-1].isupper():  # an acronym: "GPS" is no plural
        return [word, f"{word}s"]
    ending, others = next(pair for pair in _NUMBERS if low.endswith(pair[0]))
    stem = word[: len(word) - len(ending)]
    forms = [f"{stem}{other}" for other in others if stem]
    return [word, *(form for form in forms if form.lower() not in _NO_PLURALS)]
