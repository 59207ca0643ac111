"""Many questions at once: one at a time is searched, unless there is somebody to wait for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from assistant.engine import CitedQueryEngine
from assistant.evidence import gather
from store.library import Library
from tests.assistant.engine_asking import BEE_QUESTION, EXTRACTIVE, plain


def test_one_question_at_a_time_is_searched(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = CitedQueryEngine(library, EXTRACTIVE)
    expected = plain(engine.ask(BEE_QUESTION))
    inside = most = 0
    counting = threading.Lock()

    def watched(*given: object) -> object:
        nonlocal inside, most
        with counting:
            inside += 1
            most = max(most, inside)
        try:
            threading.Event().wait(0.02)  # lets the others go on
            return gather(*given)  # type: ignore[arg-type]
        finally:
            with counting:
                inside -= 1

    monkeypatch.setattr("assistant.finding.gather", watched)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(engine.ask, [BEE_QUESTION] * 12))
    assert most == 1
    assert [plain(answer) for answer in answers] == [expected] * 12


def test_questions_wait_together_for_another_retriever(library: Library) -> None:
    together = threading.Barrier(2, timeout=20)

    class Slow(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            together.wait()  # raises where the other one never comes
            return []

    engine = CitedQueryEngine(library, EXTRACTIVE, retriever=Slow())
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(engine.ask, [BEE_QUESTION] * 2))
    assert [answer.status for answer in answers] == ["refused", "refused"]


def test_questions_wait_together_for_a_chroma_server(library: Library) -> None:
    assert library.works_here
    settings = library.settings.model_copy(update={"chroma_url": "http://127.0.0.1:9"})
    with patch.object(library, "settings", settings):
        assert not library.works_here
