"""From a question to everything that an answer may rest on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from threading import Lock

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.llms.llm import LLM
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle

from assistant.answer import Passage, Searched, Turn
from assistant.conversation import Standalone, stand_alone
from assistant.evidence import Evidence, SentenceTexts, SentenceVectors, gather
from assistant.framing import topic_of
from assistant.late import Asked, ask
from assistant.question import Terms, asks_for_several, terms_of
from assistant.reading import FirstPapers
from assistant.refusal import features_of
from assistant.reranking.base import Rerank, RerankFailed
from assistant.reranking.model import ModelRerank
from assistant.retrieval import HybridRetriever, named_first, to_node, to_passage
from assistant.telling import asks_what
from assistant.together import Reader
from store.filters import Filters
from store.library import Library
from store.paper import normal_title

# Passages whose sentences are looked at for each that is wanted: some rise from behind.
_LOOKED_AT = 1.25
# However few passages are wanted: the decision to answer rests on how far the first of so many is
# ahead of the others, and reading together on how close they are.
_COMPARED = 5


@dataclass
class Clock:
    """Milliseconds of each step of an answer."""

    began: float = field(default_factory=time.perf_counter)
    last: float = field(default_factory=time.perf_counter)
    steps: dict[str, float] = field(default_factory=dict)

    def step(self, name: str) -> None:
        """Ends a step that began where the one before ended."""
        now = time.perf_counter()
        self.steps[name] = round(self.steps.get(name, 0.0) + (now - self.last) * 1000, 2)
        self.last = now

    def total(self) -> dict[str, float]:
        return {**self.steps, "total": round((time.perf_counter() - self.began) * 1000, 2)}


@dataclass(frozen=True, slots=True)
class Found:
    """Everything the search brought for a question, before anybody writes.

    The first `named` passages are papers that the question or its conversation names. `notice`
    says why they stand in the search's own order where a reranker was to give another.
    """

    standalone: Standalone
    passages: tuple[Passage, ...]
    evidence: tuple[Evidence, ...]
    features: dict[str, float]
    searched: Searched
    named: int = 0
    notice: str = ""


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Passages in an order, and whether that is the search's own."""

    passages: list[Passage]
    own_order: bool
    notice: str = ""


class Finder:
    """Understands a question in its conversation, retrieves, reranks and gathers evidence.

    The built-in retriever's passages are put in a new order where the first ones are close; the
    order of another retriever, or of postprocessors, stands. Only papers that the question names
    go before all others. A passage's scores are how it was found, whatever a postprocessor makes
    of them.
    """

    def __init__(
        self,
        library: Library,
        retriever: BaseRetriever,
        postprocessors: Sequence[BaseNodePostprocessor],
        together: int = 0,
    ) -> None:
        """`together` is how many papers are read together with the question, at most."""
        self.library = library
        self.retriever = retriever
        self.postprocessors = list(postprocessors)
        self.sentences = SentenceVectors(library)
        self.texts = SentenceTexts(library)
        self.first_papers = FirstPapers(Reader(), library, together)
        self._one_at_a_time = Lock()

    def find(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int = 8,
        clock: Clock | None = None,
        llm: LLM | None = None,
        without: tuple[type[BaseNodePostprocessor], ...] = (),
    ) -> Found:
        """What the library holds on a question: passages, best first, their sentences, and the
        features that the decision to answer rests on. `llm` puts follow-ups into words;
        postprocessors of the kinds in `without` are left out of this one search."""
        clock = clock or Clock()
        self.library.index_words()
        standalone = stand_alone(question, turns, llm)
        if standalone.failed:  # the language model would only fail again
            without = (*without, ModelRerank)
        postprocessors = [p for p in self.postprocessors if not isinstance(p, without)]
        clock.step("understand")
        return self._find(question, standalone, filters, top_k, postprocessors, clock)

    def _find(
        self,
        question: str,
        standalone: Standalone,
        filters: Filters,
        top_k: int,
        postprocessors: Sequence[BaseNodePostprocessor],
        clock: Clock,
    ) -> Found:
        standalone = _unframed(said := standalone)
        asked = standalone.question
        papers = self.library.count(filters)
        passages: list[Passage] = []
        evidence: list[Evidence] = []
        features: dict[str, float] = {}
        named, notice = 0, ""
        if asked and papers:
            kept = max(top_k, _COMPARED)
            wanted = looked_at = int(_LOOKED_AT * kept)
            if postprocessors:
                candidates = [p.candidates for p in postprocessors if isinstance(p, Rerank)]
                wanted = max(looked_at, *candidates) if candidates else kept
            with self._searching():
                read = ask(asked, self.library)
                passages = self._passages(standalone, read, filters, wanted)
            clock.step("retrieve")
            ranked = self._ranked(standalone, passages, filters, postprocessors)
            if postprocessors:
                clock.step("rerank")
            own_order, notice = ranked.own_order, ranked.notice
            if not any(p.paper.id in standalone.favoured for p in ranked.passages):
                standalone = replace(standalone, favoured=())  # filtered out, or removed since
            first = {*standalone.favoured, *named_in(question, ranked.passages)}
            if own_order:
                passages = ranked.passages[:looked_at]
            else:
                passages = sorted(ranked.passages, key=lambda p: p.paper.id not in first)[:kept]
            with self._searching():
                terms = terms_of(asked, self.library)
                own = (read, terms)  # the message by itself, without what the conversation adds
                if standalone.asks != asked:
                    own = (
                        ask(standalone.asks, self.library),
                        terms_of(standalone.asks, self.library),
                    )
                if standalone.excluded:  # others may call the same thing by other names
                    terms = replace(terms, names=frozenset())
                evidence = self._evidence(standalone, read, terms, own, passages)
                if own_order:
                    passages, evidence = named_first(passages, evidence, first)
                    passages = passages[:kept]
                    evidence = [e for e in evidence if e.passage < kept]
                named = sum(passage.paper.id in first for passage in passages)
            clock.step("select")
            several = bool(standalone.excluded) or asks_for_several(question)
            with self.library.ahead():  # the model leaves Python's lock to other questions
                reading = self.first_papers.read(
                    standalone, passages, evidence, several=several, named=named, movable=own_order
                )
                passages, evidence = reading.passages, reading.evidence
            clock.step("read")
            with self._searching():
                if standalone.favoured:  # a title put in for "it" is held by its paper anyhow
                    terms = own[1]
                    if len(standalone.favoured) == 1:  # a comparison asks for nothing else
                        read = own[0]
                one = not (first or several)
                features = features_of(
                    said.question, read.pieces, terms, passages, evidence, one, self.library
                )
                if reading.answers is not None:
                    features["answers"] = reading.answers
                passages, named = passages[:top_k], min(named, top_k)
                evidence = [e for e in evidence if e.passage < top_k]
            clock.step("select")
        searched = Searched(
            question=said.question,
            papers=papers,
            filters=in_words(filters),
            without_vectors=self.library.pending("vectors"),
            follows=standalone.follows,
        )
        return Found(said, tuple(passages), tuple(evidence), features, searched, named, notice)

    @contextmanager
    def _searching(self) -> Iterator[None]:
        """Ahead of what is being added, and one question at a time: two that hand Python's lock
        to and fro at each small step are answered more slowly together than one by one. Where a
        search waits for another machine, or is another's retriever, questions wait side by side.
        The time until its turn counts to a question's step."""
        here = self.library.works_here and isinstance(self.retriever, HybridRetriever)
        with self._one_at_a_time if here else nullcontext(), self.library.ahead():
            yield

    def _evidence(
        self,
        standalone: Standalone,
        read: Asked,
        terms: Terms,
        own: tuple[Asked, Terms],
        passages: Sequence[Passage],
    ) -> list[Evidence]:
        """The passages' sentences, scored against the question. Where the conversation says
        which paper is meant, only the message's own words tell its sentences apart: the wording
        that finds the paper holds its title, and is near to every sentence of it."""
        asked, asks = standalone.question, standalone.asks
        found = gather(asked, read, terms, passages, self.texts, self.library)
        if asks == asked:
            told = " ".join(standalone.told.split())
            return [e for e in found if " ".join(e.text.split()) not in told] or found
        told_by_own = gather(asks, *own, passages, self.texts, self.library)
        if standalone.favoured:
            return told_by_own
        return [replace(e, telling=o.telling) for e, o in zip(found, told_by_own, strict=True)]

    def _passages(
        self, standalone: Standalone, asked: Asked, filters: Filters, wanted: int
    ) -> list[Passage]:
        """What the retriever brings: `wanted` passages, or all of another retriever's."""
        s = standalone
        if isinstance(self.retriever, HybridRetriever):
            return self.retriever.search(
                s.question,
                filters=filters,
                top_k=wanted,
                asked=asked,
                favoured=s.favoured,
                excluded=s.excluded,
            )
        return self._from_nodes(self.retriever.retrieve(QueryBundle(s.question)), filters)

    def _ranked(
        self,
        standalone: Standalone,
        passages: list[Passage],
        filters: Filters,
        postprocessors: Sequence[BaseNodePostprocessor],
    ) -> _Ranked:
        """The passages that the conversation is about, as the postprocessors order them. A
        reranker that fails leaves them as they are."""
        own_order = isinstance(self.retriever, HybridRetriever)
        passages, notice = _meant(standalone, passages), ""
        nodes = [self.node(passage) for passage in passages] if postprocessors else []
        for postprocessor in postprocessors:
            try:
                nodes = postprocessor.postprocess_nodes(
                    nodes, query_bundle=QueryBundle(standalone.question)
                )
                own_order = False
            except RerankFailed as failure:
                why = str(failure).removesuffix(".")
                order = "in the search's own order" if own_order else "as they were before it"
                notice = f"{why}, so the papers stand {order}."
        if not own_order and postprocessors:
            passages = _meant(standalone, self._from_nodes(nodes, filters, passages))
        return _Ranked(passages, own_order, notice)

    def _from_nodes(
        self, nodes: Sequence[NodeWithScore], filters: Filters, found: Sequence[Passage] = ()
    ) -> list[Passage]:
        """Nodes as passages, one a paper; those already `found` stay as they were found."""
        known = {passage.paper.id: passage for passage in found}
        ids = [str(n.node.metadata.get("paper_id", "")) for n in nodes]
        papers = self.library.get([i for i in ids if i not in known])
        allowed = self.library.catalog.ids(filters) if filters else None
        passages: dict[str, Passage] = {}
        for paper_id, node in zip(ids, nodes, strict=True):
            passage = known.get(paper_id) or to_passage(node, papers)
            if allowed is None or passage.paper.id in allowed:
                passages.setdefault(passage.paper.id, passage)
        return list(passages.values())

    def node(self, passage: Passage) -> NodeWithScore:
        """A passage's best chunk as a LlamaIndex node."""
        return to_node(passage, self.library)


def _unframed(standalone: Standalone) -> Standalone:
    """As it is searched. What a name stands for is told apart by the wording of the question."""
    question, topic = standalone.question, topic_of(standalone.question)
    if topic == question or standalone.follows or (asks_what(question) and not asks_what(topic)):
        return standalone
    return replace(standalone, question=topic, asks=topic)


def _meant(standalone: Standalone, passages: Sequence[Passage]) -> list[Passage]:
    """Without the papers to look beyond, and only the favoured where it is about no others."""
    passages = [p for p in passages if p.paper.id not in standalone.excluded]
    only = [p for p in passages if p.paper.id in standalone.favoured] if standalone.only else []
    return only or passages


def named_in(question: str, passages: Sequence[Passage]) -> list[str]:
    """The papers whose whole title stands in a question; a title of one word names nothing."""
    asked = f" {normal_title(question)} "
    titles = {p.paper.id: normal_title(p.paper.title) for p in passages}
    return [i for i, title in titles.items() if " " in title and f" {title} " in asked]


def in_words(filters: Filters) -> tuple[str, ...]:
    """What a search was narrowed to, a phrase for each filter."""
    parts = []
    if filters.since:
        parts.append(f"since {filters.since.isoformat()}")
    if filters.until:
        parts.append(f"until {filters.until.isoformat()}")
    parts += [f"source {source}" for source in filters.sources]
    parts += [f"organisation {name}" for name in filters.organisations]
    if filters.papers:
        count = len(filters.papers)
        parts.append(f"{count} chosen {'paper' if count == 1 else 'papers'}")
    return tuple(parts)
