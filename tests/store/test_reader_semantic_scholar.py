"""Records of Semantic Scholar."""

from __future__ import annotations

from datetime import date as Date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected, Source
from store.readers.semantic_scholar import SemanticScholar
from tests.store.any_json import (
    breaks_only_as_it_should,
    claimed_by,
    lines_of,
    read,
    reads_anything,
    records,
    sample,
)

READER = SemanticScholar()
KEYS = ("paperId", "corpusid", "externalIds", "DOI", "ArXiv", "title", "abstract", "venue", "name",
        "journal", "authors", "year", "publicationDate", "citingPaper", "url")  # fmt: skip
GULLS = Paper(
    title="Gulls Learn Two Languages",
    abstract="Gulls raised beside a ferry learn its horn. They use it to call.",
    authors=("K. Nes", "A. Rao"),
    date=Date(2021, 6, 18),
    venue="Workshop on Sea Speech",
    url="https://www.semanticscholar.org/paper/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
    doi="10.5555/sea.2021.3",
    arxiv_id="2106.09999",
    other_ids=(
        "acl:2021.sea-main.3",
        "pubmed:34111222",
        "s2:0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
        "s2:corpus235000001",
    ),
    sources=(Source("f", 1, 1),),
)


def test_an_answer_gives_its_papers() -> None:
    gulls, lost = read(READER, sample("semantic-scholar", "search.json"))
    assert gulls == GULLS
    assert isinstance(lost, Rejected)
    assert lost.why == "it has no abstract"
    assert "s2:corpus235000002" in lost.fields


def test_citations_give_the_papers_that_cite() -> None:
    assert read(READER, sample("semantic-scholar", "citations.json")) == [GULLS]


def test_a_data_set_is_read() -> None:
    (moss,) = read(READER, sample("semantic-scholar", "dataset.jsonl"))
    assert isinstance(moss, Paper)
    assert (moss.venue, moss.year, moss.other_ids) == (
        "Damp Computing",
        2018,
        ("s2:corpus235000003",),
    )


def test_the_older_corpus_is_read() -> None:
    old = {"id": "ab" * 20, "title": "T", "paperAbstract": "A b.", "s2Url": "https://b.c/d",
           "authors": [{"name": "K. Nes", "ids": ["1"]}], "venue": "ArXiv", "journalName": "Sea",
           "pmid": "12", "inCitations": []}  # fmt: skip
    assert claimed_by(lines_of([old]).encode()) == ["semantic-scholar"]
    (paper,) = read(READER, lines_of([old]))
    assert isinstance(paper, Paper)
    assert paper.other_ids == ("pubmed:12", f"s2:{'ab' * 20}")
    assert (paper.abstract, paper.venue) == ("A b.", "Sea")


def test_it_is_told_by_its_content() -> None:
    for name in ("search.json", "citations.json", "dataset.jsonl"):
        assert claimed_by(sample("semantic-scholar", name)) == ["semantic-scholar"]


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(1500, 2050)), max_size=4))
@settings(max_examples=30)
def test_what_is_written_is_read(given_: list[tuple[int, int]]) -> None:
    written = [
        {"corpusid": n, "title": f"T {n}", "abstract": f"A {n}.", "year": y, "externalids": None}
        for n, y in given_
    ]
    found = [one for one in read(READER, lines_of(written)) if isinstance(one, Paper)]
    assert [(one.other_ids, one.year) for one in found] == [
        ((f"s2:corpus{n}",), y) for n, y in given_
    ]


@given(st.lists(records(KEYS), max_size=4))
@settings(max_examples=80, deadline=None)
def test_records_of_any_shape_do_no_harm(given_: list[Any]) -> None:
    reads_anything(READER, given_)


@given(st.binary(max_size=100))
@settings(max_examples=30)
def test_no_input_raises_anything_but_reader_errors(data: bytes) -> None:
    breaks_only_as_it_should(READER, data)
