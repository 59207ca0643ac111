"""What stands behind "papers" in a question about the collection, read to its last word.

A phrase that isn't known makes the whole no question about the collection: the number of papers
that "improve on X" is nothing that a catalogue knows.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date as Date
from datetime import timedelta

from assistant.collection.query import CollectionQuery, Lacking, Ranking
from assistant.collection.wording import (
    ADDED,
    DATE,
    HERE,
    MOST_UPVOTED,
    NEWEST,
    NUMBER,
    OLDEST,
    ORDINAL,
    ORGANISATIONS,
    by_of,
    days_of,
    number_of,
    ordinal_of,
)

_LINK = (
    r"(?:(?:,|and|that|which|who|were|are|is|was|have|has|been|published|released|posted|dated|"
    r"written|authored|uploaded|appeared|come|came|out|only|just|also)\s+)*"
)
_VOTES = r"(?:up-?votes?|votes|likes)"
_LACKS = (
    r"(?:without|lack(?:s|ing)?|(?:(?:with|having)\s+)?no|(?:do(?:es)?\s+not|do(?:es)?n['’]?t)\s+have)"
    r"\s+(?:(?:an?|any|known|the)\s+)*"
)
_FILE = r"[\w./-]*\w\.(?:txt|html?|jsonl?|bib|ris|xml|csv|tsv|pdf|nbib|parquet|gz|zip|zst)(?![\w.])"
_PART = r"(?:0\d+|(?=[a-z-]*[\d_])[\w-]*[_-][\w-]*)"
_CAPITAL = r"(?-i:[A-Z][\w.&'’-]*|\"[^\"]{1,60}\"|“[^”]{1,60}”)"
_NAME = (
    rf"{_CAPITAL}(?:\s+(?:{_CAPITAL}|of|the|de|van|von|der|for|&|"
    r"(?:and|or)(?=\s+(?-i:[A-Z])))){0,5}"
)
_PLAIN_NAME = re.compile(r"by\s+([^\W\d_][\w.&'’-]*(?:\s+[\w.&'’-]+){0,2})", re.IGNORECASE)
# What a catalogue tells, each as a phrase; the names of the groups are what `_taken` goes by.
_PHRASES = [
    rf"(?:between|from|in)\s+(?P<since>{DATE})\s*(?:and|to|until|till|through|-|–)\s*"
    rf"(?P<until>{DATE})",
    r"(?P<since2>(?:19|20)\d\d)\s*[-–]\s*(?P<until2>(?:19|20)\d\d)",
    rf"(?:since|starting\s+(?:in|from)|from(?=.*\bon(?:wards?)?$))\s+(?P<from>{DATE})"
    r"(?:\s+on(?:wards?)?)?",
    rf"(?:in|from)\s+(?P<from2>{DATE})\s+(?:or|and)\s+(?:later|newer|after)",
    r"(?P<in2>(?:this|last)\s+(?:year|month))",
    rf"(?:from\s+)?(?:after|later\s+than|newer\s+than|more\s+recent\s+than)\s+(?P<after>{DATE})",
    rf"(?:from\s+)?(?:before|older\s+than|earlier\s+than|prior\s+to)\s+(?P<before>{DATE})",
    rf"(?:until|till|up\s+to|through|no\s+later\s+than)\s+(?P<up_to>{DATE})",
    rf"(?:from|in|of|on|during|for)\s+(?:the\s+(?:year|month)\s+)?(?P<in>{DATE})",
    rf"(?:on|in|from)\s+(?:the\s+)?(?P<nth>{ORDINAL})\s+(?:saved\s+|listing\s+)?(?:page|file|source)",
    # Files are named "003_…", which is no third page.
    rf"(?:on|in|from)\s+(?:page|file|source)\s+(?P<named>{_PART})[.…]*",
    rf"(?:on|in|from)\s+(?:page|file|source)\s+(?:number\s+)?(?P<page>{NUMBER})",
    rf"(?:on|in|from)\s+(?:the\s+)?(?:(?:page|file|source)\s+)?[\"“']?(?P<file>{_FILE})[\"”']?",
    rf"(?:by|from)\s+(?:the\s+)?(?:authors?\s+|organi[sz]ations?\s+)?(?P<name>{_NAME})",
    rf"(?:(?:with|having)\s+)?(?:the\s+)?(?P<most>most\s+{_VOTES}|highest\s+(?:number\s+of\s+)?{_VOTES})",
    rf"(?:(?:with|having)\s+)?at\s+least\s+(?P<least>{NUMBER})\s+{_VOTES}",
    rf"(?:with|having)\s+(?P<least2>{NUMBER})\s+(?:or\s+more\s+{_VOTES}|{_VOTES}\s+or\s+more)",
    rf"(?:(?:with|having)\s+)?(?:more\s+than|over)\s+(?P<above>{NUMBER})\s+{_VOTES}",
    rf"(?P<voteless>(?:without|(?:(?:with|having)\s+)?no)\s+(?:any\s+)?{_VOTES})",
    rf"(?P<voted>(?:with|having|have|has|got)\s+(?:any\s+|some\s+)?{_VOTES})",
    rf"(?P<undated>undated|{_LACKS}(?:publication\s+)?(?:dates?|years?))",
    rf"(?P<unnamed>{_LACKS}{ORGANISATIONS})",
    rf"(?:the\s+)?(?P<added>{ADDED}\s+(?:ones?\s+)?first|in\s+the\s+order\s+added)",
    rf"(?:the\s+)?(?P<newest>{NEWEST}\s+(?:ones?\s+)?first|(?:(?:sorted|ordered)\s+)?by\s+date)",
    rf"(?:the\s+)?(?P<oldest>{OLDEST}\s+(?:ones?\s+)?first|in\s+chronological\s+order)",
    rf"(?:the\s+)?(?P<upvoted>{MOST_UPVOTED}\s+(?:ones?\s+)?first|"
    rf"(?:(?:sorted|ordered|ranked)\s+)?by\s+(?:{_VOTES}|popularity))",
    rf"(?:the\s+)?(?:(?P<newest2>{NEWEST})|(?P<oldest2>{OLDEST})|(?P<upvoted2>{MOST_UPVOTED})|"
    rf"(?P<added2>{ADDED}|(?:added|imported)\s+(?:last|latest|(?:most\s+)?recently)))$",
    r"(?:per|by|for\s+each|in\s+each|for\s+every|in\s+every|each|on\s+each)\s+"
    rf"(?P<by>year|month|{ORGANISATIONS}|page|file|source)",
    rf"(?P<filler>{HERE}|in\s+total|altogether|overall|are\s+there|there|please|"
    r"do\s+(?:we|you|i)\s+have|exist|have\s+(?:we|you|i)\s+got|are\s+here|,)",
]
_BEGINS = [re.compile(rf"{_LINK}(?:{phrase})(?=$|[\s,])", re.IGNORECASE) for phrase in _PHRASES]
_ENDS = [re.compile(rf"(?:^|(?<=[\s,])){_LINK}(?:{p})$", re.IGNORECASE) for p in _PHRASES]

_SEGMENT = re.compile(
    r"(?:^|\s)(?:(?:and|that|which|are|is|were|was|also|do|does)\s+)*"
    r"(?:talk(?:s|ing)?\s+(?=about))?(?P<kind>about|on|concern(?:s|ing)?|regarding|mention(?:s|ing|ed)?|"
    r"(?:contain(?:s|ing)?|includ(?:es?|ing)|hav(?:e|ing)|with|us(?:e|es|ing))"
    r"(?=\s+the\s+(?:word|term|phrase)|\s+[\"“]))\s+",
    re.IGNORECASE,
)
_CALLS = re.compile(
    r"^(?:the\s+)?(?:exact\s+)?(?:words?|terms?|phrases?|names?|topics?|subjects?)\s+(?:of\s+)?",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|'([^']+)'|‘([^’]+)’")
_LONGEST = {"about": 7, "mention": 5}  # words
# No topic is a sentence, and none of these stands in one that isn't.
_SENTENCE_TEXT = """
above according achieve achieves although am anything are aren't argue argues as be because been
beats being but can can't cannot compare compares could demonstrate demonstrates did didn't do does
doesn't don't each either else evaluate evaluates every except excluding explain explains has hasn't
have haven't he her his how i if improve improves instead introduce introduces is isn't it its
itself let many me much my neither never no nobody none nor not nothing other otherwise our
outperform outperforms presents propose proposes provide provides rather require requires shall she
should shows similar since so some somebody something such than that their them themselves then
there these they this those though unless us uses was we were what whatever when where whether which
while who whom whose why will won't would yet you your
"""
_SENTENCE = frozenset(_SENTENCE_TEXT.split())
_VAGUE = re.compile(r"^(?:an?|the|any|all|one|more|most)\s", re.IGNORECASE)
_IN_FIELD = re.compile(r"\b(?:titles?|abstracts?|papers?|authors?)$", re.IGNORECASE)
# By which things are done; nobody is called so.
_NOBODY_TEXT = """
a accident adding an anyone author authors construction date default definition design everyone
example field group hand him himself learning making means one people researchers showing someone
taking the training using
"""
_NOBODY = frozenset(_NOBODY_TEXT.split())
# No name of few words has one of these, and no topic ends in one.
JOINING = frozenset(
    (
        "about",
        "among",
        "and",
        "at",
        "between",
        "by",
        "for",
        "from",
        "in",
        "into",
        "of",
        "on",
        "or",
        "over",
        "to",
        "with",
    )
)


def constrained(query: CollectionQuery, text: str, today: Date) -> CollectionQuery | None:
    """The query narrowed by all that `text` says, or None if it says anything else."""
    text = text.strip(" ,")
    while text:
        for pattern in _BEGINS:
            if found := pattern.match(text):
                taken = _taken(query, found, today)
                if taken is None:
                    return None
                query, text = taken, text[found.end() :].strip(" ,")
                break
        else:
            break
    while text:
        for pattern in _ENDS:
            if (found := pattern.search(text)) and not _quoted_at(text, found.start()):
                taken = _taken(query, found, today)
                if taken is None:
                    return None
                query, text = taken, text[: found.start()].strip(" ,")
                break
        else:
            break
    return _texts(query, text) if text else query


def topic_of(text: str, kind: str = "about") -> tuple[str, ...] | None:
    """The alternatives of a topic or a phrase; None where these words are no such thing."""
    text = _CALLS.sub("", text.strip(" ,"))
    if found := _QUOTED.fullmatch(text):
        inside = next(group for group in found.groups() if group)
        return (inside,) if any(c.isalnum() for c in inside) else None
    alternatives = tuple(part.strip(" ,\"“”'‘’") for part in re.split(r"\s+or\s+", text))
    for one in alternatives:
        words = one.lower().replace("’", "'").split()
        if not any(c.isalnum() for c in one) or len(words) > _LONGEST[kind]:
            return None
        if _SENTENCE.intersection(word.strip(",;:") for word in words) or ";" in one:
            return None
        if _VAGUE.match(one) or _IN_FIELD.search(one) or words[-1] in JOINING:
            return None
    return alternatives


def _texts(query: CollectionQuery, text: str) -> CollectionQuery | None:
    """The query with its topics and phrases."""
    if found := _PLAIN_NAME.fullmatch(text):
        words = found.group(1).lower().split()
        if len(words) == 3 and words[1] in ("and", "or"):
            del words[1]
        if not (_NOBODY | _SENTENCE | JOINING).intersection(words):
            return replace(query, names=(*query.names, found.group(1)))
        return None
    segments = [
        one for one in _SEGMENT.finditer(text) if one["kind"].lower() != "on" or not one.start()
    ]
    if not segments or segments[0].start():
        return None
    ends = [one.start() for one in segments[1:]] + [len(text)]
    for segment, end in zip(segments, ends, strict=True):
        said = text[segment.end() : end]
        if segment["kind"].lower().startswith(("about", "on", "concern", "regarding")):
            topic = topic_of(said)
            if topic is None:
                return None
            query = replace(query, about=(*query.about, topic))
            continue
        both = re.split(r"\s+and\s+", re.sub(r"^both\s+", "", said.strip()))
        phrases = [topic_of(one, "mention") for one in (both if _unquoted(said) else [said])]
        if None in phrases:
            return None
        query = replace(query, mentions=(*query.mentions, *filter(None, phrases)))
    return query


def _unquoted(text: str) -> bool:
    return not _QUOTED.fullmatch(_CALLS.sub("", text.strip(" ,")))


def _quoted_at(text: str, place: int) -> bool:
    return any(found.start() < place < found.end() for found in _QUOTED.finditer(text))


def _taken(query: CollectionQuery, found: re.Match[str], today: Date) -> CollectionQuery | None:
    """The query with what one phrase says; None where it makes no sense."""
    said = {name: text for name, text in found.groupdict().items() if text is not None}
    name, text = next(iter(said.items()))
    if name in ("since", "since2"):
        first, last = days_of(text, today), days_of(list(said.values())[1], today)
        return within(query, first[0], last[1]) if first and last else None
    if name in ("from", "from2", "after", "before", "up_to", "in", "in2"):
        days = days_of(text, today)
        if days is None:
            return None
        if name in ("in", "in2"):
            return within(query, *days)
        if name == "after":
            return within(query, days[1] + timedelta(days=1), None)
        if name == "before":
            return within(query, None, days[0] - timedelta(days=1))
        return within(query, None, days[1]) if name == "up_to" else within(query, days[0], None)
    if name == "nth":
        return replace(query, pages=(*query.pages, ordinal_of(text)))
    if name == "page":
        place = number_of(text)
        return replace(query, pages=(*query.pages, place)) if place else None
    if name in ("file", "named"):
        return replace(query, sources=(*query.sources, text))
    if name == "name":
        return replace(query, names=(*query.names, text.strip('"“”')))
    if name in ("least", "least2", "above"):
        return replace(query, votes=number_of(text) + (name == "above"))
    if name == "voted":
        return replace(query, votes=1)
    if name == "voteless":
        return replace(query, voteless=True)
    if name == "by":
        return replace(query, by=by_of(text))
    if name in ("undated", "unnamed"):
        fact: Lacking = "date" if name == "undated" else "organisation"
        return replace(query, lacking=(*query.lacking, fact))
    orders: dict[str, Ranking] = {
        "most": "-upvotes", "upvoted": "-upvotes", "newest": "-year", "oldest": "year",
        "added": "-added",
    }  # fmt: skip
    order = orders.get(name.rstrip("2"))
    return replace(query, order=order) if order else query


def within(query: CollectionQuery, since: Date | None, until: Date | None) -> CollectionQuery:
    """The query within these days too."""
    if query.since and since:
        since = max(since, query.since)
    if query.until and until:
        until = min(until, query.until)
    return replace(query, since=since or query.since, until=until or query.until)
