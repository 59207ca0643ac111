"""What a paper is, what it is known by, and how records become one paper.

No I/O here: these values travel between the floors.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date as Date
from typing import Literal

Kind = Literal["abstract", "summary"]

_NOT_WORD = re.compile(r"[\W_]+")
_ARXIV = re.compile(
    r"(?:arxiv[:.\s]|/(?:abs|pdf|html)/|^)\s*"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?!\d)",
    re.I,
)
_DOI = re.compile(r"10\.\d{4,9}(?:/|%2F)\S+", re.I)
_ARXIV_DOI = "10.48550/arxiv."
# Registers besides DOI and arXiv, in the order of their weight, and what their ids look like.
REGISTERS = {
    "pubmed": re.compile(r"\d{1,9}"),
    "acl": re.compile(r"[a-z]\d{2}-\d{4,5}|\d{4}\.[\w.-]+\d"),
    "openalex": re.compile(r"w\d{1,14}"),
    "s2": re.compile(r"[0-9a-f]{40}|corpus\d{1,12}"),
}


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where a record was read: the file, the record's number in it and the line of its title.

    Both numbers count from 1; 0 means unknown.
    """

    file: str
    position: int = 0
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper as the library knows it.

    `id` is made from the DOI or the arXiv id where there is one, else from the normalised
    title, unless the caller gives one. A DOI that arXiv gave brings its arXiv id. `kind` tells
    an abstract from a summary written by somebody else (the starter library). `date_inferred`
    marks a date whose year was worked out and not read. `other_ids` are those of further
    registers, each as `register:id` (see `REGISTERS`), and further DOIs: a preprint's beside its
    journal's.
    """

    title: str
    abstract: str
    id: str = ""
    kind: Kind = "abstract"
    authors: tuple[str, ...] = ()
    author_count: int | None = None
    organisation: str | None = None
    date: Date | None = None
    date_inferred: bool = False
    year: int | None = None
    upvotes: int | None = None
    venue: str | None = None
    url: str | None = None
    doi: str | None = None
    arxiv_id: str | None = None
    other_ids: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "doi", normal_doi(self.doi) if self.doi else None)
        arxiv_id = self.arxiv_id or (self.doi if (self.doi or "").startswith(_ARXIV_DOI) else None)
        put(self, "arxiv_id", normal_arxiv(arxiv_id) if arxiv_id else None)
        others = normal_ids(self.other_ids) if self.other_ids else ()
        put(self, "other_ids", tuple(one for one in others if not self._tells(one)))
        if self.year is None and self.date is not None:
            put(self, "year", self.date.year)
        if self.author_count is None and self.authors:
            put(self, "author_count", len(self.authors))
        if not self.id:
            put(self, "id", ids_of(self)[0])

    def _tells(self, one: str) -> bool:
        """Whether an id is the paper's DOI, or the one that arXiv made of its arXiv id."""
        doi = one.partition(":")[2] if one.startswith("doi:") else ""
        arxiv = normal_arxiv(doi) if doi.startswith(_ARXIV_DOI) else None
        return bool(doi) and (doi == self.doi or (arxiv is not None and arxiv == self.arxiv_id))

    @property
    def byline(self) -> str:
        """Who wrote it, as short as a source card needs: names, a count, or nothing."""
        if self.authors:
            shown = ", ".join(self.authors[:3])
            return f"{shown} et al." if len(self.authors) > 3 else shown
        if self.author_count:
            return f"{self.author_count} author{'s' if self.author_count != 1 else ''}"
        return ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record, or with position 0 a whole file, that was not taken: where and why.

    `text` shows what the record is, `fields` is what could be read of it, as JSON that
    `store.readers.fields.record_of` takes once it is mended; "" where nothing could.
    """

    source: Source
    why: str
    text: str = ""
    fields: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file met in a folder that holds no papers, as far as any reader can tell."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose records follow, and the name of the format it is read as."""

    file: str
    format: str


def normal_title(title: str) -> str:
    """The title with case, accents, punctuation and spacing aside."""
    if title.isascii():  # most are, and it is quicker
        return _NOT_WORD.sub(" ", title.lower()).strip()
    # Twice, as each of the two steps can bring work for the other ("𝐀" is no letter to casefold).
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", title).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", plain).strip()


def normal_doi(doi: str) -> str | None:
    """A DOI in lower case without resolver, prefix or trailing punctuation; None if it is none."""
    found = _DOI.search(doi)
    if not found:
        return None
    plain = re.sub("%2F", "/", found.group(), count=1, flags=re.I).rstrip(".,;]}>\"'")
    while plain.endswith(")") and plain.count(")") > plain.count("("):
        plain = plain[:-1].rstrip(".,;]}>\"'")
    return plain.lower()


def normal_arxiv(text: str) -> str | None:
    """An arXiv id without version or prefix (any of the ways people write it); None if none."""
    found = _ARXIV.search(text.strip())
    return found.group(1).lower() if found else None


def normal_ids(ids: Iterable[str]) -> tuple[str, ...]:
    """Ids of further registers as `register:id` in lower case, sorted; what is none is left out.

    The last part of an address is taken for the id, as `https://openalex.org/W42`. Semantic
    Scholar's are its 40 hexadecimal digits, or `corpus` with its corpus number. A DOI is one too,
    as `doi:10.1101/42`.
    """
    found = set()
    for given in ids:
        register, _, value = given.strip().lower().partition(":")
        if register == "doi" and (doi := normal_doi(value)):
            found.add(f"doi:{doi}")
        value = value.strip().rstrip("/").rpartition("/")[2]
        if (pattern := REGISTERS.get(register)) and pattern.fullmatch(value):
            found.add(f"{register}:{value}")
    return tuple(sorted(found))


def register_keys(paper: Paper) -> tuple[str, ...]:
    """The ids that registers gave this paper, as `register:id`, strongest first."""
    keys = (("doi", paper.doi), ("arxiv", paper.arxiv_id))
    return (*(f"{name}:{value}" for name, value in keys if value), *paper.other_ids)


def ids_of(paper: Paper) -> tuple[str, ...]:
    """The ids that this paper can have in a library, strongest first; the last is its title's."""
    title = f"title:{normal_title(paper.title) or paper.title.strip()}"
    return tuple(id_of_key(key) for key in (*register_keys(paper), title))


def id_of_key(key: str) -> str:
    """A key as an id that is safe in an address: `arxiv-1706.03762`, `pubmed-…`, `title-…`.

    DOIs and titles become 12 hexadecimal digits of their BLAKE2 digest, as both can hold
    any character.
    """
    kind, _, value = key.partition(":")
    if kind == "arxiv" or kind in REGISTERS:
        return f"{kind}-{value.replace('/', '-')}"
    return f"{kind}-{hashlib.blake2b(value.encode('utf-8', 'replace'), digest_size=6).hexdigest()}"


def merge(records: Iterable[Paper]) -> Paper:
    """One paper from the records of several sources, the same whatever their order.

    The fullest record leads (longest abstract, then most fields), the others fill its gaps;
    an abstract goes before a summary, a date that was read before one that was inferred, and
    the highest count of upvotes is the latest. All sources are kept, and all DOIs. The id is the
    first record's: the caller decides it.
    """
    given = list(records)
    ordered = sorted(given, key=_fullness, reverse=True)
    lead = ordered[0]
    filled: dict[str, object] = {}
    for name in ("authors", "author_count", "organisation", "venue", "url", "doi", "arxiv_id"):
        if not getattr(lead, name):
            filled[name] = next(
                (v for p in ordered if (v := getattr(p, name))), getattr(lead, name)
            )
    dated = sorted((p for p in ordered if p.date), key=lambda p: p.date_inferred)
    if dated:
        filled |= {"date": dated[0].date, "date_inferred": dated[0].date_inferred}
        filled["year"] = dated[0].year
    elif lead.year is None:
        filled["year"] = next((p.year for p in ordered if p.year), None)
    votes = [p.upvotes for p in ordered if p.upvotes is not None]
    filled["upvotes"] = max(votes, default=None)
    dois = {f"doi:{p.doi}" for p in ordered if p.doi}
    filled["other_ids"] = tuple(sorted(dois | {i for p in ordered for i in p.other_ids}))
    filled["sources"] = tuple(sorted({s for p in ordered for s in p.sources}))
    return replace(lead, id=given[0].id, **filled)  # type: ignore[arg-type]


def _fullness(paper: Paper) -> tuple[bool, int, int, str]:
    fields = (
        paper.date, paper.upvotes, paper.organisation, paper.author_count, paper.doi,
        paper.arxiv_id, paper.url, paper.venue, paper.authors, paper.other_ids or None,
    )  # fmt: skip
    known = sum(value is not None and value != () for value in fields)
    abstract = paper.kind == "abstract" and bool(paper.abstract)
    # Whatever else differs decides last, so that the order of the records never does.
    return abstract, len(paper.abstract), known, repr(replace(paper, id="-"))
