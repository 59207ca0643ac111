"""Any other JSON with papers, and the file of rejected records."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from datetime import date as Date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected, Source
from store.readers.base import Origin
from store.readers.papers_json import PapersJson
from tests.store.any_json import (
    Counted,
    breaks_only_as_it_should,
    claimed_by,
    lines_of,
    read,
    reads_anything,
    records,
    sample,
)
from tests.store.any_papers import papers

READER = PapersJson()
KEYS = ("title", "name", "abstract", "summary", "authors", "date", "year", "url", "doi", "id",
        "affiliation", "likes", "content", "rejected", "file", "position", "line", "text", "kind",
        "sources", "other_ids", "corpusid")  # fmt: skip
FOLDING = {"title": "Folding", "abstract": "We fold.", "authors": ["Ana Sousa"], "year": 2024}


def test_lines_with_our_own_names_are_read() -> None:
    folding, cups = read(READER, sample("jsonl", "conference.jsonl"))
    assert folding == Paper(
        title="Folding Chairs by Gradient Descent",
        abstract="We fold chairs. The loss is the height of the pile.",
        authors=("Ana Sousa", "Tomás Ruiz"),
        year=2024,
        venue="FURN",
        url="https://openreview.net/forum?id=abcDEF123",
        sources=(Source("f", 1, 1),),
    )
    assert isinstance(cups, Paper)
    assert cups.arxiv_id == "2302.11111"  # by its address


def test_names_are_guessed() -> None:
    shadows, clouds = read(READER, sample("jsonl", "named-otherwise.json"))
    assert shadows == Paper(
        title="Shadows as Sundials",
        abstract="Any shadow can tell the time if its pole is known.",
        authors=("Kari Nes", "Olav Dal"),
        organisation="Coast College",
        date=Date(2016, 5, 3),
        upvotes=12,
        venue="SKY 2016",
        url="https://example.org/sky/4",
        doi="10.5555/sky.4",
        sources=(Source("f", 1),),
    )
    assert isinstance(clouds, Rejected)
    assert clouds.why == "it has no abstract"


def test_notes_of_openreview_are_unwrapped() -> None:
    (chairs,) = read(READER, sample("jsonl", "openreview.json"))
    assert isinstance(chairs, Paper)
    assert (chairs.title, chairs.authors) == ("Chairs That Learn", ("Ana Sousa", "Li Wei"))
    assert chairs.url == "https://openreview.net/forum?id=abcDEF123"


def test_rejected_records_that_were_mended_keep_their_place() -> None:
    mended, still, comma, no_comma = read(READER, sample("jsonl", "rejects.jsonl"), "rejects.jsonl")
    assert isinstance(mended, Paper)
    assert mended.sources == (Source("old/list.bib", 7, 91),)
    assert isinstance(still, Rejected)
    assert (still.source, still.why) == (Source("old/list.bib", 9, 120), "it has no abstract")
    assert json.loads(still.fields) == {"title": "Still Without", "year": 2012}
    assert isinstance(comma, Paper)
    assert (comma.title, comma.sources) == (
        "A Comma Was Missing",
        (Source("old/lines.jsonl", 3, 3),),
    )
    assert isinstance(no_comma, Rejected)
    assert no_comma.why == "this line is no JSON"
    assert no_comma.text.startswith('{"title": "A Comma Is')


def test_it_is_told_by_its_content() -> None:
    for name in ("conference.jsonl", "named-otherwise.json", "openreview.json", "rejects.jsonl"):
        assert claimed_by(sample("jsonl", name)) == ["jsonl"]
    assert claimed_by(lines_of([FOLDING] * 999).encode()[:65_536]) == ["jsonl"]


@pytest.mark.parametrize(
    "other",
    [
        {
            "name": "left-pad",
            "version": "1.0.0",
            "description": "Pads.",
            "author": "A B",
            "license": "",
        },
        {
            "cells": [],
            "metadata": {"title": "A Notebook", "authors": [{"name": "A"}]},
            "nbformat": 4,
        },
        {
            "type": "FeatureCollection",
            "features": [{"properties": {"title": "a"}}],
        },
        [{"role": "user", "content": "What is a paper?"}],
        [{"title": "A Chat", "create_time": 1.5, "mapping": {}}],
        {
            "$schema": "https://json-schema.org/x",
            "title": "Config",
            "description": "d",
            "type": "object",
        },
        {"level": "info", "msg": "started", "time": "2024-01-01"},
        {"id": "1", "url": "https://b.c", "title": "An Encyclopedia's Page", "text": "It says"},
        {"openapi": "3.1.0", "info": {"title": "An API", "description": "d", "version": "1"}},
        [1, 2, 3],
        {},
        [],
        "text",
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_other_json_is_left_alone(other: object, indent: int | None) -> None:
    assert claimed_by(json.dumps(other, indent=indent).encode()) == []


@given(st.lists(papers(st.from_regex(r"[a-z]{2,9}( [a-z]{2,9}){0,3}", fullmatch=True)), max_size=3))
@settings(max_examples=40, deadline=None)
def test_our_own_records_come_back(given_: list[Paper]) -> None:
    found = read(READER, "".join(json.dumps(asdict(paper), default=str) + "\n" for paper in given_))
    for paper, one in zip(given_, found, strict=True):
        assert isinstance(one, Paper)
        source = paper.sources[:1] or one.sources
        for name in (
            "title", "abstract", "kind", "authors", "author_count", "organisation", "date",
            "date_inferred", "year", "upvotes", "venue", "doi", "arxiv_id",
        ):  # fmt: skip
            assert getattr(one, name) == getattr(paper, name)
        assert one.sources == source


def test_lines_stream() -> None:
    lines = (json.dumps({**FOLDING, "title": f"T {n}"}).encode() + b"\n" for n in range(20_000))
    stream = Counted(lines)
    found = READER.read(io.BufferedReader(stream), Origin("f"))
    next(found)
    assert stream.given < 500_000
    assert sum(1 for _ in found) == 19_999


@given(st.lists(records(KEYS), max_size=4))
@settings(max_examples=80, deadline=None)
def test_records_of_any_shape_do_no_harm(given_: list[Any]) -> None:
    reads_anything(READER, given_)


@given(st.binary(max_size=100))
@settings(max_examples=30)
def test_no_input_raises_anything_but_reader_errors(data: bytes) -> None:
    breaks_only_as_it_should(READER, data)
