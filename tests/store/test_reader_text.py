"""Plain text in blocks: what is a record, and what is left alone."""

from __future__ import annotations

import contextlib
import io
import textwrap
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected
from store.readers.base import Origin, ReaderError
from store.readers.blocks import TextBlocks
from tests.store.packing import Pipe
from tests.store.test_reader_csv import TITLES

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples"
BODY = "We count the ferries of a harbour at dusk. Most of them are late, and none is early. " * 3


def read(data: bytes | str | BinaryIO) -> tuple[list[Paper], list[Rejected]]:
    data = data.encode() if isinstance(data, str) else data
    found: tuple[list[Paper], list[Rejected]] = ([], [])
    for one in TextBlocks().read(data, Origin("a.txt")):
        found[isinstance(one, Rejected)].append(one)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("name", ["blocks", "wrapped", "labelled", "spaced"])
def test_the_samples_are_known_and_read(name: str) -> None:
    data = (SAMPLES / "text" / f"{name}.txt").read_bytes()
    assert TextBlocks().sniff(data, "a.txt")
    papers, rejected = read(data)
    assert rejected == []
    assert [paper.title for paper in papers] == TITLES
    assert papers[0].abstract.endswith("the rinse costs less than one lamp a year.")
    assert papers[3].abstract.endswith('than "name this", at the same cost.')
    if name in ("wrapped", "labelled"):
        assert papers[2].authors == ("Piet van der Berg", "Lucie Moreau", "Jun Sato")
    if name == "labelled":
        assert (papers[0].year, papers[0].doi) == (2021, "10.5555/lamp.2021.7")
    if name in ("wrapped", "spaced"):
        assert papers[1].arxiv_id == "2402.01231"
        assert papers[1].url == "https://arxiv.org/abs/2402.01231"
    assert [paper.sources[0].position for paper in papers] == [1, 2, 3, 4]
    lines = data.decode().splitlines()
    assert all(p.title in lines[p.sources[0].line - 1] for p in papers)


def test_labels_may_stand_alone_be_bold_or_be_missing() -> None:
    papers, rejected = read(
        f"**Title:** Ferries\n**Authors:** Jo Doe and Al Roe\n**Abstract:** {BODY}\n"
        f"Title: Bells\nAbstract\n{BODY}\nKeywords: bells, towns\n\n"
        "Title: Fog\nAuthors: Jo Doe\n\n"
        f"TITLE: Lamps\nSummary: {BODY}\n\nA second paragraph.\n"
    )
    assert [(paper.title, paper.kind) for paper in papers] == [
        ("Ferries", "abstract"),
        ("Bells", "abstract"),
        ("Lamps", "summary"),
    ]
    assert papers[0].authors == ("Jo Doe", "Al Roe")
    assert papers[1].abstract == BODY.strip()
    assert papers[2].abstract.endswith("A second paragraph.")
    assert [(one.why, one.source.position) for one in rejected] == [("it has no abstract", 3)]
    assert "Jo Doe" in rejected[0].fields


def test_a_block_without_an_abstract_or_beyond_measure_costs_only_itself() -> None:
    papers, rejected = read(
        f"Ferries\n{BODY}\n\nA lone title\n\nFog\n{'y z. ' * 100_000}\n\nBells\n{BODY}\n"
    )
    assert [paper.title for paper in papers] == ["Ferries", "Bells"]
    assert rejected[0].why == "it has no abstract"
    assert len(rejected) == 2


LICENCE = textwrap.fill(BODY * 2, 72)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Buy milk.",
        f"Dear Ann,\n\n{BODY}\n\nYours,\nBob\n",
        f"Dear Ann,\n{BODY}\n\nYours,\nBob\n",
        f"Ferries\n{BODY}\n",
        f"{LICENCE}\n\n{LICENCE}\n\n{LICENCE}\n",
        f"# Ferries\n{BODY}\n\n## Bells\n{BODY}\n",
        f"- Ferries\n{BODY}\n\n- Bells\n{BODY}\n",
        "2024-01-01 INFO started\n2024-01-01 INFO loaded\n\n2024-01-02 INFO stopped\n" * 20,
        "def count(ferries):\n    return len(ferries)\n\n\ndef ring(bells):\n    return 1\n" * 9,
        "title: Ferries\nversion: 2\n\ndescription: x\n",
        "From: a@example.org\nSubject: Ferries\nDate: today\n\n" + BODY,
        "The moon above the quay\nIs pale and far away.\nThe ferries sleep and sway\n\n" * 5,
    ],
)
def test_what_holds_no_papers_is_not_claimed(text: str) -> None:
    assert not TextBlocks().sniff(text.encode(), "papers.txt")


def test_no_file_of_this_project_is_claimed() -> None:
    kinds = ("*.py", "*.md", "*.toml", "Makefile", "LICENSE", "*.html", "*.css", "*.js")
    files = [f for kind in kinds for f in ROOT.glob(kind)]
    files += [f for top in ("store", "ui", "docs", "prompts") for f in (ROOT / top).rglob("*.*")]
    looked = 0
    for file in files:
        if file.is_file() and file.stat().st_size < 10**6:
            looked += 1
            assert not TextBlocks().sniff(file.read_bytes()[:65_536], file.name), file
    assert looked > 50


def test_the_samples_of_other_formats_are_not_claimed() -> None:
    for file in SAMPLES.glob("*/*"):
        if file.parent.name not in ("text", "page"):  # pages are asked first
            assert not TextBlocks().sniff(file.read_bytes()[:65_536], file.name), file


titles = st.from_regex(r"[A-Z][a-z]{3,9}( [a-z]{2,9}){2,6}", fullmatch=True).filter(
    lambda title: title.split()[0].lower() not in ("title", "abstract", "summary", "author")
)
abstracts = st.from_regex(r"[A-Z][a-z]{3,9}( [a-z]{3,9}){40,60}\.", fullmatch=True)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(titles, abstracts), min_size=2, max_size=4),
    st.sampled_from([0, 60, 90]),
    st.booleans(),
)
def test_what_is_written_is_read(papers: list[tuple[str, str]], width: int, labels: bool) -> None:
    def wrapped(text: str) -> str:
        return textwrap.fill(text, width, break_long_words=False) if width else text

    form = "Title: {}\nAbstract: {}" if labels else "{}\n{}"
    text = "\n\n".join(form.format(title, wrapped(abstract)) for title, abstract in papers)
    assert TextBlocks().sniff(text.encode(), "a.txt")
    found, rejected = read(text)
    assert rejected == []
    assert [(paper.title, paper.abstract) for paper in found] == papers


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"Title: a\nAbstract: b\n", b"\xff\xfe"]))
def test_no_bytes_raise_anything_but_a_reader_error(data: bytes, before: bytes) -> None:
    TextBlocks().sniff(before + data, "a")
    with contextlib.suppress(ReaderError):
        read(before + data)


def test_a_large_file_is_read_as_it_comes() -> None:
    def pieces() -> Iterator[bytes]:
        for number in range(20_000):
            yield f"Ferry number {number}\n{BODY}\n\n".encode()

    source = Pipe(pieces())
    records = TextBlocks().read(cast(BinaryIO, io.BufferedReader(source)), Origin("a.txt"))
    next(records)
    assert source.taken < 300_000
    tracemalloc.start()
    assert sum(1 for _ in records) == 19_999
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
