"""The forms in which one paper reaches a library: what formats and sites make of a record.

Used on the labelled pairs of `eval identity`; each takes a paper and gives a record of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from store.paper import Paper, Source
from store.readers import read_bytes
from store.readers.base import Origin

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_GREEK = {"α": r"$\alpha$", "β": r"$\beta$", "λ": r"$\lambda$", "μ": r"$\mu$", "ε": r"$\epsilon$"}


def _plain(paper: Paper) -> Paper:
    return paper


def _page(paper: Paper) -> Paper:
    """As a listing page shows it: how many authors, not who, and no year."""
    return replace(
        paper, authors=(), author_count=len(paper.authors) or None, year=None, date=None,
        venue=None, url=None,
    )  # fmt: skip


def _preprint(paper: Paper) -> Paper:
    """As its preprint: a year before, the title in lower case, the abstract without its end."""
    sentences = _SENTENCE.split(paper.abstract)
    title = paper.title[:1] + paper.title[1:].lower()
    return replace(
        paper, title=title.replace("-", " "), abstract=" ".join(sentences[:-1]) or paper.abstract,
        year=paper.year - 1 if paper.year else None, venue="arXiv",
    )  # fmt: skip


def _reworked(paper: Paper) -> Paper:
    """As the journal prints it: two years later, every other sentence new."""
    sentences = _SENTENCE.split(paper.abstract)
    kept = [
        s if i % 2 == 0 else f"Sentence {i} now says it otherwise." for i, s in enumerate(sentences)
    ]
    return replace(paper, abstract=" ".join(kept), year=paper.year + 2 if paper.year else None)


def _initials(paper: Paper) -> Paper:
    """As an old index has it: initials, capitals, and the first 300 characters."""
    names = tuple(
        " ".join([*(f"{part[0]}." for part in name.split()[:-1]), name.split()[-1]])
        for name in paper.authors
        if name.split()
    )
    return replace(
        paper, title=f"{paper.title.upper()}.", authors=names, abstract=paper.abstract[:300]
    )


def _summary(paper: Paper) -> Paper:
    """Somebody else's summary instead of the abstract."""
    return replace(
        paper, kind="summary", abstract="What it does, told in other words than its own."
    )


def _latex(paper: Paper) -> Paper:
    """With LaTeX in its title, as in a .bib by hand."""
    title = "".join(_GREEK.get(c, c) for c in paper.title).replace(" and ", r" \& ")
    return _through("bibtex", replace(paper, title=title))


def _short(paper: Paper) -> Paper:
    """Without its subtitle."""
    return replace(paper, title=paper.title.partition(":")[0])


def _short_page(paper: Paper) -> Paper:
    return _page(_short(paper))


def _through(format: str, paper: Paper) -> Paper:
    """Exported and read again."""
    from store.exporting import export_papers

    text = "".join(export_papers([paper], format))
    (record,) = read_bytes(text.encode(), Origin(f"{paper.sources[0].file}.{format}"))
    assert isinstance(record, Paper), record
    return record


FORMS: dict[str, Callable[[Paper], Paper]] = {
    "plain": _plain,
    "page": _page,
    "preprint": _preprint,
    "reworked": _reworked,
    "initials": _initials,
    "summary": _summary,
    "latex": _latex,
    "bibtex": lambda paper: _through("bibtex", paper),
    "ris": lambda paper: _through("ris", paper),
    "csl-json": lambda paper: _through("csl-json", paper),
    "short": _short,
    "short page": _short_page,
}


def in_form(paper: Paper, form: str) -> Paper:
    """A record of the paper in a form, its id made anew from what the form leaves."""
    made = FORMS[form](paper)
    return replace(made, id="", sources=made.sources or (Source("-"),))
