"""A tiny collection in BEIR's layout, its library, and the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eval.beir import Collection, collection_library, load_collection
from store.library import Library
from tests.eval.making import Command
from ui.cli import main

DOCUMENTS = [
    ("d1", "Tide clocks", "A tide clock reads the tide from the slack of mooring lines."),
    ("d2", "Notes", "Beehives of different valleys hum in different dialects."),
    ("d3", "Notes", "Sourdough starters slow down at altitude as the air grows thin."),
    ("d4", "", "Lighthouse lenses scatter blue light more than red light."),
    ("d5", "Harbour seals and ferries", ""),
    ("d6", "", ""),
]
QUERIES = {
    "q1": "How can one read the tide without a gauge?",
    "q2": "Do bees hum in dialects?",
    "q3": "Nobody judged this.",
}
JUDGED = "q1\td1\t2\nq1\td5\t1\nq2\td2\t1\n"

Write = Callable[..., Path]


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture(scope="session")
def write_collection(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Writes the collection into a new folder; judgements and their place can be given."""

    def write(judged: str = JUDGED, place: str = "qrels.tsv") -> Path:
        folder = tmp_path_factory.mktemp("beir") / "tiny"
        (folder / place).parent.mkdir(parents=True)
        corpus = [{"_id": i, "title": title, "text": text} for i, title, text in DOCUMENTS]
        (folder / "corpus.jsonl").write_text(lines(corpus), "utf-8")
        asked = [{"_id": i, "text": text} for i, text in QUERIES.items()]
        (folder / "queries.jsonl").write_text(lines(asked), "utf-8")
        (folder / place).write_text(judged, "utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def collection(write_collection: Write) -> Collection:
    return load_collection(write_collection())


@pytest.fixture(scope="session")
def tiny_library(
    collection: Collection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Library, dict[str, str]]]:
    """The collection's library with its documents by paper; no test may change it."""
    with collection_library(collection, tmp_path_factory.mktemp("work")) as opened:
        yield opened


@pytest.fixture
def nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [*os.environ]:
        if name.startswith(("ASSISTANT_", "OPENAI_", "OTEL_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ASSISTANT_LOCK_WAIT", "0.2")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line: exit code, what was printed, what was said of errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        wrote = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, wrote.out, wrote.err

    return run
