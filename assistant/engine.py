"""The query engine: from a question to a cited answer, whole or as events on its way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response
from llama_index.core.llms.llm import LLM
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle
from numpy.typing import NDArray

from assistant.answer import (
    Answer,
    Done,
    Event,
    Passage,
    Restarted,
    Retrieved,
    Searched,
    Sentence,
    Status,
    Tokens,
    Turn,
    Written,
    join_sentences,
)
from assistant.citing import SupportCheck
from assistant.conversation import Standalone, stand_alone
from assistant.evidence import Evidence, SentenceVectors, gather
from assistant.question import terms_of
from assistant.refusal import features_of, shipped_model
from assistant.retrieval import HybridRetriever, by_evidence, to_node, to_passage
from assistant.settings import AnswerSettings
from assistant.writing.base import NothingToSay, Task, Writer, WriterFailed
from assistant.writing.extractive import ExtractiveWriter
from assistant.writing.model import ModelWriter, make_llm
from store.filters import Filters
from store.library import Library
from store.paper import Paper

NEAREST = 3
_REFUSAL = "The papers in this library don't answer this question."
_NO_PAPERS = "This library holds no papers yet: add some with 'assistant add FILE'."
_NONE_MATCH = "No paper passes the filters: widen them and ask again."
_NO_QUESTION = "There is no question here: write one in a sentence or a few words."


@dataclass
class _Clock:
    """Milliseconds of each step."""

    began: float = field(default_factory=time.perf_counter)
    last: float = field(default_factory=time.perf_counter)
    steps: dict[str, float] = field(default_factory=dict)

    def step(self, name: str) -> None:
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


class CitedQueryEngine(BaseQueryEngine):
    """A LlamaIndex query engine whose every sentence cites an abstract that was checked.

    `ask` returns an `Answer`, `stream` its events; `query` gives LlamaIndex's `Response` with
    the `Answer` in its metadata. Any LlamaIndex retriever, node postprocessors and `LLM` can
    take the place of the built-in parts.
    """

    def __init__(
        self,
        library: Library,
        settings: AnswerSettings | None = None,
        *,
        retriever: BaseRetriever | None = None,
        postprocessors: Sequence[BaseNodePostprocessor] = (),
        llm: LLM | None = None,
    ) -> None:
        super().__init__(callback_manager=None)
        self.library = library
        self.settings = settings or AnswerSettings()
        self.retriever = retriever or HybridRetriever(library, self.settings)
        self.postprocessors = list(postprocessors)
        self.llm = llm or make_llm(self.settings)
        self.sentences = SentenceVectors(library)
        self.check = SupportCheck(library, self.sentences)

    # --- the three ways to ask ------------------------------------------------------------

    def ask(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int | None = None,
    ) -> Answer:
        """The whole answer. `turns` are the conversation so far, oldest first."""
        for event in self.stream(question, filters=filters, turns=turns, top_k=top_k):
            if isinstance(event, Done):
                return event.answer
        raise AssertionError("a stream of events ends with Done")

    def stream(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int | None = None,
    ) -> Iterator[Event]:
        """The answer as it comes: Retrieved, then a Written for each sentence, then Done.

        Restarted comes between when a language model breaks off and the extractive writer
        takes its place. Closing the iterator stops the work.
        """
        clock = _Clock()
        question = " ".join(question.split())
        found = self.find(question, filters=filters, turns=turns, top_k=top_k, clock=clock)
        yield Retrieved(found.passages, found.searched)
        confidence = shipped_model().confidence(found.features) if found.passages else 0.0
        written: list[Sentence] = []
        writer: Writer = ExtractiveWriter(self.settings.max_sentences)
        notice, tokens = _notice(found.searched), Tokens()
        if confidence >= self._threshold:
            task = Task(found.standalone.question, found.passages, found.evidence)
            if self.llm is not None:
                writer = ModelWriter(self.llm, self.library, self.check, self.settings)
                try:
                    for sentence in writer.write(task):
                        written.append(sentence)
                        yield Written(sentence)
                except NothingToSay:
                    pass
                except WriterFailed as failure:
                    written.clear()
                    notice = f"{failure} This answer quotes the abstracts instead."
                    yield Restarted(notice)
                tokens = writer.tokens
                if notice and not written:
                    writer = ExtractiveWriter(self.settings.max_sentences)
            if isinstance(writer, ExtractiveWriter):
                for sentence in writer.write(task):
                    written.append(sentence)
                    yield Written(sentence)
        clock.step("write")
        yield Done(
            self._answer(question, found, written, confidence, writer, notice, tokens, clock)
        )

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        answer = self.ask(query_bundle.query_str)
        return Response(
            response=answer.text,
            source_nodes=[self._node(passage) for passage in answer.passages],
            metadata={"answer": answer},
        )

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}

    # --- the steps ------------------------------------------------------------------------

    def find(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int | None = None,
        clock: _Clock | None = None,
    ) -> Found:
        """What the library holds on a question: passages, their sentences and the features
        that the decision to answer rests on."""
        clock = clock or _Clock()
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
            passages, evidence = by_evidence(passages, evidence)
            features = features_of(terms, passages, evidence, self.library)
            clock.step("select")
        searched = Searched(
            question=asked,
            papers=papers,
            filters=_in_words(filters),
            without_vectors=self.library.pending("vectors"),
        )
        return Found(standalone, tuple(passages), tuple(evidence), features, searched)

    def _passages(
        self,
        standalone: Standalone,
        vector: NDArray[np.float32],
        filters: Filters,
        top_k: int | None,
    ) -> list[Passage]:
        wanted = top_k or self.settings.top_k
        if isinstance(self.retriever, HybridRetriever):
            passages = self.retriever.search(
                standalone.question,
                filters=filters,
                top_k=wanted,
                vector=vector,
                favoured=standalone.favoured,
                excluded=standalone.excluded,
            )
            nodes = [self._node(p) for p in passages] if self.postprocessors else []
        else:
            nodes = self.retriever.retrieve(QueryBundle(standalone.question))
        if nodes:
            bundle = QueryBundle(standalone.question)
            for postprocessor in self.postprocessors:
                nodes = postprocessor.postprocess_nodes(nodes, query_bundle=bundle)
            passages = self._from_nodes(nodes, filters)
        return passages[:wanted]

    def _from_nodes(self, nodes: Sequence[NodeWithScore], filters: Filters) -> list[Passage]:
        ids = [str(found.node.metadata.get("paper_id", "")) for found in nodes]
        papers = self.library.get(ids)
        allowed = self.library.catalog.ids(filters) if filters else None
        passages: dict[str, Passage] = {}
        for found in nodes:
            passage = to_passage(found, papers)
            if allowed is None or passage.paper.id in allowed:
                passages.setdefault(passage.paper.id, passage)
        return list(passages.values())

    def _node(self, passage: Passage) -> NodeWithScore:
        nodes = self.library.chunk(passage.paper)
        return to_node(passage, next((n for n in nodes if n.node_id == passage.chunk), nodes[0]))

    @property
    def _threshold(self) -> float:
        given = self.settings.refuse_below
        return shipped_model().threshold if given is None else given

    def _answer(
        self,
        question: str,
        found: Found,
        written: Sequence[Sentence],
        confidence: float,
        writer: Writer,
        notice: str,
        tokens: Tokens,
        clock: _Clock,
    ) -> Answer:
        status: Status = "answered" if written else "refused"
        if written and not all(sentence.supported for sentence in written):
            status = "partial"
        sentences = tuple(written)
        return Answer(
            question=question,
            status=status,
            text=join_sentences(sentences) if written else self._why_not(question, found),
            sentences=sentences,
            citations=tuple(c for sentence in sentences for c in sentence.citations),
            nearest=() if written else _nearest(found),
            passages=found.passages,
            searched=found.searched,
            writer=writer.name,
            confidence=round(confidence, 4),
            timings_ms=clock.total(),
            tokens=tokens,
            notice=notice,
        )

    def _why_not(self, question: str, found: Found) -> str:
        if not question:
            return _NO_QUESTION
        if not self.library.count():
            return _NO_PAPERS
        if not found.searched.papers:
            return _NONE_MATCH
        nearest = "; ".join(f"*{paper.title}*" for paper in _nearest(found))
        return f"{_REFUSAL} The nearest papers are: {nearest}." if nearest else _REFUSAL


def _nearest(found: Found) -> tuple[Paper, ...]:
    return tuple(passage.paper for passage in found.passages[:NEAREST])


def _notice(searched: Searched) -> str:
    waiting = searched.without_vectors
    if not waiting:
        return ""
    papers = "paper is" if waiting == 1 else "papers are"
    return f"{waiting} {papers} found by words only until their vectors are made."


def _in_words(filters: Filters) -> tuple[str, ...]:
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
