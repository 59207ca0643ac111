"""The query engine: from a question to a cited answer, whole or as events on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response
from llama_index.core.llms.llm import LLM
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import QueryBundle

from assistant.answer import (
    Answer,
    Done,
    Event,
    Restarted,
    Retrieved,
    Sentence,
    Status,
    Tokens,
    Turn,
    WriterName,
    Written,
    join_sentences,
    waiting_notice,
)
from assistant.citing import SupportCheck
from assistant.collection.answering import answer_of, tell
from assistant.collection.asking import asked_in
from assistant.collection.query import CollectionQuery
from assistant.finding import Clock, Finder, Found, in_words
from assistant.question import asks_for_several, tidy
from assistant.refusal import mentioned, shipped_model
from assistant.reranking.base import Rerank
from assistant.reranking.configured import make_reranker
from assistant.reranking.model import ModelRerank
from assistant.retrieval import HybridRetriever
from assistant.settings import AnswerSettings
from assistant.writing.base import NothingToSay, Task, WriterFailed
from assistant.writing.extractive import ExtractiveWriter
from assistant.writing.model import ModelWriter, make_llm
from store.filters import Filters
from store.library import Library

NEAREST = 3
LONGEST = 4000  # characters of a question; the embedder reads the first thousand or so
_REFUSAL = "The papers in this library don't answer this question."
_MENTIONED = "Their abstracts touch on it; the full text of the nearest may tell more."
_NO_PAPERS = "This library holds no papers yet: add some with 'assistant add FILE'."
_NONE_MATCH = "No paper passes the filters: widen them and ask again."
_NO_QUESTION = "There is no question here: write one in a sentence or a few words."


class CitedQueryEngine(BaseQueryEngine):
    """A LlamaIndex query engine whose every sentence cites an abstract that was checked.

    `ask` returns an `Answer`, `stream` its events; `query` gives LlamaIndex's `Response` with
    the `Answer` in its metadata. Any LlamaIndex retriever, node postprocessors and `LLM` can
    take the place of the built-in parts:

        CitedQueryEngine(library, llm=Ollama(model="llama3"))

    Without postprocessors the settings tell whether anything reranks. Raises ValueError where a
    language model should and there is none.
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
        self.llm = llm or make_llm(self.settings)
        retriever = retriever or HybridRetriever(library, self.settings)
        reranker = None if postprocessors else make_reranker(self.settings, llm)
        if reranker:
            postprocessors = [reranker]
        self.finder = Finder(library, retriever, postprocessors, self.settings.read_together)
        self.check = SupportCheck(library, self.finder.sentences)

    # --- the three ways to ask ------------------------------------------------------------

    def ask(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int | None = None,
        writer: WriterName = "auto",
    ) -> Answer:
        """The whole answer. `turns` are the conversation so far, oldest first."""
        events = self.stream(question, filters=filters, turns=turns, top_k=top_k, writer=writer)
        for event in events:
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
        writer: WriterName = "auto",
    ) -> Iterator[Event]:
        """The answer as it comes: Retrieved, then a Written for each sentence, then Done.

        A question about the collection itself is answered from the catalogue, whoever may write.
        Restarted comes between when a language model breaks off and the extractive writer
        takes its place. Closing the iterator stops the work. `writer` "extractive" keeps the
        language model out of this one answer; "model" raises ValueError where there is none.
        """
        if writer == "model" and self.llm is None:
            raise ValueError(
                "No language model is configured: leave the writer out, or say 'extractive'."
            )
        clock = Clock()
        question, notice = readable(question)
        if query := self._asks_of_collection(question, turns, filters):
            told = tell(
                query,
                question,
                self.library,
                filters,
                in_words(filters),
                follows=self._asks_of_collection(question, (), filters) != query,
                most=top_k,
            )
            clock.step("count")
            yield Retrieved(told.passages, told.searched)
            for sentence in told.sentences:
                yield Written(sentence)
            yield Done(answer_of(told, question, notice, clock.total()))
            return
        llm = None if writer == "extractive" else self.llm
        found = self.finder.find(
            question,
            filters=filters,
            turns=turns,
            top_k=top_k or self.settings.top_k,
            clock=clock,
            llm=llm,
            without=(ModelRerank,) if writer == "extractive" else (),
        )
        yield Retrieved(found.passages, found.searched)
        confidence, answers = self._confidence(found)
        writing = _Writing([notice, found.notice, waiting_notice(found.searched)])
        if answers:
            yield from self._write(question, found, writing, llm)
        clock.step("write")
        yield Done(self._answer(question, found, writing, confidence, clock))

    def find(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int | None = None,
        rerank: bool = True,
    ) -> Found:
        """What `ask` would write from, without the writing; see `Finder.find`. Without `rerank`
        the reranker is spared."""
        question, _ = readable(question)
        return self.finder.find(
            question,
            filters=filters,
            turns=turns,
            top_k=top_k or self.settings.top_k,
            llm=self.llm,
            without=() if rerank else (Rerank,),
        )

    def can_answer(
        self, question: str, *, filters: Filters = Filters(), turns: Sequence[Turn] = ()
    ) -> bool:
        """Whether `ask` would write an answer and not refuse; takes a search and no writing.

        A reranker isn't asked, as this is put to many questions at once: where it brings another
        paper forward, `ask` may decide otherwise.
        """
        if self._asks_of_collection(readable(question)[0], turns, filters):
            return True
        found = self.find(question, filters=filters, turns=turns, rerank=False)
        return self._confidence(found)[1]

    def _asks_of_collection(
        self, question: str, turns: Sequence[Turn], filters: Filters
    ) -> CollectionQuery | None:
        """What a question asks of the collection itself, where there is one."""
        query = asked_in(question, turns, known=self.library.catalog.is_organisation)
        return query if query and self.library.count(filters) else None

    def _confidence(self, found: Found) -> tuple[float, bool]:
        """How sure it is that the passages answer, and whether that is enough."""
        if not found.passages:
            return 0.0, False
        model, given = shipped_model(), self.settings.refuse_below
        confidence = model.confidence(found.features)
        return confidence, confidence >= (model.threshold if given is None else given)

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        answer = self.ask(query_bundle.query_str)
        return Response(
            response=answer.text,
            source_nodes=[self.finder.node(passage) for passage in answer.passages],
            metadata={"answer": answer},
        )

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}

    # --- writing --------------------------------------------------------------------------

    def _write(
        self, question: str, found: Found, writing: _Writing, llm: LLM | None
    ) -> Iterator[Event]:
        """The language model's sentences if there is one and it can, else quotes."""
        task = Task(
            found.standalone.question,
            found.passages,
            found.evidence,
            named=found.named,
            several=asks_for_several(question) or bool(found.standalone.excluded),
            asked=question,
        )
        if llm is not None:
            writer = ModelWriter(llm, self.library, self.check, self.settings)
            writing.writer = writer.name
            try:
                if failed := found.standalone.failed:  # it would only fail again
                    raise WriterFailed(f"The language model {writer.name} {failed}.")
                for sentence in writer.write(task):
                    writing.sentences.append(sentence)
                    yield Written(sentence)
                return
            except NothingToSay:
                return
            except WriterFailed as failure:
                writing.sentences.clear()
                why = str(failure).removesuffix(".")
                writing.notices.append(f"{why}, so this answer quotes the abstracts instead.")
                yield Restarted(writing.notices[-1])
            finally:
                writing.tokens = writer.tokens
        quotes = ExtractiveWriter(self.settings.max_sentences)
        writing.writer = quotes.name
        for sentence in quotes.write(task):
            writing.sentences.append(sentence)
            yield Written(sentence)
        writing.notices += quotes.notices

    def _answer(
        self, question: str, found: Found, writing: _Writing, confidence: float, clock: Clock
    ) -> Answer:
        sentences = tuple(writing.sentences)
        status: Status = "answered" if sentences else "refused"
        if not all(sentence.supported for sentence in sentences):
            status = "partial"
        nearest = () if sentences else tuple(p.paper for p in found.passages[:NEAREST])
        return Answer(
            question=question,
            status=status,
            text=join_sentences(sentences) if sentences else self._why_not(found),
            sentences=sentences,
            citations=tuple(c for sentence in sentences for c in sentence.citations),
            nearest=nearest,
            passages=found.passages,
            searched=found.searched,
            writer=writing.writer,
            confidence=round(confidence, 4),
            timings_ms=clock.total(),
            tokens=writing.tokens,
            notice=" ".join(filter(None, writing.notices)),
            direct=sentences[0].direct if sentences else "",
            mentioned=not sentences and mentioned(found.features),
        )

    def _why_not(self, found: Found) -> str:
        if not self.library.count():
            return _NO_PAPERS
        if not found.searched.question:
            return _NO_QUESTION
        if not found.searched.papers:
            return _NONE_MATCH
        nearest = "; ".join(f"*{passage.paper.title}*" for passage in found.passages[:NEAREST])
        if not nearest:
            return _REFUSAL
        why = f"{_REFUSAL} {_MENTIONED}" if mentioned(found.features) else _REFUSAL
        return f"{why} The nearest papers are: {nearest}."


class _Writing:
    """What a writer has done so far."""

    def __init__(self, notices: list[str]) -> None:
        self.sentences: list[Sentence] = []
        self.writer = ExtractiveWriter.name
        self.tokens = Tokens()
        self.notices = notices


def readable(question: str) -> tuple[str, str]:
    """A question on one line and no longer than can be searched, and a notice if it was cut."""
    question = tidy(question)
    if len(question) <= LONGEST:
        return question, ""
    return question[:LONGEST], f"Only the first {LONGEST:,} characters of the question were read."
