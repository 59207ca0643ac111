"""CSL-JSON and Crossref's messages."""

from __future__ import annotations

import json
from datetime import date as Date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from store.exporting import export_papers
from store.paper import Paper, Rejected, Source
from store.readers.csl_json import CslJson
from tests.store.any_json import (
    breaks_only_as_it_should,
    claimed_by,
    read,
    reads_anything,
    records,
    sample,
)

READER = CslJson()
KEYS = ("title", "abstract", "author", "family", "given", "literal", "issued", "date-parts", "raw",
        "container-title", "DOI", "URL", "PMID", "custom", "number", "note", "type")  # fmt: skip


def test_the_sample_gives_its_papers() -> None:
    sheets, moles, remarks = read(READER, sample("csl-json", "zotero.json"))
    assert sheets == Paper(
        title="Salt and the Memory of Sheets",
        abstract="Sheets of clay remember the salt they met. We wash them 40 times and they still "
        "swell as before.",
        authors=("Ida van den Berg", "The Clay Group"),
        date=Date(2019, 7, 2),
        venue="Journal of Slow Chemistry",
        url="https://example.org/jsc/7",
        doi="10.5555/jsc.2019.7",
        other_ids=("pubmed:30999123",),
        sources=(Source("f", 1),),
    )
    assert isinstance(moles, Paper)
    assert (moles.arxiv_id, moles.date, moles.year) == ("2105.01234", None, 2021)
    assert isinstance(remarks, Rejected)
    assert remarks.why == "it has no abstract"
    assert json.loads(remarks.fields) == {
        "title": "Opening Remarks",
        "authors": ["Sam Doe"],
        "year": 2020,
    }


def test_a_message_of_crossref_is_read() -> None:
    (hedgehogs,) = read(READER, sample("csl-json", "crossref.json"))
    assert isinstance(hedgehogs, Paper)
    assert hedgehogs.title == "Hedgehogs in Traffic: A Count"
    assert hedgehogs.abstract.startswith("We counted hedgehogs on 31 roads. There were few: H")
    assert hedgehogs.authors == ("Rosa Klein", "Road Watch")
    assert hedgehogs.doi == "10.5555/asa.2023.44"
    assert hedgehogs.date == Date(2023, 12, 28)  # online; the issue has only a month


def test_it_is_told_by_its_content() -> None:
    assert claimed_by(sample("csl-json", "zotero.json")) == ["csl-json"]
    assert claimed_by(sample("csl-json", "crossref.json")) == ["csl-json"]


_WORDS = st.from_regex(r"[A-Z][a-z]{1,8}( [a-z]{2,8}){1,5}", fullmatch=True)
_PEOPLE = st.from_regex(r"[A-Z][a-z]{2,8} [A-Z][a-z]{2,8}x", fullmatch=True)


@given(
    st.lists(
        st.builds(
            Paper,
            title=_WORDS,
            abstract=_WORDS,
            authors=st.lists(_PEOPLE, max_size=3).map(tuple),
            organisation=st.none() | _WORDS,
            date=st.none() | st.dates(Date(1600, 1, 1), Date(2050, 1, 1)),
            date_inferred=st.just(False),
            venue=st.none() | _WORDS,
            url=st.none() | st.just("https://b.c/d"),
            doi=st.none() | st.just("10.1002/(SICI)1097-0258"),
            arxiv_id=st.none() | st.sampled_from(["1706.03762", "hep-th/9901001"]),
        ),
        max_size=3,
    )
)
@settings(max_examples=40, deadline=None)
def test_our_own_export_comes_back(papers: list[Paper]) -> None:
    text = "".join(export_papers(papers, "csl-json"))
    assert claimed_by(text.encode()) == (["csl-json"] if papers else [])
    names = (
        "title",
        "abstract",
        "authors",
        "organisation",
        "date",
        "venue",
        "url",
        "doi",
        "arxiv_id",
    )
    found = read(READER, text)
    assert [[getattr(one, name) for name in names] for one in found] == [
        [getattr(paper, name) for name in names] for paper in papers
    ]


@given(st.lists(records(KEYS), max_size=4))
@settings(max_examples=80, deadline=None)
def test_records_of_any_shape_do_no_harm(given_: list[Any]) -> None:
    reads_anything(READER, given_)


@given(st.binary(max_size=100))
@settings(max_examples=30)
def test_no_input_raises_anything_but_reader_errors(data: bytes) -> None:
    breaks_only_as_it_should(READER, data)
