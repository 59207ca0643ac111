"""What the tests of the store share: an empty catalogue, an empty library, a
watch on the embedder, and an indexing in small steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from store import following
from store.catalog import Catalog
from store.embedding import MiniLM
from store.library import Library
from tests.store.making import open_library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that the built-in embedder is given, be it for its vector or all its pieces."""
    texts: list[str] = []

    def watch(name: str) -> None:
        real = getattr(MiniLM, name)

        def watched(self: MiniLM, given: Any, *how: Any) -> Any:
            texts.extend(given)
            return real(self, given, *how)

        monkeypatch.setattr(MiniLM, name, watched)

    watch("embed")
    watch("read")
    return texts


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_VECTORS_AT_A_TIME", 8)
    monkeypatch.setattr(following, "_VECTORS_FIRST", 8)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog(tmp_path / "papers.sqlite")
    yield opened
    opened.close()
