"""Answers for programs: the engine's work in threads of its own, ended when its client goes."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import Request

from assistant.answer import Answer, Done, Event, Turn, WriterName
from store.filters import Filters

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine
    from ui.observing import Observer

T = TypeVar("T")
_LOOK = 0.5  # seconds between two looks whether a client still waits


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that the engine is asked with."""

    text: str
    filters: Filters = Filters()
    turns: Sequence[Turn] = ()
    top_k: int | None = None
    writer: WriterName = "auto"


class Answering:
    """Answers questions in `threads` threads; what comes beyond waits its turn."""

    def __init__(self, engine: CitedQueryEngine, observer: Observer, threads: int) -> None:
        self._engine = engine
        self._observer = observer
        self._pool = ThreadPoolExecutor(threads, "answer")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def whole(self, question: Question, request: Request) -> Answer:
        """The whole answer. Raises ClientGone once the client doesn't wait for it any more."""
        stopping = threading.Event()
        began = time.time_ns()

        def work() -> Answer | None:
            for event in self._events(question, stopping):
                if isinstance(event, Done):
                    return event.answer
            return None

        future = self._in_thread(work)
        try:
            while not (await asyncio.wait({future}, timeout=_LOOK))[0]:
                if await request.is_disconnected():
                    raise ClientGone
            answer = future.result()
            if answer is None:
                raise ClientGone
        except Exception as error:
            self._failed(error, request)
            raise
        finally:
            stopping.set()
            future.cancel()
        self._observer.answered(answer, began, request.scope.get("state"))
        return answer

    async def events(self, question: Question, request: Request) -> AsyncGenerator[Event, None]:
        """The events of an answer; closing the iterator ends the work at its next step."""
        stopping = threading.Event()
        began = time.time_ns()
        loop = asyncio.get_running_loop()
        came: asyncio.Queue[Event | Exception | None] = asyncio.Queue()

        def tell(what: Event | Exception | None) -> None:
            if not stopping.is_set():
                loop.call_soon_threadsafe(came.put_nowait, what)

        def work() -> None:
            try:
                for event in self._events(question, stopping):
                    tell(event)
                tell(None)
            except Exception as error:  # raised again where it is waited for
                tell(error)

        future = self._in_thread(work)
        try:
            while (event := await came.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                if isinstance(event, Done):
                    self._observer.answered(event.answer, began, request.scope.get("state"))
                yield event
        except Exception as error:
            self._failed(error, request)
            raise
        finally:
            stopping.set()
            future.cancel()

    async def run(self, work: Callable[[], T]) -> T:
        """Other work of the engine, such as a search, in the same threads."""
        return await self._in_thread(work)

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Runs it in a thread that knows the request's id, for the log."""
        context = contextvars.copy_context()
        return asyncio.get_running_loop().run_in_executor(self._pool, context.run, work)

    def _events(self, question: Question, stopping: threading.Event) -> Iterator[Event]:
        if stopping.is_set():
            return
        events = self._engine.stream(
            question.text,
            filters=question.filters,
            turns=question.turns,
            top_k=question.top_k,
            writer=question.writer,
        )
        try:
            for event in events:
                yield event
                if stopping.is_set():
                    return
        finally:
            events.close()  # type: ignore[attr-defined]  # a generator, which tells its writer

    def _failed(self, error: Exception, request: Request) -> None:
        if not isinstance(error, ClientGone):
            self._observer.failed(error, request.scope.get("state"))
