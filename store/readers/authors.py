"""The names of authors, however a format writes them: as a list, as objects, as one text."""

from __future__ import annotations

import json
import re
from ast import literal_eval
from collections.abc import Iterable, Mapping
from typing import Any

_OTHERS = re.compile(
    r"(?:,?\s*(?:\bet\.?\s*al\b\.?|\band\s+others\b|\bothers$|…|\.\.\.)\s*)+$", re.I
)
_ODD = (",", "…", "...", " al", "thers")  # what names in order, each of one author, don't have
_AND = re.compile(r"\s*,?\s+(?:and|&)\s+", re.I)
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[\s-]*){1,3}")
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?\s?d|m\.?d)\.?", re.I)
_LISTED = re.compile(r"\[.*\]", re.S)


def authors_of(value: object) -> list[str]:
    """Names in the order "Given Family", from a list of texts or objects, one object, or a text.

    "et al." and "and others" are no authors. A text may have any of the usual things between its
    names; where one comma could as well stand between family and given name it does so if one
    side is a single word.
    """
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, Mapping):
        name = _of_object(value)
        return [name] if name else []
    if isinstance(value, list | tuple):
        try:
            together = "\n".join(value)
        except TypeError:  # not all are texts
            together = ","
        if not any(odd in together for odd in _ODD):
            return [name for one in value if (name := one.strip())]  # most are
        names = []
        for one in value:
            name = one if isinstance(one, str) else _of_object(one)
            if name and (name := in_order(name)):
                names.append(name)
        return names
    return []


def in_order(name: str) -> str:
    """One name as "Given Family", from "Family, Given" too; "" for "et al." and the like."""
    if not any(odd in name for odd in _ODD):
        return " ".join(name.split())
    name = _OTHERS.sub("", name).strip().strip(",")
    parts = [" ".join(part.split()) for part in name.split(",")]
    if len(parts) == 3 and _SUFFIX.fullmatch(parts[1]):  # Family, Jr., Given
        return f"{parts[2]} {parts[0]} {parts[1]}".strip()
    if len(parts) == 3 and _SUFFIX.fullmatch(parts[2]):
        return f"{parts[1]} {parts[0]} {parts[2]}".strip()
    if len(parts) != 2 or not all(parts) or _SUFFIX.fullmatch(parts[1]):
        return " ".join(name.split())
    return f"{parts[1]} {parts[0]}"


def _of_object(one: object) -> str:
    """The name an object states: whole, or as its parts."""
    if isinstance(one, list | tuple):  # arXiv's [family, given, suffix]
        texts = [part.strip() for part in one if isinstance(part, str)]
        return " ".join(part for part in (*texts[1:2], *texts[:1], *texts[2:3]) if part)
    if not isinstance(one, Mapping):
        return ""
    if isinstance(within := one.get("author"), Mapping):
        return _of_object(within)
    for key in ("name", "display_name", "displayName", "literal", "full_name", "fullname", "value"):
        if isinstance(name := one.get(key), str) and name.strip():
            return name
    return _of_parts(one)


def _of_parts(one: Mapping[str, Any]) -> str:
    """A name from its parts, as CSL-JSON, Crossref and the Anthology call them."""
    ways = (
        ("given", "family"), ("first", "last"), ("firstName", "lastName"), ("forename", "surname"),
        ("first_name", "last_name"), ("firstname", "lastname"), ("given_name", "family_name"),
    )  # fmt: skip
    for given, family in ways:
        if given in one or family in one:
            parts = (
                one.get(given), one.get("dropping-particle"), one.get("non-dropping-particle"),
                one.get(family), one.get("suffix"),
            )  # fmt: skip
            return " ".join(p.strip() for p in parts if isinstance(p, str) and p.strip())
    return ""


def _of_text(text: str) -> list[str]:
    """The names in one text."""
    text = text.strip()
    if _LISTED.fullmatch(text) and (listed := _literal(text)):
        return authors_of(listed)
    text = _OTHERS.sub("", text)
    for between in (";", "|", "\n"):
        if between in text:
            return _clean(in_order(part) for part in text.split(between))
    parts = _AND.split(text)
    if len(parts) == 1:
        return _clean(_by_commas(text))
    if all(part.count(",") == 1 for part in parts) or not any("," in part for part in parts):
        return _clean(in_order(part) for part in parts)
    if not any("," in part for part in parts[1:]):  # A, B and C
        return _clean([*_by_commas(parts[0]), *parts[1:]])
    return _clean(in_order(part) for part in parts)


def _by_commas(text: str) -> list[str]:
    """The names in a text with nothing but commas between them."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 2:
        return parts if all(" " in part for part in parts) else [in_order(text)]
    seconds = parts[1::2]
    if len(parts) % 2 == 0 and all(_initials(part) for part in seconds):
        return [f"{given} {family}" for family, given in zip(parts[::2], seconds, strict=True)]
    names: list[str] = []
    for part in parts:
        if names and _SUFFIX.fullmatch(part):
            names[-1] += f" {part}"
        else:
            names.append(part)
    return names


def _initials(part: str) -> bool:
    return bool(_INITIALS.fullmatch(part)) and part == part.upper()


def _literal(text: str) -> list[Any] | None:
    """A list written as JSON or as Python, as tables made by pandas have it."""
    if len(text) > 300_000:
        return None
    for parse in (json.loads, literal_eval):
        try:
            value = parse(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        return value if isinstance(value, list) else None
    return None


def _clean(names: Iterable[str]) -> list[str]:
    return [name for one in names if (name := " ".join(_OTHERS.sub("", one).split()).strip(" ,"))]
