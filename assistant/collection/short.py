"""Short and loose ways to ask of the collection, put into the words that are read in full.

Nothing is decided here: what comes out is read like any other question, to its last word.
"""

from __future__ import annotations

import re

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
    PAGES,
    PAPERS,
    SHOW,
    by_of,
)

_SHOWN = rf"(?:(?:{SHOW})\s+)?(?:(?:all|the|some|any|different)\s+)*"
_IS_HERE = (
    r"(?:\s+(?:do\s+(?:i|we|you)\s+have|have\s+(?:i|we|you)\s+got|(?:are|is)\s+(?:there|covered|"
    rf"known|represented)|are(?=\s+here|\s+in)|there|exist)|\s+{HERE})"
)
_HAVE = rf"{_IS_HERE}*"
_THIS = r"(?:(?:this|the|my|our|your)\s+(?:whole\s+)?(?:library|collection|catalogue|database))"
_GROUPS = rf"(?P<by>years|months|{ORGANISATIONS}|{PAGES})"
_BEST = rf"(?:{MOST_UPVOTED}|{ADDED}|{NEWEST}|{OLDEST})"
_FACT = r"(?P<fact>date|year|up-?votes?|votes|likes|popularity)"
_NOT_NAMED = r"(?!(?:the|a|an|this|that|it|they|we|you|i|any|some|all|these|those|anyone)\b)"
_NAME = rf"(?P<name>{_NOT_NAMED}[\w.&'’-]+(?:\s+[\w.&'’-]+){{0,3}}?)"
_ANY = rf"(?:anything|something|any\s+{PAPERS}|{PAPERS})"
_ENTRIES = r"(?:documents?|docs|entries|records|titles)"
_IS_THERE = r"(?:(?:is|are)\s+there\s+|do\s+(?:i|we|you)\s+have\s+)?"
_EACH = rf"(?P<by>year|month|{ORGANISATIONS}|page|file|source)"
_VOTES = r"(?:up-?votes?|votes|likes|popularity)"
_DATES = (
    r"(?:(?:what|which)\s+(?:is\s+the\s+)?|the\s+)?(?:date\s+range|dates|time\s*span|"
    r"range\s+of\s+(?:years|dates)|years)"
)
_HERE = rf"(?:\s+{HERE})?"

# Said at any time, these ask of the whole collection.
_WHOLE = [
    (rf"{_SHOWN}(?:new|recent)\s+{PAPERS}{_HAVE}", "the newest papers"),
    (rf"(?:what|which\s+{PAPERS})\s+(?:was|were|(?:has|have)\s+been|(?:did|have)\s+(?:i|we))\s+"
     r"(?:added|add|imported|import)\s+(?:last|latest|(?:most\s+)?recently)",
     "the last added papers"),
    (rf"{_SHOWN}(?:last|latest)\s+(?P<n>{NUMBER})\s+(?:added|imported)(?:\s+{PAPERS})?",
     r"the \g<n> last added papers"),
    (rf"{_SHOWN}{_GROUPS}{_IS_HERE}+", None),
    (rf"(?:list|show|name)(?:\s+me)?\s+(?:(?:all|the)\s+)*{_GROUPS}{_HAVE}", None),
    (r"(?:which\s+(?:is|was)\s+)?(?:the\s+)?(?:busiest|most\s+productive)\s+(?P<by>year|month)",
     r"which \g<by> has the most papers"),
    (rf"(?:from\s+when(?:\s+to\s+when)?|how\s+(?:old|recent|new))\s+are\s+(?:the|these|my|your)\s+"
     rf"{PAPERS}{_HERE}", "papers per year"),
    (rf"{_DATES}(?:{_IS_HERE}+|\s+(?:does|do)\s+{_THIS}\s+(?:cover|span)|\s+of\s+{_THIS})",
     "papers per year"),
    (rf"how\s+many\s+{_GROUPS}{_IS_HERE}+", r"how many \g<by> are there"),
    (rf"(?:top|biggest|largest)\s+(?:{NUMBER}\s+)?{ORGANISATIONS}{_HERE}",
     "papers per organisation"),
    (rf"(?:what|which)\s+(?:all\s+)?{PAPERS}{_IS_HERE}+", "list all papers"),
    (rf"(?:does|do|has|have|did)\s+{_NAME}\s+(?:have|has|got|publish(?:ed)?)\s+{_ANY}{_HAVE}",
     r"papers by \g<name>"),
    (rf"what\s+(?:does|do|has|have)\s+{_NAME}\s+(?:have|got)\s+{HERE}", r"papers by \g<name>"),
    (rf"{_IS_THERE}(?:anything|something){_HERE}\s+(?P<rest>(?:published\s+)?"
     rf"(?:by|from|since|before|(?:old|new|lat)er\s+than)\s+{_NOT_NAMED}.+)",
     r"papers \g<rest>"),
    (rf"{_IS_THERE}anything{_HERE}\s+(?:that\s+|which\s+)?(?P<rest>mention(?:s|ing)\s+.+)",
     r"papers \g<rest>"),
    (rf"(?P<head>{_SHOWN}|how\s+many\s+){PAPERS}\s+(?P<date>{DATE})",
     r"\g<head>papers from \g<date>"),
    (rf"how\s+many\s+{PAPERS}\s+(?:does|do|has|have)\s+(?:each|every)\s+{_EACH}"
     r"(?:\s+(?:have|hold|contain))?", None),
    (r"what(?:['’]?s|\s+is)\s+(?:in|on)\s+"
     rf"(?P<rest>(?:the\s+)?(?:{ORDINAL}\s+)?(?:page|file|source)\b.*)", r"papers in \g<rest>"),
]  # fmt: skip
# Said first, these do too; later they go on with what was said before, or ask of that.
_FIRST = [
    (rf"(?:what['’]?s|what\s+(?:is|are)|(?:is\s+there\s+)?anything)\s+(?:the\s+)?new{_HERE}",
     "the newest papers"),
    (rf"{_SHOWN}last\s+(?P<n>{NUMBER})(?:\s+{PAPERS})?", r"the \g<n> newest papers"),
    (rf"(?:(?:which|what|different)\s+)?(?P<by>{ORGANISATIONS})|how\s+many\s+"
     rf"(?P<of>years|months|{ORGANISATIONS}|{PAGES})", None),
    (rf"{_DATES}", "papers per year"),
    (rf"how\s+many\s+{_ENTRIES}{_HAVE}|how\s+(?:big|large)\s+is\s+{_THIS}|size\s+of\s+{_THIS}|"
     rf"{PAPERS}\s+counts?|(?:total|number)\s+{PAPERS}", "how many papers are there"),
    (rf"(?:list|show)(?:\s+me)?\s+(?:(?:all|the|every)\s+)*(?:{PAPERS}|{_ENTRIES}|everything){_HERE}|"
     rf"all\s+(?:the\s+)?{PAPERS}{_HERE}|what(?:['’]?s|\s+is)\s+(?:in|inside)\s+{_THIS}",
     "list all papers"),
    (rf"(?:(?:{SHOW}|sort|order)\s+)?(?P<order>(?:{_BEST})\s+first)", r"papers \g<order>"),
    (rf"(?:(?:sort|order)(?:ed)?\s+)?(?:by\s+|from\s+)?(?P<order>{NEWEST}|{OLDEST})"
     rf"(?:\s+to\s+(?:{NEWEST}|{OLDEST}))?", r"papers \g<order> first"),
    (rf"(?:sort|order|rank|list)(?:ed)?\s+(?:{PAPERS}\s+|them\s+|all\s+)?by\s+{_FACT}", None),
    (rf"by\s+(?!year){_FACT}", None),
    (rf"(?:(?P<lead>what(?:['’]?s|\s+is)|which\s+is)\s+|(?:{SHOW})\s+)?(?:the\s+)?(?P<best>{_BEST})"
     rf"(?P<one>\s+one)?{_HERE}", None),
    (rf"{_SHOWN}(?P<best>(?:{_BEST}|top)(?:\s+{NUMBER})?)\s+"
     rf"(?P<rest>(?:by|from|since|before|of\s+{DATE})\b.*)", r"the \g<best> papers \g<rest>"),
    (rf"(?:the\s+)?(?:most|highest)\s+{_VOTES}", "the most upvoted papers"),
    (rf"{_SHOWN}(?P<best>{_BEST})\s+(?P<n>{NUMBER})", r"the \g<n> \g<best> papers"),
    (rf"{_SHOWN}(?P<n>{NUMBER})\s+(?P<best>{_BEST})", r"the \g<n> \g<best> papers"),
    (rf"{_SHOWN}top\s+(?P<n>{NUMBER})(?:\s+by\s+{_VOTES})?{_HERE}", r"top \g<n> papers"),
    (rf"{_SHOWN}top\s+{PAPERS}{_HERE}", "the most upvoted papers"),
    (r"how\s+many(?P<rest>\s+(?:are|were|is|was|have|has|had|do(?:es)?n['’]?t|do\s+not|mention|talk|"
     r"came|by|from|since|in|on|about|before|after|between|without|with)\s.+)",
     r"how many papers\g<rest>"),
    (r"which\s+(?:ones\s+)?(?P<rest>(?:are|were|have|mention)\s+.+)", r"which papers \g<rest>"),
    (rf"(?:(?:group(?:ed)?|count(?:ed)?)\s+)?(?:per|by|for\s+each)\s+{_EACH}",
     r"papers per \g<by>"),
    (rf"(?P<date>{DATE})", r"papers from \g<date>"),
    (r"(?:show|list)(?:\s+me)?\s+(?:them\s+)?all|what\s+do\s+(?:you|we|i)\s+have(?:\s+here)?|"
     r"what(?:['’]?s|\s+is)\s+(?:in\s+)?here", "list all papers"),
]  # fmt: skip

Ways = list[tuple[re.Pattern[str], str | None]]


def _compiled(ways: list[tuple[str, str | None]]) -> Ways:
    return [(re.compile(text, re.IGNORECASE), full) for text, full in ways]


_ALWAYS, _AT_FIRST = _compiled(_WHOLE), _compiled(_FIRST)


def in_full(text: str, *, first: bool = False) -> list[str]:
    """The questions that a short one may stand for; `first` tells that none was asked before it,
    which "newest first" would go on with."""
    return [
        full
        for short, given in (*_ALWAYS, *(_AT_FIRST if first else ()))
        if (found := short.fullmatch(text)) and (full := _full(found, given))
    ]


def _full(found: re.Match[str], given: str | None) -> str:
    said = {name: text for name, text in found.groupdict().items() if text}
    if given is not None:
        return found.expand(given)
    if "best" in said:
        one = "paper" if said.keys() & {"lead", "one"} else "papers"
        return f"the {said['best']} {one}"
    if "fact" in said:
        dated = said["fact"].lower() in ("date", "year")
        return "papers newest first" if dated else "papers by upvotes"
    by = said.get("by") or said["of"]
    return f"papers per {by_of(by.rstrip('sS'))}"
