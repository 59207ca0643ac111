"""Which of the papers found are about a question or topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answer import Passage
from assistant.finding import Found
from assistant.late import ask, held
from assistant.question import content_words
from assistant.refusal import mentioned, shipped_model
from assistant.surveying.about import Topic, shipped_about
from store.filters import Filters

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine

_A_TOPIC = 6  # content words; a longer question is held by no sentence, and has a rule of its own
# The share of a question's word pieces that a paper must hold, chosen by reading what was found.
_HELD = 0.6
_NEAR = 0.85  # of what the paper holds that holds most
_WIDER = 2  # papers looked at for each that is wanted
_AT_LEAST = 24


@dataclass(frozen=True, slots=True)
class About:
    """The passages that are about what is asked, best first, of those that were `considered`;
    `count` are about it, of which no more than wanted are here."""

    passages: tuple[Passage, ...]
    considered: int
    found: Found
    count: int = 0


def papers_about(
    engine: CitedQueryEngine, question: str, most: int, filters: Filters, *, rerank: bool = True
) -> About:
    """The papers about a question, at most so many.

    A paper is about a topic if `surveying.about` is sure enough of it; of a long question, if it is
    as near as the refusal's signals ask (`refusal.mentioned`) and holds the question's words or
    words like them. The first one is kept where the engine would answer from it.
    """
    wider = min(max(_WIDER * most, _AT_LEAST), 50)
    found = engine.find(question, filters=filters, top_k=wider, rerank=rerank)
    passages = found.passages
    if not passages:
        return About((), 0, found)
    if len(content_words(question)) <= _A_TOPIC:
        kept = _about_topic(engine, found)
    else:
        kept = _about_question(engine, found)
    first = passages[: max(found.named, 1)]
    if found.named or (not kept and _answers(engine, found)):
        kept = [*first, *(p for p in kept if p not in first)]
    return About(tuple(kept[:most]), len(passages), found, len(kept))


def _about_topic(engine: CitedQueryEngine, found: Found) -> list[Passage]:
    model = shipped_about()
    topic = Topic(found.standalone.question, engine.library, engine.finder.texts)
    sure = [model.sure(features) for features in topic.features(found.passages)]
    return [
        passage
        for passage, one in zip(found.passages, sure, strict=True)
        if one >= model.threshold and _near(passage)
    ]


def _about_question(engine: CitedQueryEngine, found: Found) -> list[Passage]:
    read = ask(found.standalone.question, engine.library)
    papers = {p.paper.id: p.paper for p in found.passages}
    pieces = engine.library.pieces_of(papers, len(papers))
    shares = [held(read.pieces, pieces[p.paper.id])[0] for p in found.passages]
    bar = max(_HELD, _NEAR * max(shares))
    return [p for p, share in zip(found.passages, shares, strict=True) if share >= bar and _near(p)]


def _answers(engine: CitedQueryEngine, found: Found) -> bool:
    """Whether the engine would answer from what was found."""
    model, given = shipped_model(), engine.settings.refuse_below
    return model.confidence(found.features) >= (model.threshold if given is None else given)


def _near(passage: Passage) -> bool:
    dense = passage.scores.dense
    return dense is None or mentioned({"dense": dense})


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
    filters = about.found.searched.filters
    where = f"among those that the filters let through ({'; '.join(filters)})" if filters else ""
    return f"No paper {where or 'of this library'} is about that. The nearest are: {nearest}."


def notices(*parts: str) -> str:
    """What a reader must know of a survey, in one text."""
    return " ".join(part for part in parts if part)
