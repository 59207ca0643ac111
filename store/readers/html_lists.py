"""Papers on saved pages that list several: arXiv, Hugging Face, the ACL Anthology, and others."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from store.readers.hf_daily import fields_of
from store.readers.html_papers import unlabelled
from store.readers.html_tree import first, link_of, text_of

_SUBMITTED = (re.compile(r"v1\W+submitted ([^;]+);"), re.compile(r"Submitted ([^;]+);"))
_ACL_HREF = re.compile(r"([A-Z]\d\d-\d{4,5}|\d{4}\.[\w.-]+?\.\d+)/?$")
_OF_A_PAPER = re.compile(
    r"arxiv\.org|doi\.org|openreview\.net|/abs/|/forum\?id=|\.pdf\b|aclanthology|/papers?/", re.I
)
_BLOCKS = "p, div, ul, ol, table, h1, h2, h3, h4, h5, blockquote, section"
_LONG = 250  # characters of a paragraph that can be an abstract
_FEWEST = 2  # blocks of one kind
_HIGHEST = 6  # elements from an abstract up to the block it is in

Fields = dict[str, Any]


def listed(tree: Any) -> list[Fields]:
    """Fields of every paper on a page of one of the kinds known here; none if it is no such."""
    for read in (_hugging_face, _arxiv_search, _arxiv_list, _acl_volume, _notes):
        if found := list(read(tree)):
            return found
    return []


def repeated(tree: Any) -> list[Fields]:
    """Fields of papers from blocks that look alike: each a title, a long text, a paper's link."""
    found: list[tuple[str, Fields, bool]] = []
    blocks: dict[int, tuple[str, Fields, bool] | None] = {}
    for node in tree.css("p, div, span[class*=abstract], blockquote, td, dd"):
        text = _own_text(node)
        if len(text) < _LONG:
            continue
        block = node.parent
        for _ in range(_HIGHEST):
            if block is None or block.tag in ("body", "html", "-document"):
                break
            if block.mem_id not in blocks:
                blocks[block.mem_id] = _block(block)
            if looked := blocks[block.mem_id]:
                kind, fields, told = looked
                told = told or "abstract" in (node.attributes.get("class") or "").lower()
                found.append((kind, {**fields, "abstract": unlabelled(text)}, told))
                break
            block = block.parent
    kinds = Counter(kind for kind, _, told in found if told)
    usual = {kind for kind, count in kinds.items() if count >= _FEWEST}
    titles: set[str] = set()
    papers = []
    for kind, fields, _ in found:
        if kind in usual and fields["title"] not in titles:  # a block's first long text
            titles.add(fields["title"])
            papers.append(fields)
    return papers


def _block(block: Any) -> tuple[str, Fields, bool] | None:
    """What kind of block it is, its title and links, and whether they are a paper's."""
    heading = first(block, "h1", "h2", "h3", "h4", "h5", "a[href]")
    title = text_of(heading)
    if heading is None or not 12 <= len(title) < _LONG or " " not in title:
        return None
    links = [a.attributes.get("href") or "" for a in block.css("a[href]")]
    fields = {
        "title": title,
        "doi": next((link for link in links if "doi.org/10." in link), ""),
        "arxiv_id": next((link for link in links if "arxiv.org/" in link), ""),
        "url": link_of(heading, "a[href]") or next(iter(links), ""),
    }
    kind = f"{block.tag}.{block.attributes.get('class')}"
    return kind, fields, bool(_OF_A_PAPER.search(" ".join(links)))


def _own_text(node: Any) -> str:
    """An element's text if it holds no further blocks."""
    if node.tag == "span" and node.parent is not None and node.parent.tag == "span":
        return ""
    if any(child.css_first(_BLOCKS) is not None for child in node.iter()):  # itself or below
        return ""
    return text_of(node)


def _hugging_face(tree: Any) -> Iterator[Fields]:
    """The papers in the data its pages are drawn from."""
    for node in tree.css("[data-props]"):
        if "summary" not in (props := node.attributes.get("data-props") or ""):
            continue
        try:
            told = json.loads(props)
        except (ValueError, RecursionError):
            continue
        told = told if isinstance(told, dict) else {}
        items = told.get("dailyPapers") or told.get("papers") or [told]
        for item in items if isinstance(items, list) else []:
            paper = item.get("paper", item) if isinstance(item, dict) else None
            if isinstance(paper, dict) and "summary" in paper:
                yield fields_of(item)


def _arxiv_search(tree: Any) -> Iterator[Fields]:
    for node in tree.css("li.arxiv-result"):
        abstract = text_of(first(node, ".abstract-full", ".abstract-short", "p.abstract"))
        said = text_of(node)
        days = [day.group(1) for pattern in _SUBMITTED if (day := pattern.search(said))]
        about = link_of(node, ".list-title a") or link_of(node, "a[href*='/abs/']")
        journal = next(
            (t for c in node.css("p.comments") if (t := text_of(c)).startswith("Journal ref:")), ""
        )
        yield {
            "title": text_of(node.css_first("p.title")),
            "abstract": unlabelled(re.sub(r"\s*△ Less$", "", abstract)),
            "authors": [text_of(a) for a in node.css("p.authors a")],
            "date": next(iter(days), ""),
            "venue": journal.removeprefix("Journal ref:"),
            "doi": link_of(node, "a[href*='doi.org/']"),
            "arxiv_id": about,
            "url": about,
        }


def _arxiv_list(tree: Any) -> Iterator[Fields]:
    about = ""
    for node in tree.css("dl > dt, dl > dd"):
        if node.tag == "dt":
            about = link_of(node, "a[href*='/abs/']")
            continue
        title = node.css_first(".list-title")
        if title is None:
            continue
        journal = text_of(node.css_first(".list-journal-ref"))
        yield {
            "title": text_of(title).removeprefix("Title:"),
            "abstract": text_of(node.css_first("p.mathjax")),
            "authors": [text_of(a) for a in node.css(".list-authors a")],
            "venue": journal.removeprefix("Journal-ref:"),
            "arxiv_id": about,
            "url": about if about.startswith("http") else f"https://arxiv.org{about}",
        }


def _acl_volume(tree: Any) -> Iterator[Fields]:
    abstracts = {
        (node.attributes.get("id") or "").removeprefix("abstract-").replace("--", "."): text_of(
            first(node, ".card-body") or node
        )
        for node in tree.css(".abstract-collapse")
    }
    if not abstracts:
        return
    volume = text_of(first(tree, "h2#title", "#title"))
    for node in tree.css("strong > a.align-middle"):
        found = _ACL_HREF.search(node.attributes.get("href") or "")
        acl = found.group(1) if found else ""
        if re.search(r"(?:\.|-[1-9]?0{2})0$", acl):
            continue  # the front matter
        entry = node.parent.parent if node.parent is not None else None
        year = re.match(r"(\d{4})\.|[A-Z](\d\d)-", acl)
        yield {
            "title": text_of(node),
            "abstract": abstracts.get(acl, ""),
            "authors": [text_of(a) for a in entry.css("a[href*='/people/']")] if entry else [],
            "venue": volume,
            "date": year.group(1) or _century(year.group(2)) if year else "",
            "other_ids": [f"acl:{acl}"],
            "url": f"https://aclanthology.org/{acl}/",
        }


def _century(two: str) -> str:
    return f"19{two}" if int(two) > 50 else f"20{two}"


def _notes(tree: Any) -> Iterator[Fields]:
    """OpenReview's lists, where the notes were opened before the page was saved."""
    for node in tree.css(".note"):
        title = first(node, "h4 a[href*='forum?id=']", "h4", "h2")
        abstract = ""
        for label in node.css(".note-content-field"):
            if (label.text() or "").strip().rstrip(":").lower() in ("abstract", "summary"):
                value = label.next
                while value is not None and value.tag == "-text":
                    value = value.next
                abstract = abstract or text_of(value)
        if title is not None and abstract:
            link = link_of(node, "h4 a[href*='forum?id=']")
            yield {
                "title": text_of(title),
                "abstract": abstract,
                "authors": [text_of(a) for a in node.css(".note-authors a")],
                "url": f"https://openreview.net{link}" if link.startswith("/") else link,
            }
