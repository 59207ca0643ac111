"""Messages that go on with a question about the collection: "and in 2024?", "newest first"."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date as Date
from typing import TypeVar

from assistant.collection.constraints import constrained, topic_of
from assistant.collection.query import CollectionQuery
from assistant.collection.wording import (
    LONGEST,
    MOST,
    NUMBER,
    PAPERS,
    SHOW,
    SUPERLATIVE,
    number_of,
    order_of,
)
from assistant.pointing import topic_words

T = TypeVar("T")
_LEANING = re.compile(
    r"^(?P<lead>(?:(?:and|but|ok|okay|so|then|now|also|please|thanks|just|only|(?:what|how)\s+about|"
    r"keep|restrict(?:ed)?\s+to|limit(?:ed)?\s+to)\b[\s,]*)*)(?:(?:show|list|give|sort|order)(?:\s+me)?"
    r"\s+)?(?P<kept>(?:(?:only|just)\s+)*(?:(?:which|how\s+many)(?:\s+(?:of|ones))?\s+)?"
    r"(?:them|these|those|the\s+ones|ones|it|they)?)\b",
    re.IGNORECASE,
)
_LIST_THEM = re.compile(
    r"(?:list|show|name|give|see)(?:\s+me)?\s+(?:them|it|those|these|all)(?:\s+(?:all|please))?|"
    r"(?:list|show|name)\s+(?:me\s+)?(?:all\s+)?(?:the|these|those)\s+(?:papers|list|titles)|"
    r"(?:(?:list|show|name|give)(?:\s+me)?\s+)?all\s+of\s+(?:them|those|these)|"
    rf"(?:which|what)(?:\s+(?:ones|{PAPERS}))?\s+(?:are|were)\s+(?:they|those|these|it)|"
    r"which(?:\s+(?:ones?|papers?))?|list",
    re.IGNORECASE,
)
_COUNT_THEM = re.compile(
    r"how\s+many(?:\s+(?:papers|of\s+them))?(?:\s+(?:are\s+(?:there|they|those|these|that)|is\s+that))?"
    r"(?:\s+(?:in\s+total|in\s+all|altogether))?|count\s+them",
    re.IGNORECASE,
)
_WHICH = re.compile(r"^(?:and\s+|so\s+)?which\b", re.IGNORECASE)
_HOW_MANY = re.compile(r"^(?:and\s+|so\s+)?how\s+many\b", re.IGNORECASE)
_SUPERLATIVE_ONE = re.compile(
    rf"(?:(?:{SHOW}(?:\s+of\s+(?:them|these|those))?|and|(?:what|how)\s+about)\s+)*(?:one\s+)?"
    r"(?:is\s+|are\s+)?"
    rf"(?:the\s+)?(?:(?P<wanted>{NUMBER})\s+)?(?:{SUPERLATIVE}|(?:with\s+|has\s+|have\s+)(?:the\s+)?"
    rf"{MOST.replace('upvoted', 'upvoted2')})(?:\s+(?P<wanted2>{NUMBER}))?"
    rf"(?:\s+(?:ones?|of\s+(?:them|these|those)|{PAPERS}))*",
    re.IGNORECASE,
)
_TOP = re.compile(
    rf"(?:(?:just|only|and|show|give|list|me|the)\s+)*top\s+(?P<wanted>{NUMBER})"
    r"(?:\s+(?:ones|of\s+(?:them|these|those)|papers))?",
    re.IGNORECASE,
)
_NARROWS = re.compile(
    r"\b(?:only|just|them|these|those|which|ones|they|keep|restrict\w*|limit\w*)\b", re.I
)
_INSTEAD = re.compile(
    r"^(?:(?:and|or|but)\s+|(?:what|how)\s+about\s+)+(?P<what>.+)$", re.IGNORECASE
)


def follow_up(text: str, before: CollectionQuery, today: Date) -> CollectionQuery | None:
    """What a message asks that goes on with a question about the collection."""
    if not text or len(text) > LONGEST:
        return None
    if _LIST_THEM.fullmatch(text):
        if re.search(r"\ball\b", text, re.IGNORECASE):
            before = replace(before, superlative=False, wanted=None)
        return replace(before, kind="list", by=None)
    if _COUNT_THEM.fullmatch(text):
        return replace(before, kind="count", by=None, order=None, superlative=False, wanted=None)
    if found := _SUPERLATIVE_ONE.fullmatch(text):
        said = {name.rstrip("2"): one for name, one in found.groupdict().items() if one}
        wanted = number_of(said["wanted"]) if "wanted" in said else None
        many = re.search(r"\b(?:are|have|ones|papers)\b", text, re.IGNORECASE)
        return replace(
            before, kind="list", by=None, order=order_of(said), superlative=True,
            wanted=wanted or (None if many else 1),
        )  # fmt: skip
    if found := _TOP.fullmatch(text):
        return replace(
            before, kind="list", by=None, order=before.order or "-upvotes", superlative=True,
            wanted=number_of(found["wanted"]),
        )  # fmt: skip
    leading = _LEANING.match(text)
    rest = text[leading.end() :].strip(" ,") if leading else text
    if rest and (changed := constrained(CollectionQuery(before.kind), rest, today)):
        return _merged(before, changed, text)
    instead = _INSTEAD.match(text)
    if instead and topic_words(instead["what"]) and len(instead["what"].split()) <= 4:
        return _instead(before, instead["what"])
    return None


def _merged(before: CollectionQuery, changed: CollectionQuery, text: str) -> CollectionQuery:
    """The query before with what a follow-up changes: beside what was asked where it says
    "only those", in place of it where it says "and in 2024"."""
    narrows = bool(_NARROWS.search(text))

    def both(old: tuple[T, ...], new: tuple[T, ...]) -> tuple[T, ...]:
        return (*old, *new) if narrows or not new else new

    query = replace(
        before,
        about=both(before.about, changed.about),
        mentions=both(before.mentions, changed.mentions),
        names=both(before.names, changed.names),
        pages=both(before.pages, changed.pages),
        sources=both(before.sources, changed.sources),
    )
    if changed.since or changed.until:
        since, until = changed.since, changed.until
        if narrows:
            since = max(filter(None, (since, before.since)), default=None)
            until = min(filter(None, (until, before.until)), default=None)
        query = replace(query, since=since, until=until)
    if changed.lacking:
        query = replace(query, lacking=both(before.lacking, changed.lacking))
    if changed.votes is not None or changed.voteless:
        query = replace(query, votes=changed.votes, voteless=changed.voteless)
    if changed.by:
        return replace(query, kind="groups", by=changed.by, order=None, superlative=False)
    if changed.order:
        # The papers in another order; "the five newest, most upvoted first" is asked anew.
        return replace(
            query, kind="list", by=None, order=changed.order, superlative=False, wanted=None
        )
    if _HOW_MANY.match(text):
        return replace(query, kind="count", by=None, order=None, superlative=False, wanted=None)
    return replace(query, kind="list", by=None) if _WHICH.match(text) else query


def _instead(before: CollectionQuery, what: str) -> CollectionQuery | None:
    """The same asked of something else: "and Adobe?", "what about PPO?"."""
    asked = (before.names, before.mentions, before.about, before.called)
    if [len(one) for one in asked if one] != [1]:
        return None
    if before.names:
        return replace(before, names=(what,)) if what[0].isupper() else None
    topic = topic_of(what, "mention")
    if topic is None:
        return None
    if before.called:
        return replace(before, called=topic)
    return (
        replace(before, mentions=(topic,)) if before.mentions else replace(before, about=(topic,))
    )
