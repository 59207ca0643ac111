"""The catalogue listed: filters, orders, pages, samples and counts."""

from __future__ import annotations

import sqlite3
from datetime import date as Date
from pathlib import Path
from typing import get_args

import pytest

from store.catalog import Catalog
from store.filters import Filters
from store.orders import SORTS, Order
from store.rows import where
from tests.store.making import invented, record
from tests.store.small_catalog import follow


@pytest.fixture
def listed(catalog: Catalog) -> Catalog:
    catalog.put([
        record("Whole year", "x", "one.txt", 1, year=2023),
        record("Early", "x", "one.txt", 2, date=Date(2023, 3, 5), upvotes=3, organisation="Škoda"),
        record("Late", "Deep Wells.", "Two.txt", 1, date=Date(2024, 3, 5), upvotes=9,
               organisation="Mill Labs"),
        record("before all", "x", "Two.txt", 2),
    ])  # fmt: skip
    return catalog


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        (Filters(), {"Whole year", "Early", "Late", "before all"}),
        (Filters(since=Date(2023, 6, 1)), {"Whole year", "Late"}),
        (Filters(until=Date(2023, 6, 1)), {"Whole year", "Early"}),
        (Filters(since=Date(2023, 3, 5), until=Date(2023, 3, 5)), {"Whole year", "Early"}),
        (Filters(since=Date(2025, 1, 1)), set()),
        (Filters(sources=("two",)), {"Late", "before all"}),
        (Filters(sources=("two", "ONE")), {"Whole year", "Early", "Late", "before all"}),
        (Filters(organisations=("škoda",)), {"Early"}),
        (Filters(organisations=("labs", "ŠKO")), {"Early", "Late"}),
        (Filters(organisations=("%",)), set()),
        (Filters(sources=("two",), since=Date(2024, 1, 1)), {"Late"}),
        (Filters(papers=("nobody",)), set()),
    ],
)
def test_filters_choose_papers(listed: Catalog, filters: Filters, titles: set[str]) -> None:
    found = listed.list(filters)
    assert {paper.title for paper in found} == titles
    assert listed.count(filters) == len(titles)
    assert listed.ids(filters) == {paper.id for paper in found}
    follow(listed)
    assert set(listed.chunk_ids(filters)) == {f"{paper.id}#0" for paper in found}


def test_papers_can_be_chosen_by_thousands_of_ids(catalog: Catalog) -> None:
    ids = list(catalog.put(invented(20)))
    many = (*ids[:7], *(f"title-{n}" for n in range(50_000)))
    assert catalog.ids(Filters(papers=many)) == set(ids[:7])
    assert list(catalog.get(many)) == ids[:7]


def test_text_is_looked_for_in_titles_and_abstracts_whatever_its_case(listed: Catalog) -> None:
    assert [paper.title for paper in listed.list(text="EARLY")] == ["Early"]
    assert [paper.title for paper in listed.list(text="deep wells")] == ["Late"]
    assert listed.count(text="deep wells") == 1
    assert listed.count(text="%") == 0


@pytest.mark.parametrize(
    ("order", "titles"),
    [
        ("added", ["Whole year", "Early", "Late", "before all"]),
        ("title", ["before all", "Early", "Late", "Whole year"]),
        ("-added", ["before all", "Late", "Early", "Whole year"]),
        ("-title", ["Whole year", "Late", "Early", "before all"]),
        ("year", ["Whole year", "Early", "Late", "before all"]),
        ("-year", ["Late", "Early", "Whole year", "before all"]),
        ("upvotes", ["Early", "Late", "before all", "Whole year"]),
        ("-upvotes", ["Late", "Early", "Whole year", "before all"]),
        ("organisation", ["Late", "Early", "Whole year", "before all"]),
        ("-organisation", ["Early", "Late", "before all", "Whole year"]),
    ],
)
def test_papers_are_listed_in_the_order_asked_for(
    listed: Catalog, order: Order, titles: list[str]
) -> None:
    assert [paper.title for paper in listed.list(order=order)] == titles


def test_a_paper_with_only_a_year_is_listed_among_those_of_its_time(catalog: Catalog) -> None:
    catalog.put([
        record("Old", position=1, date=Date(2017, 5, 1)),
        record("Year", position=2, year=2020),
        record("New", position=3, date=Date(2024, 5, 1)),
    ])  # fmt: skip
    assert [paper.title for paper in catalog.list(order="-year")] == ["New", "Year", "Old"]
    assert [paper.title for paper in catalog.list(order="year")] == ["Old", "Year", "New"]


@pytest.mark.parametrize("order", get_args(Order))
def test_pages_of_a_listing_are_its_parts(catalog: Catalog, order: Order) -> None:
    catalog.put(invented(25))
    for filters in (Filters(), Filters(since=Date(2001, 1, 1), sources=("a",))):
        pages = [
            catalog.list(filters, order=order, offset=start, limit=10) for start in (0, 10, 20, 30)
        ]
        assert [len(page) for page in pages] == [10, 10, len(pages[2]), 0]
        assert [paper for page in pages for paper in page] == catalog.list(filters, order=order)


@pytest.mark.parametrize("order", get_args(Order))
def test_a_page_is_found_by_an_index_without_sorting(
    catalog: Catalog, tmp_path: Path, order: Order
) -> None:
    condition, values = where(Filters(Date(2020, 1, 1), sources=("a",), organisations=("lab",)))
    with sqlite3.connect(tmp_path / "papers.sqlite") as db:
        db.create_function("fold", 1, str.casefold, deterministic=True)
        query = f"SELECT number FROM papers WHERE {condition} ORDER BY {SORTS[order]} LIMIT 9"
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    db.close()
    assert any(step.startswith("SCAN papers USING COVERING INDEX papers_") for step in plan)
    assert not any("ORDER BY" in step for step in plan)


def test_organisations_are_counted_most_frequent_first(catalog: Catalog) -> None:
    names = ["Mill Labs", "Škoda", "mill labs", None, "Bell Labs", "Škoda", "Škoda"]
    catalog.put(
        record(f"Tides {n}", position=n, organisation=name) for n, name in enumerate(names, 1)
    )
    assert list(catalog.organisations().items()) == [
        ("Škoda", 3),
        ("Mill Labs", 2),
        ("Bell Labs", 1),
    ]
    assert catalog.organisations("LABS") == {"Mill Labs": 2, "Bell Labs": 1}
    assert catalog.organisations("ško") == {"Škoda": 3}
    assert catalog.organisations(limit=1) == {"Škoda": 3}
    assert catalog.organisations("%") == {}


def test_a_sample_is_as_large_as_asked_for_after_many_papers_went(catalog: Catalog) -> None:
    ids = list(catalog.put(invented(60)))
    catalog.remove_papers(ids[::2])
    assert {paper.id for paper in catalog.sample(30, 1)} == set(ids[1::2])
    assert len(catalog.sample(20, 1)) == 20


@pytest.mark.parametrize("count", [3, 20, 60, 99])
def test_a_sample_is_the_same_for_the_same_seed(catalog: Catalog, count: int) -> None:
    catalog.put(invented(60))
    drawn = catalog.sample(count, 1)
    assert list(drawn) == list(catalog.sample(count, 1))
    assert len({paper.id for paper in drawn}) == len(drawn) == min(count, 60)
    assert count > 20 or list(drawn) != list(catalog.sample(count, 2))


def test_years_are_counted_oldest_first(catalog: Catalog) -> None:
    assert catalog.years() == {}
    years = (2021, 1999, 2021, None)
    catalog.put(record(f"Tides {n}", position=n, year=own) for n, own in enumerate(years, 1))
    assert list(catalog.years().items()) == [(1999, 1), (2021, 2)]
