"""The talk in a terminal, typed and looked at in a real pseudo-terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.broken_server import BrokenServer
from tests.ui.making import ABOUT_TIDES, BEES, PAGE, TIDES, Run, environment, first_starter_papers
from tests.ui.pseudo_terminal import Terminal
from ui.asking import show_stream

PROMPT = "\n> "
CTRL_C, CTRL_D = "\x03", "\x04"
SLOW = "The clock is off by nine minutes at spring tides [1]. " + "It is a slow tale [1]. " * 40

Talk = Callable[..., Terminal]


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """Starts `assistant chat` in a terminal: `talk(library, "--starter", columns=60)`."""
    open_ones: list[Terminal] = []

    def talk(library: Path, *arguments: str, columns: int = 80, **more: str) -> Terminal:
        variables = environment(tmp_path, ASSISTANT_REFUSE_BELOW="0", **more)
        program = ("--library", str(library), "chat", *arguments)
        open_ones.append(Terminal(variables, *program, columns=columns))
        return open_ones[-1].__enter__()

    yield talk
    for terminal in open_ones:
        terminal.__exit__()


def test_a_talk_with_follow_ups_sources_and_a_fresh_start(library: Path, talk: Talk) -> None:
    terminal = talk(library, columns=60)
    place = terminal.wait_for(PROMPT)
    greeting = terminal.seen
    assert "6 papers. Ask anything about them." in greeting
    assert "'sources' shows" in greeting
    assert "'quit' ends" in greeting

    terminal.type("sources\r")
    place = terminal.wait_for("There is no answer yet: ask something first.", place)
    terminal.type(f"{ABOUT_TIDES}\r")
    place = terminal.wait_for("Sources\n  [1] ", place)
    place = terminal.wait_for(PROMPT, place)
    answer = terminal.seen.partition(ABOUT_TIDES)[2]
    assert "nine minutes" in " ".join(answer.split())
    assert f"In {TIDES.title}:" in " ".join(answer.split())
    assert "\x1b[3m" in terminal.raw  # a title in italics
    assert all(len(line) <= 60 for line in answer.splitlines())

    terminal.type("sources\r")
    place = terminal.wait_for("“A tide clock", place)
    place = terminal.wait_for(PROMPT, place)

    terminal.type("does it need calibration?\r")
    terminal.wait_for("one week of pictures", place)
    place = terminal.wait_for(PROMPT, place)

    terminal.type("new\r")
    place = terminal.wait_for("A new conversation", place)
    terminal.type("help\r")
    place = terminal.wait_for("Anything else is a question.", place)
    place = terminal.wait_for(PROMPT, place)

    terminal.interrupt()
    place = terminal.wait_for("Press Ctrl-C again to end, or write 'quit'.", place)
    place = terminal.wait_for(PROMPT, place)
    terminal.type("QUIT\r")
    assert terminal.wait() == 0
    assert "Traceback" not in terminal.seen


def test_ctrl_c_stops_an_answer_and_not_the_talk(library: Path, talk: Talk) -> None:
    with BrokenServer("slow", SLOW) as server:
        terminal = talk(library, "--model", "slow", OPENAI_BASE_URL=server.base_url)
        place = terminal.wait_for(PROMPT)
        terminal.type(f"{ABOUT_TIDES}\r")
        place = terminal.wait_for("spring tides", place)
        terminal.type(CTRL_C)
        place = terminal.wait_for("Stopped.", place)
        place = terminal.wait_for(PROMPT, place)
        terminal.type(CTRL_D)
        assert terminal.wait() == 0
        assert server.sent < len(SLOW.split())
    assert "Sources" not in terminal.seen


def test_two_ctrl_c_in_a_row_end_the_talk(own_library: Path, page: Path, talk: Talk) -> None:
    terminal = talk(own_library, "--papers", str(page))
    place = terminal.wait_for("6 unchanged")
    place = terminal.wait_for(PROMPT, place)
    terminal.interrupt()
    place = terminal.wait_for("Press Ctrl-C again", place)
    terminal.wait_for(PROMPT, place)
    terminal.interrupt()
    assert terminal.wait() == 0


def test_a_talk_in_a_pipe_shows_both_sides(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_REFUSE_BELOW", "0")
    said = f"{ABOUT_TIDES}\n\nwhat does a hive sound like?\nsources\nexit\nnever read\n"
    shown = run("chat", library=library, stdin=said.encode())
    assert shown.code == 0
    assert f"> {ABOUT_TIDES}\n\nIn *{TIDES.title}*: " in shown.out
    assert "> what does a hive sound like?\n" in shown.out
    assert f"[1] {BEES.title}" in shown.out.partition("> sources")[2]
    assert "never read" not in shown.out
    assert run("chat", library=library, stdin=b"").code == 0


def test_a_talk_remembers_what_was_said_until_it_begins_afresh(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_REFUSE_BELOW", "0")
    remembered: list[list[str]] = []

    def shown(*arguments: Any) -> Any:
        remembered.append([turn.question for turn in arguments[-1]])
        return show_stream(*arguments)

    monkeypatch.setattr("ui.talking.show_stream", shown)
    said = f"{ABOUT_TIDES}\nhow does it work?\nnew\nhow does it work?\n"
    follow_up = run("chat", library=library, stdin=said.encode()).out.split("> how does it work?")
    assert remembered == [[], [ABOUT_TIDES], []]
    assert f"[1] {TIDES.title}" in follow_up[1]


def test_an_empty_library_is_told_how_to_begin(run: Run, tmp_path: Path) -> None:
    told = run("chat", library=tmp_path / "empty")
    assert (told.code, told.out) == (1, "")
    assert told.err == (
        "This library is empty: add papers with 'assistant add FILE', or begin with the starter "
        "papers by 'assistant chat --starter'.\n"
    )


def test_the_rest_of_a_long_list_is_a_word_away(
    run: Run, talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.keeping.starter_records", lambda: first_starter_papers(24))
    library = tmp_path / "long"
    assert run("add", "--starter", library=library).code == 0
    terminal = talk(library)
    place = terminal.wait_for(PROMPT)
    terminal.type("all\r")
    place = terminal.wait_for("There is no answer yet", place)
    terminal.type("How many papers are there?\r")
    place = terminal.wait_for("'all' lists the 4 other papers.", place)
    terminal.type("all\r")
    place = terminal.wait_for("[24]", place)
    terminal.type("quit\r")
    assert terminal.wait() == 0


def test_the_starter_papers_begin_an_empty_library_and_leave_when_others_come(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.keeping.starter_records", lambda: first_starter_papers(4))
    library = tmp_path / "new"
    shown = run("chat", "--starter", library=library, stdin=b"quit\n")
    assert "4 starter papers. Ask anything about them." in shown.out
    assert "Try: What problem does dropout solve?" in shown.out
    assert run("chat", "--starter", library=library, stdin=b"quit\n").out == shown.out

    page = tmp_path / "page.txt"
    page.write_text(PAGE, "utf-8")
    shown = run("chat", "--papers", str(page), library=library, stdin=b"quit\n")
    assert "6 papers. Ask anything about them." in shown.out
    assert "The starter papers are out of the library" in shown.err
    assert len(run("papers", library=library).out.splitlines()) == 6


def test_a_question_that_fails_is_told_and_the_talk_goes_on(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("what nobody foresaw")

    monkeypatch.setattr("ui.talking.show_stream", broken)
    shown = run("chat", library=library, stdin=b"tides?\nhelp\n")
    assert shown.code == 0
    assert "Something went wrong (KeyError" in shown.err
    assert "Anything else is a question." in shown.out
