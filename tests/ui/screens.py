"""Terminals and pipes that keep what is written to them."""

from __future__ import annotations

import io

import pytest

from ui import showing, terminal
from ui.terminal import Screen


def screen(columns: int | None, *, styled: bool = False) -> Screen:
    """A terminal of so many columns, or a pipe, that keeps what is written to it."""
    return Screen(
        file=io.StringIO(),
        force_terminal=columns is not None,
        width=columns,
        height=50,
        highlight=False,
        color_system="standard" if styled else None,
        legacy_windows=False,
    )


def written(to: Screen) -> str:
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


def put_in_place(monkeypatch: pytest.MonkeyPatch, new: Screen) -> Screen:
    monkeypatch.setattr(showing, "out", new)
    monkeypatch.setattr(showing, "err", new)
    monkeypatch.setattr(terminal, "err", new)
    return new
