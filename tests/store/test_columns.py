"""Guessing which column holds what, and the names of authors."""

from __future__ import annotations

from datetime import date as Date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.readers.authors import authors_of, in_order
from store.readers.columns import NAMES, fields_by, guess, of_papers, plain_name, shared

TABLES = {
    "ieee": "Document Title,Authors,Publication Title,Publication Year,Abstract,DOI,PDF Link",
    "scopus": "Authors,Title,Year,Source title,DOI,Link,Abstract,PubMed ID",
    "zotero": "Key,Publication Year,Author,Title,Publication Title,DOI,Url,Abstract Note,Date",
    "anthology": "acl_id,title,abstract,author,booktitle,year,url,doi",
}


@pytest.mark.parametrize("columns", TABLES.values(), ids=TABLES)
def test_the_columns_of_known_exports_are_guessed(columns: str) -> None:
    guessed = guess(columns.split(","))
    assert guessed.keys() >= {"title", "abstract", "authors", "year", "venue", "url", "doi"}
    assert of_papers(guessed)


def test_case_spaces_and_punctuation_of_a_name_do_not_matter() -> None:
    assert guess(["PAPER-TITLE", "Paper Abstract", "arXiv_ID"]) == {
        "title": "PAPER-TITLE",
        "abstract": "Paper Abstract",
        "arxiv_id": "arXiv_ID",
    }


def test_the_better_name_is_taken_and_a_column_only_once() -> None:
    assert guess(["text", "abstract", "name", "title"]) == {
        "title": "title",
        "abstract": "abstract",
    }
    guessed = guess(["title", "summary", "doi_url"])
    assert guessed == {"title": "title", "abstract": "summary", "url": "doi_url"}


@pytest.mark.parametrize(
    "columns",
    [
        ["name", "version", "description", "author", "license"],
        ["id", "url", "title", "text"],
        ["$schema", "title", "description", "type"],
        ["title", "create_time", "mapping"],
        ["role", "content"],
        ["name", "description", "price"],
    ],
)
def test_columns_of_other_things_are_told_apart(columns: list[str]) -> None:
    assert not of_papers(guess(columns))


def test_a_bibliography_without_abstracts_is_one_of_papers() -> None:
    assert of_papers(guess(["title", "author", "year"]))


def test_no_name_stands_for_two_fields_in_the_same_rank() -> None:
    for names in NAMES.values():
        assert len(set(names)) == len(names)
        assert all(plain_name(name) == name for name in names)


def test_values_become_what_record_of_takes() -> None:
    row = {
        "title": "None",
        "abstract": "Text.",
        "authors": "['A. Foo', 'B Bar']",
        "year": "2021-03-04",
        "venue": "nan",
        "doi": float("nan"),
        "affiliation": "Coast College; Coast College",
        "likes": "3",
        "corpusid": 12.0,
        "id": "2101.00001v2",
        "pdf": "/pdf?id=1",
        "published": 1_700_000_000_000,
    }
    assert fields_by(row, guess(row)) == {
        "title": "None",
        "abstract": "Text.",
        "authors": ["A. Foo", "B Bar"],
        "date": Date(2023, 11, 14),
        "organisation": "Coast College",
        "upvotes": "3",
        "other_ids": ["s2:corpus12"],
        "arxiv_id": "2101.00001v2",
    }


def test_an_organisation_is_what_all_share() -> None:
    assert shared(["A", "A"]) == shared("A; A") == shared({"name": "A"}) == "A"
    assert shared(["A", "B"]) is None
    assert shared({"name": "a-lab", "fullname": "A Lab"}) == "A Lab"


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Foo, Alice", ["Alice Foo"]),
        ("Alice Foo", ["Alice Foo"]),
        ("Alice Foo, Bob Bar", ["Alice Foo", "Bob Bar"]),
        ("Foo, A., Bar, B.-C.", ["A. Foo", "B.-C. Bar"]),
        ("Alice Foo, Bob Bar and Carol Baz", ["Alice Foo", "Bob Bar", "Carol Baz"]),
        ("A. Foo, B. Bar, and C. Baz", ["A. Foo", "B. Bar", "C. Baz"]),
        ("Foo, Alice and van der Bar, Bob and others", ["Alice Foo", "Bob van der Bar"]),
        ("Foo, Alice; Bar, Bob", ["Alice Foo", "Bob Bar"]),
        ("Alice Foo|Bob Bar", ["Alice Foo", "Bob Bar"]),
        ("Alice Foo et al.", ["Alice Foo"]),
        ('[{"name": "Alice Foo"}]', ["Alice Foo"]),
        ("Foo, Jr., Alice; Plato", ["Alice Foo Jr.", "Plato"]),
        (["Foo, Alice", "", "et al.", "Ali al-Bar"], ["Alice Foo", "Ali al-Bar"]),
        ([{"given": "A", "family": "Foo", "suffix": "Jr."}, {"literal": "G"}], ["A Foo Jr.", "G"]),
        ([["Foo", "Alice", "Jr."]], ["Alice Foo Jr."]),
        ({"display_name": "Alice Foo"}, ["Alice Foo"]),
        (None, []),
        (17, []),
    ],
)
def test_names_are_told_apart(written: object, names: list[str]) -> None:
    assert authors_of(written) == names


@given(st.lists(st.from_regex(r"[A-Z][a-z]{2,8} [A-Z][a-z]{2,8}", fullmatch=True), min_size=1))
def test_names_in_order_stay_as_they_are(names: list[str]) -> None:
    assert authors_of(names) == names
    assert authors_of("; ".join(names)) == names
    assert authors_of([f"{n.split()[1]}, {n.split()[0]}" for n in names]) == names


@given(st.recursive(st.none() | st.text() | st.integers(), lambda i: st.lists(i) | st.dictionaries(
    st.sampled_from(["name", "author", "given", "family", "value"]), i)))  # fmt: skip
def test_whatever_stands_for_authors_gives_names(value: object) -> None:
    assert all(isinstance(name, str) and name for name in authors_of(value))
    in_order(str(value))
