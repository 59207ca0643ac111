"""The first records of a JSON file, from a head that may be cut anywhere.

They tell one dialect from another. No library is loaded, and the head is looked at once however
many readers ask.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from typing import Any

from store.readers.base import decode
from store.readers.json_elements import Broken, Elements, Unended
from store.readers.json_lists import closed, list_in
from store.readers.json_records import is_lines, loads, within

_FEW = 5  # records


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
        found = within(loads(text) or loads(closed(text)) or _whole(text))
    return tuple(one for one in found[:_FEW] if isinstance(one, dict))


def _whole(text: str) -> list[Any] | None:
    """The first whole records of a document that is broken among them, or what one begins with."""
    place = list_in(text)
    if place is None:
        return None
    found: list[Any] = []
    with suppress(Unended):
        elements = Elements(text[place.start :], iter(()))
        found += islice((one for one in elements if not isinstance(one, Broken)), _FEW)
    if found:
        return found
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        begun = text[: error.pos]
        return within(loads(closed(begun + ",")) or loads(closed(begun)))
    except (ValueError, RecursionError):
        pass
    return None
