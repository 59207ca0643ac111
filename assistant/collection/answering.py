"""From a question about the collection to its answer, by the catalogue and the word index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.answer import (
    Answer,
    Citation,
    Collection,
    Group,
    Passage,
    Scores,
    Searched,
    Sentence,
    join_sentences,
)
from assistant.collection import telling
from assistant.collection.members import Members, groups_of, members_of, phrase_pattern
from assistant.collection.query import CollectionQuery, article, in_words
from store.filters import Filters
from store.sentences import Span, split_sentences

if TYPE_CHECKING:
    from store.library import Library
    from store.paper import Paper

WRITER = "catalogue"
LISTED = 20  # papers, where no other number is asked for
_MOST = 200  # papers that are ever listed; `Collection` names all
_OF_A_GROUP = 3  # papers that a group's line cites

Passages = tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """An answer but for the time it took."""

    passages: Passages
    searched: Searched
    sentences: tuple[Sentence, ...]
    collection: Collection


def tell(
    query: CollectionQuery,
    question: str,
    library: Library,
    filters: Filters,
    narrowed_to: tuple[str, ...],
    *,
    follows: bool = False,
    most: int | None = None,
) -> Told:
    """What the library says to a query: up to `most` papers are listed, all are named.

    `narrowed_to` are the caller's filters in words; `follows` tells that the question needed the
    turns before it.
    """
    members = members_of(query, library, filters)
    where = "that pass the filters" if filters else "here"
    among = library.count(filters)
    searched = Searched(
        in_words(query) if follows else question, among, narrowed_to, follows=follows
    )
    rule = telling.rule_of(query, members)
    if query.by and query.kind == "groups":
        return _groups(query, members, library, searched, rule, where)
    return _papers(query, members, library, searched, rule, where, most or LISTED)


def answer_of(told: Told, question: str, notice: str, timings: Mapping[str, float]) -> Answer:
    """The whole answer."""
    return Answer(
        question=question,
        status="answered",
        text=join_sentences(told.sentences),
        sentences=told.sentences,
        citations=tuple(c for sentence in told.sentences for c in sentence.citations),
        nearest=(),
        passages=told.passages,
        searched=told.searched,
        writer=WRITER,
        confidence=1.0,
        timings_ms=timings,
        notice=notice,
        direct=told.sentences[0].direct,
        collection=told.collection,
    )


def _papers(
    query: CollectionQuery,
    members: Members,
    library: Library,
    searched: Searched,
    rule: str,
    where: str,
    most: int,
) -> Told:
    """A number with its list, a list, or the first of one."""
    ids, values, count = members.ids, members.values, len(members.ids)
    # Those that can't be ranked come last.
    ranked = count - values.count(None)
    shown = min(query.wanted or most, _MOST)
    listed, wanted = ids[: min(shown, ranked)], query.wanted
    if query.superlative and count:
        lead = telling.ranking_sentence(query, ranked, count, where)
        tied = 0
        if listed and query.wanted and values:
            tied = values[shown:].count(values[len(listed) - 1])
        rest = telling.lacking_sentence(query, count - ranked, tied)
        meant = min(query.wanted or ranked, ranked)
        if ranked < count:  # those that can't be ranked are members, and not among the first
            wanted = meant
        rest = f"{rest} {telling.shown_sentence(len(listed), meant)}"
    else:
        lead = telling.count_sentence(query, count, searched.papers, where)
        rest = telling.shown_sentence(len(listed), count)
    said = [lead, *(telling.said(text) for text in (rule, rest.strip()) if text)]
    passages, cite = _cited(listed, query, library)
    for paper_id in listed:
        if (found := cite(paper_id)) is not None:
            paper, citation = found
            said.append(telling.entry(paper, citation, first=paper_id == listed[0]))
    collection = Collection(
        in_words(query),
        "list" if query.kind == "groups" else query.kind,
        count,
        members.ids,
        rule,
        wanted,
    )
    return Told(passages, searched, tuple(said), collection)


def _groups(
    query: CollectionQuery,
    members: Members,
    library: Library,
    searched: Searched,
    rule: str,
    where: str,
) -> Told:
    """The members by year, month, organisation or page."""
    assert query.by is not None
    groups = groups_of(members, query.by, library, biggest_first=query.superlative)
    named = [(_shown(query, name), ids) for name, ids in groups if name is not None]
    count = len(members.ids)
    if query.superlative and named:
        sizes = [len(ids) for _, ids in named]
        nameless = sum(len(ids) for name, ids in groups if name is None)
        lead = telling.most_sentence(
            query, named[0][0], sizes[0], count, sizes.count(sizes[0]) - 1, nameless
        )
    else:
        of = len(library.catalog.facts.sources()) if query.by == "page" else None
        known = sum(len(ids) for _, ids in named)
        lead = telling.group_sentence(query, len(named), of, known, count, where)
    shown = groups[:_MOST]
    each = max(1, min(_OF_A_GROUP, _MOST // max(len(shown), 1)))
    firsts = dict.fromkeys(i for _, ids in shown for i in ids[:each])
    passages, cite = _cited(list(firsts), query, library)
    said = [lead, *([telling.said(rule)] if rule else [])]
    if len(shown) < len(groups):
        said.append(telling.said(f"The first {len(shown)} of {len(groups):,} are listed."))
    for place, (name, ids) in enumerate(shown):
        told = f"without {article(query.by)}" if name is None else _shown(query, name)
        cited = [found[1] for i in ids[:each] if (found := cite(i)) is not None]
        said.append(telling.group_entry(told, len(ids), cited, first=not place))
    every = tuple(Group(name or "", ids) for name, ids in groups)
    collection = Collection(in_words(query), "groups", count, members.ids, rule, groups=every)
    return Told(passages, searched, tuple(said), collection)


def _shown(query: CollectionQuery, name: str) -> str:
    """A group's name for people: a file without its folder."""
    return Path(name).name if query.by == "page" else name


def _cited(
    ids: Sequence[str], query: CollectionQuery, library: Library
) -> tuple[Passages, Callable[[str], tuple[Paper, Citation] | None]]:
    """The papers as passages, and what gives each of them with its citation; None for one that
    was removed meanwhile."""
    papers = library.get(ids)
    kept = [i for i in ids if i in papers]
    numbers = {paper_id: number for number, paper_id in enumerate(kept, 1)}
    evidence = _Evidence(query, library)

    def cite(paper_id: str) -> tuple[Paper, Citation] | None:
        if paper_id not in papers:
            return None
        paper = papers[paper_id]
        start, end = evidence.of(paper)
        quote = paper.abstract[start:end]
        number = numbers[paper_id]
        return paper, Citation(number, paper.id, paper.title, quote, start, end, 1.0, True)

    return tuple(Passage(papers[i], Scores(0.0)) for i in kept), cite


class _Evidence:
    """Finds the sentence of an abstract that shows why its paper is a member, where a text does."""

    def __init__(self, query: CollectionQuery, library: Library) -> None:
        self._patterns = [phrase_pattern(one) for phrases in query.mentions for one in phrases]
        topics = [*query.about, *((name,) for name in query.called)]
        self._stems = {
            stem for topic in topics for one in topic for stem in library.words.stems(one)
        } if topics else set()  # fmt: skip
        self._library = library

    def of(self, paper: Paper) -> Span:
        """The sentence with the most of what was asked, (0, 0) where none has any."""
        if not (self._patterns or self._stems):
            return 0, 0
        best, most = (0, 0), 0
        for start, end in split_sentences(paper.abstract):
            text = paper.abstract[start:end]
            held = sum(pattern.search(text) is not None for pattern in self._patterns)
            if self._stems:
                held += len(self._stems.intersection(self._library.words.stems(text)))
            if held > most:
                best, most = (start, end), held
        return best
