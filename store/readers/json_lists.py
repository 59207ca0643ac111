"""Where the list of records lies in a JSON document, from text that may be cut or broken.

It is the first list of objects that lies under one of the usual words, as `message.items` or
`hits.hits`, at any depth; the document itself if that is a list.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

# What the lists of records are called, and the objects on the way to them.
LISTS = frozenset(
    {
        "results", "result", "data", "papers", "paper", "items", "item", "records", "record",
        "message", "response", "resultlist", "hits", "hit", "docs", "documents", "document",
        "entries", "entry", "articles", "works", "publications", "references", "bibliography",
        "notes", "rows", "searchresults", "dataset", "abstracts", "collection", "export",
        "recommendedpapers",
    }
)  # fmt: skip
OWN = ("title", "paper_title", "display_name", "Title", "paper", "rejected")  # of a record itself

_decode = json.JSONDecoder().raw_decode
_NESTED = 100  # of anything
_CLOSED = 30  # of what was cut
_COLON = re.compile(r"\s*:")
_CUT = re.compile(r'"(?:[^"\\]|\\.)*"|["\[\]{},]', re.S)
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{},]', re.S)


def word(key: str) -> str:
    """A key as `LISTS` has it."""
    return key.casefold().replace("-", "").replace("_", "")


class Place(NamedTuple):
    """Where a list begins, behind its bracket, and how many brackets are open around it."""

    start: int
    around: int


def list_in(text: str) -> Place | None:
    """Where the list of records begins; None where there is none.

    A list within a record, as that of what it refers to, is none.
    """
    place = _first_list(text)
    return None if place and place.around and _in_record(text, place) else place


def _in_record(text: str, place: Place) -> bool:
    """Whether what is around a list has a record's key behind it, be it broken there."""
    try:
        at = _decode(text, place.start - 1)[1]
    except (ValueError, RecursionError):  # it is cut or broken
        return False
    around, key_next = place.around, False
    for token in TOKEN.finditer(text, at):
        mark = token.group()
        if key_next and mark[1:-1] in OWN and _COLON.match(text, token.end()):
            return True
        around += (mark in "[{") - (mark in "]}")
        if not around:
            return False
        key_next = mark in "{," and around <= place.around
    return False


def _first_list(text: str) -> Place | None:
    # Of each object that is open its key, of each list where it begins.
    open_: list[str | int] = []
    key_next = False
    for token in TOKEN.finditer(text):
        mark = token.group()
        if mark == "{":
            above = [one if isinstance(one, str) else "item" for one in open_[:-1]]
            start = open_[-1] if open_ else ""
            if isinstance(start, int) and all(word(key) in LISTS for key in above):
                return Place(start, len(above))
            open_.append("")
        elif mark == "[":
            open_.append(token.end())
        elif mark in "]}":
            if not open_ or isinstance(open_.pop(), int) != (mark == "]"):
                return None
        elif mark != "," and open_ and isinstance(start := open_[-1], int):
            if _COLON.match(text, token.end()):  # the first record lost its brace
                return Place(start, len(open_) - 1)
        elif mark != "," and key_next and open_:
            open_[-1] = mark[1:-1]
            if len(open_) == 1 and open_[0] in OWN:
                return None
        key_next = mark in "{,"
        if len(open_) > _NESTED:
            return None
    return None


def closed(text: str) -> str:
    """A JSON text that was cut, without its last value if that is cut, and with its ends closed."""
    open_, end, ends = [], 0, ""
    for token in _CUT.finditer(text):
        match mark := token.group():
            case '"':  # of a text that was cut
                break
            case "{" | "[":
                open_.append("}" if mark == "{" else "]")
                if len(open_) > _CLOSED:
                    break
                if mark == "[" or not end:
                    end, ends = token.end(), "".join(reversed(open_))
            case "}" | "]":
                if not open_ or open_.pop() != mark:
                    break
                end, ends = token.end(), "".join(reversed(open_))
                if not open_:
                    break
            case ",":  # the value before it is whole
                end, ends = token.start(), "".join(reversed(open_))
    return text[:end] + ends
