"""Identity and merging of papers."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date as Date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.identity import alike, keys_of, title_key
from store.paper import (
    Paper,
    Source,
    id_of_key,
    merge,
    normal_arxiv,
    normal_doi,
    normal_title,
)
from tests.store.making import record

# --- titles and ids -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "Bridges: A Survey",
        "bridges – a survey",
        "  BRIDGES\ta  survey.",
        "Brídges:_A Survey!",
        "𝐁ridges: A Survey",
        "Ｂridges： A Survey",
    ],
)
def test_titles_that_differ_in_case_accents_and_punctuation_are_one(written: str) -> None:
    assert normal_title(written) == "bridges a survey"
    assert Paper(title=written, abstract="x").id == Paper(title="Bridges: a survey", abstract="").id


def test_titles_of_other_words_or_numbers_are_others() -> None:
    titles = ["Bridges 2", "Bridges 3", "Bridges", "Brücken", "橋", "桥", "?", "??"]
    assert len({Paper(title=title, abstract="").id for title in titles}) == len(titles)


@given(st.text())
def test_a_normal_title_is_normal_already(title: str) -> None:
    assert normal_title(normal_title(title)) == normal_title(title)


@given(st.text())
def test_an_id_is_safe_in_an_address_whatever_the_title(title: str) -> None:
    assert re.fullmatch(r"title-[0-9a-f]{12}", Paper(title=title, abstract="").id)


def test_the_id_is_made_from_doi_or_arxiv_id_or_title_in_this_order() -> None:
    title = "Tides"
    assert record(title, doi="10.5555/ABC", arxiv_id="2101.00001").id == id_of_key(
        "doi:10.5555/abc"
    )
    assert record(title, arxiv_id="2101.00001v3").id == "arxiv-2101.00001"
    assert record(title, arxiv_id="hep-th/9901001").id == "arxiv-hep-th-9901001"
    assert record(title).id == id_of_key("title:tides")
    assert Paper(title=title, abstract="", id="mine").id == "mine"


def test_ids_stay_what_they_are_from_release_to_release() -> None:
    assert id_of_key("title:tides in small harbours") == "title-78849396192e"
    assert id_of_key("doi:10.5555/abc") == "doi-69ccb56099ea"


@pytest.mark.parametrize(
    ("written", "doi"),
    [
        ("10.5555/AbC.12", "10.5555/abc.12"),
        ("https://doi.org/10.5555/abc", "10.5555/abc"),
        ("http://dx.doi.org/10.5555%2Fabc", "10.5555/abc"),
        ("doi: 10.5555/abc.", "10.5555/abc"),
        ("(see 10.5555/abc)", "10.5555/abc"),
        ("10.5555/0010-0277(92)90063", "10.5555/0010-0277(92)90063"),
        ("10.5555/s0140(05)", "10.5555/s0140(05)"),
        ("(10.5555/s0140(05)).", "10.5555/s0140(05)"),
        ("10.5555", None),
        ("no doi", None),
        ("", None),
    ],
)
def test_a_doi_is_known_however_it_is_written(written: str, doi: str | None) -> None:
    assert normal_doi(written) == doi


@pytest.mark.parametrize(
    ("written", "arxiv_id"),
    [
        ("2101.00001", "2101.00001"),
        (" 2101.00001v12 ", "2101.00001"),
        ("0704.0001", "0704.0001"),
        ("arXiv:2101.00001v5 [cs.XX]", "2101.00001"),
        ("arXiv 2101.00001", "2101.00001"),
        ("arXiv preprint arXiv:2101.00001", "2101.00001"),
        ("https://arxiv.org/abs/2101.00001v2", "2101.00001"),
        ("arxiv.org/pdf/2101.00001.pdf", "2101.00001"),
        ("https://arxiv.org/abs/math.GT/0309136v1", "math.gt/0309136"),
        ("hep-th/9901001", "hep-th/9901001"),
        ("10.48550/arXiv.2101.00001", "2101.00001"),
        ("2101.000011", None),
        ("page 2101.00001 of it", None),
        ("10.5555/2101.00001", None),
        ("", None),
    ],
)
def test_an_arxiv_id_is_known_however_it_is_written(written: str, arxiv_id: str | None) -> None:
    assert normal_arxiv(written) == arxiv_id


def test_a_doi_given_by_arxiv_brings_its_arxiv_id() -> None:
    by_doi = record("One wording", doi="https://doi.org/10.48550/arXiv.2101.00001v2")
    by_number = record("Another wording", arxiv_id="2101.00001")
    assert by_doi.arxiv_id == "2101.00001"
    assert set(keys_of(by_doi)) & set(keys_of(by_number))


def test_a_doi_or_arxiv_id_that_is_none_does_not_become_a_key() -> None:
    assert keys_of(record("Tides", doi="n/a", arxiv_id="unknown")) == (title_key("Tides"),)


def test_year_and_author_count_come_from_date_and_authors_where_they_are_not_given() -> None:
    paper = record(date=Date(2021, 5, 4), authors=("A. One", "B. Two"))
    assert (paper.year, paper.author_count) == (2021, 2)
    assert record(date=Date(2021, 5, 4), year=2020).year == 2020


@pytest.mark.parametrize(
    ("facts", "byline"),
    [
        ({"authors": ("Ada One",)}, "Ada One"),
        ({"authors": ("A", "B", "C")}, "A, B, C"),
        ({"authors": ("A", "B", "C", "D")}, "A, B, C et al."),
        ({"author_count": 1}, "1 author"),
        ({"author_count": 12}, "12 authors"),
        ({}, ""),
    ],
)
def test_a_byline_is_names_a_count_or_nothing(facts: dict[str, object], byline: str) -> None:
    assert record(**facts).byline == byline  # type: ignore[arg-type]


# --- which records are one paper ------------------------------------------------------------


def test_records_are_one_paper_also_through_a_third_that_shares_a_key_with_both() -> None:
    first = record("Old wording", doi="10.5555/a", position=1)
    second = record("New wording", position=2)
    third = record("Something else", position=3)
    bridge = record("New wording", doi="10.5555/a", position=4)
    assert alike([first, second, third]) == [[first], [second], [third]]
    groups = alike([first, second, third, bridge])
    assert sorted(len(group) for group in groups) == [1, 3]
    assert [third] in groups


# --- merging --------------------------------------------------------------------------------


def papers() -> st.SearchStrategy[Paper]:
    few = st.sampled_from
    return st.builds(
        Paper,
        title=few(["Tides", "tides", "TIDES!"]),
        abstract=few(["", "Short.", "Longer words.", "Other words.."]),
        kind=few(["abstract", "summary"]),
        authors=few([(), ("A",), ("B", "C")]),
        author_count=few([None, 2, 7]),
        organisation=few([None, "Lab", "Mill"]),
        date=few([None, Date(2020, 1, 2), Date(2021, 1, 2)]),
        date_inferred=st.booleans(),
        year=few([None, 2019, 2021]),
        upvotes=few([None, 0, 3, 40]),
        venue=few([None, "V", "W"]),
        url=few([None, "https://example.org/1", "https://example.org/2"]),
        doi=few([None, "10.5555/a", "10.5555/b"]),
        arxiv_id=few([None, "2101.00001", "2101.00002"]),
        sources=st.tuples(st.builds(Source, few(["a", "b"]), st.integers(1, 3), st.just(5))),
    )


@given(st.lists(papers(), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_merging_gives_the_same_paper_in_any_order(records: list[Paper], random: Random) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)
    assert replace(merge(shuffled), id="x") == replace(merge(records), id="x")


def test_of_two_equally_full_records_the_same_one_leads_in_any_order() -> None:
    lab, mill = record(organisation="Lab"), record(organisation="Mill")
    assert merge([lab, mill]) == merge([mill, lab])


@given(st.lists(papers(), min_size=1, max_size=4))
def test_merging_a_record_twice_changes_nothing(records: list[Paper]) -> None:
    assert merge(records + records) == merge(records)


@given(st.lists(papers(), min_size=1, max_size=4))
def test_merging_invents_nothing_and_loses_no_known_field(records: list[Paper]) -> None:
    merged = merge(records)
    assert merged.id == records[0].id
    assert merged.sources == tuple(sorted({s for r in records for s in r.sources}))
    dois = {f"doi:{record.doi}" for record in records if record.doi}
    assert {f"doi:{merged.doi}", *merged.other_ids} - {"doi:None"} == dois
    for field in fields(Paper):
        if field.name in ("id", "sources", "date_inferred", "other_ids"):
            continue
        given = {getattr(record, field.name) for record in records}
        value = getattr(merged, field.name)
        assert value in given
        assert value not in (None, ()) or given <= {None, ()}


def test_the_record_with_the_longest_abstract_leads_and_the_others_fill_its_gaps() -> None:
    short = record("Tides", "Short.", "a", upvotes=3, organisation="Lab", url="https://a.example")
    full = record("TIDES", "Rather longer.", "b", upvotes=2, organisation="Mill")
    merged = merge([short, full])
    assert (merged.title, merged.abstract, merged.organisation) == (
        "TIDES", "Rather longer.", "Mill",
    )  # fmt: skip
    assert merged.url == "https://a.example"
    assert merged.upvotes == 3
    assert [source.file for source in merged.sources] == ["a", "b"]


def test_an_abstract_goes_before_a_longer_summary_but_not_if_it_is_empty() -> None:
    summary = record("Tides", "A long summary of it in our words.", kind="summary")
    assert merge([summary, record("Tides", "Short.")]).kind == "abstract"
    merged = merge([summary, record("Tides", "")])
    assert (merged.kind, merged.abstract) == ("summary", summary.abstract)


def test_a_date_that_was_read_goes_before_one_that_was_inferred() -> None:
    inferred = record(abstract="The longer one of both.", date=Date(2024, 3, 1), date_inferred=True)
    read = record(abstract="Short.", date=Date(2023, 3, 1))
    merged = merge([inferred, read])
    assert (merged.date, merged.date_inferred, merged.year) == (Date(2023, 3, 1), False, 2023)
