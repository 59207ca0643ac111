"""Asking once: what `ask` and `search` print, whole, streamed and as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.library import Library
from store.settings import StoreSettings
from tests.broken_server import BrokenServer
from tests.ui.making import (
    ABOUT_TIDES,
    BEES,
    ORGANS,
    TIDES,
    Run,
    complaint,
    document,
    first_starter_papers,
)
from tests.ui.screens import written
from ui.terminal import Screen


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is found is answered from: what is tested here is not when to refuse."""
    monkeypatch.setenv("ASSISTANT_REFUSE_BELOW", "0")
    monkeypatch.setenv("ASSISTANT_MAX_SENTENCES", "2")


@pytest.fixture
def refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_REFUSE_BELOW", "1")


@pytest.mark.usefixtures("answers")
def test_an_answer_as_json_has_all_that_is_promised(run: Run, library: Path) -> None:
    answer = document(run("ask", ABOUT_TIDES, "--json", library=library))
    promised = {
        "status", "text", "citations", "nearest", "writer", "timings_ms", "tokens",
    }  # fmt: skip
    assert promised <= answer.keys()
    assert answer["status"] == "answered"
    assert answer["writer"] == "extractive"
    assert answer["timings_ms"]["total"] > 0
    assert answer["tokens"] == {"prompt": 0, "completion": 0}
    cited = answer["citations"][0]
    keys = {"number", "paper_id", "title", "quote", "start", "end", "score", "supported"}
    assert keys == cited.keys()
    assert cited["title"] == TIDES.title
    assert TIDES.abstract[cited["start"] : cited["end"]] == cited["quote"]


@pytest.mark.usefixtures("answers")
def test_an_answer_in_a_pipe_is_plain_text_without_wrapping(run: Run, library: Path) -> None:
    shown = run("ask", ABOUT_TIDES, library=library)
    answer = document(run("ask", ABOUT_TIDES, "--json", library=library))
    assert (shown.code, shown.err) == (0, "")
    text, _, sources = shown.out.partition("\n\nSources\n")
    assert text == answer["text"]
    assert sources.startswith(f"  [1] {TIDES.title} (3 authors, 2023-05-04)\n")
    assert "\x1b" not in shown.out


@pytest.mark.usefixtures("answers")
def test_a_streamed_answer_reads_as_the_whole_one(run: Run, library: Path) -> None:
    whole = run("ask", ABOUT_TIDES, library=library)
    assert run("ask", ABOUT_TIDES, "--stream", library=library) == whole
    streamed = run("ask", ABOUT_TIDES, "--stream", "--json", library=library)
    assert document(streamed)["citations"]


@pytest.mark.usefixtures("answers")
def test_vectors_that_are_still_to_come_are_told_before_the_answer(
    run: Run, own_library: Path, shown: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.opening._CATCH_UP", 0)
    with Library(StoreSettings(library=own_library)) as opened:
        opened.catalog.changes.requeue("vectors")
    for stream in ((), ("--stream",)):
        before = len(written(shown))
        assert run("ask", ABOUT_TIDES, *stream, library=own_library).code == 0
        told = written(shown)[before:].rpartition("\x1b[2K")[2]  # behind the signs of life
        told = " ".join(told.split())
        assert told.startswith("6 papers are found by words only until their vectors are made.")
        assert told.count("6 papers are found") == 1


@pytest.mark.usefixtures("refuses")
def test_a_refusal_ends_well_and_names_the_nearest(run: Run, library: Path) -> None:
    answer = document(run("ask", "Who won the chess games?", "--json", library=library))
    assert answer["status"] == "refused"
    assert answer["citations"] == []
    assert 1 <= len(answer["nearest"]) <= 3
    shown = run("ask", "Who won the chess games?", library=library)
    assert shown.code == 0
    for paper in answer["nearest"]:
        assert shown.out.count(paper["title"]) == 1


@pytest.mark.usefixtures("answers")
def test_filters_choose_the_papers_that_are_asked(run: Run, library: Path) -> None:
    def asked(*filters: str) -> set[str]:
        found = document(
            run("search", "the sound of beehives", "--json", *filters, library=library)
        )
        return {paper["title"] for paper in found["papers"]}

    assert BEES.title in asked()
    assert asked("--since", "2023") == {TIDES.title, BEES.title}
    assert asked("--since", "2023", "--until", "2023-05") == {TIDES.title}
    assert asked("--organisation", "North Lab") == {"Snow Fences from Willow Cuttings"}
    assert asked("--source", "invented") == asked()
    assert asked("--source", "other") == set()
    assert len(asked("--top-k", "2")) == 2


@pytest.mark.usefixtures("answers")
def test_a_question_comes_through_standard_input(run: Run, library: Path) -> None:
    answer = document(run("ask", "-", "--json", library=library, stdin=ABOUT_TIDES.encode()))
    assert answer["question"] == ABOUT_TIDES


@pytest.mark.parametrize("question", ["", "  ", "?!", "-"])
def test_a_question_that_is_none_is_wrong_usage(run: Run, library: Path, question: str) -> None:
    assert "There is no question here" in complaint(run("ask", question, library=library), 2)


def test_a_question_of_bytes_that_are_no_text_is_still_asked(run: Run, library: Path) -> None:
    answer = document(run("ask", "caf\udce9 tides", "--json", library=library))
    assert answer["question"] == "caf? tides"


def test_an_empty_library_says_how_to_fill_it(run: Run, tmp_path: Path) -> None:
    for arguments in (("ask", "tides?"), ("search", "tides"), ("papers",)):
        shown = run(*arguments, library=tmp_path / "empty")
        assert shown.code == 0
        assert "add some with 'assistant add FILE'" in shown.out + shown.err
    assert document(run("ask", "tides?", "--json", library=tmp_path / "e"))["status"] == "refused"
    listed = document(run("papers", "--json", library=tmp_path / "e"))
    assert listed == {"total": 0, "papers": [], "sources": {}}
    found = document(run("search", "tides", "--json", library=tmp_path / "e"))
    assert found == {"query": "tides", "papers": []}


@pytest.mark.usefixtures("answers")
def test_a_model_that_fails_leaves_a_notice_beside_the_answer(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with BrokenServer("refuse") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        told = run("ask", ABOUT_TIDES, "--model", "m", library=library)
        streamed = run("ask", ABOUT_TIDES, "--model", "m", "--stream", library=library)
        answer = document(run("ask", ABOUT_TIDES, "--model", "m", "--json", library=library))
    assert told.out.startswith(f"In *{TIDES.title}*: ")
    assert told.err == answer["notice"] + "\n"
    assert streamed == told


def test_search_tells_the_parts_of_the_scores(run: Run, library: Path) -> None:
    found = document(run("search", "tuning church organs", "--json", library=library))
    first = found["papers"][0]
    assert first["title"] == ORGANS.title
    assert first["scores"].keys() == {"fused", "dense", "lexical", "late"}
    shown = run("search", "tuning church organs", library=library).out.splitlines()
    assert shown[0] == f" 1. {ORGANS.title} (1 author, 2021-02-28)"
    assert first["id"] in shown[1]


def test_a_long_list_is_shown_whole_where_that_is_asked_for(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.keeping.starter_records", lambda: first_starter_papers(24))
    library = tmp_path / "starter"
    assert run("add", "--starter", library=library).code == 0
    question = "How many papers are there?"
    short = run("ask", question, library=library)
    assert short.err == "--all lists the 4 other papers too.\n"
    assert "[20]" in short.out
    assert "[21]" not in short.out
    for options in (["--all"], ["--all", "--stream"]):
        whole = run("ask", question, *options, library=library)
        assert whole.err == ""
        assert whole.out.startswith(short.out.rstrip("\n"))
        titles = [paper.title for paper in first_starter_papers(24)]
        assert all(title[:60] in whole.out for title in titles)
        assert "[24]" in whole.out
    members = document(run("ask", question, "--all", "--json", library=library))["collection"]
    assert len(members["members"]) == 24


def test_all_of_a_short_list_is_no_more(run: Run, library: Path) -> None:
    shown = run("ask", "How many papers are there?", library=library)
    assert shown.err == ""
    assert run("ask", "How many papers are there?", "--all", library=library).out == shown.out
