"""Papers as Markdown, and how any text is written into Markdown as a text and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from store.exports.text import address, authors, one_line
from store.paper import Paper

_SHOWN_AUTHORS = 10
_SPECIAL = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {c: f"\\{c}" for c in "\\`*_[]{}|~$^#@"}
)
_OPENING = re.compile(r"(?:[+=-]|\d{1,9}[.)])")  # begins a list, a line or a heading
_WWW = re.compile(r"(?<=\bwww)\.", re.IGNORECASE)


def escaped(text: str | None) -> str:
    """A text on one line in which nothing is markup, an image or a link; it reads the same."""
    text = one_line(text).translate(_SPECIAL).replace("==", "\\=\\=")
    # These become links without any markup.
    text = _WWW.sub(r"\\.", text.replace("://", "\\://"))
    if opening := _OPENING.match(text):
        last = opening.end() - 1
        text = f"{text[:last]}\\{text[last:]}"
    return text


def reference(paper: Paper) -> str:
    """One line: authors or their number, title, venue, date, organisation and a link."""
    names = authors(paper)
    byline = ", ".join(names[:_SHOWN_AUTHORS]) + (" et al." if len(names) > _SHOWN_AUTHORS else "")
    when = str(paper.date or paper.year or "")
    parts = [
        escaped(byline or paper.byline).removesuffix("."),
        f"*{title}*" if (title := escaped(paper.title)) else "",
        escaped(", ".join(filter(None, (one_line(paper.venue), when))))
        + (" (year inferred)" if paper.date_inferred else ""),
        escaped(paper.organisation),
    ]
    line = ". ".join(part for part in parts if part) + "."
    link = address(paper)
    return f"{line} <{link}>" if link else line


def markdown(papers: Iterable[Paper]) -> Iterator[str]:
    """A heading, then one paper a string: its reference, and its abstract as a quotation."""
    yield "# Papers\n"
    for paper in papers:
        text = escaped(paper.abstract)
        if text and paper.kind == "summary":
            text = f"Summary, not the paper's own abstract: {text}"
        yield f"\n- {reference(paper)}\n" + (f"\n  > {text}\n" if text else "")
