"""Papers as BibTeX, which BibTeX, Biber and the usual reference managers read.

Nothing is invented: without names there is no `author`, only `authorcount`, a field that styles
ignore. So are `paperid`, which is our id, and `dateinferred`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from store.exports.kinds import published_as
from store.exports.text import authors, clean, one_line, web_address
from store.paper import Paper, id_of_key, normal_title

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# BibTeX counts braces whether or not they are escaped, so a brace in a text must go by name.
_TO_LATEX = {
    "\\": r"{\textbackslash}",
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    "<": r"{\textless}",
    ">": r"{\textgreater}",
    "|": r"{\textbar}",
    **{c: f"\\{c}" for c in "$&#_%"},
}
_TRANSLATED = str.maketrans(_TO_LATEX)
_FROM_LATEX = {latex: plain for plain, latex in _TO_LATEX.items()}
_LATEX = re.compile("|".join(re.escape(latex) for latex in _FROM_LATEX) + "|[{}]")
_AND = re.compile(r"(?<!\S)(and|others)(?!\S)", re.IGNORECASE)
_WORD = re.compile(r"[a-z][a-z0-9]*")
_DULL = frozenset((
    "a", "an", "and", "are", "as", "at", "by", "can", "do", "does", "for", "from", "how", "in",
    "into", "is", "it", "of", "on", "or", "the", "to", "towards", "using", "via", "we", "what",
    "when", "why", "with",
))  # fmt: skip


def bibtex(papers: Iterable[Paper]) -> Iterator[str]:
    """One entry a string, in the order given."""
    from bibtexparser.bibdatabase import BibDatabase
    from bibtexparser.bwriter import BibTexWriter, SortingStrategy

    writer = BibTexWriter()
    writer.indent, writer.display_order_sorting = "  ", SortingStrategy.PRESERVE
    used: set[str] = set()
    for paper in papers:
        database = BibDatabase()
        database.entries = [_entry(paper, _fresh(key_of(paper), used))]
        yield f"{writer.write(database)}\n"


def key_of(paper: Paper) -> str:
    """A key such as `vaswani2017attention-5f0c2a9b`, the same in every export.

    The digits are of the paper's id; name and word are left out where there are none in ASCII.
    """
    names = authors(paper)
    last = names[0].partition(",")[0].split()[-1:] if names else []
    lead = "".join(_WORD.findall(normal_title(last[0]))) if last else ""
    words = [word for word in normal_title(paper.title).split() if word not in _DULL]
    word = next((word for word in words if word.isascii() and _WORD.fullmatch(word)), "")
    return f"{lead}{paper.year or ''}{word}-{id_of_key(f'id:{paper.id}')[3:11]}".lstrip("-")


def to_latex(text: str | None) -> str:
    """A text on one line in which LaTeX finds no command; letters stay as they are (UTF-8)."""
    return one_line(text).translate(_TRANSLATED)


def from_latex(value: str) -> str:
    """What `to_latex` was given; braces that only group are dropped."""
    return _LATEX.sub(lambda found: _FROM_LATEX.get(found.group(), ""), value)


def names_to_latex(names: Iterable[str]) -> str:
    """Names with `and` between them; a name that holds an `and` or odd commas stays whole."""
    written = []
    for name in names:
        latex = to_latex(name)
        if _AND.search(name) or re.search(r"^,|,$|,.*,", name):
            latex = "{" + _AND.sub(r"{\1}", latex) + "}"
        written.append(latex)
    return " and ".join(written)


def _entry(paper: Paper, key: str) -> dict[str, Any]:
    from bibtexparser.bibdatabase import BibDatabase, BibDataString, BibDataStringExpression

    kind, venue = published_as(paper), to_latex(paper.venue)
    month = ""
    if paper.date:
        month = BibDataStringExpression(
            [BibDataString(BibDatabase(), _MONTHS[paper.date.month - 1])]
        )
    summary = paper.kind == "summary"  # somebody else's words are no abstract
    fields = {
        "ENTRYTYPE": {"conference": "inproceedings", "journal": "article"}.get(kind, "misc"),
        "ID": key,
        "author": names_to_latex(authors(paper)),
        # The second pair of braces keeps the capitals.
        "title": f"{{{to_latex(paper.title)}}}",
        "year": str(paper.year or ""),
        "month": month,
        "day": str(paper.date.day) if paper.date else "",
        "booktitle": venue if kind == "conference" else "",
        "journal": venue if kind == "journal" else "",
        "organization": to_latex(paper.organisation),
        "eprint": paper.arxiv_id,
        "archiveprefix": "arXiv" if paper.arxiv_id else "",
        # Both are taken to the letter: what could break an entry is written in hexadecimal.
        "doi": quote(clean(paper.doi or ""), safe="/:;()<>[]@!$&'*+,=#%?_.-~"),
        "pmid": next((i.partition(":")[2] for i in paper.other_ids if i[:7] == "pubmed:"), ""),
        "url": web_address(paper.url),
        "annote" if summary else "abstract": to_latex(paper.abstract),
        "authorcount": "" if paper.authors else str(paper.author_count or ""),
        "dateinferred": "true" if paper.date_inferred else "",
        "paperid": to_latex(paper.id),
    }
    return {name: value for name, value in fields.items() if value}


def _fresh(key: str, used: set[str]) -> str:
    """The key, with a number behind it where it was given before (the same paper twice)."""
    fresh, number = key, 1
    while fresh in used:
        number += 1
        fresh = f"{key}-{number}"
    used.add(fresh)
    return fresh
