"""The sentences of answers about the collection: fixed wordings, every number from the members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.answer import Citation, Sentence
from assistant.collection.members import Members
from assistant.collection.query import (
    CollectionQuery,
    counted,
    dates_in_words,
    either,
    in_words,
    whole_years,
)
from assistant.question import tidy
from store.paper import Paper

_NAMED = 6  # names that a sentence tells
_LEADS = {
    "-year": "newest", "year": "oldest", "-upvotes": "most upvoted", "-added": "last added",
}  # fmt: skip
_LACKS = {"-year": "no date", "year": "no date", "-upvotes": "no known upvotes", "-added": ""}


def count_sentence(query: CollectionQuery, count: int, total: int, where: str) -> Sentence:
    """How many there are, of how many; `where` says which these are ("here")."""
    papers = counted(count, "paper") if count else "None"
    if not query.narrowed and count == total:
        verb = "is" if count == 1 else "are"
        return _said(f"**{papers}** {verb} {where}.", direct=papers)
    whole = f" of the {counted(total, 'paper')} {where}" if not count else f" of {total:,}"
    verb = "match" if count > 1 else "matches"
    return _said(f"**{papers}**{whole} {verb}: {understood(query)}.", direct=papers)


def ranking_sentence(query: CollectionQuery, ranked: int, count: int, where: str) -> Sentence:
    """Which of the members are listed, as the first of them."""
    assert query.order is not None
    lead = _LEADS[query.order]
    measure = {"-upvotes": "upvotes", "-added": "when they came in"}.get(query.order, "date")
    of = f"the {counted(count, 'paper')} {where}"
    if query.narrowed:
        verb = "matches" if count == 1 else "match"
        of = f"{counted(count, 'paper')} that {verb} ({understood(query)})"
    if not ranked:
        return _said(f"None can be called the {lead} of {of}: no {measure} is known.")
    wanted = min(query.wanted or 1, ranked)
    return _said(f"The {f'{wanted:,} ' if wanted > 1 else ''}{lead} of {of}, by {measure}.")


def group_sentence(
    query: CollectionQuery, groups: int, of: int | None, known: int, count: int, where: str
) -> Sentence:
    """How many groups there are, and how many of the members are in one; `of` how many groups
    there might be."""
    if not count:
        return _said(f"**None** of the papers {where} matches: {understood(query)}.", direct="None")
    number = counted(groups, query.by or "group")
    papers = counted(count, "paper")
    what = f" that match: {understood(query)}" if query.narrowed else ""
    if of is not None:
        within = f" of {of:,}" if of != groups else ""
        have = "holds" if groups == 1 else "hold"
        return _said(f"**{number}**{within} {have} the {papers}{what}.", direct=number)
    verb = "is" if groups == 1 else "are"
    told = f"**{number}** {verb} known, of {known:,} of the {papers}{what}."
    return _said(told, direct=number)


def most_sentence(
    query: CollectionQuery, name: str, papers: int, count: int, tied: int, nameless: int
) -> Sentence:
    """The largest group; `tied` others are as large, and `nameless` papers are in none."""
    name = tidy(name)
    what = f" that match: {understood(query)}" if query.narrowed else ""
    told = f"**{name}** has the most, {papers:,} of the {counted(count, 'paper')}{what}"
    if tied:
        told += f", as {'has 1 other' if tied == 1 else f'have {tied:,} others'}"
    if nameless:
        told += f"; of {nameless:,} no {query.by} is known"
    return _said(f"{told}.", direct=name)


def rule_of(query: CollectionQuery, members: Members) -> str:
    """How it was decided which papers are meant, in one text."""
    told = []
    for topic in members.words:
        words = " or ".join(_all_of(one) for one in topic)
        told.append(f"Counted as about it are papers whose title or abstract has {words}, in any "
                    "form of these words." if sum(map(len, topic)) > 1 else
                    f"Counted as about it are papers whose title or abstract has {words}, in any "
                    "form of the word.")  # fmt: skip
    for phrases in query.mentions:
        told.append(
            f"A mention is {either(phrases)} as a whole word in title or abstract, in capitals or "
            "not, singular or plural, with spaces or hyphens."
        )
    if query.names or members.organisations or members.authors:
        told.append(_names(query, members))
    if query.pages or query.sources:
        files = ", ".join(f"“{Path(page).name}”" for page in dict.fromkeys(members.pages))
        order = ", the sources taken in the order of their names" if query.pages else ""
        told.append(f"The source meant is {files}{order}." if files else "There is no such source.")
    told += _dates(query, members)
    if members.near:
        verb = "paper has" if members.near == 1 else "papers have"
        told.append(f"{members.near:,} {verb} its words, but not together.")
    return " ".join(told)


def lacking_sentence(query: CollectionQuery, lacking: int, tied: int) -> str:
    """What a ranking leaves out, and whether its end cuts through equals."""
    assert query.order is not None
    told = []
    if lacking:
        papers = "1 more has" if lacking == 1 else f"{lacking:,} more have"
        told.append(f"{papers} {_LACKS[query.order]}.")
    if tied:
        same = "as many upvotes as" if query.order == "-upvotes" else "the same date as"
        told.append(f"{tied:,} more {'has' if tied == 1 else 'have'} {same} the last one listed.")
    return " ".join(told)


def shown_sentence(shown: int, count: int) -> str:
    """How much of the list is shown, where that isn't all."""
    return f"The first {shown:,} of {count:,} are listed." if shown < count else ""


def entry(paper: Paper, citation: Citation, first: bool) -> Sentence:
    """A member's line in the list: title, date, upvotes and organisation as far as known."""
    facts = ", ".join(facts_of(paper))
    text = f"*{tidy(paper.title)}*{f' ({facts})' if facts else ''} [{citation.number}]"
    return Sentence(text, (citation,), True, opens_paragraph=first, entry=True)


def facts_of(paper: Paper) -> list[str]:
    """Date, upvotes and organisation of a paper, as far as known."""
    date = paper.date.isoformat() if paper.date else str(paper.year or "undated")
    if paper.date_inferred:
        date += ", year inferred"
    votes = "" if paper.upvotes is None else counted(paper.upvotes, "upvote")
    return [part for part in (date, votes, tidy(paper.organisation or "")) if part]


def group_entry(name: str, papers: int, citations: Sequence[Citation], first: bool) -> Sentence:
    """A group's line: its name, its size, and marks of its first papers."""
    marks = "".join(f" [{citation.number}]" for citation in citations)
    more = " …" if len(citations) < papers else ""
    text = f"{tidy(name)}: {counted(papers, 'paper')}{marks}{more}"
    return Sentence(text, tuple(citations), True, opens_paragraph=first, entry=True)


def understood(query: CollectionQuery) -> str:
    """The query in words, without what the sentence around it says anyhow."""
    return in_words(replace(query, order=None, by=None, wanted=None))


def said(text: str) -> Sentence:
    """A sentence that rests on the catalogue alone."""
    return _said(text)


def _said(text: str, direct: str = "") -> Sentence:
    return Sentence(text, (), True, direct=direct)


def _all_of(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    if len(quoted) == 1:
        return quoted[0]
    return f"all of {', '.join(quoted[:-1])} and {quoted[-1]}"


def _names(query: CollectionQuery, members: Members) -> str:
    asked = " and ".join(f"“{name}”" for name in (*query.names, *query.called))
    kinds = [("organisation", members.organisations), ("author", members.authors)]
    found = [f"the {_plural(kind, names)} {_listed(names)}" for kind, names in kinds if names]
    if not found:
        return f"No organisation here has {asked} in its name, and no author."
    return f"The name {asked} was matched to {' and '.join(found)}."


def _plural(kind: str, names: Mapping[str, int]) -> str:
    return kind if len(names) == 1 else f"{kind}s"


def _listed(names: Mapping[str, int]) -> str:
    biggest = sorted(names.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{tidy(name)} ({count:,})" for name, count in biggest[:_NAMED])
    more = len(biggest) - _NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown


def _dates(query: CollectionQuery, members: Members) -> list[str]:
    if not (query.since or query.until):
        return []
    told = []
    if members.undated:
        verb = "paper that matches otherwise has" if members.undated == 1 else (
            "papers that match otherwise have"
        )  # fmt: skip
        told.append(f"{members.undated:,} {verb} no date and can't be counted "
                    f"{dates_in_words(query.since, query.until)}.")  # fmt: skip
    if members.inferred:
        of = "is" if members.inferred == 1 else "are"
        told.append(
            f"Of those counted, {members.inferred:,} {of} of a year that was inferred, not read."
        )
    if members.of_a_year and not whole_years(query.since, query.until):
        told.append(
            f"{counted(members.of_a_year, 'paper')} with only a year counted for all of it."
        )
    return told
