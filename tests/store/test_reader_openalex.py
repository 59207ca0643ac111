"""Works of OpenAlex."""

from __future__ import annotations

from datetime import date as Date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected, Source
from store.readers.openalex import OpenAlex, text_of
from tests.store.any_json import (
    breaks_only_as_it_should,
    claimed_by,
    lines_of,
    read,
    reads_anything,
    records,
    sample,
)

READER = OpenAlex()
KEYS = ("id", "ids", "title", "display_name", "abstract_inverted_index", "authorships", "author",
        "institutions", "publication_date", "primary_location", "locations", "source", "type",
        "landing_page_url", "doi", "pmid", "InvertedIndex")  # fmt: skip


def index_of(text: str) -> dict[str, list[int]]:
    index: dict[str, list[int]] = {}
    for place, word in enumerate(text.split()):
        index.setdefault(word, []).append(place)
    return index


def test_the_sample_gives_its_papers() -> None:
    herring, knots = read(READER, sample("openalex", "answer.json"))
    assert herring == Paper(
        title="Herring Sing Before Rain",
        abstract="We recorded the herring of one fjord for the whole of one year, and the herring "
        "sang before rain.",
        authors=("Kari Nes", "Olav Dal"),
        organisation="University of the Fjord",
        date=Date(2022, 9, 14),
        venue="Fjord Letters",
        url="https://doi.org/10.5555/fjord.8",
        doi="10.5555/fjord.8",
        other_ids=("openalex:w4400000001", "pubmed:36012345"),
        sources=(Source("f", 1, 1),),
    )
    assert isinstance(knots, Paper)
    assert (knots.arxiv_id, knots.venue) == ("2301.00777", None)  # a repository is no venue
    assert knots.organisation is None  # one author's isn't known


def test_works_in_lines_are_the_same() -> None:
    herring, silent = read(READER, sample("openalex", "works.jsonl"))
    assert herring == read(READER, sample("openalex", "answer.json"))[0]
    assert isinstance(silent, Rejected)
    assert (silent.why, silent.source.line) == ("it has no abstract", 2)


def test_it_is_told_by_its_content() -> None:
    assert claimed_by(sample("openalex", "answer.json")) == ["openalex"]
    assert claimed_by(sample("openalex", "works.jsonl")) == ["openalex"]


@given(st.lists(st.text("abc.,é", min_size=1, max_size=3), min_size=1).map(" ".join))
def test_a_text_comes_back_from_its_index(text: str) -> None:
    assert text_of(index_of(text)) == text
    assert text_of({"IndexLength": 3, "InvertedIndex": index_of(text)}) == text


@given(st.lists(st.dates(Date(1700, 1, 1), Date(2030, 1, 1)), max_size=4))
@settings(max_examples=30)
def test_what_is_written_is_read(days: list[Date]) -> None:
    written = [
        {
            "id": f"https://openalex.org/W{n}",
            "title": f"Title {n}",
            "abstract_inverted_index": index_of(f"The abstract of {n} is the abstract."),
            "authorships": [{"author": {"display_name": f"Author {n}"}}],
            "publication_date": day.isoformat(),
        }
        for n, day in enumerate(days, start=1)
    ]
    found = [one for one in read(READER, lines_of(written)) if isinstance(one, Paper)]
    assert [(one.other_ids, one.abstract, one.date, one.authors) for one in found] == [
        ((f"openalex:w{n}",), f"The abstract of {n} is the abstract.", day, (f"Author {n}",))
        for n, day in enumerate(days, start=1)
    ]


@given(st.lists(records(KEYS), max_size=4))
@settings(max_examples=80, deadline=None)
def test_records_of_any_shape_do_no_harm(given_: list[Any]) -> None:
    reads_anything(READER, given_)


@given(st.binary(max_size=100))
@settings(max_examples=30)
def test_no_input_raises_anything_but_reader_errors(data: bytes) -> None:
    breaks_only_as_it_should(READER, data)
