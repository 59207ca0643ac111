"""The first records of a JSON file, from a head that may be cut anywhere.

They tell one dialect from another. No library is loaded, and the head is looked at once however
many readers ask.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from store.readers.base import decode
from store.readers.json_records import is_lines, loads, within

_FEW = 5  # records
_NESTED = 30
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|["\[\]{},]', re.S)


@lru_cache(maxsize=2)
def first_records(head: bytes) -> tuple[dict[str, Any], ...]:
    """A few records at the start of a file, the last perhaps in part; none if it is no JSON."""
    text = decode(head).lstrip("\ufeff \t\n")
    if text[:1] not in ("{", "["):
        return ()
    found: list[Any] = []
    if is_lines(text):
        for line in text.split("\n"):
            if line.startswith("{"):
                found += within(loads(line) or loads(closed(line)))
            if len(found) >= _FEW:
                break
    else:
        found = within(loads(text) or loads(closed(text)))
    return tuple(one for one in found[:_FEW] if isinstance(one, dict))


def closed(text: str) -> str:
    """A JSON text that was cut, without its last value if that is cut, and with its ends closed."""
    open_, end, ends = [], 0, ""
    for token in _TOKEN.finditer(text):
        match mark := token.group():
            case '"':  # of a text that was cut
                break
            case "{" | "[":
                open_.append("}" if mark == "{" else "]")
                if len(open_) > _NESTED:
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
