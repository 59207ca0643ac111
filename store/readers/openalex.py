"""Works of OpenAlex: its snapshot's JSON lines, or answers of its API.

https://docs.openalex.org/api-entities/works/work-object. An abstract comes as the places of each
of its words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from store.paper import Paper, Rejected
from store.readers.authors import authors_of
from store.readers.base import Data, Origin
from store.readers.json_heads import first_records
from store.readers.json_records import loads, papers_in

_MOST_WORDS = 50_000  # of an abstract


class OpenAlex:
    """Works with their abstracts put together; the organisation is one that all authors share."""

    key = "openalex"
    name = "OpenAlex works"

    def sniff(self, head: bytes, file: str) -> bool:
        return any(
            "abstract_inverted_index" in one
            or ("authorships" in one and ("display_name" in one or "title" in one))
            or (str(one.get("id", "")).startswith("https://openalex.org/W") and "title" in one)
            for one in first_records(head)
        )

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        return papers_in(data, origin, _fields)


def text_of(index: object) -> str:
    """The text that an inverted index (word → its places, from 0) was made of; "" for none."""
    if isinstance(index, str):
        index = loads(index)
    if isinstance(index, Mapping) and isinstance(inner := index.get("InvertedIndex"), Mapping):
        index = inner  # as older snapshots have it
    if not isinstance(index, Mapping):
        return ""
    placed = [
        (place, str(word))
        for word, places in index.items()
        if isinstance(places, list)
        for place in places
        if isinstance(place, int)
    ]
    return " ".join(word for _, word in sorted(placed[:_MOST_WORDS]))


def _fields(work: dict[str, Any]) -> dict[str, Any]:
    place = _object(work, "primary_location")
    source = _object(place, "source") or _object(work, "host_venue")
    ids = _object(work, "ids")
    landing = place.get("landing_page_url")
    number = ids.get("openalex") or work.get("id")
    others = {"openalex": number, "pubmed": ids.get("pmid")}
    return {
        "title": work.get("title") or work.get("display_name"),
        "abstract": text_of(work.get("abstract_inverted_index")) or work.get("abstract"),
        "authors": authors_of(work.get("authorships")) or authors_of(work.get("authors")),
        "organisation": _organisation(work.get("authorships")),
        "date": work.get("publication_date"),
        "year": work.get("publication_year"),
        "venue": None if source.get("type") == "repository" else source.get("display_name"),
        "url": landing or number,
        "doi": work.get("doi") or ids.get("doi"),
        "arxiv_id": _arxiv(place, work.get("locations")),
        "other_ids": [f"{register}:{one}" for register, one in others.items() if one],
    }


def _object(given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = given.get(key)
    return inner if isinstance(inner, Mapping) else {}


def _objects(given: object) -> list[Mapping[str, Any]]:
    return [o for o in given if isinstance(o, Mapping)] if isinstance(given, list) else []


def _organisation(authorships: object) -> str | None:
    """The one institution that all authors are at."""
    of_each = [
        {str(at.get("display_name") or "") for at in _objects(one.get("institutions"))}
        for one in _objects(authorships)
    ]
    common = set.intersection(*of_each) - {""} if of_each else set()
    return common.pop() if len(common) == 1 else None


def _arxiv(primary: Mapping[str, Any], locations: object) -> str | None:
    """The address at arXiv, where the work is there too."""
    addresses = (str(at.get("landing_page_url")) for at in (primary, *_objects(locations)))
    return next((one for one in addresses if "arxiv.org/abs/" in one), None)
