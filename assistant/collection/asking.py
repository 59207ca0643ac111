"""Which questions are about the collection itself, and what they ask.

Strict on purpose: a question that isn't understood to its last word is none, and goes the way of
all questions, as one on what the papers say must never be answered with a count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date as Date

from assistant.answer import Turn
from assistant.collection.constraints import JOINING, constrained, topic_of
from assistant.collection.following import follow_up
from assistant.collection.query import CollectionQuery
from assistant.collection.short import in_full
from assistant.collection.wording import (
    DATE,
    HERE,
    LONGEST,
    MOST,
    NUMBER,
    ORGANISATIONS,
    PAGES,
    PAPERS,
    SHOW,
    SUPERLATIVE,
    by_of,
    days_of,
    number_of,
    order_of,
)
from assistant.pointing import topic_words
from assistant.question import tidy

_POLITE = re.compile(
    r"^(?:(?:hi|hello|hey|please|ok|okay|so|well|now|then|thanks|thank you)\b[\s,.!]*|"
    r"(?:can|could|would|will)\s+you\s+(?:please\s+)?(?=tell|show|list|give|count|name|find|say)|"
    r"(?:please\s+)?tell\s+me\s+(?=how|which|what|the)|do\s+you\s+know\s+|"
    r"i(?:['’]d\s+like|\s+would\s+like|\s+want)\s+to\s+(?:know|see)\s+)+",
    re.IGNORECASE,
)
_THANKS = re.compile(r"[\s,]+(?:please|pls|thanks|thank\s+you)$", re.IGNORECASE)
_AND = re.compile(r"^(?:(?:and|but)\b[\s,]*)+", re.IGNORECASE)
_WHICH = r"(?:which|what)"
_THE = r"(?:the\s+)?"
_ALL = r"(?:(?:all|any|an?|the|of\s+the)\s+)*"
_BY = rf"(?P<by>years?|months?|{ORGANISATIONS}|{PAGES})"
_WANTED = rf"(?:(?P<wanted>(?!(?:19|20)\d\d\s){NUMBER})\s+)?"  # "2024 papers" are of a year
# Words before "papers": a date, an organisation or a topic.
_CALLED = r"(?P<called>(?:(?!(?:of|the|these|those|all|any)\b)[\w.+’'/-]+\s+){1,4}?)?"
_COUNTS = (
    r"(?:how\s+many|(?:what\s+is\s+|what['’]s\s+)?(?:the\s+)?(?:total\s+)?(?:number|count)\s+of|"
    r"count)(?:\s+(?:of\s+)?(?:all|the|different))*"
)
_NO_NAME = "the|they|it|we|you|he|she|these|those|this|that|people|been|ever|already"
_PUBLISHED = rf"(?:did|has|have)\s+(?P<name>(?!(?:{_NO_NAME})\b)[^?,]{{1,60}}?)\s+publish(?:ed)?"
_HOLDS = rf"(?:\s+(?:does|do)\s+{HERE}\s+(?:have|hold|contain))?"
_OPENS = rf"(?:{SHOW}|rank|sort|order|are\s+there|is\s+there|do\s+(?:we|you)\s+have)\s+"
# How such questions begin, and what each kind makes of it; the rest is read phrase by phrase.
_HEAD_TEXTS = (
    ("groups", rf"how\s+many\s+{_BY}(?=\s+(?:are|do)\s)"),
    (
        "groups",
        rf"{_WHICH}\s+{_BY}(?:\s+(?:has|have|published?|gave))+\s+{_THE}(?P<most>most)(?:\s+{PAPERS})?",
    ),
    (
        "groups",
        rf"who(?:\s+(?:has|have|published?|gave|contributed))+\s+{_THE}(?P<most>most)(?:\s+{PAPERS})?",
    ),
    ("groups", rf"{_WHICH}\s+(?P<by>{ORGANISATIONS})\s+are(?=\s+(?:there|here|in|on)\b)"),
    (
        "mentioned",
        rf"(?:on\s+)?(?:{_WHICH}|how\s+many)\s+(?P<by>{PAGES})"
        r"(?=\s+(?:mention|(?:contain|include|have)\s+the\s+(?:word|term)))",
    ),
    ("count", rf"{_COUNTS}\s+{PAPERS}\s+{_PUBLISHED}"),
    ("count", rf"{_COUNTS}\s+{_CALLED}{PAPERS}{_HOLDS}"),
    (
        "rank",
        rf"(?:{SHOW}\s+)?{_THE}(?:top\s+)?{_WANTED}{SUPERLATIVE}\s+"
        rf"(?:(?P<wanted2>{NUMBER})\s+)?{_CALLED}{PAPERS}",
    ),
    ("rank", rf"{_WHICH}\s+(?:of\s+the\s+)?{PAPERS}\s+(?:is|are)\s+{_THE}{_WANTED}{SUPERLATIVE}"),
    (
        "rank",
        rf"{_WHICH}\s+(?:of\s+the\s+)?{_WANTED}{PAPERS}\s+(?:has|have|got|gets?)\s+{_THE}{MOST}",
    ),
    ("rank", rf"(?:{SHOW}\s+)?{_THE}(?P<upvoted>top)\s+(?P<wanted>{NUMBER})\s+{_CALLED}{PAPERS}"),
    (
        "all",
        r"(?:list|show|give|name)(?:\s+me)?\s+(?:all|every)(?:\s+(?:of\s+)?the)?\s+"
        rf"{_CALLED}{PAPERS}",
    ),
    ("list", rf"what\s+{_PUBLISHED}"),
    ("list", rf"{_WHICH}\s+{PAPERS}\s+{_PUBLISHED}"),
    ("list", r"what\s+(?:was|has\s+been|got)\s+published"),
    ("list", rf"(?:{_OPENS})?{_ALL}{_WANTED}{_CALLED}{PAPERS}"),
    ("list", rf"(?:does|do)\s+any\s+(?:of\s+the\s+)?{PAPERS}(?=\s+mention)"),
)
_HEADS = [
    (kind, re.compile(rf"{text}(?=$|[\s,])(?P<rest>.*)", re.IGNORECASE))
    for kind, text in _HEAD_TEXTS
]
_ONE = re.compile(
    r"^(?:which|what)\b.*\b(?:paper|article|publication|preprint|abstract|study)$", re.I
)
_MENTIONED = re.compile(
    rf"(?:(?:(?:on|in)\s+)?(?:(?P<many>how\s+many)|which|what)\s+(?:(?P<pages>{PAGES})|{PAPERS})\s+|"
    r"where\s+)?(?:is|are)\s+(?P<what>.{1,60}?)\s+(?:ever\s+)?mentioned"
    rf"(?:\s+anywhere|\s+(?:by|in)\s+any\s+{PAPERS}|\s+{HERE})*",
    re.IGNORECASE,
)
# An organisation's, if there is one of the name.
_OWNED = [
    re.compile(text, re.IGNORECASE)
    for text in (
        rf"(?P<head>(?:{_COUNTS}|{SHOW}|list|all)\s+)?(?:(?:all|the)\s+)*"
        rf"(?P<name>\w[\w.&-]*(?:\s+[\w.&-]+){{0,2}}?)(?:['’]s?)?\s+{PAPERS}",
        rf"(?P<head>(?:{_COUNTS}|{SHOW}|list|all)\s+)?(?:(?:all|the)\s+)*{PAPERS}\s+(?:are\s+)?from\s+"
        r"(?P<name>\w[\w.&-]*(?:\s+[\w.&-]+){0,2})",
        r"(?P<head>)(?:is\s+there\s+)?anything\s+from\s+(?P<name>\w[\w.&-]*(?:\s+[\w.&-]+){0,2})",
    )
]

Known = Callable[[str], bool]


def asked_in(
    question: str,
    turns: Sequence[Turn] = (),
    today: Date | None = None,
    known: Known | None = None,
) -> CollectionQuery | None:
    """What a question in its conversation asks of the collection; None where it asks nothing of
    the kind. `today` is what "this year" goes by; `known` tells of a few words whether an
    organisation is called so, without which "tencent papers" are no organisation's."""
    today = today or Date.today()
    alone = asked_of_collection(question, today, known, first=not turns)
    if alone is not None or not turns:
        return alone
    before: CollectionQuery | None = None
    for place, turn in enumerate(turns):
        alone = asked_of_collection(turn.question, today, known, first=not place)
        before = alone or (follow_up(_plain(turn.question), before, today) if before else None)
    return follow_up(_plain(question), before, today) if before else None


def asked_of_collection(
    question: str,
    today: Date | None = None,
    known: Known | None = None,
    *,
    first: bool = False,
) -> CollectionQuery | None:
    """What a question that stands alone asks of the collection, or None; what goes on with
    another ("newest first") is about all papers where it is the `first`."""
    today = today or Date.today()
    plain = _plain(question)
    text = _AND.sub("", plain)
    if not text or len(text) > LONGEST:
        return None
    if query := _asked(text, today):
        return query
    readings = (_asked(full, today) for full in in_full(text, first=first and text == plain))
    if query := next((query for query in readings if query), None):
        return query
    for owned in _OWNED:
        if known and (found := owned.fullmatch(text)) and known(found["name"]):
            return _asked(f"{found['head'] or ''}papers by “{found['name']}”", today)
    return None


def _asked(text: str, today: Date) -> CollectionQuery | None:
    for kind, head in _HEADS:
        found = head.fullmatch(text)
        if found and (query := _headed(kind, found, today)):
            return query
    found = _MENTIONED.fullmatch(text)
    phrase = topic_of(found["what"], "mention") if found else None
    if not found or not phrase:
        return None
    if found["pages"]:
        return CollectionQuery("groups", mentions=(phrase,), by="page")
    return CollectionQuery("count" if found["many"] else "list", mentions=(phrase,))


def _plain(question: str) -> str:
    text = tidy(question).rstrip(" ?!.…")
    return _THANKS.sub("", _POLITE.sub("", text)).strip(" ,?")


def _headed(kind: str, found: re.Match[str], today: Date) -> CollectionQuery | None:
    """The query of a question whose first words are known, if the rest is too."""
    said = {name: text for name, text in found.groupdict().items() if text}
    rest = said.get("rest", "")
    if kind == "mentioned":
        query = constrained(CollectionQuery("groups", by="page"), rest, today)
        return query if query and query.mentions else None
    if kind == "groups":
        rest = re.sub(r"^\s*(?:are|do)\s+(?:there|(?:we|you|i)\s+have)?", "", rest)
        most = said.get("most") is not None
        return constrained(
            CollectionQuery("groups", by=by_of(said.get("by", "organisation")), superlative=most),
            rest,
            today,
        )
    wanted = said.get("wanted") or said.get("wanted2")
    query = CollectionQuery("count" if kind == "count" else "list")
    if wanted and not number_of(wanted):
        return None
    if kind == "rank":
        query = replace(
            query, order=order_of(said), superlative=True,
            wanted=number_of(wanted) if wanted else _several(found),
        )  # fmt: skip
    elif wanted:
        query = replace(query, wanted=number_of(wanted))
    if name := said.get("name"):
        query = replace(query, names=(name.strip(),))
    narrowed = _called(query, said.get("called", ""), today)
    narrowed = constrained(narrowed, rest, today) if narrowed else None
    if narrowed is None:
        return None
    if narrowed.by:
        return replace(narrowed, kind="groups") if kind in ("count", "list", "all") else None
    if kind == "list":
        asks = narrowed.by_facts or narrowed.mentions or narrowed.order
        if not asks:
            return None
        if narrowed.order and (wanted or _ONE.search(found.group()[: found.start("rest")])):
            narrowed = replace(narrowed, superlative=True, wanted=narrowed.wanted or 1)
    return narrowed


def _called(query: CollectionQuery, words: str, today: Date) -> CollectionQuery | None:
    """The query with the words that stand before "papers"."""
    words = words.strip()
    if not words:
        return query
    if re.fullmatch(DATE, words, re.IGNORECASE):
        days = days_of(words, today)
        return replace(query, since=days[0], until=days[1]) if days else None
    if words.lower() == "undated":
        return replace(query, lacking=("date",))
    topic = topic_of(words)
    if topic is None or len(topic) != 1 or not topic_words(words):
        return None
    if JOINING.intersection(words.lower().split()):
        return None
    return replace(query, called=topic)


def _several(found: re.Match[str]) -> int | None:
    """One where a question asks for a single paper, else no number in particular."""
    head = found.group()[: found.start("rest")]
    asked = re.match(rf"{_WHICH}\s+{PAPERS}\b", head, re.IGNORECASE)
    return None if re.search(r"(?:rs|es|ns|ts|ies)$", asked.group() if asked else head) else 1
