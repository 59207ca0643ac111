"""Where the command line writes: terminals, pipes, progress and JSON."""

from __future__ import annotations

import json
import re

import pytest

from tests.ui.screens import put_in_place, screen, written
from ui import terminal
from ui.terminal import clean, counted, progress_bar


@pytest.mark.parametrize("text", ["a\x1b[31mred", "bell\x07", "\x9b2J", "back\x08\x7f", "nul\x00"])
def test_a_text_can_not_steer_the_terminal(text: str) -> None:
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", clean(text))
    assert clean("keeps\nlines\tand – “marks”") == "keeps\nlines\tand – “marks”"


def test_counts_agree_with_their_nouns() -> None:
    assert [counted(n, "paper") for n in (0, 1, 2)] == ["0 papers", "1 paper", "2 papers"]


def test_progress_is_silent_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    to = put_in_place(monkeypatch, screen(None))
    with progress_bar("Embedding") as tell:
        tell(1, 2)
    with terminal.working("Opening …"):
        pass
    assert written(to) == ""


def test_progress_counts_what_is_read_and_then_what_is_embedded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    to = put_in_place(monkeypatch, screen(80, styled=True))
    with progress_bar("Embedding") as tell:
        tell(25, 0)
        tell(50, 0)
        tell(64, 128)
        tell(128, 128)
    assert "128/128" in written(to)
    assert "Embedding" in written(to)


def test_json_is_one_document_with_letters_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal.print_json({"title": "Ωmega – “é”"})
    out, err = capsys.readouterr()
    assert "Ωmega – “é”" in out
    assert json.loads(out) == {"title": "Ωmega – “é”"}
    assert err == ""
