"""docs/cli.md is made from the code, and stands as the code does."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from tests.ui.making import ROOT
from ui.app import EXIT_CODES, app
from ui.reference import reference
from ui.settings import Settings, environment_names

DOCS = ROOT / "docs" / "cli.md"
REMEDY = "docs/cli.md is stale: run python -m ui.reference > docs/cli.md"


def test_the_docs_are_as_the_code_is() -> None:
    assert DOCS.read_text("utf-8") == reference(), REMEDY


def test_every_command_option_code_and_setting_is_told() -> None:
    text = reference()
    root = typer.main.get_command(app)
    commands = dict(root.commands)  # type: ignore[attr-defined]  # it is a group
    commands |= {f"papers {name}": c for name, c in commands["papers"].commands.items()}
    for name, command in commands.items():
        assert f"## `assistant {name}`" in text
        for param in command.params:
            told = param.opts[0] if param.param_type_name == "option" else param.metavar
            assert told in text
            assert param.help in text
    for code, why in EXIT_CODES.items():
        assert f"| {code} | {why} |" in text
    for name in Settings.model_fields:
        assert f"| `{name}` |" in text
        assert all(f"`{variable}`" in text for variable in environment_names(name))


def test_the_docs_are_the_same_on_every_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = reference()
    monkeypatch.setenv("HOME", "/home/nobody")
    monkeypatch.setenv("ASSISTANT_TOP_K", "3")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.chdir(tmp_path)
    assert reference() == before
    assert str(Path.home()) not in before
    assert str(ROOT) not in before
