"""What a paper's own page says of it: citation tags, Dublin Core, JSON-LD, and its abstract."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from store.readers.html_tree import link_of, text_of

_ABSTRACTS = (
    "blockquote.abstract", ".acl-abstract span", "#eng-abstract", "div.abstract-content.selected",
    "#Abs1-content", "#abstract-1", "div#abstract", "section#abstract", "section.abstract",
    "div.abstract", "p.abstract", ".hlFld-Abstract", ".abstractSection", ".abstract-text",
    "#Abs1", "[role=doc-abstract]", "#abstracts .abstract", "td.abstract",
)  # fmt: skip
_LABEL = re.compile(r"\s*(?:abstract|summary)\s*(?:[:.—–-]\s*|\n)", re.I)
_IS_LABEL = re.compile(r"\W*abstract\W*", re.I)
_ACL = re.compile(r"aclanthology\.org/([A-Z]\d\d-\d{4,5}|\d{4}\.[\w.-]+?\.\d+)(?:[/.]|$)")
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(\S+)")
_MAY_BE_CUT = 200  # characters of a description that can be the whole abstract


def paper_of_page(tree: Any) -> dict[str, Any] | None:
    """Fields of the paper a page is about; None if it is about none."""
    meta = _meta(tree)

    def one(*names: str) -> str:
        return next((values[0] for name in names if (values := meta.get(name))), "")

    title = one("citation_title", "bepress_citation_title", "eprints.title")
    if not title and (one("dc.creator", "dcterms.creator") or one("dc.identifier")):
        title = one("dc.title", "dcterms.title")
    if not title:
        return None
    url = one("citation_abstract_html_url", "citation_public_url", "og:url")
    url = link_of(tree, "link[rel=canonical]") or url or _saved_from(tree)
    authors = meta.get("citation_author") or meta.get("dc.creator") or meta.get("dcterms.creator")
    if not authors:
        authors = [name for text in meta.get("citation_authors", []) for name in text.split(";")]
    doi = one("citation_doi", "bepress_citation_doi", "prism.doi")
    ids = [f"pubmed:{one('citation_pmid')}"] if one("citation_pmid") else []
    if acl := _ACL.search(url) or _ACL.search(one("citation_pdf_url")):
        ids.append(f"acl:{acl.group(1)}")
    return {
        "title": title,
        "abstract": one("citation_abstract", "bepress_citation_abstract", "eprints.abstract")
        or abstract_of(tree)
        or _description(meta),
        "authors": authors,
        "date": one(
            "citation_publication_date", "citation_date", "citation_online_date", "dc.date",
            "dc.date.issued", "dcterms.date", "dcterms.issued", "prism.publicationdate",
            "article:published_time", "citation_year",
        ),
        "venue": one(
            "citation_journal_title", "citation_conference_title", "citation_inbook_title",
            "prism.publicationname",
        ),
        "doi": doi or next((v for v in meta.get("dc.identifier", []) if "10." in v), ""),
        "arxiv_id": one("citation_arxiv_id") or (url if "arxiv.org/" in url else ""),
        "other_ids": ids,
        "url": url,
    }  # fmt: skip


def papers_of_json(tree: Any) -> list[dict[str, Any]]:
    """Fields of the scholarly articles that a page describes in JSON-LD."""
    found = []
    for script in tree.css('script[type="application/ld+json"]'):
        try:
            told = json.loads(script.text() or "")
        except (ValueError, RecursionError):
            continue
        for one in _things(told):
            kind = one.get("@type")
            if "ScholarlyArticle" in str(kind):
                found.append(_article(one))
    return [fields for fields in found if fields["title"]]


def abstract_of(tree: Any) -> str:
    """The abstract as a page shows it, without its heading; "" if it shows none."""
    for selector in _ABSTRACTS:
        for node in tree.css(selector):
            if len(text := unlabelled(text_of(node))) > 40:
                return text
    for heading in tree.css("h1, h2, h3, h4, h5, h6, strong, b"):
        if not _IS_LABEL.fullmatch(heading.text() or ""):
            continue
        node = heading if heading.next is not None else heading.parent
        parts, after = [], node.next if node is not None else None
        while after is not None and not re.fullmatch(r"h[1-6]", after.tag or ""):
            parts.append(text_of(after))
            after = after.next
            if sum(map(len, parts)) > 20_000:
                break
        if len(text := unlabelled("\n".join(part for part in parts if part))) > 40:
            return text
    return ""


def unlabelled(text: str) -> str:
    """Text without the word "Abstract" before it."""
    return _LABEL.sub("", text, count=1) if _LABEL.match(text) else text


def _meta(tree: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in tree.css("meta"):
        name = node.attributes.get("name") or node.attributes.get("property") or ""
        content = (node.attributes.get("content") or "").strip()
        if content:
            found.setdefault(name.lower().replace("dc:", "dc."), []).append(content)
    return found


def _description(meta: dict[str, list[str]]) -> str:
    """A description that is the whole abstract, as far as one can see."""
    names = ("dc.description", "dcterms.abstract", "og:description", "description")
    texts = [text for name in names for text in meta.get(name, [])]
    whole = [t for t in texts if len(t) > _MAY_BE_CUT and not t.endswith(("…", "..."))]
    return unlabelled(max(whole, key=len, default=""))


def _saved_from(tree: Any) -> str:
    said = _SAVED_FROM.search((tree.html or "")[:2000])
    return said.group(1) if said else ""


def _things(told: Any) -> Iterator[dict[str, Any]]:
    for one in told if isinstance(told, list) else [told]:
        if isinstance(one, dict):
            yield one
            for key in ("@graph", "mainEntity", "itemListElement", "item"):
                if key in one:
                    yield from _things(one[key])


def _article(one: dict[str, Any]) -> dict[str, Any]:
    people = one.get("author") or []
    names = [p.get("name") if isinstance(p, dict) else p for p in _listed(people)]
    within = one.get("isPartOf")
    ids = [_value(i) for key in ("identifier", "sameAs", "@id") for i in _listed(one.get(key))]
    return {
        "title": _text(one.get("headline")) or _text(one.get("name")),
        "abstract": unlabelled(_text(one.get("abstract")) or _text(one.get("description"))),
        "authors": [name for name in names if isinstance(name, str)],
        "date": _text(one.get("datePublished")),
        "venue": _text(within.get("name")) if isinstance(within, dict) else "",
        "doi": next((i for i in ids if re.search(r"\b10\.\d{4}", i)), ""),
        "arxiv_id": next((i for i in ids if "arxiv" in i.lower()), ""),
        "url": _text(one.get("url")),
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _value(value: Any) -> str:
    return _text(value.get("value") if isinstance(value, dict) else value)
