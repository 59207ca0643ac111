"""Papers by DOI: Crossref's record, and the abstract from whoever has it.

Crossref (https://api.crossref.org) knows most DOIs, but publishers needn't give it abstracts;
OpenAlex and Semantic Scholar are asked for those that it lacks. DOIs that arXiv gave go to arXiv.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from store.paper import Paper, Rejected, Source, merge, normal_doi
from store.readers.fields import record_of
from store.sources.answers import Page, json_of, records_in, strange
from store.sources.arxiv import ArxivPapers
from store.sources.base import Client, NotThere, Site, SourceFailed

SOURCE = "doi"
_ARXIV = "10.48550/arxiv."
_WANTED = "title,abstract,authors,year,publicationDate,venue,journal,externalIds,url"


@dataclass(frozen=True, slots=True)
class Registers:
    """The sites that know DOIs."""

    crossref: Site
    openalex: Site
    semantic_scholar: Site
    arxiv: Site


def crossref(address: str, contact: str | None) -> Site:
    """Who tells an address of theirs is served by Crossref's quicker, "polite" machines."""
    return Site("Crossref", address, 0.2 if contact else 1.0)


class Dois:
    """Papers by their DOIs, in the ways people write them; raises ValueError for what is none."""

    size = 1

    def __init__(self, dois: Sequence[str], registers: Registers) -> None:
        self.items = tuple(dict.fromkeys(_doi(one) for one in dois))
        self._at = registers

    def source_of(self, item: str) -> str:
        return SOURCE

    def get(self, client: Client, items: Sequence[str]) -> Page:
        (doi,) = items
        if doi.startswith(_ARXIV):
            papers = ArxivPapers([doi.removeprefix(_ARXIV)], self._at.arxiv, SOURCE)
            page = papers.get(client, papers.items)
            return replace(page, open=frozenset(items if page.open else ()))
        raw: list[tuple[str, bytes]] = []
        bare: Rejected | None = None  # what is known without an abstract
        away: list[str] = []  # why a site couldn't be asked
        for site, format, path, params in self._ways(client, doi):
            try:
                data = _asked(client, site, path, params, doi)
            except NotThere:
                continue
            except SourceFailed as error:
                if site is self._at.crossref:
                    raise
                away.append(str(error).partition(":")[0])
                continue
            raw.append((".json", data))
            for record in records_in(site, data, format, SOURCE):
                if isinstance(record, Paper):
                    return Page((_filled(record, bare),), tuple(raw), 1, 1)
                bare = bare or record
        return Page((_missing(doi, bare, away),), tuple(raw), 1, 1, frozenset(items))

    def _ways(self, client: Client, doi: str) -> Iterator[tuple[Site, str, str, dict[str, str]]]:
        """Whom to ask, the format of the answer, and path and parameters of the question."""
        at = self._at
        who = {"mailto": client.contact} if client.contact else {}
        yield at.crossref, "csl-json", f"/works/{quote(doi, safe='')}", who
        yield at.openalex, "openalex", f"/works/doi:{quote(doi, safe='/')}", who
        path = f"/paper/DOI:{quote(doi, safe='/')}"
        yield at.semantic_scholar, "semantic-scholar", path, {"fields": _WANTED}


def _asked(client: Client, site: Site, path: str, params: Mapping[str, str], doi: str) -> bytes:
    """The bytes of a whole JSON object."""

    def parse(data: bytes) -> bytes:
        if not isinstance(json_of(site, data), dict):
            raise strange(site)
        return data

    return client.ask(site, path, params, parse, asked=f"the DOI {doi}")


def _filled(paper: Paper, bare: Rejected | None) -> Paper:
    """A paper with what another site knows of it besides the abstract."""
    if bare is None or not bare.fields:
        return paper
    fields = {**json.loads(bare.fields), "abstract": paper.abstract}
    other = record_of(fields, paper.sources[0])
    if isinstance(other, Rejected):
        return paper
    return replace(merge([other, paper]), sources=paper.sources)


def _missing(doi: str, bare: Rejected | None, away: Sequence[str]) -> Rejected:
    failed = f" ({'; '.join(away)})" if away else ""
    if bare is None:
        why = f"neither Crossref nor OpenAlex nor Semantic Scholar knows the DOI {doi}{failed}"
        return Rejected(Source(SOURCE), f"{why}: check how it is written", doi)
    why = f"of {doi} no abstract is at Crossref, OpenAlex or Semantic Scholar{failed}"
    return replace(bare, source=Source(SOURCE), why=why)


def _doi(text: str) -> str:
    found = normal_doi(text)
    if found is None:
        raise ValueError(f"'{text}' is no DOI: write it as 10.1145/3292500.3330701.")
    return found
