"""A short cited survey of a topic: its papers by theme, and by year within."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.answer import Passage, WriterName, waiting_notice
from assistant.evidence import Evidence
from assistant.surveying.cells import CellWriter, surveyed
from assistant.surveying.choosing import OTHERS, Scored
from assistant.surveying.columns import column_of
from assistant.surveying.finding import About, notices, papers_about, refusal_of
from assistant.surveying.themes import themes
from assistant.surveying.values import Brief, Cell, Point, Theme
from assistant.surveying.writing import model_of
from assistant.writing.base import NothingToSay, Task, WriterFailed
from assistant.writing.claims import claims
from assistant.writing.model import ModelWriter
from store.filters import Filters
from store.paper import Paper

if TYPE_CHECKING:
    from llama_index.core.llms.llm import LLM

    from assistant.engine import CitedQueryEngine

PAPERS = 12
# What makes a sentence the one that a paper is surveyed by, beside its relevance to the topic;
# chosen by reading the briefs of ten topics.
_RESULT, _METHOD, _CLAIMS = 0.5, 0.4, 0.1
_POINTING, _BACKGROUND, _CODE = 0.2, 0.45, 0.5  # against it
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
        points = [
            Point(
                surveyed(passages[n].paper, numbers[n]),
                chosen[n].quoted(passages[n].paper, numbers[n], engine),
            )
            for n in own
        ]
        if llm is not None and not failed:
            points, failed, wrote = _written(engine, llm, topic, [passages[n] for n in own], points)
            name = wrote or name
        made.append(Theme(label, tuple(points)))
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
    searched = f"{papers:,} paper{'' if papers == 1 else 's'}"
    within = ", ".join(about.found.searched.filters)
    more = " More may be about it: raise --top-k." if kept == most else ""
    return (
        f"Of {searched}{f' ({within})' if within else ''} the {about.considered} nearest to the "
        f"topic were looked at, and the {kept} kept that hold its words or words like them.{more}"
    )


class _Choice:
    """The sentence by which a paper is surveyed."""

    def __init__(self, span: tuple[int, int]) -> None:
        self.span = span

    def quoted(self, paper: Paper, number: int, engine: CitedQueryEngine) -> Cell:
        return CellWriter(engine.library, engine.finder.texts).quote(
            paper, self.span, number, column_of("result")
        )


def _chosen(engine: CitedQueryEngine, about: About) -> list[_Choice]:
    """For each passage the sentence that claims most on the topic."""
    passages = about.passages
    columns = [column_of(name) for name in ("result", "method", "code")]
    choice = CellWriter(engine.library, engine.finder.texts).choice
    scored = choice.of(columns, [p.paper for p in passages])
    places = {p.paper.id: n for n, p in enumerate(about.found.passages)}
    chosen = []
    for passage, (results, methods, codes) in zip(passages, scored, strict=True):
        own = {e.span: e for e in about.found.evidence if e.passage == places[passage.paper.id]}
        worth = {
            result.span: _worth(own.get(result.span), result, method, code)
            for result, method, code in zip(results, methods, codes, strict=True)
        }
        chosen.append(_Choice(max(worth, key=lambda span: worth[span])))
    return chosen


def _worth(evidence: Evidence | None, result: Scored, method: Scored, code: Scored) -> float:
    worth = evidence.relevance if evidence else 0.0
    worth += max(_RESULT * result.score, _METHOD * method.score)
    if not (result.enough or method.enough) or OTHERS.search(result.text):
        worth -= _BACKGROUND
    worth += _CLAIMS * any(True for _ in claims(result.text))
    if evidence is not None and evidence.features["pointing"]:
        worth -= _POINTING
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
    points = [replace(p, cell=said.get(p.paper.paper_id, p.cell)) for p in quoted]
    return points, failed, writer.name if said else ""
