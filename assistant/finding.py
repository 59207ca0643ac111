"""From a question to everything that an answer may rest on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.llms.llm import LLM
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from numpy.typing import NDArray

from assistant.answer import Passage, Searched, Turn
from assistant.conversation import Standalone, stand_alone
from assistant.evidence import Evidence, SentenceVectors, gather
from assistant.question import terms_of
from assistant.refusal import features_of
from assistant.retrieval import HybridRetriever, by_evidence, to_node, to_passage
from store.filters import Filters
from store.library import Library


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
    """Everything the search brought for a question, before anybody writes."""

    standalone: Standalone
    passages: tuple[Passage, ...]
    evidence: tuple[Evidence, ...]
    features: dict[str, float]
    searched: Searched


class Finder:
    """Understands a question in its conversation, retrieves, reranks and gathers evidence."""

    def __init__(
        self,
        library: Library,
        retriever: BaseRetriever,
        postprocessors: Sequence[BaseNodePostprocessor],
        llm: LLM | None,
    ) -> None:
        self.library = library
        self.retriever = retriever
        self.postprocessors = list(postprocessors)
        self.llm = llm
        self.sentences = SentenceVectors(library)

    def find(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int = 8,
        clock: Clock | None = None,
    ) -> Found:
        """What the library holds on a question: passages, best first, their sentences, and the
        features that the decision to answer rests on."""
        clock = clock or Clock()
        self.library.index_words()
        standalone = stand_alone(question, turns, self.llm)
        clock.step("understand")
        asked = standalone.question
        papers = self.library.count(filters)
        passages: list[Passage] = []
        evidence: list[Evidence] = []
        features: dict[str, float] = {}
        if asked and papers:
            vector = self.library.embed_query(asked)
            passages = self._passages(standalone, vector, filters, top_k)
            clock.step("retrieve")
            terms = terms_of(asked, self.library)
            evidence = gather(asked, vector, terms, passages, self.sentences, self.library)
            if not standalone.favoured:
                passages, evidence = by_evidence(passages, evidence)
            features = features_of(terms, passages, evidence, self.library)
            clock.step("select")
        searched = Searched(
            question=asked,
            papers=papers,
            filters=in_words(filters),
            without_vectors=self.library.pending("vectors"),
        )
        return Found(standalone, tuple(passages), tuple(evidence), features, searched)

    def _passages(
        self,
        standalone: Standalone,
        vector: NDArray[np.float32],
        filters: Filters,
        top_k: int,
    ) -> list[Passage]:
        bundle = QueryBundle(standalone.question)
        if isinstance(self.retriever, HybridRetriever):
            passages = self.retriever.search(
                standalone.question,
                filters=filters,
                top_k=top_k,
                vector=vector,
                favoured=standalone.favoured,
                excluded=standalone.excluded,
            )
            if not self.postprocessors:
                return passages
            nodes = [self.node(passage) for passage in passages]
        else:
            nodes = self.retriever.retrieve(bundle)
        for postprocessor in self.postprocessors:
            nodes = postprocessor.postprocess_nodes(nodes, query_bundle=bundle)
        return self._from_nodes(nodes, filters)[:top_k]

    def _from_nodes(self, nodes: Sequence[NodeWithScore], filters: Filters) -> list[Passage]:
        papers = self.library.get([str(n.node.metadata.get("paper_id", "")) for n in nodes])
        allowed = self.library.catalog.ids(filters) if filters else None
        passages: dict[str, Passage] = {}
        for found in nodes:
            passage = to_passage(found, papers)
            if allowed is None or passage.paper.id in allowed:
                passages.setdefault(passage.paper.id, passage)
        return list(passages.values())

    def node(self, passage: Passage) -> NodeWithScore:
        """A passage's best chunk as a LlamaIndex node."""
        nodes = self.library.chunk(passage.paper)
        return to_node(passage, next((n for n in nodes if n.node_id == passage.chunk), nodes[0]))


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
        parts.append(f"{len(filters.papers)} chosen papers")
    return tuple(parts)
