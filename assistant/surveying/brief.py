"""A short cited survey of a topic: its papers by theme, and by year within."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.answer import Passage, WriterName, waiting_notice
from assistant.evidence import Evidence
from assistant.surveying.cells import CellWriter, shown_part, surveyed
from assistant.surveying.choosing import OTHERS, Scored
from assistant.surveying.clauses import lead, shorten
from assistant.surveying.columns import column_of
from assistant.surveying.finding import About, notices, papers_about, refusal_of
from assistant.surveying.standing import (
    dangles,
    holds_name,
    introduced_by,
    points,
    reports,
    short_name,
    speaks_of_itself,
    substance,
)
from assistant.surveying.themes import themes
from assistant.surveying.values import Brief, Cell, Point, Theme
from assistant.surveying.writing import model_of
from assistant.writing.base import NothingToSay, Task, WriterFailed
from assistant.writing.claims import claims
from assistant.writing.model import ModelWriter
from store.filters import Filters
from store.paper import Paper
from store.sentences import Span

if TYPE_CHECKING:
    from llama_index.core.llms.llm import LLM

    from assistant.engine import CitedQueryEngine

PAPERS = 12
# What makes a sentence the one that a paper is surveyed by, beside its relevance to the topic;
# chosen by reading the briefs of ten topics.
_RESULT, _METHOD, _CLAIMS, _NAMED = 0.5, 0.4, 0.1, 0.25
_DANGLES, _POINTS, _THIN = 0.5, 0.25, 0.3  # against it
_BACKGROUND, _OPENS, _CODE = 0.45, 0.35, 0.5
_SHORT = 3  # sentences; in a longer abstract the first mostly tells of the field
_SUBSTANCE = 5  # words of its subject that a sentence should have
_UNDATED = 9999


def make_brief(
    engine: CitedQueryEngine,
    topic: str,
    *,
    filters: Filters = Filters(),
    top_k: int | None = None,
    writer: WriterName = "auto",
) -> Brief:
    """A survey of the papers about a topic, a sentence each, grouped by theme, oldest first.

    Without a language model each sentence is one of the abstract, the one that claims most on the
    topic; with one a theme is written from its abstracts, each sentence checked, and where a paper
    has no supported sentence its own stands.

        make_brief(engine, "reward hacking")

    Args:
        top_k: papers at most, 1 to 50; 12 where None.

    Raises ValueError where a language model should write and there is none.
    """
    llm = model_of(engine, writer)
    about = papers_about(engine, topic, top_k or PAPERS, filters, rerank=writer != "extractive")
    passages = about.passages
    grouped = [
        (label, sorted(own, key=lambda n: (passages[n].paper.year or _UNDATED, n)))
        for label, own in themes(passages, topic, engine.library)
    ]
    order = [n for _, own in grouped for n in own]
    numbers = {n: number for number, n in enumerate(order, 1)}
    chosen = _chosen(engine, about)
    made = []
    failed, name = "", "extractive"
    for label, own in grouped:
        own_points = [_point(engine, passages[n].paper, numbers[n], chosen[n]) for n in own]
        if llm is not None and not failed:
            own_points, failed, wrote = _written(
                engine, llm, topic, [passages[n] for n in own], own_points
            )
            name = wrote or name
        made.append(Theme(label, tuple(own_points)))
    return Brief(
        topic=about.found.searched.question,
        themes=tuple(made),
        papers=tuple(surveyed(passages[n].paper, numbers[n]) for n in order),
        considered=about.considered,
        how=_how(about, top_k or PAPERS),
        searched=about.found.searched,
        writer=name,
        notice=notices(
            refusal_of(about, engine.library.count()),
            about.found.notice,
            waiting_notice(about.found.searched),
            failed,
        ),
    )


def _how(about: About, most: int) -> str:
    papers, kept = about.found.searched.papers, len(about.passages)
    if not kept:
        return ""
    within = ", ".join(about.found.searched.filters)
    of = f"{papers:,} paper{'' if papers == 1 else 's'}{f' ({within})' if within else ''}"
    if about.count > kept:
        more = "at least " if about.count == about.considered else ""
        return (
            f"{more}{about.count} of {of} are about it; below are the {kept} that are most so, "
            "each with a sentence of its abstract."
        ).capitalize()
    if kept == 1:
        return f"1 of {of} is about it; below is a sentence of its abstract."
    return f"{kept} of {of} are about it, each with a sentence of its abstract."


def _point(engine: CitedQueryEngine, paper: Paper, number: int, span: Span) -> Point:
    """A paper with the sentence that it is surveyed by, without "Our experiments show that", and
    what must introduce it."""
    column = column_of("result")
    sentence = paper.abstract[span[0] : span[1]]
    start, end = shown_part(sentence, column)
    start += lead(sentence[start:end])
    start += reports(sentence[start:end])
    cells = CellWriter(engine.library, engine.finder.texts)
    cell = cells.quote(paper, span, number, column, (start, end))
    return Point(surveyed(paper, number), cell, introduced_by(paper, cell.text))


def _chosen(engine: CitedQueryEngine, about: About) -> list[Span]:
    """For each passage the sentence that claims most on the topic and stands by itself."""
    passages = about.passages
    columns = [column_of(name) for name in ("result", "method", "code")]
    choice = CellWriter(engine.library, engine.finder.texts).choice
    scored = choice.of(columns, [p.paper for p in passages])
    places = {p.paper.id: n for n, p in enumerate(about.found.passages)}
    chosen = []
    for passage, (results, methods, codes) in zip(passages, scored, strict=True):
        opening = results[0].span if len(results) > _SHORT else None
        own = {e.span: e for e in about.found.evidence if e.passage == places[passage.paper.id]}
        name = short_name(passage.paper)
        worth = {
            result.span: _worth(own.get(result.span), result, method, code, name)
            - _OPENS * (result.span == opening and not speaks_of_itself(result.text))
            for result, method, code in zip(results, methods, codes, strict=True)
        }
        chosen.append(max(worth, key=lambda span: worth[span]))
    return chosen


def _worth(
    evidence: Evidence | None, result: Scored, method: Scored, code: Scored, name: str
) -> float:
    start, end = shorten(result.text)
    text = result.text[start + lead(result.text[start:end]) : end]
    worth = evidence.relevance if evidence else 0.0
    worth += max(_RESULT * result.score, _METHOD * method.score)
    if not (result.enough or method.enough) or OTHERS.search(text):
        worth -= _BACKGROUND
    worth += _CLAIMS * any(True for _ in claims(text)) + _NAMED * holds_name(text, name)
    if dangles(text):
        worth -= _DANGLES
    elif points(text):
        worth -= _POINTS
    worth -= _THIN * max(1 - substance(text) / _SUBSTANCE, 0.0)
    return worth - _CODE * code.enough


# --- with a language model --------------------------------------------------------------------


def _written(
    engine: CitedQueryEngine,
    llm: LLM,
    topic: str,
    passages: Sequence[Passage],
    quoted: Sequence[Point],
) -> tuple[list[Point], str, str]:
    """A theme in the model's words: its points, a sentence where it failed, and its name where it
    wrote. Only supported sentences are taken, one a paper; papers without one keep their quote."""
    writer = ModelWriter(llm, engine.library, engine.check, engine.settings, prompt="brief")
    said: dict[str, Cell] = {}
    failed = ""
    numbers = {point.paper.paper_id: point.paper.number for point in quoted}
    try:
        for sentence in writer.write(Task(topic, passages, ())):
            held = [c for c in sentence.citations if c.supported]
            if len({c.paper_id for c in held}) != 1 or held[0].paper_id in said:
                continue
            citation = replace(held[0], number=numbers[held[0].paper_id])
            text = sentence.text
            for c in sentence.citations:
                text = text.replace(f"[{c.number}]", "")
            text = " ".join(text.replace(" .", ".").split())
            said[citation.paper_id] = Cell(
                text, citation.start, citation.end, (citation,), written=True
            )
    except NothingToSay:
        pass
    except WriterFailed as failure:
        failed = f"{str(failure).removesuffix('.')}, so the brief quotes the abstracts instead."
    made = [
        replace(p, cell=said[p.paper.paper_id], lead="") if p.paper.paper_id in said else p
        for p in quoted
    ]
    return made, failed, writer.name if said else ""
