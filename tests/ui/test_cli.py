"""The program: its help, its errors, its exit codes, and what others see of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import typer

from store.library import Library
from store.settings import StoreSettings
from tests.ui.making import (
    ABOUT_TIDES,
    PROGRAM,
    TIDES,
    Run,
    complaint,
    document,
    environment,
    run_program,
)
from ui import app as shared
from ui.app import app


def test_without_arguments_there_is_help(run: Run) -> None:
    assert run() == run("--help")
    shown = run()
    assert (shown.code, shown.err) == (0, "")
    for name in ("add", "ask", "chat", "search", "papers", "reindex", "config", "doctor", "eval"):
        assert f" {name} " in shown.out
    assert "<bool>" not in shown.out


def test_every_command_has_help_that_tells_of_every_option(run: Run) -> None:
    root = typer.main.get_command(app)
    commands = dict(root.commands)  # type: ignore[attr-defined]  # it is a group
    commands |= {f"papers {name}": c for name, c in commands["papers"].commands.items()}
    for path, command in commands.items():
        shown = run(*path.split(), "--help")
        assert (shown.code, shown.err) == (0, "")
        for param in command.params:
            assert param.help, f"{param.name} of {path}"
            assert param.opts[0] in shown.out or param.metavar in shown.out


def test_the_version_is_the_packages(run: Run) -> None:
    assert run("--version").out == "assistant 0.1.0\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("frob",), 2, "No such command 'frob'"),
        (("papers", "frob"), 2, "No such command 'frob'"),
        (("ask",), 2, "Missing argument 'QUESTION': see 'assistant ask --help'."),
        (("ask", "a tide", "--frob"), 2, "No such option: --frob"),
        (("ask", "a tide", "--top-k", "99"), 2, "Invalid value for '--top-k'"),
        (("ask", "a tide", "--top-k", "many"), 2, "Invalid value for '--top-k'"),
        (("ask", "a tide", "--since", "2025-13"), 2, "'2025-13' is no date: write a year"),
        (("ask", "a tide", "--since", "2025", "--until", "2024"), 2, "swap the two dates"),
        (("ask", "a tide", "--writer", "me"), 2, "The setting 'writer' can't be 'me' (from flag)"),
        (("ask", "a tide", "--writer", "model"), 2, "name one with --model"),
        (("add",), 2, "Name a file or folder to add"),
        (("add", "a.txt", "--saved", "yesterday"), 2, "'yesterday' is no date"),
        (("papers", "list", "--order", "size"), 2, "choose added, title, year, upvotes"),
        (("papers", "list", "--until", "soon"), 2, "'soon' is no date"),
        (("papers", "show", "title-0"), 1, "No paper has the id title-0: 'assistant papers'"),
        (("papers", "remove", "title-0"), 1, "No paper has the id title-0"),
        (("papers", "remove"), 2, "Name either ids or --source"),
        (("papers", "remove", "title-0", "--source", "a"), 2, "Name either ids or --source"),
        (("papers", "remove", "--source", "else"), 1, "No source is named 'else'"),
        (("--config", "/no/such.toml", "papers"), 2, "There is no settings file"),
    ],
)
def test_an_error_is_one_sentence_with_its_code(
    run: Run, library: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in complaint(run(*arguments, library=library), code)
    if "show" in arguments or "ask" in arguments or "remove" in arguments:
        assert complaint(run(*arguments, "--json", library=library), code)


def test_a_taken_library_ends_with_its_own_code_and_names_the_owner(
    run: Run, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_LOCK_WAIT", "0.1")
    with Library(StoreSettings(library=own_library), owner="somebody else") as holder:
        holder.own()
        for arguments in (("ask", ABOUT_TIDES), ("add", "-"), ("chat",), ("reindex",)):
            json_too = () if arguments == ("chat",) else ("--json",)
            said = complaint(run(*arguments, *json_too, library=own_library), 4)
            assert f"'somebody else' (process {os.getpid()}" in said
        assert run("papers", library=own_library).code == 0  # looking needs no lock
        assert document(run("doctor", "--json", library=own_library), code=1)["ok"] is False


def test_another_embedder_than_the_librarys_is_told_with_the_remedy(
    run: Run, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_EMBED_MODEL", "some-other")
    monkeypatch.setenv("ASSISTANT_EMBED_BASE_URL", "http://127.0.0.1:9/v1")
    told = run("doctor", library=own_library)
    assert told.code == 1
    assert "run 'assistant reindex'" in told.out


def test_a_library_that_is_a_file_is_told_in_a_sentence(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("", "utf-8")
    complaint(run("papers", library=file), 1)


def test_what_nobody_foresaw_is_a_sentence_too_unless_one_asks_for_the_trace(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("what nobody\nforesaw")

    monkeypatch.setattr("ui.listing.open_library", broken)
    said = complaint(run("papers", library=library), 1)
    assert said.startswith("Something went wrong (KeyError: ")
    assert "ASSISTANT_DEBUG=1" in said
    monkeypatch.setenv("ASSISTANT_DEBUG", "1")
    with pytest.raises(KeyError):
        run("papers", library=library)


def test_an_interrupt_hidden_in_another_error_is_an_interrupt(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise ImportError("initialization failed") from error

    monkeypatch.setattr("ui.listing.open_library", broken)
    assert complaint(run("papers", library=library), 130) == "Interrupted."


def test_an_interrupt_has_a_code_of_its_own(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ui.listing.open_library", stopped)
    assert complaint(run("papers", "--json", library=library), 130) == "Interrupted."


def test_exit_codes_are_told_by_help(run: Run) -> None:
    text = " ".join(run("--help").out.split())
    for code, why in shared.EXIT_CODES.items():
        assert f"{code} {why}" in text


def test_the_program_prints_json_and_nothing_else(library: Path, tmp_path: Path) -> None:
    asked = run_program(
        tmp_path, "ask", ABOUT_TIDES, "--json",
        ASSISTANT_LIBRARY=str(library), ASSISTANT_REFUSE_BELOW="0",
    )  # fmt: skip
    assert document(asked)["citations"][0]["title"] == TIDES.title
    assert asked.err == ""


def test_a_reader_that_goes_away_is_no_error(library: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [PROGRAM, "--library", library, "papers"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(60) == 0
    assert process.stderr.read() == ""
    process.stderr.close()


def test_a_terminal_that_knows_few_letters_gets_what_it_can_show(
    library: Path, tmp_path: Path
) -> None:
    shown = run_program(
        tmp_path, "papers", ASSISTANT_LIBRARY=str(library), PYTHONIOENCODING="ascii"
    )
    assert (shown.code, shown.err) == (0, "")
    assert len(shown.out.splitlines()) == 6
