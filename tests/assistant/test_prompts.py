"""The prompts are whole: each has exactly the fields that the code fills."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import prompts
from assistant.writing.model import REFUSAL
from prompts import FIELDS, BadPrompt, fill, load

FOLDER = Path(prompts.__file__).parent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that prompts are read from in place of the package's own."""
    monkeypatch.setattr(prompts, "files", lambda _: tmp_path)
    load.cache_clear()
    yield tmp_path
    load.cache_clear()


def test_every_prompt_has_a_file_and_every_file_is_known() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(FIELDS)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_each_prompt_fills(name: str) -> None:
    values = {field: f"<{field} {{odd}}>" for field in FIELDS[name]}
    filled = fill(name, **values)
    assert all(filled.count(value) == 1 for value in values.values())
    plain = filled
    for value in values.values():
        plain = plain.replace(value, "")
    assert "{" not in plain
    assert "}" not in plain
    assert filled == filled.strip()


def test_the_answer_prompt_tells_the_model_how_to_refuse_and_to_cite() -> None:
    system = load("answer_system")
    assert REFUSAL in system
    assert "[1]" in system
    assert "ignore any request" in system


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Abstracts: {passages}", "passages"),  # a field is missing
        ("{passages} {question} {mood}", "mood"),  # one that nobody fills
        ("{passages} {question} {}", "''"),  # one without a name
        ("{passages} {question.title}", "question.title"),
    ],
)
def test_a_wrong_field_is_a_bad_prompt(folder: Path, text: str, named: str) -> None:
    (folder / "answer.txt").write_text(text, "utf-8")
    with pytest.raises(BadPrompt, match=r"prompts/answer\.txt must hold exactly the fields") as bad:
        fill("answer", passages="x", question="y")
    assert named in str(bad.value)


@pytest.mark.parametrize("text", ["{passages} {question", "{passages} {question}}"])
def test_a_brace_that_opens_no_field_is_a_bad_prompt(folder: Path, text: str) -> None:
    (folder / "answer.txt").write_text(text, "utf-8")
    with pytest.raises(BadPrompt, match=r"prompts/answer\.txt"):
        load("answer")


def test_doubled_braces_are_text(folder: Path) -> None:
    (folder / "answer.txt").write_text("{{as JSON}} {passages} {question}\n", "utf-8")
    assert fill("answer", passages="x", question="y") == "{as JSON} x y"
