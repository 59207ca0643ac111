"""Daily papers of Hugging Face."""

from __future__ import annotations

import json
from datetime import date as Date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Source
from store.readers.hf_daily import HfDaily
from tests.store.any_json import (
    breaks_only_as_it_should,
    claimed_by,
    read,
    reads_anything,
    records,
    sample,
)

READER = HfDaily()
KEYS = ("paper", "id", "title", "summary", "authors", "name", "publishedAt", "upvotes",
        "organization", "fullname")  # fmt: skip


def test_the_sample_gives_its_papers() -> None:
    bees, quiet = read(READER, sample("hf-daily", "daily.json"))
    assert bees == Paper(
        title="Dancing Bees as Reward Models",
        abstract="We let a hive of honeybees rank the answers of a small language model. Their "
        "waggle dances agree with people on 71% of the pairs.",
        authors=("Ana Sousa", "Li Wei"),
        organisation="Hive Lab",
        date=Date(2025, 11, 3),
        upvotes=57,
        url="https://huggingface.co/papers/2511.01233",
        arxiv_id="2511.01233",
        sources=(Source("f", 1),),
    )
    assert isinstance(quiet, Paper)
    assert (quiet.upvotes, quiet.organisation) == (0, None)


def test_a_paper_alone_is_the_same_paper() -> None:
    (alone,) = read(READER, sample("hf-daily", "one.json"))
    among = read(READER, sample("hf-daily", "daily.json"))[1]
    assert isinstance(alone, Paper)
    assert isinstance(among, Paper)
    assert (alone.id, alone.abstract, alone.date) == (among.id, among.abstract, among.date)


def test_it_is_told_by_its_content() -> None:
    assert claimed_by(sample("hf-daily", "daily.json")) == ["hf-daily"]
    assert claimed_by(sample("hf-daily", "one.json")) == ["hf-daily"]


@given(st.lists(st.tuples(st.dates(Date(2000, 1, 1), Date(2030, 1, 1)), st.integers(0, 10**6))))
@settings(max_examples=30)
def test_what_is_written_is_read(given_: list[tuple[Date, int]]) -> None:
    written = [
        {
            "paper": {
                "id": f"2511.{n:05}",
                "title": f"Title {n}",
                "summary": f"Abstract {n}.",
                "authors": [{"name": f"Author {n}"}],
                "publishedAt": f"{day.isoformat()}T00:00:00.000Z",
                "upvotes": votes,
            },
            "numComments": 3,
        }
        for n, (day, votes) in enumerate(given_)
    ]
    found = [one for one in read(READER, json.dumps(written)) if isinstance(one, Paper)]
    assert [(one.arxiv_id, one.date, one.upvotes) for one in found] == [
        (f"2511.{n:05}", day, votes) for n, (day, votes) in enumerate(given_)
    ]


@given(st.lists(records(KEYS), max_size=4))
@settings(max_examples=80, deadline=None)
def test_records_of_any_shape_do_no_harm(given_: list[Any]) -> None:
    reads_anything(READER, given_)


@given(st.binary(max_size=100))
@settings(max_examples=30)
def test_no_input_raises_anything_but_reader_errors(data: bytes) -> None:
    breaks_only_as_it_should(READER, data)
