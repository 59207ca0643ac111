"""What agents read: answers and papers as plain text, each piece of a paper on a line of its own.

What papers say is data: a title can't begin a line that looks like ours, and an abstract is
quoted line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from assistant.answer import Answer, Citation, Passage, Sentence
from store.adding import AddReport
from store.exports.text import address, authors, clean, one_line
from store.paper import Paper, Source
from ui.desk import Listing

_NOT_SUPPORTED = "(not supported by the abstracts)"
_NO_SUPPORT = "(does not support what cites it)"
_BEGINNING = 300  # characters of an abstract
_SHOWN = 20  # sources, and records that were not taken


def answer_text(answer: Answer) -> str:
    """The sentences with their marks, then each cited paper with what is quoted of it.

    A refusal says that it is one and names the nearest papers.
    """
    if not answer.sentences:
        return _joined([one_line(answer.notice), _refusal(answer)])
    paragraphs: list[list[str]] = []
    for sentence in answer.sentences:
        if sentence.opens_paragraph or not paragraphs:
            paragraphs.append([])
        lead = "" if not sentence.entry else "- " if not paragraphs[-1] else "\n- "
        paragraphs[-1].append(lead + _sentence(sentence))
    told = [" ".join(paragraph).replace(" \n", "\n") for paragraph in paragraphs]
    return _joined([one_line(answer.notice), *told, _references(answer.citations)])


def hits_text(passages: Sequence[Passage]) -> str:
    """The papers that a search found, with the beginning of each abstract."""
    if not passages:
        return "Nothing found."
    return _joined(
        f"{number}. {line_of(one.paper)}, score {one.scores.fused:.2f}\n   “{beginning(one.paper)}”"
        for number, one in enumerate(passages, 1)
    )


def paper_text(paper: Paper) -> str:
    """All that is known of a paper, its abstract quoted whole."""
    date = f"{paper.date}{' (year inferred)' if paper.date_inferred else ''}" if paper.date else ""
    facts = {
        "Id": one_line(paper.id),
        "Authors": ", ".join(authors(paper)) or paper.byline,
        "Organisation": one_line(paper.organisation),
        "Date": date or str(paper.year or ""),
        "Venue": one_line(paper.venue),
        "Link": address(paper),
        "Upvotes": "" if paper.upvotes is None else str(paper.upvotes),
        "From": ", ".join(_place(source) for source in paper.sources),
    }
    known = "\n".join(f"{name}: {fact}" for name, fact in facts.items() if fact)
    kind = "Summary, not the paper's own abstract" if paper.kind == "summary" else "Abstract"
    quoted = "\n".join(f"> {line}".rstrip() for line in clean(paper.abstract).splitlines())
    return _joined([one_line(paper.title), known, f"{kind}:\n{quoted}"])


def listing_text(listing: Listing, offset: int, next_offset: int | None) -> str:
    """A page of papers, a line each, and where the next begins."""
    head = f"{listing.total:,} of {listing.everything:,} papers match."
    if listing.papers:
        head += f" Here are {offset + 1:,} to {offset + len(listing.papers):,}."
    lines = "\n".join(f"- {line_of(paper)}" for paper in listing.papers)
    more = "" if next_offset is None else f"The next page begins at offset {next_offset}."
    biggest = sorted(listing.sources.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{one_line(name)} ({papers:,})" for name, papers in biggest[:_SHOWN])
    rest = f" and {len(biggest) - _SHOWN:,} more" if len(biggest) > _SHOWN else ""
    return _joined([head, lines, more, f"Sources: {shown}{rest}." if shown else ""])


def report_text(report: AddReport) -> str:
    """What adding did, and each record that was not taken with the reason."""
    counts = (
        f"Read {report.read:,}: {report.new:,} new, {report.updated:,} updated, "
        f"{report.unchanged:,} unchanged, {len(report.rejected):,} not taken. "
        f"The library now holds {report.papers:,} papers."
    )
    rejects = [
        f"- Record {reject.source.position} was not taken: {reject.why}."
        + (f" It begins “{one_line(reject.text)[:80]}”." if reject.text else "")
        for reject in report.rejected[:_SHOWN]
    ]
    rest = len(report.rejected) - _SHOWN
    return "\n".join([counts, *rejects, *([f"- … and {rest:,} more."] if rest > 0 else [])])


def line_of(paper: Paper) -> str:
    """A paper on one line: title, id, who, when."""
    facts = [one_line(paper.byline), one_line(paper.organisation), str(paper.year or "")]
    return (
        f"{one_line(paper.title)} ({'; '.join(filter(None, [f'id {one_line(paper.id)}', *facts]))})"
    )


def beginning(paper: Paper) -> str:
    """The first lines of an abstract, cut after a word."""
    text = one_line(paper.abstract)
    if len(text) <= _BEGINNING:
        return text
    return f"{text[:_BEGINNING].rpartition(' ')[0] or text[:_BEGINNING]} …"


def _sentence(sentence: Sentence) -> str:
    text = one_line(sentence.text)
    return text if sentence.supported else f"{text} {_NOT_SUPPORTED}"


def _references(citations: Sequence[Citation]) -> str:
    return "\n".join(["References:", *_cited(citations)]) if citations else ""


def _cited(citations: Sequence[Citation]) -> Iterator[str]:
    by_paper: dict[str, list[Citation]] = {}
    for citation in sorted(citations, key=lambda one: one.number):
        by_paper.setdefault(citation.paper_id, []).append(citation)
    for paper_id, cited in by_paper.items():
        yield f"[{cited[0].number}] {one_line(cited[0].title)} (id {one_line(paper_id)})"
        supported: dict[str, bool] = {}
        for one in cited:
            quote = one_line(one.quote)
            supported[quote] = supported.get(quote, False) or one.supported
        for quote, enough in supported.items():
            if quote:
                yield f"    “{quote}”" + ("" if enough else f" {_NO_SUPPORT}")


def _refusal(answer: Answer) -> str:
    text = one_line(answer.text).partition(" The nearest papers are:")[0]
    nearest = [f"- {line_of(paper)}" for paper in answer.nearest]
    return "\n".join(
        [f"No answer: {text}", *(["The nearest papers are:"] if nearest else []), *nearest]
    )


def _place(source: Source) -> str:
    return one_line(source.file) + (f", record {source.position}" if source.position else "")


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)
