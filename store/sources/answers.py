"""Answers of online sources: what is checked of them before a reader gets them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from store.paper import Paper, Rejected
from store.readers.base import Origin, ReaderError
from store.sources.base import Again, Site, SourceFailed

_HTML = (b"<!doctype html", b"<html")


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: the records in it, and `raw` the bytes they were read from with the ending that
    a file of them has.

    `entries` counts what the source counts (a record that was rejected is one), `total` is how
    many it has altogether. `open` names what was asked for and should be asked for again.
    """

    records: tuple[Paper | Rejected, ...]
    raw: tuple[tuple[str, bytes], ...] = ()
    entries: int = 0
    total: int = 0
    open: frozenset[str] = field(default=frozenset())


def json_of(site: Site, data: bytes) -> Any:
    """The document; Again where it isn't whole, SourceFailed for a page of HTML."""
    _no_html(site, data, "JSON")
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Again("gave an answer that is no whole JSON") from None


def xml_of(site: Site, data: bytes) -> Any:
    """The root element; Again where it isn't whole, SourceFailed for a page of HTML and for XML
    that declares entities."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    _no_html(site, data, "XML")
    try:
        return fromstring(data)
    except DefusedXmlException:
        raise SourceFailed(
            f"{site.name} answered with XML that could do harm, and it was not read: check its "
            "address with 'assistant config'."
        ) from None
    except (ParseError, ValueError, LookupError):
        raise Again("gave an answer that is no whole XML") from None


def records_in(site: Site, data: bytes, format: str, source: str) -> tuple[Paper | Rejected, ...]:
    """What the reader with the key `format` makes of an answer; SourceFailed where it can't."""
    from store.readers import read_bytes

    try:
        return tuple(read_bytes(data, Origin(source), format=format))
    except ReaderError as error:
        raise SourceFailed(
            f"{site.name} answered with something else than records of papers "
            f"({str(error).rstrip('.')}): check its address with 'assistant config', or try later."
        ) from None


def strange(site: Site) -> SourceFailed:
    """The error for an answer that is whole, but not of the shape the source is known for."""
    return SourceFailed(
        f"{site.name} answered in a way that is not known here: check its address with 'assistant "
        "config', or try later."
    )


def _no_html(site: Site, data: bytes, wanted: str) -> None:
    if data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML):
        raise SourceFailed(
            f"{site.name} answered with a web page instead of {wanted}: it may be closed for "
            "repair, or the login page of your network stands between; try again later."
        )
