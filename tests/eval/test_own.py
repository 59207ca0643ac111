"""A library's own evaluation by the command line."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from assistant.history import Conversations
from store.library import Library
from store.settings import StoreSettings
from tests.assistant.any_answers import answered, refused
from tests.assistant.invented import BEES, BELLS, PAPERS
from tests.eval.making import Command, document

pytestmark = pytest.mark.usefixtures("nobodys_settings")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with conversations, one answer of which is right and one wrong."""
    folder = tmp_path_factory.mktemp("own") / "library"
    with Library(StoreSettings(library=folder), owner="a test") as library:
        library.add(PAPERS)
    right = answered(
        "How many bees were released?", ("600 bees [1].", 1, BEES, "We released 600 honeybees")
    )
    wrong = answered("Who casts bells?", ("Bells crack [1].", 1, BELLS, "Church bells crack"))
    with closing(Conversations(folder / "conversations.sqlite")) as kept:
        made = kept.create("ann")
        for answer, thumb, note in (
            (right, 1, ""), (wrong, -1, "not asked"), (refused("Who wrote the Odyssey?"), 1, ""),
        ):  # fmt: skip
            kept.rate(kept.record(made.id, answer).id, thumb, note)
    return folder


def test_thumbs_and_papers_become_questions_that_are_asked(folder: Path, run: Command) -> None:
    made = document(run("eval", "collect", "-l", folder, "--count", 30, "--json"))
    assert made["file"] == str(folder / "questions.jsonl")
    assert made["questions"]["rated"] == made["questions"]["rated-refusal"] == 1
    measured = document(run("eval", "-l", folder, "--results", "kept", "--json"))
    assert measured["questions"] == sum(made["questions"].values()) - 1
    assert measured["hit@5"] > 0.9
    assert measured["by_kind"]["rated"]["first_citation_is_evidence"] == 1
    (doubtful,) = measured["doubtful"]
    assert (doubtful["question"], doubtful["note"]) == ("Who casts bells?", "not asked")
    assert json.loads(Path("kept/own.json").read_text("utf-8"))["name"] == "own"
    code, out, _ = run("eval", "-l", folder, "--results", "kept")
    assert code == 0
    assert "1 doubtful answer (thumb down), not scored" in out
    assert "Who casts bells? – not asked" in out


def test_a_file_that_is_there_is_not_written_over_unasked(folder: Path, run: Command) -> None:
    Path("mine.jsonl").write_text("by hand", "utf-8")
    command = ("eval", "collect", "-l", folder, "--out", "mine.jsonl", "--count", 5)
    code, _, err = run(*command)
    assert (code, Path("mine.jsonl").read_text("utf-8")) == (2, "by hand")
    assert err.strip() == (
        "mine.jsonl is there already: name another file with --out, or give --replace."
    )
    code, out, _ = run(*command, "--replace")
    assert code == 0
    assert f"assistant eval --library {folder} --questions mine.jsonl" in out


def test_a_library_in_use_gives_questions_and_can_not_be_asked(folder: Path, run: Command) -> None:
    with Library(StoreSettings(library=folder), owner="assistant serve") as server:
        server.own()
        assert run("eval", "collect", "-l", folder, "--out", "q.jsonl", "--count", 5)[0] == 0
        code, _, err = run("eval", "-l", folder, "--questions", "q.jsonl")
    assert code == 4
    assert "assistant serve" in err


def test_questions_about_other_papers_are_left_out_and_told(folder: Path, run: Command) -> None:
    rows = [
        {"question": "How many honeybees were released?", "papers": [BEES.title]},
        {"question": "What else?", "papers": ["A Paper That Nobody Has"]},
    ]
    file = Path("mixed.jsonl")
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    code, out, err = run("eval", "-l", folder, "--questions", file, "--results", "kept", "--json")
    assert (code, json.loads(out)["questions"]) == (0, 1)
    assert "Left out 1 question about papers that this library doesn't hold." in err
    file.write_text(json.dumps(rows[1]), "utf-8")
    code, _, err = run("eval", "-l", folder, "--questions", file)
    assert code == 1
    assert "No question is left to ask" in err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("collect", "-l", "nowhere"), 3, "There is no library in"),
        (("-l", "nowhere"), 3, "make one with 'assistant eval collect'"),
        (("--questions", "no.jsonl"), 3, "There is no file no.jsonl"),
        (("collect", "--model", "any", "-l", "nowhere"), 2, "No language model is configured"),
    ],
)
def test_what_is_missing_is_said(
    run: Command, arguments: tuple[str, ...], code: int, told: str
) -> None:
    ended, _, err = run("eval", *arguments)
    assert ended == code
    assert told in err
    assert len(err.strip().splitlines()) == 1
    assert not Path("nowhere").exists()


def test_what_can_not_be_measured_is_null_in_json(folder: Path, run: Command) -> None:
    Path("one.jsonl").write_text('{"question": "Who sang?", "papers": []}', "utf-8")
    command = ("eval", "-l", folder, "--questions", "one.jsonl", "--results", "kept", "--json")
    measured = document(run(*command))
    assert measured["hit@1"] is None
    assert measured["questions"] == 1


def test_an_unreachable_model_is_told_and_templates_do_the_work(
    folder: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_LLM_BASE_URL", "http://127.0.0.1:9/v1")
    command = ("eval", "collect", "-l", folder, "--count", 10, "--model", "any", "--json")
    made = document(run(*command, "--out", "a.jsonl"))
    assert "model" not in made["questions"]
    assert any("any could not be reached" in notice for notice in made["notices"])
    assert document(run(*command, "--out", "b.jsonl", "--no-model"))["notices"] == []
