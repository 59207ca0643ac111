"""How answers, papers and reports look in a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assistant.answer import Answer, Passage, Sentence
from store.library import AddReport, Progress
from store.paper import Paper

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)

_SHOWN_REJECTS = 20


def print_json(document: Any) -> None:
    """One JSON document and nothing else on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def say(text: str) -> None:
    """A line about the work itself: on standard error, so that output can be piped."""
    err.print(escape(text), style="dim")


@contextmanager
def progress_bar(label: str, *, shown: bool = True) -> Iterator[Progress]:
    """A bar with count, rate and time left, on standard error; nothing where it isn't a
    terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        console=err,
        transient=True,
        disable=not (shown and err.is_terminal),
    )
    with bar:
        task = bar.add_task(label, total=None, rate="")

        def tell(done: int, total: int) -> None:
            speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
            rate = f"{speed:.0f}/s" if speed else ""
            bar.update(task, completed=done, total=total, rate=rate)

        yield tell


def show_sentence(sentence: Sentence, *, first: bool) -> None:
    """One sentence of an answer as it is written."""
    if sentence.opens_paragraph and not first:
        out.print("\n")
    text = _styled(sentence)
    out.print(text + " ", end="")


def show_answer(answer: Answer, *, streamed: bool = False) -> None:
    """The answer with its sources; a refusal looks like one."""
    if answer.notice:
        err.print(escape(answer.notice), style="yellow")
    if answer.status == "refused":
        out.print(escape(answer.text.partition(" The nearest papers are:")[0]), style="yellow")
        if answer.nearest:
            out.print("\nThe nearest papers:", style="bold")
            for paper in answer.nearest:
                out.print(f"  - {_line(paper)}")
        return
    if not streamed:
        for number, sentence in enumerate(answer.sentences):
            show_sentence(sentence, first=number == 0)
    out.print("\n")
    out.print("Sources", style="bold")
    shown = set()
    papers = {passage.paper.id: passage.paper for passage in answer.passages}
    for citation in answer.citations:
        if citation.number not in shown:
            shown.add(citation.number)
            cited = papers.get(citation.paper_id)
            line = _line(cited) if cited else escape(citation.title)
            out.print(f"  [cyan]\\[{citation.number}][/] {line}")
    if answer.status == "partial":
        out.print("\nSentences in red rest on no abstract: don't rely on them.", style="dim")


def show_hits(passages: Sequence[Passage]) -> None:
    """Search hits with the parts of their scores."""
    for rank, passage in enumerate(passages, 1):
        scores = passage.scores
        parts = [f"fused {scores.fused:.2f}"]
        if scores.dense is not None:
            parts.append(f"dense {scores.dense:.2f}")
        if scores.lexical is not None:
            parts.append(f"words {scores.lexical:.1f}")
        out.print(f"[bold]{rank:>2}.[/] {_line(passage.paper)}")
        out.print(f"    [dim]{', '.join(parts)} · {passage.paper.id}[/]")


def show_papers(papers: Sequence[Paper], total: int) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Id", "Title", "Year", "Source"):
        table.add_column(column, no_wrap=column in ("Id", "Year"), overflow="fold")
    for paper in papers:
        table.add_row(paper.id, escape(paper.title), str(paper.year or ""), escape(_source(paper)))
    out.print(table)
    if total > len(papers):
        out.print(
            f"\n{len(papers)} of {total} papers; more with --limit and --offset.", style="dim"
        )


def show_paper(paper: Paper) -> None:
    """One paper whole."""
    out.print(escape(paper.title), style="bold")
    facts = [paper.byline, paper.organisation, paper.venue, _date(paper), paper.url, paper.doi]
    out.print(escape(" · ".join(str(fact) for fact in facts if fact)), style="dim")
    if paper.kind == "summary":
        out.print("Summary, not the paper's own abstract:", style="yellow")
    out.print(escape(paper.abstract))
    for source in paper.sources:
        out.print(escape(f"from {source.file}, record {source.position}"), style="dim")


def show_report(report: AddReport) -> None:
    """The table at the end of adding, with every rejected record and why."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", style="bold")
    table.add_column()
    for count, what in (
        (report.read, "records read"),
        (report.new, "new papers"),
        (report.updated, "updated"),
        (report.unchanged, "unchanged"),
        (len(report.rejected), "rejected"),
        (report.papers, "papers in the library"),
    ):
        table.add_row(str(count), what)
    out.print(table)
    if report.new == report.updated == report.embedded == 0:
        out.print("Nothing to do: every paper stands as it was; nothing was embedded.", style="dim")
    if report.rejected:
        rejects = Table("File", "Line", "Why", box=None, pad_edge=False, header_style="bold red")
        for reject in report.rejected[:_SHOWN_REJECTS]:
            line = str(reject.source.line or "")
            rejects.add_row(escape(Path(reject.source.file).name), line, escape(reject.why))
        out.print(rejects)
        if len(report.rejected) > _SHOWN_REJECTS:
            out.print(f"… and {len(report.rejected) - _SHOWN_REJECTS} more: --json names all.")
    for skipped in report.skipped:
        say(f"skipped {Path(skipped.file).name}: {skipped.why}")


def _styled(sentence: Sentence) -> str:
    import re

    text = escape(sentence.text)
    if not sentence.supported:
        return f"[red]{text}[/]"
    text = re.sub(r"\*([^*\n]+)\*", r"[italic]\1[/]", text)
    return re.sub(r"(?<!\\)\\?\[(\d{1,3})\]", r"[cyan]\\[\1][/]", text)


def _line(paper: Paper) -> str:
    facts = ", ".join(fact for fact in (paper.byline, _date(paper)) if fact)
    kind = " (summary)" if paper.kind == "summary" else ""
    tail = f" [dim]({escape(facts)})[/]" if facts else ""
    return f"{escape(paper.title)}{kind}{tail}"


def _date(paper: Paper) -> str:
    if paper.date:
        return f"{paper.date.isoformat()}{' (year inferred)' if paper.date_inferred else ''}"
    return str(paper.year or "")


def _source(paper: Paper) -> str:
    names = [Path(source.file).name for source in paper.sources]
    return ", ".join(dict.fromkeys(names))
