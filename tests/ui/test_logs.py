"""Lines for people or for machines: what stands in them, and what never does."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.ui.observed import QUESTION, STAGES, observed_app
from ui.api.mounting import add_api
from ui.logs import REQUEST_ID, JsonFormatter, configure_logs
from ui.metrics import Metrics
from ui.settings import ServerSettings

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _loggers_as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("assistant")
    before = [*root.handlers], root.level, ours.level
    yield
    root.handlers, (_, level, our_level) = before[0], before
    root.setLevel(level)
    ours.setLevel(our_level)
    logging.captureWarnings(False)
    REQUEST_ID.set("")


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Standard error's lines, each of which must be a JSON object."""

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    return lines


def client(**more: Any) -> TestClient:
    app = observed_app(Metrics(lambda: 0), **more)
    return TestClient(app, raise_server_exceptions=False)


def test_a_request_is_one_line_with_what_an_operator_asks_for(lines: Lines) -> None:
    configure_logs(ServerSettings(log_format="json"))
    client().get("/v1/papers/secret-id?q=words", headers={"Authorization": "Bearer lighthouse"})
    (line,) = lines()
    assert line.pop("ms") > 0
    assert line.pop("time").endswith("Z")
    assert len(line.pop("request_id")) == 16
    assert line == {
        "level": "info",
        "logger": "assistant.requests",
        "message": "GET /v1/papers/{paper_id} 200",
        "method": "GET",
        "route": "/v1/papers/{paper_id}",
        "status": 200,
        "caller": "harbour",
    }


def test_an_answer_puts_its_figures_on_the_line_and_no_word_of_its_question(
    lines: Lines,
) -> None:
    configure_logs(ServerSettings(log_format="json"))
    client().post("/v1/ask")
    (line,) = lines()
    assert (line["answer"], line["papers"], line["writer"]) == ("answered", 3, "gemma")
    assert (line["prompt_tokens"], line["completion_tokens"]) == (900, 40)
    assert line["stages_ms"] == {**STAGES, "total": 97.0}
    assert "lighthouse" not in json.dumps(line)
    assert "question" not in line


def test_questions_are_logged_on_demand(lines: Lines) -> None:
    configure_logs(ServerSettings(log_format="json"))
    client(logs_questions=True).post("/v1/ask")
    assert lines()[0]["question"] == QUESTION


def test_the_page_is_not_logged_request_by_request(lines: Lines) -> None:
    configure_logs(ServerSettings(log_format="json"))
    client().get("/")
    client().get("/theme.css")
    assert lines() == []


def test_text_tells_errors_and_keeps_still_about_the_rest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(ServerSettings())
    asks = client()
    asks.get("/v1/papers/a")
    asks.get("/v1/fail", headers={"X-Request-ID": "mine"})
    assert capsys.readouterr().err == "ERROR assistant.requests: GET /v1/fail 500 [mine]\n"


def test_the_level_can_be_set(lines: Lines) -> None:
    configure_logs(ServerSettings(log_format="json", log_level="error"))
    asks = client()
    asks.get("/v1/papers/a")
    asks.get("/v1/fail")
    assert [line["status"] for line in lines()] == [500]


def test_what_other_libraries_tell_below_a_warning_stays_out(lines: Lines) -> None:
    configure_logs(ServerSettings(log_format="json", log_level="debug"))
    logging.getLogger("openai._base_client").debug("Request: %s", QUESTION)
    logging.getLogger("assistant.page").debug("ours")
    assert [line["message"] for line in lines()] == ["ours"]


def test_an_error_brings_its_trace_on_the_same_line_and_none_to_the_client(
    lines: Lines,
) -> None:
    configure_logs(ServerSettings(log_format="json"))
    answer = client().get("/v1/fail", headers={"X-Request-ID": "mine"})
    assert "flooded" not in answer.text
    assert "Traceback" not in answer.text
    try:
        raise ValueError("wet\npaper")
    except ValueError:
        logging.getLogger("assistant.page").exception("Adding failed")
    request, error = lines()
    assert (request["error"], request["level"]) == ("Broken", "error")
    assert error["traceback"].startswith("Traceback")
    assert error["traceback"].endswith("ValueError: wet\npaper")


def test_logs_are_written_once_however_often_they_are_configured(lines: Lines) -> None:
    for _ in range(3):
        configure_logs(ServerSettings(log_format="json"))
    logging.getLogger("assistant").warning("once")
    assert len(lines()) == 1


@pytest.mark.parametrize("sane", ["a", "Request-7.b_c", "x" * 64])
def test_a_sane_request_id_is_echoed(sane: str) -> None:
    answer = client().get("/v1/papers/a", headers={"X-Request-ID": sane})
    assert answer.headers["X-Request-ID"] == sane
    assert answer.json() == {"request_id": sane}


@pytest.mark.parametrize("odd", ["", "x" * 65, "two words", 'a"b', "ü", "a\n", "../x"])
def test_an_odd_request_id_is_replaced(odd: str) -> None:
    answer = client().get("/v1/papers/a", headers=[(b"X-Request-ID", odd.encode())])
    given = answer.headers["X-Request-ID"]
    assert len(given) == 16
    assert answer.json() == {"request_id": given}


def test_a_request_that_failed_is_told_its_id_by_the_api() -> None:
    app = observed_app(Metrics(lambda: 0))
    add_api(app)
    asks = TestClient(app, raise_server_exceptions=False)
    answer = asks.get("/v1/fail", headers={"X-Request-ID": "mine"})
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (500, "mine")


def test_every_request_has_an_id_of_its_own() -> None:
    asks = client()
    assert len({asks.get("/").headers["X-Request-ID"] for _ in range(5)}) == 5


def test_a_line_within_a_request_carries_its_id(lines: Lines) -> None:
    configure_logs(ServerSettings(log_format="json"))
    REQUEST_ID.set("mine")
    logging.getLogger("assistant.page").warning("within")
    assert lines()[0]["request_id"] == "mine"


@given(st.text(), st.dictionaries(st.text(), st.text() | st.integers() | st.binary()))
def test_whatever_is_logged_is_one_line_of_json(message: str, fields: dict[str, Any]) -> None:
    record = logging.LogRecord("assistant", logging.INFO, "", 0, "%s", (message,), None)
    record.fields = fields
    line = JsonFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert isinstance(json.loads(line), dict)
