"""The entries of a BibTeX file, one at a time.

The grammar is small, and bibtexparser reads it at 2 ms an entry, from the whole file in memory,
and not at all if one entry is broken; this takes 0.1 ms an entry of a stream. The tests hold the
two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from store.readers.base import Data
from store.readers.streams import Lines, LongLine

LONGEST = 400_000  # characters of an entry
_START = re.compile(r"@\s*([A-Za-z]{2,30})\s*([{(])")
# In an entry that isn't closed, a line that can only be the start of the next one.
_NEXT = re.compile(r"@[A-Za-z]{2,30}\s*\{\s*[^\s,={}\"]{1,200}\s*,\s*(?:$|[A-Za-z]+\s*=)")
_NO_ENTRY = frozenset(("comment", "preamble", "string"))
_DELIMITER = re.compile(r"[{}()]")
_BRACE = re.compile(r"[{}]")
_BRACE_OR_QUOTE = re.compile(r'[{}"]')
_KEY = re.compile(r"\s*+(?:([^\s,={}\"]++)\s*+(?:,|\Z)|([^,={}\"]*+),)")
_NAME = re.compile(r"[\s,]*+([A-Za-z][\w:.+/-]*+)\s*+=\s*+")
_BARE = re.compile(r"[^\s,#={}\"()\\]+")
_JOIN = re.compile(r"\s*+#\s*+")
_END = re.compile(r"[\s,]*+\Z")
_MONTHS = {
    name[:3]: name
    for name in (
        "january", "february", "march", "april", "may", "june", "july", "august", "september",
        "october", "november", "december",
    )
}  # fmt: skip


class Entry(NamedTuple):
    """An entry: its kind and the names of its fields in lower case, the values as they are.

    `wrong` says why its fields can't be read, those before the fault are there.
    """

    kind: str
    key: str
    fields: dict[str, str]
    line: int
    raw: str
    wrong: str = ""


def entries_of(data: Data) -> Iterator[Entry]:
    """Entries in the order of the file, with what @string defines put in its places.

    What stands between entries is a comment. A broken entry ends where the next begins.
    """
    macros = dict(_MONTHS)
    for kind, raw, line, wrong in _raw_entries(data):
        if kind == "string":
            _, fields, _ = _fields(f",{raw}", macros)
            macros.update(list(fields.items())[:1] if len(macros) < 100_000 else ())
        elif kind not in _NO_ENTRY:
            key, fields, fault = _fields(raw, macros)
            yield Entry(kind, key, fields, line, raw, wrong or fault)


def _raw_entries(data: Data) -> Iterator[tuple[str, str, int, str]]:
    """Kind, what is between the outer braces, line and fault of each."""
    lines = Lines(data)
    kind, closer, depth, started = "", "", 0, 0
    parts: list[str] = []
    size = number = 0
    while True:
        try:
            line = next(lines, None)
        except LongLine as error:
            number += 1
            if kind:
                yield kind, "".join(parts), started, str(error)
                kind = ""
            continue
        if line is None:
            break
        number += 1
        if kind and line[0] == "@" and _NEXT.match(line):
            yield kind, "".join(parts), started, "its last brace is missing"
            kind = ""
        at = 0
        while at < len(line):
            if not kind:
                start = _START.search(line, at)
                if not start or line[at : start.start()].lstrip().startswith("%"):
                    break
                kind, closer = start[1].lower(), "}" if start[2] == "{" else ")"
                depth, started, parts, size, at = 0, number, [], 0, start.end()
            end = _close(line, at, depth, closer)
            depth, stop = end
            parts.append(line[at:stop])
            size += stop - at
            if depth < 0:
                yield kind, "".join(parts), started, ""
                kind, stop = "", stop + 1
            elif size > LONGEST:
                yield kind, "".join(parts), started, "it is too long, or its last brace is missing"
                kind = ""
                break
            at = stop
    if kind:
        yield kind, "".join(parts), started, "the file ends within it: its last brace is missing"


def _close(line: str, at: int, depth: int, closer: str) -> tuple[int, int]:
    """The depth of braces at the end of the line, or -1 and the place where the entry closes."""
    pattern = _BRACE if closer == "}" else _DELIMITER
    for found in pattern.finditer(line, at):
        sign = found.group()
        if depth == 0 and sign == closer:
            return -1, found.start()
        if sign == "{":
            depth += 1
        elif sign == "}":
            depth = max(depth - 1, 0)
    return depth, len(line)


def _fields(raw: str, macros: dict[str, str]) -> tuple[str, dict[str, str], str]:
    """Key, fields and fault of an entry."""
    fields: dict[str, str] = {}
    key = _KEY.match(raw)
    at = key.end() if key else 0
    while not _END.match(raw, at):
        name = _NAME.match(raw, at)
        if not name:
            last = next(reversed(fields), "")
            after = f"after the field '{last}'" if last else "behind its key"
            return _name(key), fields, f"what stands {after} is no 'name = value'"
        try:
            value, at = _value(raw, name.end(), macros)
        except ValueError:
            return _name(key), fields, f"the value of its field '{name[1]}' has no end"
        fields.setdefault(name[1].lower(), value)
    return _name(key), fields, ""


def _name(key: re.Match[str] | None) -> str:
    return (key[1] or key[2] or "").strip() if key else ""


def _value(raw: str, at: int, macros: dict[str, str]) -> tuple[str, int]:
    """A value, of which parts may be joined by #, and where it ends; ValueError if nowhere."""
    parts = []
    while True:
        sign = raw[at : at + 1]
        if sign in ("{", '"') and sign:
            end = _closing(raw, at + 1, sign)
            parts.append(raw[at + 1 : end])
            at = end + 1
        elif bare := _BARE.match(raw, at):
            parts.append(macros.get(bare.group().lower(), bare.group()))
            at = bare.end()
        elif sign in (",", "") and not parts:  # name = ,
            return "", at
        else:
            raise ValueError
        if not (join := _JOIN.match(raw, at)):
            return "".join(parts), at
        at = join.end()


def _closing(raw: str, at: int, opener: str) -> int:
    """Where the brace or quotation mark is that closes a value."""
    depth = 0
    for found in (_BRACE if opener == "{" else _BRACE_OR_QUOTE).finditer(raw, at):
        sign = found.group()
        if sign == "{":
            depth += 1
        elif depth == 0:
            if sign == ("}" if opener == "{" else '"'):
                return found.start()
        elif sign == "}":
            depth -= 1
    raise ValueError
