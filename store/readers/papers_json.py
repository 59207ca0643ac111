"""Any other JSON with papers in it: JSON lines or a document, whatever its keys are called.

`columns` guesses the keys. Our own export is read, answers of APIs that wrap their records once
more, and the file of rejected records: a line that was mended keeps the place where it came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from store.paper import Paper, Rejected, Source
from store.readers.arxiv_snapshot import ArxivSnapshot
from store.readers.base import Data, Origin
from store.readers.column_names import GUESSED, ColumnNames
from store.readers.columns import fields_by, guess, of_papers
from store.readers.csl_json import CslJson
from store.readers.fields import record_of
from store.readers.hf_daily import HfDaily
from store.readers.json_heads import first_records
from store.readers.json_records import Record, loads, records
from store.readers.openalex import OpenAlex
from store.readers.semantic_scholar import SemanticScholar

_WRAPPERS = (
    "paper",
    "content",
    "metadata",
    "row",
    "_source",
    "info",
    "attributes",
    "source",
    "bib",
)
_OTHER_KINDS = frozenset(
    {
        "nbformat", "$schema", "geometry", "messages", "mapping", "dependencies", "openapi",
        "devDependencies", "@context", "conversation", "lockfileVersion", "scripts",
    }
)  # fmt: skip
_MANY = 1000  # records, of which one has a key that is there at all
_PLACE = frozenset({"rejected", "file", "position", "line", "text"})  # of a rejected record
_DIALECTS = (ArxivSnapshot(), HfDaily(), OpenAlex(), SemanticScholar(), CslJson())


class PapersJson:
    """Records with keys that can be guessed to be those of papers."""

    key = "jsonl"
    name = "JSON lines"

    def __init__(self, columns: ColumnNames = GUESSED) -> None:
        self._told = columns

    def sniff(self, head: bytes, file: str) -> bool:
        """Where keys were told, whether all are there; or any records, so that it can be said what
        is missing, unless they are of a dialect that has its own keys."""
        first = first_records(head)
        keys = (key for one in first for key in _unwrapped(one, self._told))
        if self._told and self._told.all_in(keys):
            return True
        if any(dialect.sniff(head, file) for dialect in _DIALECTS):
            return False
        return bool(self._told and first) or any(_is_paper(one) for one in first)

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        """Raises ReaderError where a document is broken, or keys that were told aren't there."""
        guessed: dict[tuple[str, ...], dict[str, str]] = {}
        found = records(data, origin.file)
        for one in self._having_all(found, origin.file) if self._told else found:
            if isinstance(one, Rejected):
                yield one
                continue
            if _was_rejected(one.fields):
                yield _again(one.fields, self._told)
                continue
            source = Source(origin.file, one.position, one.line)
            record = _unwrapped(one.fields, self._told)
            keys = tuple(record)
            if keys not in guessed:
                if len(guessed) > 1_000:  # no two records are alike
                    guessed.clear()
                guessed[keys] = self._told.guess(keys)
            yield record_of(_fields(record, guessed[keys]), source)

    def _having_all(
        self, found: Iterator[Record | Rejected], file: str
    ) -> Iterator[Record | Rejected]:
        """The same records, once it is seen that together they have the keys that were told.

        A record may leave out what it has no value for, so one alone tells nothing.
        """
        first: list[Record | Rejected] = []
        keys: dict[str, None] = {}
        for one in islice(found, _MANY):
            first.append(one)
            if isinstance(one, Rejected):
                continue
            if _was_rejected(one.fields):  # it has our own keys
                keys.clear()
                break
            keys |= dict.fromkeys(_unwrapped(one.fields, self._told))
            if self._told.all_in(keys) and {"title", "abstract"} <= self._told.guess(keys).keys():
                break
        if keys:
            self._told.of(keys, file, "key")
        yield from first
        yield from found


def _is_paper(one: Mapping[str, Any]) -> bool:
    if _was_rejected(one):
        return True
    record = _unwrapped(one, GUESSED)
    return not (one.keys() | record.keys()) & _OTHER_KINDS and of_papers(guess(record))


def _unwrapped(record: Mapping[str, Any], told: ColumnNames) -> Mapping[str, Any]:
    """A record that has its facts one object further down, with them on top."""
    if "title" in record or "title" in told.found(record):
        return record
    for key in _WRAPPERS:
        inner = record.get(key)
        if isinstance(inner, Mapping) and "title" in told.guess(inner):
            # OpenReview has an object for each value, and the id of the page outside.
            plain = {
                k: v.get("value", v) if isinstance(v, Mapping) else v for k, v in inner.items()
            }
            if key == "content" and isinstance(forum := record.get("forum"), str):
                plain["url"] = f"https://openreview.net/forum?id={forum}"
            return {**{k: v for k, v in record.items() if k != key}, **plain}
    return record


def _fields(record: Mapping[str, Any], guessed: Mapping[str, str]) -> dict[str, Any]:
    fields = fields_by(record, guessed)
    if fields.get("kind") not in ("abstract", "summary"):
        fields.pop("kind", None)
    sources = record.get("sources")
    if isinstance(sources, list) and sources and isinstance(sources[0], Mapping):
        fields["sources"] = sources  # of our own export
    return fields


def _was_rejected(record: Mapping[str, Any]) -> bool:
    return (
        all(isinstance(record.get(key), str) for key in ("rejected", "file"))
        and "position" in record
    )


def _again(given: Mapping[str, Any], told: ColumnNames) -> Paper | Rejected:
    """A line of rejected records as it is now, at the place where the record was first read."""
    place = Source(
        _clean(given["file"]),
        *(n if isinstance(n := given.get(k), int) and n >= 0 else 0 for k in ("position", "line")),
    )
    fields = {key: value for key, value in given.items() if key not in _PLACE}
    text = str(given.get("text") or "")
    if not any(fields.values()):  # nothing could be read; perhaps the text was mended
        whole = loads(text)
        if not isinstance(whole, dict):
            return Rejected(place, _clean(given["rejected"]), _clean(text))
        record = _unwrapped(whole, told)
        fields = _fields(record, told.guess(record))
    elif "title" not in fields or not fields.keys() & {"abstract", "summary"}:
        fields = fields | _fields(fields, guess(fields))
    outcome = record_of(fields, place)
    if isinstance(outcome, Paper):
        return outcome
    return replace(outcome, text=_clean(text) or outcome.text)


def _clean(text: str) -> str:
    """Text that can be stored: JSON can have halves of characters."""
    return text.encode("utf-8", "replace").decode()
