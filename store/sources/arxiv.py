"""arXiv's API: papers by query, the newest first, and by id.

The user manual: https://info.arxiv.org/help/api/user-manual.html. It asks for three seconds
between two requests.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from store.paper import Paper, Rejected, Source, normal_arxiv
from store.sources.answers import Page, records_in, strange, xml_of
from store.sources.base import Again, Client, Site, SourceFailed

EVERY = 3.0  # seconds between two requests
_PAGE = 100  # results at once: thousands would be given too, but often fail
_MOST = 30_000  # results of a query that are given at all
# What tells a query in arXiv's own language from plain words.
_WRITTEN = re.compile(r'\b(?:ti|au|abs|co|jr|cat|rn|id|all|submittedDate):|\b(?:AND|OR|ANDNOT)\b|"')


def site(address: str) -> Site:
    return Site("arXiv", address, EVERY)


class ArxivQuery:
    """A query in arXiv's language (`cat:cs.CL AND abs:"reward hacking"`), or plain words that
    must all be there."""

    size, most = _PAGE, _MOST

    def __init__(self, query: str, site: Site) -> None:
        self.query = " ".join(query.split())
        self.source = f"arxiv: {self.query}"
        self._site = site

    def page(self, client: Client, start: int, count: int) -> Page:
        asked = f"the query '{self.query}'"
        params = {
            "search_query": in_its_language(self.query),
            "start": str(start),
            "max_results": str(count),
            "sortBy": "submittedDate",
            "sortOrder": "descending",
        }

        def parse(data: bytes) -> tuple[bytes, int, int]:
            entries, total = self._counts(data, asked)
            # Its well-known quirk: an empty page in the middle, which is full when asked again.
            if not entries and (start < total or (start and not total)):
                raise Again("gave an empty page where there are papers")
            return data, entries, total

        data, entries, total = client.ask(self._site, "", params, parse, asked=asked)
        records = records_in(self._site, data, "arxiv", self.source) if entries else ()
        return Page(records, ((".xml", data),), entries, total)

    def _counts(self, data: bytes, asked: str) -> tuple[int, int]:
        """How many entries an answer has, and how many there are altogether."""
        feed = _feed(self._site, data, asked)
        total = feed.findtext("{*}totalResults", "").strip()
        if not total.isdecimal():
            raise strange(self._site)
        return len(feed.findall("{*}entry")), int(total[:12])


class ArxivPapers:
    """Papers by their ids, in the ways people write them; raises ValueError for what is none."""

    size = _PAGE

    def __init__(self, ids: Sequence[str], site: Site, source: str = "arxiv") -> None:
        self.items = tuple(dict.fromkeys(_id(one) for one in ids))
        self._source = source
        self._site = site

    def source_of(self, item: str) -> str:
        return self._source

    def get(self, client: Client, items: Sequence[str]) -> Page:
        asked = f"the paper{'' if len(items) == 1 else 's'} {', '.join(items[:3])}"
        params = {"id_list": ",".join(items), "max_results": str(len(items))}

        def parse(data: bytes) -> tuple[bytes, int]:
            return data, len(_feed(self._site, data, asked).findall("{*}entry"))

        data, entries = client.ask(self._site, "", params, parse, asked=asked)
        records = list(records_in(self._site, data, "arxiv", self._source)) if entries else []
        given = {one.arxiv_id for one in records if isinstance(one, Paper)}
        said = " ".join(one.fields for one in records if isinstance(one, Rejected))
        lost = [item for item in items if item not in given and item not in said]
        records += [
            Rejected(Source(self._source), f"arXiv has no paper {item}: check the number", item)
            for item in lost
        ]
        return Page(tuple(records), ((".xml", data),), entries, entries, frozenset(lost))


def is_id(text: str) -> bool:
    """Whether a text is an arXiv id, or an address of one."""
    plain = re.sub(r"(?:v\d+)?(?:\.pdf)?$", "", text.strip(), flags=re.I)
    found = normal_arxiv(text)
    return found is not None and plain.lower().endswith(found)


def in_its_language(query: str) -> str:
    """A query as arXiv understands it: plain words become words that must all be there, as else
    any of them would do."""
    if _WRITTEN.search(query):
        return query
    words = re.findall(r"[^\s()\"]+", query)
    return " AND ".join(f"all:{word}" for word in words)


def _id(text: str) -> str:
    found = normal_arxiv(text)
    if found is None:
        raise ValueError(f"'{text}' is no arXiv id: write it as 1706.03762 or hep-th/9901001.")
    return found


def _feed(site: Site, data: bytes, asked: str) -> Any:
    """The root of a feed; SourceFailed for one that tells of an error."""
    feed = xml_of(site, data)
    if not feed.tag.endswith("feed"):
        raise strange(site)
    for entry in feed.findall("{*}entry"):
        if "/api/errors" in entry.findtext("{*}id", ""):
            said = " ".join(entry.findtext("{*}summary", "no more than that").split())[:200]
            raise SourceFailed(
                f"{site.name} can't do anything with {asked}: it says '{said.rstrip('.')}'."
            )
    return feed
