"""What is asked of the collection, as a value, and in words. No I/O."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from typing import Literal

Kind = Literal["count", "list", "groups"]
By = Literal["year", "month", "organisation", "page"]
Ranking = Literal["-year", "year", "-upvotes", "-added"]
Lacking = Literal["date", "organisation"]

ORDERS: dict[Ranking, str] = {
    "-year": "newest first", "year": "oldest first", "-upvotes": "most upvoted first",
    "-added": "last added first",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CollectionQuery:
    """Which papers are meant, and what is to be told of them. A paper must pass every field.

    Each of `about` is a topic and each of `mentions` a phrase, in alternatives of which one is
    enough ("PPO or GRPO"). `called` are words before "papers" that may be an organisation or a
    topic; `names` are those of organisations or authors. `pages` count from 1 in the order of the
    sources' names, -1 is the last; `sources` are parts of their names. `since` and `until` are
    inclusive. `votes` is the least number of upvotes; `voteless` asks for papers with none, or
    of which none are known; `lacking` for those whose date or organisation isn't known.
    `superlative` tells that only the first by `order` are wanted; `wanted` how many.
    """

    kind: Kind
    about: tuple[tuple[str, ...], ...] = ()
    mentions: tuple[tuple[str, ...], ...] = ()
    called: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    since: Date | None = None
    until: Date | None = None
    votes: int | None = None
    voteless: bool = False
    lacking: tuple[Lacking, ...] = ()
    order: Ranking | None = None
    superlative: bool = False
    wanted: int | None = None
    by: By | None = None

    @property
    def narrowed(self) -> bool:
        """Whether it asks for anything less than the whole library."""
        return self.by_facts or bool(self.about or self.mentions or self.called)

    @property
    def by_facts(self) -> bool:
        """Whether anything that the catalogue knows besides the texts narrows it."""
        return bool(
            self.names or self.pages or self.sources or self.since or self.until
            or self.votes is not None or self.voteless or self.lacking
        )  # fmt: skip


def in_words(query: CollectionQuery) -> str:
    """The query as it was understood: `papers about “X”, from 2023, newest first`."""
    parts = [f"about {either(topic)}" for topic in query.about]
    parts += [f"mentioning {either(phrase)}" for phrase in query.mentions]
    parts += [f"of “{name}”" for name in query.called]
    parts += [f"by “{name}”" for name in query.names]
    parts += [f"on {page_in_words(page)}" for page in query.pages]
    parts += [f"from a source named “{name}”" for name in query.sources]
    if query.since or query.until:
        parts.append(dates_in_words(query.since, query.until))
    if query.votes is not None:
        parts.append(f"with at least {counted(query.votes, 'upvote')}")
    if query.voteless:
        parts.append("without upvotes")
    parts += [f"without {article(fact)}" for fact in query.lacking]
    if query.by:
        parts.append(f"by {query.by}")
    elif query.order:
        parts.append(ORDERS[query.order])
    told = f"papers {', '.join(parts)}" if parts else "all papers"
    if query.wanted and not query.by:
        return f"{told}, the first {query.wanted}" if query.wanted > 1 else f"{told}, the first"
    return told


def either(alternatives: Sequence[str]) -> str:
    return " or ".join(f"“{one}”" for one in alternatives)


def dates_in_words(since: Date | None, until: Date | None) -> str:
    """A range of days as a year, a month or a day where it is one: `from 2023`."""
    if since and until:
        if since == until:
            return f"from {since.isoformat()}"
        ends = calendar.monthrange(until.year, until.month)[1] == until.day
        if since.day == 1 and ends and (since.year, since.month) == (until.year, until.month):
            return f"from {calendar.month_name[since.month]} {since.year}"
        if whole_years(since, until):
            years = f"{since.year} to {until.year}" if since.year != until.year else since.year
            return f"from {years}"
        return f"from {since.isoformat()} to {until.isoformat()}"
    if since:
        whole = (since.month, since.day) == (1, 1)
        return f"since {since.year if whole else since.isoformat()}"
    assert until is not None
    after = until + timedelta(days=1) if until < Date.max else until
    whole = (after.month, after.day) == (1, 1)
    return f"before {after.year if whole else after.isoformat()}"


def whole_years(since: Date | None, until: Date | None) -> bool:
    """Whether a range begins with a year and ends with one."""
    begins = since is None or (since.month, since.day) == (1, 1)
    return begins and (until is None or (until.month, until.day) == (12, 31))


def page_in_words(page: int) -> str:
    return "the last page" if page == -1 else f"page {page}"


def article(what: str) -> str:
    """`a date`, `an organisation`."""
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"


def counted(number: int, what: str) -> str:
    """`1 paper`, `2,000 papers`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
