"""Records and libraries for the tests of the store, out of invented words."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from store.library import Library
from store.paper import Paper, Source
from store.settings import StoreSettings

_NOUNS = (
    "glacier", "harbour", "violin", "orchard", "satellite", "ledger", "protein", "canal",
    "turbine", "dialect", "meadow", "quarry", "lantern", "reef", "sensor", "archive",
)  # fmt: skip
_VERBS = ("measure", "compare", "predict", "restore", "simulate", "map", "classify", "explain")
_HOW = ("slowly", "robustly", "cheaply", "jointly", "at night", "from space", "under drought")


def record(
    title: str = "Tides in small harbours",
    abstract: str = "We measure tides. They rise twice a day.",
    file: str = "a.txt",
    position: int = 1,
    **facts: Any,
) -> Paper:
    """A record as a reader gives it: with the one place that it was read from."""
    return Paper(
        title=title, abstract=abstract, sources=(Source(file, position, 10 * position),), **facts
    )


def invented(count: int, file: str = "a.txt", seed: int = 1, sentences: int = 2) -> list[Paper]:
    """Different papers, the same ones for the same arguments."""
    random = Random(seed)
    return [
        record(
            f"The {random.choice(_NOUNS)} and the {random.choice(_NOUNS)}, study {seed}-{number}",
            " ".join(_sentence(random) for _ in range(sentences)),
            file,
            number,
            year=2000 + number % 25,
        )
        for number in range(1, count + 1)
    ]


def _sentence(random: Random) -> str:
    verb, how = random.choice(_VERBS), random.choice(_HOW)
    return f"We {verb} each {random.choice(_NOUNS)} and {random.choice(_NOUNS)} {how}."


def page(papers: Sequence[Paper]) -> str:
    """A listing page that holds these papers: titles and abstracts on alternate lines."""
    return "\n".join(f"{paper.title}\n{paper.abstract}" for paper in papers) + "\n\n"


def open_library(folder: Path, **options: Any) -> Library:
    """A real library with the built-in embedder, which gives up on a taken lock at once."""
    embedder = options.pop("embedder", None)
    owner = options.pop("owner", "a test")
    settings = StoreSettings(library=folder, lock_wait=0.2, **options)
    return Library(settings, embedder=embedder, owner=owner)


def stored_pieces(folder: Path) -> list[tuple[str, str, bytes]]:
    """The rows of a library's file of word pieces: paper, digest of its text, code."""
    if not (folder / "pieces.sqlite").exists():
        return []
    with sqlite3.connect(folder / "pieces.sqlite") as db:
        found = sorted(db.execute("SELECT paper, digest, code FROM pieces"))
    db.close()
    return found


@dataclass(frozen=True)
class Contents:
    """All that a library holds, in a form that compares; vectors to the last bit."""

    tables: dict[str, list[tuple[Any, ...]]]
    chunks: list[tuple[str, str, dict[str, Any], bytes]]
    pieces: list[tuple[str, str, bytes]]
    words: dict[str, list[tuple[str, float]]]
    waiting: tuple[int, int]


def contents(library: Library) -> Contents:
    """What a library holds; the time at which a paper was added aside."""
    tables: dict[str, list[tuple[Any, ...]]] = {}
    with sqlite3.connect(library.folder / "papers.sqlite") as db:
        for table in ("papers", "records", "keys", "chunks", "meta"):
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            kept = ", ".join(column for column in names if column != "added")
            tables[table] = sorted(db.execute(f"SELECT {kept} FROM {table}"))
    db.close()
    pieces = stored_pieces(library.folder)
    # By Chroma's own client, so that nothing of ours stands between.
    found: Any = library.vectors.store._collection.get(
        include=["embeddings", "documents", "metadatas"]
    )
    columns = (found[name] for name in ("ids", "documents", "metadatas", "embeddings"))
    chunks = sorted(
        (chunk_id, str(text), dict(meta), np.asarray(vector, np.float32).tobytes())
        for chunk_id, text, meta, vector in zip(*columns, strict=True)
    )
    return Contents(
        tables,
        chunks,
        pieces,
        {word: library.words.search(word, 10_000) for word in (*_NOUNS, *_VERBS, "study")},
        (library.pending("words"), library.pending("vectors")),
    )
