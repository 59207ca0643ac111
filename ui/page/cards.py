"""Source cards: a paper with the sentences that were cited from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from markupsafe import Markup, escape

from assistant.answer import Citation, Scores
from store.paper import Paper
from store.sentences import Span
from ui.page.rendering import clean, file_name, part


@dataclass(frozen=True, slots=True)
class Card:
    """What a source card shows; `id` is how a chip finds it. Without citations it is a paper's."""

    id: str
    paper: Paper
    citations: tuple[Citation, ...] = ()
    scores: Scores | None = None
    spans: tuple[Span, ...] = ()

    @property
    def abstract(self) -> Markup:
        """The abstract with the cited sentences marked, and what else is in `spans`."""
        cited = [(c.start, c.end) for c in self.citations]
        return marked(self.paper.abstract, [*cited, *self.spans])

    @property
    def supported(self) -> bool:
        return any(citation.supported for citation in self.citations)

    @property
    def score(self) -> float | None:
        """How well the best of the cited sentences supports the answer's, 0 to 1."""
        return max((citation.score for citation in self.citations), default=None)

    @property
    def facts(self) -> str:
        """Authors, organisation, venue and date on one line."""
        paper = self.paper
        return " · ".join(filter(None, (paper.byline, paper.organisation, paper.venue, day(paper))))

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        return links(self.paper)

    @property
    def files(self) -> str:
        names = [file_name(source.file) for source in self.paper.sources]
        return ", ".join(dict.fromkeys(names))

    def html(self) -> Markup:
        return part("cards", "card", self)


def marked(text: str, spans: Sequence[Span]) -> Markup:
    """A text with some of it in `<mark>`; what lies over the text's end or another is cut."""
    shown, at = Markup(), 0
    for start, end in sorted(set(spans)):
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        shown += escape(clean(text[at:start]))
        shown += Markup("<mark>{}</mark>").format(clean(text[start:end]))
        at = end
    return shown + escape(clean(text[at:]))


# Where registers show a paper, by the first part of `Paper.other_ids`.
_PAGES = {
    "pubmed": ("PubMed", "https://pubmed.ncbi.nlm.nih.gov/"),
    "acl": ("ACL Anthology", "https://aclanthology.org/"),
    "openalex": ("OpenAlex", "https://openalex.org/"),
    "s2": ("Semantic Scholar", "https://www.semanticscholar.org/paper/"),
    "doi": ("Other DOI", "https://doi.org/"),
}


def day(paper: Paper) -> str:
    """The date, or the year, and whether the year was worked out."""
    if paper.date:
        return f"{paper.date.isoformat()}{' (year inferred)' if paper.date_inferred else ''}"
    return str(paper.year or "")


def links(paper: Paper) -> tuple[tuple[str, str], ...]:
    """Where the paper can be read: (label, address), only http(s) addresses."""
    found: dict[str, str] = {}
    if paper.arxiv_id:
        found[f"https://arxiv.org/abs/{quote(paper.arxiv_id)}"] = "arXiv"
    if paper.doi:
        found[f"https://doi.org/{quote(paper.doi, safe='/')}"] = "DOI"
    for one in paper.other_ids:
        if page := _PAGES.get(one.partition(":")[0]):
            found[page[1] + quote(one.partition(":")[2])] = page[0]
    if paper.url and is_web_address(paper.url) and paper.url not in found:
        found[paper.url] = urlsplit(paper.url).hostname or "Link"
    return tuple((label, address) for address, label in found.items())


def is_web_address(text: str) -> bool:
    """Whether a link may lead there: http(s) with a host, and nothing that hides another."""
    try:
        parts = urlsplit(text.strip())
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
