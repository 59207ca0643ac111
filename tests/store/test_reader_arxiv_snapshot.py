"""arXiv's bulk metadata."""

from __future__ import annotations

import json
from datetime import date as Date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected, Source
from store.readers.arxiv_snapshot import ArxivSnapshot
from tests.store.any_json import (
    breaks_only_as_it_should,
    claimed_by,
    lines_of,
    read,
    reads_anything,
    records,
    sample,
)

READER = ArxivSnapshot()
KEYS = ("id", "title", "abstract", "authors", "authors_parsed", "versions", "created", "doi",
        "journal-ref", "update_date", "categories")  # fmt: skip
_NAMES = st.from_regex(r"[A-Z][a-z]{1,8}", fullmatch=True)


def test_the_sample_gives_its_papers() -> None:
    snails, membrane, withdrawn = read(READER, sample("arxiv-snapshot", "snapshot.json"))
    assert snails == Paper(
        title="Tidal Clocks in Estuary Snails",
        abstract="We keep 240 estuary snails in tanks without tides and record when they feed. "
        "Feeding follows the tides of their home shore for nineteen days, with a period of "
        r"$12.4 \pm 0.1$ hours. A clock, not the water, sets the time.",
        authors=("Mirela Tănase", "Jo Okafor Jr."),
        date=Date(2022, 3, 8),
        venue="Journal of Shore Biology 12 (2022) 101-115",
        url="https://arxiv.org/abs/2203.04511",
        doi="10.5555/shore.2022.101",
        arxiv_id="2203.04511",
        sources=(Source("f", 1, 1),),
    )
    assert isinstance(membrane, Paper)
    assert membrane.authors == ("P. Lindqvist", "A. Rao")  # the affiliation is none
    assert (membrane.arxiv_id, membrane.date) == ("hep-th/9901117", Date(2009, 10, 31))
    assert isinstance(withdrawn, Rejected)
    assert (withdrawn.why, withdrawn.source) == ("it has no abstract", Source("f", 3, 3))
    assert json.loads(withdrawn.fields)["arxiv_id"] == "2203.04512"


def test_it_is_told_by_its_content() -> None:
    assert claimed_by(sample("arxiv-snapshot", "snapshot.json")) == ["arxiv-snapshot"]


@given(
    st.lists(
        st.tuples(
            st.dates(Date(1991, 8, 1), Date(2030, 1, 1)),
            st.lists(st.tuples(_NAMES, _NAMES), min_size=1, max_size=4),
        ),
        max_size=4,
    )
)
@settings(max_examples=30)
def test_what_is_written_is_read(given_: list[tuple[Date, list[tuple[str, str]]]]) -> None:
    written = [
        {
            "id": f"2001.{n:05}",
            "title": f"Title {n}",
            "abstract": f"  Abstract {n}.\n",
            "authors_parsed": [[family, name, ""] for family, name in names],
            "versions": [{"version": "v1", "created": day.strftime("%a, %-d %b %Y 10:00:00 GMT")}],
        }
        for n, (day, names) in enumerate(given_)
    ]
    found = [one for one in read(READER, lines_of(written)) if isinstance(one, Paper)]
    assert [(one.arxiv_id, one.abstract, one.date, one.authors) for one in found] == [
        (f"2001.{n:05}", f"Abstract {n}.", day, tuple(f"{b} {a}" for a, b in names))
        for n, (day, names) in enumerate(given_)
    ]


@given(st.lists(records(KEYS), max_size=4))
@settings(max_examples=80, deadline=None)
def test_records_of_any_shape_do_no_harm(given_: list[Any]) -> None:
    reads_anything(READER, given_)


@given(st.binary(max_size=100))
@settings(max_examples=30)
def test_no_input_raises_anything_but_reader_errors(data: bytes) -> None:
    breaks_only_as_it_should(READER, data)
