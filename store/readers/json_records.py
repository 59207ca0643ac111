"""The records in any JSON: one a line, an array, a list within an object, or one object.

JSON lines (https://jsonlines.org) are read a line at a time. Of a document (RFC 8259) the records
are the objects of the first list that lies under one of the usual words, as `message.items` or
`hits.hits`; they are parsed one at a time, or at once where the document is small and whole. What
has no such list is read with ijson.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from store.paper import Paper, Rejected, Source
from store.readers.base import Data, Origin, ReaderError, decode, stream_of
from store.readers.fields import record_of
from store.readers.json_elements import SHOWN, Broken, Elements, short
from store.readers.json_lists import LISTS, OWN, Place, list_in, word
from store.readers.streams import AS_LATIN, as_utf8, peeked, pieces_of, streamed

LONGEST_LINE = 64 * 1024 * 1024  # bytes; no record of a paper is longer
_AT_ONCE = 4 * 1024 * 1024  # bytes of a document that is read whole
_DEEPEST = 4  # objects in each other, down to the list
_NESTED = 100  # of anything


class Record(NamedTuple):
    """One record: its number in the file and its line, from 1 (0 where there are no lines)."""

    position: int
    line: int
    fields: dict[str, Any]


def papers_in(
    data: Data, origin: Origin, fields_of: Callable[[dict[str, Any]], Mapping[str, Any]]
) -> Iterator[Paper | Rejected]:
    """Papers of all records, by what one JSON dialect calls the fields of `record_of`.

    Raises ReaderError where a document is broken.
    """
    for found in records(data, origin.file):
        if isinstance(found, Rejected):
            yield found
        else:
            source = Source(origin.file, found.position, found.line)
            yield record_of(fields_of(found.fields), source)


def records(data: Data, file: str) -> Iterator[Record | Rejected]:
    """All records of a file, one at a time; a line that can't be read is rejected with its text.

    Raises ReaderError where a document is broken: what is behind that can't be read.
    """
    head, stream = peeked(stream_of(data), file)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head, stream = peeked(as_utf8(stream, "utf-16", file), file)
    if is_lines(decode(head)):
        yield from _lines(stream, file)
    else:
        yield from _document(stream, file)


def is_lines(head: str) -> bool:
    """Whether a file so begun has one record a line, and is not one document.

    Most of its first lines that begin an object are whole objects; a lone line that an object
    of many records begins is a document.
    """
    whole = [line for line in head.split("\n")[:20] if line.startswith("{")]
    parsed = [loads(line) for line in whole]
    known = sum(isinstance(value, dict) for value in parsed)
    if not head.lstrip("\ufeff \t\r\n").startswith("{") or not whole:
        return False
    if isinstance(parsed[0], dict) or 2 * known > len(whole):
        return True
    alone = "\n" not in head.strip()
    return alone and len(head) > 60_000 and list_in(head) is None


def loads(text: str | bytes) -> object:
    """A JSON value; None for what is no JSON (and for null), be it ever so deep."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def within(value: object, depth: int = 0) -> list[Any]:
    """The records that a JSON value holds: its list of them, or itself."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict) or "title" in value or any(key in value for key in OWN):
        return [value]
    for key, inner in value.items():
        if word(key) in LISTS and depth < _DEEPEST:
            if isinstance(inner, list) and (not inner or isinstance(inner[0], dict)):
                return inner
            if isinstance(inner, dict):
                return within(inner, depth + 1)
    inside = list(value.values())  # by their ids
    if inside and all(isinstance(one, dict) and any(k in one for k in OWN) for one in inside):
        return inside
    return [value]


def _lines(stream: BinaryIO, file: str) -> Iterator[Record | Rejected]:
    position = number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if line.isspace():
            continue
        if len(line) > LONGEST_LINE:
            position += 1
            text = decode(line[:SHOWN])
            while line and not line.endswith(b"\n"):
                line = stream.readline(LONGEST_LINE)
            why = f"this line is longer than {LONGEST_LINE >> 20} MB, which no paper is"
            yield Rejected(Source(file, position, number), why, text)
            continue
        try:
            value = json.loads(line.decode())  # it would guess the encoding of bytes
        except UnicodeDecodeError:
            value = loads(decode(line))
            why = "this line is neither UTF-8 nor JSON: save it again"
        except RecursionError:
            value, why = None, "this line has too many brackets in each other"
        except ValueError as error:
            value, why = None, f"this line is no JSON ({short(error)}): mend it"
        else:
            why = "this line is no JSON object"
        if not isinstance(value, dict):
            position += 1
            yield Rejected(Source(file, position, number), why, decode(line).strip()[:SHOWN])
            continue
        for one in within(value):
            position += 1
            yield _record(one, file, position, number)


def _document(stream: BinaryIO, file: str) -> Iterator[Record | Rejected]:
    start = stream.read(_AT_ONCE)
    if not start.strip(codecs.BOM_UTF8 + b" \t\r\n"):
        return
    if len(start) < _AT_ONCE:  # json knows NaN, which tables made by pandas have
        value = loads(decode(start))
        if value is not None:
            for position, one in enumerate(within(value), start=1):
                yield _record(one, file, position, 0)
            return
    position = 0
    text = codecs.getincrementaldecoder("utf-8-sig")(AS_LATIN)
    begun = text.decode(start)
    place = list_in(begun)
    try:
        for one in (
            _streamed(start, stream, file)
            if place is None
            else _listed(begun, place, (text.decode(piece) for piece in pieces_of(stream)))
        ):
            position += 1
            if isinstance(one, Broken):
                why = f"this record is no JSON ({one.why}): mend it"
                yield Rejected(Source(file, position, one.line), why, one.text)
            else:
                yield _record(one, file, position, 0)
    except ReaderError:
        raise
    except Exception as error:  # ijson's back ends have several
        behind = f"after record {position}" if position else "from its start"
        raise ReaderError(
            f"{file} is broken JSON {behind} ({short(error)}): save or download it again."
        ) from None


def _listed(text: str, found: Place | None, more: Iterator[str]) -> Iterator[object]:
    """What is in the list of a document, and in those of documents that follow it."""
    line = 1
    while found:
        line += text.count("\n", 0, found.start)
        elements = Elements(text[found.start :], more, line)
        yield from elements
        text, line = elements.next_document(found.around)
        found = list_in(text)
        if found is None and text.strip(" \t\r\n]}"):
            raise ValueError("there is more behind its list")


def _streamed(start: bytes, rest: BinaryIO, file: str) -> Iterator[Any]:
    """What a document holds that is no list, or each of several one after another."""
    import ijson

    def pieces() -> Iterator[bytes]:
        yield start.removeprefix(codecs.BOM_UTF8)
        yield from pieces_of(rest)

    events = _flat(
        ijson.basic_parse(streamed(pieces(), file), use_float=True, multiple_values=True)
    )
    for one in ijson.items(ijson.parse(events), ""):
        yield from within(one)


def _flat(events: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The events of a document; too deep a one would fill the memory with the paths into it."""
    depth = 0
    for event in events:
        if event[0].startswith("start"):
            depth += 1
            if depth > _NESTED:
                raise ValueError("it has too many brackets in each other")
        elif event[0].startswith("end"):
            depth -= 1
        yield event


def _record(value: object, file: str, position: int, line: int) -> Record | Rejected:
    if isinstance(value, dict):
        return Record(position, line, value)
    text = json.dumps(value, default=str)[:SHOWN]
    return Rejected(Source(file, position, line), "this record is no JSON object", text)
