"""PubMed by its E-utilities: a search for ids, the newest first, then their records.

https://www.ncbi.nlm.nih.gov/books/NBK25499/. It allows three requests a second.
"""

from __future__ import annotations

from typing import Any

from store.sources.answers import Page, json_of, records_in, strange, xml_of
from store.sources.base import Again, Client, Site, SourceFailed

EVERY = 0.34  # seconds between two requests
_PAGE = 100
_MOST = 9_998  # results of a search that are given at all


def site(address: str) -> Site:
    return Site("PubMed", address, EVERY)


class PubmedQuery:
    """A query in PubMed's language, or plain words."""

    size, most = _PAGE, _MOST

    def __init__(self, query: str, site: Site) -> None:
        self.query = " ".join(query.split())
        self.source = f"pubmed: {self.query}"
        self._site = site

    def page(self, client: Client, start: int, count: int) -> Page:
        asked = f"the query '{self.query}'"
        who = {"db": "pubmed", "tool": "paper-assistant"}
        if client.contact:
            who["email"] = client.contact
        wanted = {
            "term": self.query,
            "retstart": str(start),
            "retmax": str(count),
            "sort": "pub_date",
            "retmode": "json",
        }

        def parse(data: bytes) -> tuple[list[str], int]:
            ids, total = self._ids(json_of(self._site, data), asked)
            if not ids and start < total:
                raise Again("gave an empty page where there are papers")
            return ids, total

        ids, total = client.ask(self._site, "/esearch.fcgi", {**who, **wanted}, parse, asked=asked)
        if not ids:
            return Page((), (), 0, total)
        data = client.ask(
            self._site,
            "/efetch.fcgi",
            {**who, "id": ",".join(ids), "retmode": "xml"},
            self._whole,
            asked=f"the records of {asked}",
        )
        records = records_in(self._site, data, "pubmed", self.source)
        return Page(records, ((".xml", data),), len(ids), total)

    def _ids(self, answer: Any, asked: str) -> tuple[list[str], int]:
        result = answer.get("esearchresult") if isinstance(answer, dict) else None
        if not isinstance(result, dict):
            raise strange(self._site)
        if said := result.get("ERROR"):
            raise SourceFailed(
                f"{self._site.name} can't do anything with {asked}: it says '{str(said)[:200]}'."
            )
        ids, total = result.get("idlist"), str(result.get("count", ""))
        if not isinstance(ids, list) or not total.isdecimal():
            raise strange(self._site)
        return [str(one) for one in ids], int(total[:12])

    def _whole(self, data: bytes) -> bytes:
        if xml_of(self._site, data).tag != "PubmedArticleSet":
            raise strange(self._site)
        return data
