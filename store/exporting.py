"""Papers out of the library, in the formats that other programs read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from store.exports.bibtex import bibtex
from store.exports.csl import csl_json
from store.exports.markdown import markdown
from store.exports.ris import ris
from store.exports.table import table
from store.paper import Paper


@dataclass(frozen=True, slots=True)
class Format:
    """A format: the suffix of its files, its media type, and how papers become its text."""

    suffix: str
    media_type: str
    write: Callable[[Iterable[Paper]], Iterator[str]]


FORMATS = {
    "bibtex": Format(".bib", "application/x-bibtex; charset=utf-8", bibtex),
    "ris": Format(".ris", "application/x-research-info-systems; charset=utf-8", ris),
    "csl-json": Format(".json", "application/vnd.citationstyles.csl+json", csl_json),
    "csv": Format(".csv", "text/csv; charset=utf-8; header=present", table),
    "markdown": Format(".md", "text/markdown; charset=utf-8", markdown),
}


def export_papers(papers: Iterable[Paper], format: str) -> Iterator[str]:
    """The papers as pieces of one text, a paper at a time, so that any number can be exported.

    All that a paper holds is data: nothing in it becomes a command, a formula, markup or a link,
    and characters that control a terminal are left out. Raises ValueError for an unknown format.
    """
    if format not in FORMATS:
        raise ValueError(f"There is no format '{format}': choose {', '.join(FORMATS)}.")
    return FORMATS[format].write(papers)
