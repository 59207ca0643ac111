"""Papers as RIS, for EndNote, Zotero, Mendeley and the like. Every value is on one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from store.exports.kinds import published_as
from store.exports.text import authors, clean, name_parts, one_line, web_address
from store.paper import Paper

_TYPES = {"conference": "CONF", "journal": "JOUR", "preprint": "GEN"}


def ris(papers: Iterable[Paper]) -> Iterator[str]:
    """One record a string."""
    from rispy.writer import RisWriter

    class Writer(RisWriter):  # type: ignore[misc] # rispy has no types
        def set_header(self, count: int) -> str:
            return ""  # rispy numbers the records, which the format doesn't know

    writer = Writer()
    for paper in papers:
        yield f"{writer.formats([_reference(paper)])}\n"


def _reference(paper: Paper) -> dict[str, str | list[str]]:
    day = paper.date.strftime("%Y/%m/%d/") if paper.date else ""
    fields: dict[str, str | list[str]] = {
        "type_of_reference": _TYPES[published_as(paper)],
        "id": one_line(paper.id),
        "title": one_line(paper.title),
        "authors": [_name(author) for author in authors(paper)],
        "year": f"{paper.year:04}" if paper.year else "",
        "date": day,
        "secondary_title": one_line(paper.venue),
        "author_address": one_line(paper.organisation),
        "doi": clean(paper.doi or ""),
        "accession_number": f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else "",
        # Readers take a semicolon for the end of one address.
        "urls": [url.replace(";", "%3B")] if (url := web_address(paper.url)) else [],
    }
    if paper.kind == "summary":  # somebody else's words are no abstract
        fields["notes"] = [one_line(paper.abstract)] if one_line(paper.abstract) else []
    else:
        fields["abstract"] = one_line(paper.abstract)
    return {name: value for name, value in fields.items() if value}


def _name(author: str) -> str:
    family, given = name_parts(author)
    return f"{family}, {given}" if family else author
