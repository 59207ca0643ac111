"""How answers, papers and reports look in a terminal, and as plain text in a pipe."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from store.paper import Paper, Source
from ui.flow import Flow, hang
from ui.showing_collection import show_collection
from ui.terminal import clean, counted, err, out, say

if TYPE_CHECKING:
    from assistant.answer import Answer, Citation, Passage, Sentence
    from store.adding import AddReport

_CHIP, _TITLE, _DIRECT, _UNSUPPORTED = "bold cyan", "italic", "bold", "red"
_NOT_SUPPORTED = "(not supported by the abstracts)"
_NO_SUPPORT = "(does not support what cites it)"
_SHOWN_REJECTS = 20
_HEAD = 60  # characters of a rejected record
_SPACE = re.compile(r"\s+")


class AnswerShown:
    """Shows one answer, sentence by sentence as it comes, then what it rests on."""

    def __init__(self) -> None:
        self._flow = Flow(out)
        self._shown = 0
        self._noticed = ""

    def notice(self, text: str) -> None:
        """A sentence about the answer, between its paragraphs and never inside one; told once."""
        if text and text != self._noticed:
            self._noticed = text
            self._flow.end()
            say(text, "yellow")
            if err.is_terminal:
                err.print()

    def sentence(self, sentence: Sentence) -> None:
        """One more sentence; the entries of a list are shown at the end, as a table."""
        if sentence.entry:
            self._shown += 1
            return
        if sentence.opens_paragraph and self._shown:
            self._flow.end()
            out.print()
        self._flow.write(_sentence(sentence))
        self._shown += 1

    def restart(self, notice: str) -> None:
        """Forgets the sentences so far, which stay to be seen: another writer begins."""
        if self._shown:
            self._flow.end()
            out.print("(This broke off; the answer begins again below.)", style="yellow")
        self.notice(notice)
        self._shown = 0

    def finish(self, answer: Answer) -> None:
        """The notice, the sentences that were not shown yet, and the sources."""
        self.notice(answer.notice)
        if not self._shown:
            for sentence in answer.sentences:
                self.sentence(sentence)
        self._flow.end()
        if answer.collection:
            show_collection(answer, out)
            if answer.collection.groups and answer.citations:  # their lines name no titles
                out.print()
                _show_sources(answer)
        elif answer.sentences:
            out.print()
            _show_sources(answer)
        else:
            _show_refusal(answer)


def show_answer(answer: Answer) -> None:
    """The whole answer with its sources; a refusal looks like one."""
    AnswerShown().finish(answer)


def _show_sources(answer: Answer) -> None:
    out.print("Sources", style="bold")
    for number, cited in _by_number(answer.citations).items():
        line = _cited(answer, cited[0])
        if not any(citation.supported for citation in cited):
            line.append(f" {_NO_SUPPORT}", _UNSUPPORTED)
        hang(out, _chip(number), line)
    loose = sum(not sentence.supported for sentence in answer.sentences)
    if loose:
        rest = "rests" if loose == 1 else "rest"
        text = f"{counted(loose, 'sentence')} {rest} on no abstract: don't rely on what is marked."
        out.print(f"\n{text}", style=_UNSUPPORTED)


def _show_refusal(answer: Answer) -> None:
    out.print(Text(clean(answer.text.partition(" The nearest papers are:")[0])), style="yellow")
    if answer.nearest:
        out.print("\nThe nearest papers", style="bold")
        for paper in answer.nearest:
            hang(out, "  - ", _line(paper))


def show_quotes(answer: Answer) -> None:
    """The sentences of the abstracts that an answer cites, paper by paper."""
    if not answer.citations:
        out.print("The last answer cites nothing.", style="dim")
    papers = {passage.paper.id: passage.paper for passage in answer.passages}
    for place, (number, cited) in enumerate(_by_number(answer.citations).items()):
        if place:
            out.print()
        hang(out, _chip(number), _cited(answer, cited[0]))
        for quote, supported in _quotes(cited).items():
            body = Text(f"“{quote}”")
            if not supported:
                body.append(f" {_NO_SUPPORT}", _UNSUPPORTED)
            hang(out, "      ", body)
        url = papers[cited[0].paper_id].url if cited[0].paper_id in papers else None
        where = " · ".join(part for part in (cited[0].paper_id, url) if part)
        hang(out, "      ", Text(clean(where), style="dim"))


def show_hits(passages: Sequence[Passage]) -> None:
    """Search hits with the parts of their scores."""
    for rank, passage in enumerate(passages, 1):
        scores = passage.scores
        named = {
            "fused": (scores.fused, 2),
            "dense": (scores.dense, 2),
            "words": (scores.lexical, 1),
            "late": (scores.late, 2),
        }
        parts = [  # a server tells four digits: rounded from these, its hits look the same
            f"{name} {round(value, 4):.{digits}f}"
            for name, (value, digits) in named.items()
            if value is not None
        ]
        hang(out, Text(f"{rank:>2}. ", style="bold"), _line(passage.paper))
        hang(out, "    ", Text(f"{', '.join(parts)} · {passage.paper.id}", style="dim"))


def show_papers(papers: Sequence[Paper], total: int, offset: int = 0) -> None:
    """A list of papers; in a pipe one line each: id, year, title, files, with tabs between."""
    width = max(len(paper.id) for paper in papers)
    for paper in papers:
        title, year = _one_line(paper.title), str(paper.year or "")
        if out.is_terminal:
            lead = Text.assemble((f"{paper.id:<{width}}", "cyan"), f"  {year:<4}  ")
            hang(out, lead, Text(title))
        else:
            # Written as it is: a console turns tabs into spaces.
            out.file.write("\t".join((paper.id, year, title, _files(paper))) + "\n")
    if total > len(papers):
        say(f"{offset + 1} to {offset + len(papers)} of {total}; more with --limit and --offset.")


def show_paper(paper: Paper) -> None:
    """One paper whole."""
    out.print(Text(_one_line(paper.title), style="bold"))
    facts = [paper.byline, paper.organisation, paper.venue, _date(paper), paper.url, paper.doi]
    if any(facts):
        out.print(Text(clean(" · ".join(str(fact) for fact in facts if fact)), style="dim"))
    if paper.kind == "summary":
        out.print("Summary, not the paper's own abstract:", style="yellow")
    out.print(Text(clean(paper.abstract)))
    for source in paper.sources:
        hang(out, "", Text(clean(f"from {source.file}, record {source.position}"), style="dim"))


def show_report(report: AddReport, rejects: Path | None = None) -> None:
    """The table at the end of adding, with every rejected record and why.

    `rejects` is the file they were written to.
    """
    counts = (
        (report.read, "read"),
        (report.new, "new"),
        (report.updated, "updated"),
        (report.unchanged, "unchanged"),
        (len(report.rejected), "rejected"),
        (report.papers, f"paper{'' if report.papers == 1 else 's'} in the library"),
    )
    width = max(len(str(count)) for count, _ in counts)
    for count, what in counts:
        out.print(Text.assemble((f"{count:>{width}}", "bold"), f" {what}"))
    if report.embedded and not (report.new or report.updated):
        out.print(f"{counted(report.embedded, 'paper')} embedded that had waited.", style="dim")
    elif report.unchanged and report.new == report.updated == report.embedded == 0:
        text = "Nothing new: every paper stands as it was, and nothing was embedded."
        out.print(text, style="dim")
    for format, files in Counter(opened.format for opened in report.formats).items():
        out.print(f"{counted(files, 'file')} read as {format}.", style="dim")
    if report.rejected:
        out.print("\nRejected", style="bold red")
        for reject in report.rejected[:_SHOWN_REJECTS]:
            said = where(reject.source, reject.why)
            hang(out, "  ", Text(clean(said + (f" ({_head(reject.text)})" if reject.text else ""))))
        if len(report.rejected) > _SHOWN_REJECTS:
            more = len(report.rejected) - _SHOWN_REJECTS
            out.print(f"  … and {more} more: --json names all.", style="dim")
    if rejects:
        text = f"They are in {rejects}: mend them there, then run 'assistant add' on that file."
        hang(out, "", Text(clean(text)))
    for skipped in report.skipped:
        say(f"Skipped: {where(Source(skipped.file), skipped.why)}")


def where(source: Source, why: str) -> str:
    """File, line or record where known, and reason; a reason that names the file goes alone."""
    name = Path(source.file).name
    line = f", record {source.position}" if source.position else ""
    line = f", line {source.line}" if source.line else line
    return why if name in why and not line else f"{name}{line}: {why}"


def _head(text: str) -> str:
    """The beginning of a rejected record, to know it by."""
    text = _one_line(text)
    return text if len(text) <= _HEAD else f"{text[: _HEAD - 2]} …"


def _sentence(sentence: Sentence) -> Text:
    """A sentence with its titles in italics, a direct answer in bold, its marks visible, and
    its lack of support."""
    text = _SPACE.sub(" ", clean(sentence.text)).strip()
    spans: list[tuple[int, int, str]] = []
    for number in {c.number for c in sentence.citations}:
        mark = re.escape(f"[{number}]")
        spans += [(*found.span(), _CHIP) for found in re.finditer(mark, text)]
    shown = Text(text, style="" if sentence.supported else _UNSUPPORTED)
    for start, end, style in spans:
        shown.stylize(style, start, end)
    if out.styled:  # elsewhere the stars stay, as nothing else would set a title apart
        for title in {_one_line(c.title) for c in sentence.citations}:
            shown = _without_stars(shown, f"*{title}*", 1, _TITLE)
        if sentence.direct:
            shown = _without_stars(shown, f"**{clean(sentence.direct)}**", 2, _DIRECT)
    if not sentence.supported:
        shown.append(f" {_NOT_SUPPORTED}", "bold")
    return shown


def _without_stars(shown: Text, starred: str, stars: int, style: str) -> Text:
    start = shown.plain.find(starred)
    if start < 0:
        return shown
    end = start + len(starred)
    inside = shown[start + stars : end - stars]
    inside.stylize(style)
    return shown[:start] + inside + shown[end:]


def _by_number(citations: Iterable[Citation]) -> dict[int, list[Citation]]:
    found: dict[int, list[Citation]] = {}
    for citation in citations:
        found.setdefault(citation.number, []).append(citation)
    return found


def _quotes(citations: Iterable[Citation]) -> dict[str, bool]:
    """Each quoted sentence once, in the abstract's order, and whether it supports anything."""
    found: dict[str, bool] = {}
    for citation in sorted(citations, key=lambda c: c.start):
        if not citation.quote:  # what a catalogue tells rests on no sentence
            continue
        quote = _one_line(citation.quote)
        found[quote] = found.get(quote, False) or citation.supported
    return found


def _chip(number: int) -> Text:
    return Text.assemble("  ", (f"[{number}]", _CHIP), " ")


def _cited(answer: Answer, citation: Citation) -> Text:
    papers = {passage.paper.id: passage.paper for passage in answer.passages}
    paper = papers.get(citation.paper_id)
    return _line(paper) if paper else Text(_one_line(citation.title), style=_TITLE)


def _line(paper: Paper) -> Text:
    kind = "summary" if paper.kind == "summary" else ""
    facts = ", ".join(fact for fact in (kind, paper.byline, _date(paper)) if fact)
    line = Text.assemble((_one_line(paper.title), _TITLE))
    return line.append(f" ({clean(facts)})", "dim") if facts else line


def _date(paper: Paper) -> str:
    if paper.date:
        return f"{paper.date.isoformat()}{', year inferred' if paper.date_inferred else ''}"
    return str(paper.year or "")


def _files(paper: Paper) -> str:
    names = [Path(source.file).name for source in paper.sources]
    return ", ".join(dict.fromkeys(clean(name) for name in names))


def _one_line(text: str) -> str:
    return clean(_SPACE.sub(" ", text))
