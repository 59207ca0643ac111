"""Reads pages that a browser saved as HTML: a paper's own page, or one that lists papers.

Known listings go first, then what a page says of its paper in citation tags or JSON-LD, then
blocks that look alike; what is left is read as the text of a listing page. Chrome's single-file
pages (MHTML) are unpacked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from store.paper import Paper, Rejected, Source
from store.readers.authors import authors_of
from store.readers.base import Data, Origin, ReaderError, decode, whole
from store.readers.fields import record_of
from store.readers.html_lists import listed, repeated
from store.readers.html_papers import paper_of_page, papers_of_json
from store.readers.html_tree import lines_of, tree_of
from store.readers.pages import ListingPage, NotAListingPage
from store.readers.xml import root_of

_OPENING = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|title)\b", re.I | re.S
)
_SINGLE_FILE = re.compile(rb"(?:From: <Saved by|MIME-Version: ).*?\bmultipart/related", re.I | re.S)


class SavedHtml:
    """Titles, abstracts and what else a saved page tells of its papers."""

    key = "html"
    name = "saved HTML page"

    def sniff(self, head: bytes, file: str) -> bool:
        if _SINGLE_FILE.match(head[:2048]):
            return True
        text = decode(head[:8192]).lstrip("\ufeff")
        return bool(_OPENING.match(text)) or (text.startswith("<?xml") and root_of(head) == "html")

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        """Raises ReaderError when called, for a page without papers."""
        content = whole(data, origin.file)
        if _SINGLE_FILE.match(content[:2048]):
            content = _page_of(content)
        tree = tree_of(content, origin.file)
        found = listed(tree)
        if not found and (paper := paper_of_page(tree)):
            found = [paper]
        found = found or papers_of_json(tree) or repeated(tree)
        if found:
            return iter([_record(one, Source(origin.file, n)) for n, one in enumerate(found, 1)])
        with suppress(NotAListingPage):
            records = list(ListingPage().read(lines_of(tree.body).encode(), origin))
            if len(records) > 1:  # any page with one heading would do for a list of one
                return (_unplaced(record) for record in records)
        raise ReaderError(
            f"{PurePath(origin.file).name or 'This'} is a web page without papers: expected a "
            "saved listing with abstracts, or the page of one paper."
        )


def _unplaced(record: Paper | Rejected) -> Paper | Rejected:
    """A record without its line, which counts those of the text and not of the file."""
    if isinstance(record, Rejected):
        return replace(record, source=replace(record.source, line=0))
    return replace(record, sources=tuple(replace(source, line=0) for source in record.sources))


def _record(fields: dict[str, Any], source: Source) -> Paper | Rejected:
    names = [name for one in fields.get("authors", []) for name in authors_of([one])]
    return record_of({**fields, "authors": names}, source)


def _page_of(content: bytes) -> bytes:
    """The page in a single-file save; empty if there is none."""
    from email import message_from_bytes, policy

    try:
        for part in message_from_bytes(content, policy=policy.compat32).walk():
            page = part.get_payload(decode=True) if part.get_content_type() == "text/html" else None
            if isinstance(page, bytes):
                return page
    except (ValueError, LookupError, RecursionError, AttributeError, TypeError):
        pass
    return b""
