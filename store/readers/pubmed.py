"""Reads PubMed's XML (PubmedArticleSet), as its pages, its E-utilities and its bulk files give it.

The elements are described in the National Library of Medicine's PubMed DTD documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from store.paper import Paper, Rejected, Source
from store.readers.base import Data, Origin, stream_of
from store.readers.fields import record_of
from store.readers.streams import peeked
from store.readers.xml import child_text, read_records, root_of, text_of
from store.readers.xml_target import Found

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_RECORDS = ("PubmedArticle", "PubmedBookArticle", "MedlineCitation")
_CITATIONS = "MedlineCitationSet"  # the older form, whose citations lie in no article
_ROOTS = ("PubmedArticleSet", "PubmedArticle", "PubmedBookArticleSet", _CITATIONS)
_NO_LABELS = ("", "UNLABELLED", "UNASSIGNED")


class PubmedXml:
    """Articles and book chapters with their PubMed ids; structured abstracts keep their labels."""

    key = "pubmed"
    name = "PubMed XML"

    def sniff(self, head: bytes, file: str) -> bool:
        return root_of(head) in _ROOTS

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        head, stream = peeked(stream_of(data), origin.file)
        # A citation within an article is none to go on from behind a fault; in a set of
        # citations there is nothing else.
        alone = root_of(head) == _CITATIONS
        tags = ("MedlineCitation",) if alone else _RECORDS
        inner = () if alone else ("MedlineCitation",)
        return read_records(stream, origin, tags, _record, inner)


def _record(found: Found, source: Source) -> Paper | Rejected:
    record = found.element
    citation = record if record.tag == "MedlineCitation" else record.find("MedlineCitation")
    if citation is None:
        citation = record.find("BookDocument")
    article = citation.find("Article") if citation is not None else None
    if article is None:
        article = citation
    pmid = child_text(citation, "PMID")
    fields: dict[str, Any] = {
        "title": _title(article),
        "abstract": _abstract(article, "Abstract") or _abstract(citation, "OtherAbstract"),
        "authors": _authors(article),
        "date": _date(article),
        "venue": child_text(article, "Journal/Title") or child_text(article, "Book/BookTitle"),
        "doi": _doi(record, article),
        "other_ids": [f"pubmed:{pmid}"] if pmid else [],
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
    }
    return record_of(fields, source)


def _title(article: Element | None) -> str:
    """The title without PubMed's full stop, and the brackets round one it translated."""
    title = child_text(article, "ArticleTitle")
    bare = title.rstrip(".")
    if bare.startswith("[") and bare.endswith("]"):
        title = bare[1:-1]
    if title.endswith(".") and not title.endswith(".."):
        title = title[:-1]
    return title or child_text(article, "VernacularTitle") or child_text(article, "Book/BookTitle")


def _abstract(element: Element | None, name: str) -> str:
    abstract = element.find(name) if element is not None else None
    if abstract is None:
        return ""
    parts = []
    for part in abstract.findall("AbstractText"):
        label, text = part.get("Label", "").strip().rstrip(":"), text_of(part)
        if text:
            parts.append(text if label.upper() in _NO_LABELS else f"{label}: {text}")
    return "\n".join(parts)


def _authors(article: Element | None) -> list[str]:
    names = []
    for people in article.findall("AuthorList") if article is not None else ():
        if people.get("Type") == "editors":
            continue
        for one in people.findall("Author"):
            given = child_text(one, "ForeName") or child_text(one, "Initials")
            parts = (given, child_text(one, "LastName"), child_text(one, "Suffix"))
            name = " ".join(p for p in parts if p) or child_text(one, "CollectiveName")
            if name and one.get("ValidYN") != "N":
                names.append(name)
    return names


def _date(article: Element | None) -> str:
    """The day it went online, else that of its issue, as far as they are known."""
    for path in ("ArticleDate", "Journal/JournalIssue/PubDate", "Book/PubDate"):
        day = article.find(path) if article is not None else None
        if day is not None and (said := child_text(day, "MedlineDate")):
            return said[:4]  # "1998 Dec-1999 Jan", "2000 Spring": the rest is no day
        parts = [child_text(day, part) for part in ("Year", "Month", "Day")]
        if parts[0]:
            return " ".join(parts) if parts[1].isalpha() else "-".join(p for p in parts if p)
    return ""


def _doi(record: Element, article: Element | None) -> str:
    ids = [*record.findall("PubmedData/ArticleIdList/ArticleId")]
    ids += record.findall("PubmedBookData/ArticleIdList/ArticleId")
    ids += article.findall("ELocationID") if article is not None else []
    ids += article.findall("ArticleIdList/ArticleId") if article is not None else []
    for one in ids:
        if "doi" in (one.get("IdType"), one.get("EIdType")) and one.get("ValidYN") != "N":
            return text_of(one)
    return ""
