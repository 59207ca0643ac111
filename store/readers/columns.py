"""Which column of a table, or key of a record, holds which field of a paper.

`NAMES` is the whole of it: what people, exports and data sets call each field. Case, spaces and
punctuation of a name don't matter ("Paper Title", `paper_title` and `paperTitle` are one); the
first name of a line that is there is taken.

    guess(["Document Title", "Abstract", "Publication Year"])
    # {"title": "Document Title", "abstract": "Abstract", "year": "Publication Year"}
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from store.readers.authors import authors_of

NAMES: dict[str, tuple[str, ...]] = {
    "title": (
        "title", "papertitle", "articletitle", "documenttitle", "worktitle", "titles", "titletext",
        "displayname", "ti", "name",
    ),
    "abstract": (
        "abstract", "paperabstract", "abstracttext", "abstractnote", "abstracts", "dcabstract",
        "summary", "summaries", "ab", "description", "text",
    ),
    "authors": (
        "authors", "author", "authornames", "authorlist", "authorsnames", "authorfullnames",
        "paperauthors", "authorsfullname", "authorshipsauthordisplayname", "creators", "creator",
        "au",
    ),
    "author_count": ("authorcount", "numauthors", "nauthors", "authorscount"),
    "date": (
        "date", "publicationdate", "publisheddate", "datepublished", "published", "publishedat",
        "pubdate", "publishedon", "publishdate", "releasedate", "submitteddate", "submissiondate",
        "submitted", "datesubmitted", "coverdate", "issued", "onlinedate", "cdate", "updatedate",
    ),
    "year": ("year", "publicationyear", "publishedyear", "pubyear", "paperyear", "py", "yr"),
    "venue": (
        "venue", "booktitle", "journal", "journaltitle", "journalname", "journalbook",
        "conference", "conferencename", "publicationtitle", "sourcetitle", "containertitle",
        "journalref", "publicationname", "primarylocationsourcedisplayname", "proceedings",
        "publishedin", "so",
    ),
    "organisation": (
        "organisation", "organization", "affiliation", "affiliations", "institution",
        "institutions", "institute", "organisations", "organizations", "aff", "lab", "company",
    ),
    "url": (
        "url", "link", "paperurl", "paperlink", "urlabs", "absurl", "pageurl", "landingpageurl",
        "pdf", "pdfurl", "pdflink", "urlpdf", "openreview", "openreviewurl", "openreviewlink",
        "forum", "site", "website", "externalurl", "href", "urls", "links", "doiurl", "arxivurl",
    ),
    "doi": ("doi", "paperdoi", "articledoi", "doiurl", "doilink", "di"),
    "arxiv_id": (
        "arxivid", "arxiv", "eprint", "arxivurl", "arxivlink", "urlarxiv", "paperarxivid",
        "arxivabs",
    ),
    "upvotes": ("upvotes", "upvote", "likes", "votes", "numupvotes"),
    "kind": ("kind",),
    "date_inferred": ("dateinferred",),
    "other_ids": ("otherids",),
    "pubmed": ("pmid", "pubmed", "pubmedid"),
    "acl": ("aclid", "acl", "anthologyid", "aclanthologyid"),
    "openalex": ("openalex", "openalexid", "openalexurl"),
    "s2": ("s2id", "s2paperid", "semanticscholarid", "paperid"),
    "corpus": ("corpusid", "s2corpusid"),
    "id": ("id", "uid", "key"),
}  # fmt: skip
# Names that things which are no papers have too: packages, posts, pictures, messages.
_WEAK = frozenset({"name", "description", "text", "ti", "ab"})
_TELLING = ("authors", "doi", "arxiv_id", "venue", "year", "date", "author_count", "pubmed", "acl")
_NOTHING = frozenset({"", "nan", "none", "null", "n/a", "na", "nat", "<na>", "-"})
_REGISTERS = ("pubmed", "acl", "openalex", "s2", "corpus")
_TEXTS = frozenset({"title", "abstract", "venue", "url", "doi", "arxiv_id"})
_LONE = re.compile(r"[\W_]+")
_YEAR = re.compile(r"\s*\d{4}(?:\.0)?\s*")
# Ids that tell whose they are: arXiv's, DOIs, OpenAlex's, the Anthology's.
_ID = re.compile(
    r"(?P<arxiv_id>(?:arxiv:)?\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[a-z]{2})?/\d{7}(?:v\d+)?)"
    r"|(?P<doi>(?:https?://(?:dx\.)?doi\.org/|doi:)?10\.\d{4,9}/\S+)"
    r"|(?P<openalex>https://openalex\.org/W\d+)"
    r"|(?P<acl>[A-Z]\d{2}-\d{4,5}|\d{4}\.[a-z0-9_]+-[a-z0-9_]+\.\d+)",
    re.I,
)


def plain_name(column: object) -> str:
    """A column's name with case, spaces and punctuation aside."""
    return _LONE.sub("", str(column).casefold())


def guess(columns: Iterable[str], *, without: Collection[str] = ()) -> dict[str, str]:
    """The column of each field that some column's name stands for; a column has one field.

    The fields are those `store.readers.fields.record_of` takes, and the registers of `other_ids`
    one by one (`pubmed`, `acl`, `openalex`, `s2` and its `corpus`); `id` is told by its looks.
    Those in `without` get no column.
    """
    called: dict[str, str] = {}
    for column in columns:
        called.setdefault(plain_name(column), column)
    found: dict[str, str] = {}
    for field, names in NAMES.items():
        if field in without:
            continue
        if name := next((name for name in names if name in called), None):
            found[field] = called.pop(name)
    return found


def of_papers(guessed: Mapping[str, str]) -> bool:
    """Whether columns so guessed are those of papers, and not of packages, posts or messages.

    A title and an abstract so called are enough; where a name could be anything's, or there is no
    abstract, other facts of a paper must be there.
    """
    weak = [plain_name(guessed[f]) in _WEAK for f in ("title", "abstract") if f in guessed]
    if "title" not in guessed:
        return False
    telling = sum(field in guessed for field in _TELLING)
    if "abstract" not in guessed:
        return not weak[0] and "authors" in guessed and telling > 1
    if all(weak):
        register = any(f in guessed for f in ("doi", "arxiv_id", "venue", "year", "pubmed"))
        return register and telling > 1
    return not any(weak) or telling > 0


def fields_by(row: Mapping[str, Any], guessed: Mapping[str, str]) -> dict[str, Any]:
    """The fields of one row for `record_of`; what is empty, or says so ("nan", "N/A"), is left out.

    Texts that are lists of names become lists; a count of seconds since 1970 becomes a date, a
    date in a column of years a date; affiliations become an organisation where they are all one.
    """
    fields: dict[str, Any] = {}
    other_ids: list[str] = []
    for field, column in guessed.items():
        value = row.get(column)
        if value is None:
            continue
        if isinstance(value, str):
            if len(value) < 5 and field != "title" and value.strip().casefold() in _NOTHING:
                continue
        elif value != value:  # NaN, as pandas writes what is missing
            continue
        if field in _TEXTS:
            value = value if isinstance(value, str) else _text(value)
        elif field == "authors":
            value = authors_of(value)
        elif field == "year":
            if isinstance(value, str) and not _YEAR.fullmatch(value):
                fields.setdefault("date", value)
                continue
            value = int(float(value)) if isinstance(value, str) else value
        elif field == "date":
            value = _date(value)
        elif field == "organisation":
            value = shared(value)
        elif field in _REGISTERS:
            other_ids += _ids(field, value)
            continue
        elif field == "id":
            if known := _ID.fullmatch(str(value).strip()):
                name = str(known.lastgroup)
                if name in _REGISTERS:
                    other_ids.append(f"{name}:{known.group()}")
                else:
                    fields.setdefault(name, known.group())
            continue
        elif field == "other_ids":
            # In a cell as `store.exports.table` joins them; a DOI may hold a lone semicolon.
            given = value if isinstance(value, list) else re.split(r";\s+", str(value))
            other_ids += [str(one) for one in given]
            continue
        elif isinstance(value, str) and field == "date_inferred":
            value = value.strip().casefold() == "true"
        if field == "url" and isinstance(value, str) and value.startswith("/"):
            continue  # of a site that isn't named
        if value not in (None, "", []):
            fields[field] = value
    if other_ids:
        fields["other_ids"] = other_ids
    return fields


def shared(value: object) -> str | None:
    """An organisation, or what a list of them (or "A; B") comes to: the one they all are, or None.

    The organisation of a paper is stated where all its authors have one and the same.
    """
    if isinstance(value, str):
        value = value.split(";")
    given = value if isinstance(value, list | tuple) else [value]
    names = {name for one in given if (name := _text(one))}
    return names.pop() if len(names) == 1 else None


def _text(value: object) -> str | None:
    """The text that a value which is none itself holds: the first of a list, a name, a number."""
    if isinstance(value, list | tuple):
        return next((text for one in value if (text := _text(one))), None)
    if isinstance(value, Mapping):
        keys = ("value", "fullname", "display_name", "name", "text", "url", "title")
        return next((text for key in keys if (text := _text(value.get(key)))), None)
    if value is None or isinstance(value, bool):
        return None
    return str(value).strip() or None


def _date(value: object) -> object:
    """A date as text or date; seconds, or thousandths and so on, since 1970 become one."""
    if isinstance(value, Mapping | list | tuple):
        return _text(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) > 10**8:
        if not abs(value) < 10**21:  # infinity never gets smaller
            return None
        seconds = float(value)
        while abs(seconds) > 10**11:
            seconds /= 1000
        try:
            return datetime.fromtimestamp(seconds, UTC).date()
        except (ValueError, OverflowError, OSError):
            return None
    return value


def _ids(register: str, value: object) -> list[str]:
    """The ids of one register, as `record_of` takes them."""
    given = value if isinstance(value, list | tuple) else [value]
    texts = (f"{one:.0f}" if isinstance(one, float) else str(one) for one in given)
    before = "s2:corpus" if register == "corpus" else f"{register}:"
    return [before + one for text in texts if (one := text.strip())]
