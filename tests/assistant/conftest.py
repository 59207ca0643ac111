"""The libraries, engines and the model server that the tests of the assistant share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.engine import CitedQueryEngine
from assistant.settings import AnswerSettings
from eval.questions import pages_library
from store.library import Library
from store.settings import StoreSettings
from tests.assistant.answers import ANSWERS
from tests.assistant.invented import PAPERS
from tests.model_server import ModelServer, ModelServerFailed

Engine = Callable[..., CitedQueryEngine]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The invented papers in a real library; no test may change it."""
    folder = tmp_path_factory.mktemp("invented")
    with Library(StoreSettings(library=folder), owner="a test") as opened:
        opened.add(PAPERS)
        yield opened


@pytest.fixture(scope="session")
def engine(library: Library) -> CitedQueryEngine:
    """Asks the invented papers without a language model."""
    return CitedQueryEngine(library, AnswerSettings(writer="extractive"))


@pytest.fixture(scope="session")
def real_pages(pages_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library of the real saved pages."""
    with pages_library(tmp_path_factory.mktemp("pages"), pages_dir) as opened:
        yield opened


@pytest.fixture(scope="session")
def model_server() -> Iterator[ModelServer]:
    """One litellm proxy for all tests; the models that it serves are in `answers.py`."""
    server = ModelServer(ANSWERS)
    problem = ""
    try:
        server.start()
    except ModelServerFailed as error:
        problem = str(error)
    if problem:
        pytest.fail(problem, pytrace=False)
    yield server
    server.stop()


@pytest.fixture
def with_model(library: Library, model_server: ModelServer) -> Engine:
    """Makes an engine over the invented papers that writes with a model of the server."""

    def make(model: str, **settings: object) -> CitedQueryEngine:
        given: dict[str, object] = {
            "llm_model": model,
            "llm_base_url": model_server.base_url,
            "llm_api_key": model_server.api_key,
            "llm_timeout": 30,
        }
        return CitedQueryEngine(library, AnswerSettings.model_validate(given | settings))

    return make
