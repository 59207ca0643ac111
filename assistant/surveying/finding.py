"""Which of the papers found are about a question or topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answer import Passage
from assistant.finding import Found
from assistant.late import ask, held
from assistant.question import content_words
from assistant.refusal import mentioned, shipped_model
from store.filters import Filters

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine

# The share of a topic's word pieces that a paper must hold, of a few words and of a question;
# chosen by reading what eleven topics found among 414 papers.
_HELD, _HELD_OF_QUESTION = 0.72, 0.6
_A_TOPIC = 4  # content words
_NEAR = 0.85  # of what the paper holds that holds most
_WIDER = 2  # papers looked at for each that is wanted


@dataclass(frozen=True, slots=True)
class About:
    """The passages that are about what is asked, best first, of those that were `considered`."""

    passages: tuple[Passage, ...]
    considered: int
    found: Found


def papers_about(
    engine: CitedQueryEngine, question: str, most: int, filters: Filters, *, rerank: bool = True
) -> About:
    """The papers about a question, at most so many.

    A paper is about it if it is as near as the refusal's signals ask (`refusal.mentioned`) and
    holds the question's words or words like them. The first one is kept where the engine would
    answer from it.
    """
    found = engine.find(question, filters=filters, top_k=min(_WIDER * most, 50), rerank=rerank)
    passages = found.passages
    if not passages:
        return About((), 0, found)
    read = ask(found.standalone.question, engine.library)
    papers = {p.paper.id: p.paper for p in passages}
    pieces = engine.library.pieces_of(papers, len(papers))
    shares = [held(read.pieces, pieces[p.paper.id])[0] for p in passages]
    short = len(content_words(question)) <= _A_TOPIC
    bar = max(_HELD if short else _HELD_OF_QUESTION, _NEAR * max(shares))
    kept = [
        passage
        for passage, share in zip(passages, shares, strict=True)
        if share >= bar and (passage.scores.dense is None or _near(passage))
    ]
    first = passages[: max(found.named, 1)]
    if found.named or (not kept and _answers(engine, found)):
        kept = [*first, *(p for p in kept if p not in first)]
    return About(tuple(kept[:most]), len(passages), found)


def _answers(engine: CitedQueryEngine, found: Found) -> bool:
    """Whether the engine would answer from what was found."""
    model, given = shipped_model(), engine.settings.refuse_below
    return model.confidence(found.features) >= (model.threshold if given is None else given)


def _near(passage: Passage) -> bool:
    return mentioned({"dense": passage.scores.dense or 0.0})


def refusal_of(about: About, papers: int) -> str:
    """Why there is nothing to show, in a sentence that says what to do; "" if there is."""
    if about.passages:
        return ""
    if not papers:
        return "This library holds no papers yet: add some with 'assistant add FILE'."
    if not about.found.searched.question:
        return "There is no question here: write one in a sentence or a few words."
    if not about.found.searched.papers:
        return "No paper passes the filters: widen them and ask again."
    nearest = "; ".join(f"“{p.paper.title}”" for p in about.found.passages[:3])
    return f"No paper of this library is about that. The nearest are: {nearest}."


def notices(*parts: str) -> str:
    """What a reader must know of a survey, in one text."""
    return " ".join(part for part in parts if part)
