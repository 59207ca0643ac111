"""When records are the same paper.

Records that share an id of a register are one paper. Records that share a title are one where
nothing else they say speaks against it: texts, authors and years are weighed, as "Introduction"
or "Attention" is the title of many papers. No I/O here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from store.paper import Paper, normal_title, register_keys

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon",
    "ζ": "zeta", "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu",
    "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "sigma", "τ": "tau",
    "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
_VAR = re.compile(r"\\var(?=[a-z])")
_WORD = re.compile(r"[^\W_]+")

# Chosen on the labelled pairs of `eval identity`.
_DISTINCT = 4  # words of a title that hardly two papers share by chance
_TELLING = 12  # words of an abstract below which two of them can't be told apart
_BEGINNING = 8  # words that hardly two abstracts begin with: "We study attention." many do
_SAME_TEXT = 0.2  # of the shorter abstract's three-word runs are in the other
_OTHER_TEXT = 0.1
_APART = 2  # years between a preprint and its publication
_REGISTERED_ONCE = ("arxiv:", "pubmed:", "acl:")  # these registers give a paper one id


def title_key(title: str) -> str:
    """The key under which records with the same title meet: letters and digits alone.

    So "Pre-training" meets "Pretraining", "R & D" meets "R and D", and "β-VAE" meets "Beta VAE"
    and "$\\beta$-VAE".
    """
    plain = normal_title(_VAR.sub(r"\\", title).replace("&", " and "))
    joined = "".join(f" {_GREEK[c]} " if c in _GREEK else c for c in plain).replace(" ", "")
    return f"title:{joined or title.strip()}"


def keys_of(paper: Paper) -> tuple[str, ...]:
    """All keys by which this paper is known, strongest first.

    Records that share a register's id are one paper; the last key, the title's, may be shared by
    different papers: see `alike`.
    """
    return (*register_keys(paper), title_key(paper.title))


def alike(records: Iterable[Paper]) -> list[list[Paper]]:
    """Records grouped into papers, the same groups whatever the records' order.

    Those that share a register's id, be it through others, are together; of these groups, those
    that share a title are put together where each record of one could be each of the other.
    """
    groups = _by_register(list(records))
    if len(groups) == 1:
        return groups
    by_title: dict[str, list[int]] = {}
    for number, group in enumerate(groups):
        for key in {title_key(record.title) for record in group}:
            by_title.setdefault(key, []).append(number)
    parent = list(range(len(groups)))
    for key, sharing in sorted(by_title.items()):
        if len(sharing) > 1:
            with_it = {n: [r for r in groups[n] if title_key(r.title) == key] for n in sharing}
            _join_by_title(with_it, parent)
    together: dict[int, list[Paper]] = {}
    for number, group in enumerate(groups):
        together.setdefault(_root(parent, number), []).extend(group)
    return list(together.values())


def _join_by_title(groups: Mapping[int, Sequence[Paper]], parent: list[int]) -> None:
    """Joins groups of records that share a title, the surest first.

    `parent` is a forest of groups that are one already. A group joins the first cluster it fits
    the whole of; to begin with the fullest, in an order that their content alone decides.
    """
    facts = {number: [_Facts.of(record) for record in group] for number, group in groups.items()}
    ordered = sorted(facts, key=lambda number: max(f.weight for f in facts[number]), reverse=True)
    clusters: list[list[int]] = []
    for number in ordered:
        for cluster in clusters:
            pairs = ((a, b) for one in cluster for a in facts[one] for b in facts[number])
            if all(_could_be(a, b) for a, b in pairs):
                parent[_root(parent, number)] = _root(parent, cluster[0])
                cluster.append(number)
                break
        else:
            clusters.append([number])


def same_paper(one: Paper, other: Paper) -> bool:
    """Whether two records are the same paper."""
    return len(alike([one, other])) == 1


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a record says that helps to tell it from another with its title."""

    weight: tuple[int, int, str]
    title_words: int
    ids: tuple[str, ...]
    doi: str | None
    families: tuple[str, ...]
    authors: int | None
    year: int | None
    kind: str
    words: tuple[str, ...]
    runs: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, paper: Paper) -> _Facts:
        words = tuple(_WORD.findall(paper.abstract.casefold()))
        known = (paper.authors, paper.year, paper.doi, paper.arxiv_id, paper.other_ids)
        return cls(
            weight=(
                sum(bool(value) for value in known),
                len(words),
                repr(replace(paper, id="-")),
            ),
            title_words=len(normal_title(paper.title).split()),
            ids=tuple(k for k in register_keys(paper) if k.startswith(_REGISTERED_ONCE)),
            doi=paper.doi,
            families=tuple(filter(None, map(_family, paper.authors))),
            authors=paper.author_count,
            year=paper.year,
            kind=paper.kind,
            words=words,
            runs=frozenset(zip(words, words[1:], words[2:], strict=False)),
        )


def _could_be(a: _Facts, b: _Facts) -> bool:
    """Whether two records with the same title are the same paper."""
    if _other_id(a.ids, b.ids):
        return False
    text, authors = _same_text(a, b), _same_authors(a, b)
    if text is not None:
        return text
    if authors is False or (a.year and b.year and abs(a.year - b.year) > _APART):
        return False
    if authors:
        return True
    if a.doi and b.doi and a.doi != b.doi:
        return False
    # Nobody tells who wrote one of them: a title that says much is believed.
    return a.title_words >= _DISTINCT or not a.words or not b.words or a.words == b.words


def _other_id(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether a register that gives a paper one id gave the two different ones."""
    mine = {key.partition(":")[0]: key for key in one}
    return any(mine.get(key.partition(":")[0], key) != key for key in other)


def _same_text(a: _Facts, b: _Facts) -> bool | None:
    """Whether two abstracts are versions of one; None where they don't tell."""
    shorter, longer = sorted((a.words, b.words), key=len)
    if len(shorter) >= _BEGINNING and longer[: len(shorter)] == shorter:
        return True
    if a.kind != b.kind or len(shorter) < _TELLING:
        return None
    share = len(a.runs & b.runs) / min(len(a.runs), len(b.runs))
    if share >= _SAME_TEXT:
        return True
    return False if share < _OTHER_TEXT else None


def _same_authors(a: _Facts, b: _Facts) -> bool | None:
    """Whether two lists of names are of the same people; None where they don't tell."""
    if not a.families or not b.families:
        return None
    shared = len(set(a.families) & set(b.families)) / min(
        len(set(a.families)), len(set(b.families))
    )
    if a.families[0] == b.families[0] or shared >= 0.5:
        return True
    return False if not shared else None


def _family(name: str) -> str:
    """A family name as both "Ada M. Lovelace" and "Lovelace, A." give it."""
    family = name.partition(",")[0] if "," in name else name
    words = normal_title(family).split()
    # "van den Berg" and "Berg", "de la Cruz" and "Cruz": the last word is what all forms share.
    return words[-1] if words else ""


def _by_register(records: list[Paper]) -> list[list[Paper]]:
    """Records that share a register's id, be it through others, together."""
    parent = list(range(len(records)))
    first: dict[str, int] = {}
    for number, record in enumerate(records):
        for key in register_keys(record):
            if key in first:
                parent[_root(parent, number)] = _root(parent, first[key])
            else:
                first[key] = number
    groups: dict[int, list[Paper]] = {}
    for number, record in enumerate(records):
        groups.setdefault(_root(parent, number), []).append(record)
    return list(groups.values())


def _root(parent: list[int], number: int) -> int:
    while parent[number] != number:
        parent[number] = number = parent[parent[number]]
    return number
