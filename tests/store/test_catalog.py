"""The catalogue: records in, papers out."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date as Date
from pathlib import Path
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import catalog as catalog_module
from store.catalog import Catalog
from store.errors import BrokenLibrary
from store.filters import Filters
from store.identity import alike, title_key
from store.orders import SORTS, Order
from store.paper import Paper, Source, merge
from store.rows import where
from tests.store.making import invented, record


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog(tmp_path / "papers.sqlite")
    yield opened
    opened.close()


def follow(catalog: Catalog) -> list[str]:
    """Lets both indexes follow every change; returns the papers that changed."""
    for index in ("words", "vectors"):
        changes = catalog.changes.pending(index)
        chunks = dict.fromkeys(catalog.get([change.paper_id for change in changes]), 1)
        catalog.changes.followed(index, changes, chunks)
    return [change.paper_id for change in changes]


def only(catalog: Catalog) -> Paper:
    (paper,) = catalog.list()
    return paper


def test_a_paper_is_found_by_any_key_of_any_of_its_records(catalog: Catalog) -> None:
    named = record("Tides", "High and low.", doi="10.5555/tides")
    catalog.put([named, record("Tides at Noon", "High.", "b.txt", doi="10.5555/tides")])
    keys = [title_key("Tides at Noon"), title_key("Tides"), "doi:10.5555/tides", "title:gone"]
    assert catalog.known_by(keys) == dict.fromkeys(keys[:3], named.id)
    assert catalog.known_by([]) == {}


# --- adding ---------------------------------------------------------------------------------


def test_a_paper_comes_out_as_it_went_in(catalog: Catalog) -> None:
    paper = record(
        "Tides “here”", "Água; ümlaut; 潮.", authors=("Ä. Önë", "B, Two"), organisation="Lab",
        date=Date(2024, 2, 29), date_inferred=True, upvotes=0, venue="V", kind="summary",
        url="https://example.org/?a=b", doi="10.5555/x", arxiv_id="2101.00001",
    )  # fmt: skip
    assert catalog.put([paper]) == {paper.id: "new"}
    assert only(catalog) == paper
    assert catalog.get([paper.id, "nobody"]) == {paper.id: paper}


def test_the_same_records_again_change_nothing(catalog: Catalog) -> None:
    papers = invented(30)
    assert set(catalog.put(papers).values()) == {"new"}
    before = catalog.list()
    follow(catalog)
    assert catalog.put(papers) == {paper.id: "unchanged" for paper in papers}
    assert catalog.list() == before
    assert follow(catalog) == []


def test_a_changed_abstract_replaces_the_old_one_also_when_it_is_shorter(catalog: Catalog) -> None:
    catalog.put([record(abstract="We measure tides for a whole year.")])
    follow(catalog)
    outcome = catalog.put([record(abstract="We measure.")])
    assert list(outcome.values()) == ["updated"]
    assert only(catalog).abstract == "We measure."
    assert follow(catalog) == list(outcome)


def test_a_shorter_abstract_replaces_also_when_its_record_has_moved_in_the_file(
    catalog: Catalog,
) -> None:
    catalog.put([record(abstract="We measure tides for a whole year.", position=1)])
    outcome = catalog.put(
        [record("Something new", position=1), record(abstract="We measure.", position=2)]
    )
    assert sorted(outcome.values()) == ["new", "updated"]
    moved = catalog.list(text="harbours")[0]
    assert (moved.abstract, moved.sources) == ("We measure.", (Source("a.txt", 2, 20),))


def test_another_field_that_changes_updates_the_paper_and_leaves_the_indexes_alone(
    catalog: Catalog,
) -> None:
    catalog.put([record(upvotes=1)])
    follow(catalog)
    assert list(catalog.put([record(upvotes=5)]).values()) == ["updated"]
    assert only(catalog).upvotes == 5
    assert follow(catalog) == []


def test_duplicates_in_one_file_are_one_paper_with_the_fuller_text_and_both_places(
    catalog: Catalog,
) -> None:
    twice = [record(abstract="We measure.", position=1), record(position=7)]
    assert list(catalog.put(twice).values()) == ["new"]
    assert only(catalog).abstract == twice[1].abstract
    assert [source.position for source in only(catalog).sources] == [1, 7]


def test_a_file_with_unequal_duplicates_changes_nothing_when_it_is_read_again(
    catalog: Catalog,
) -> None:
    twice = [record(abstract="We measure.", position=1), record(position=7)]
    catalog.put(twice)
    follow(catalog)
    assert list(catalog.put(twice).values()) == ["unchanged"]
    assert follow(catalog) == []


def test_a_duplicate_that_the_file_no_longer_has_is_forgotten(catalog: Catalog) -> None:
    catalog.put([record(abstract="We measure.", position=1), record(position=7)])
    catalog.put([record(abstract="We measure.", position=1)])
    assert only(catalog).abstract == "We measure."
    assert [source.position for source in only(catalog).sources] == [1]


def test_a_paper_that_the_file_no_longer_has_stays(catalog: Catalog) -> None:
    catalog.put([record("One", position=1), record("Two", position=2)])
    catalog.put([record("Two", position=1)])
    assert [paper.title for paper in catalog.list()] == ["One", "Two"]


def test_a_stream_that_breaks_off_leaves_its_whole_batches(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_module, "_RECORDS", 4)

    def broken() -> Iterator[Paper]:
        yield from invented(10)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        catalog.put(broken())
    assert catalog.count() == 8
    assert list(catalog.put(invented(10)).values()) == ["unchanged"] * 8 + ["new"] * 2


def test_a_record_must_name_the_one_source_it_was_read_from(catalog: Catalog) -> None:
    with pytest.raises(ValueError, match="names 0 sources"):
        catalog.put([Paper(title="Tides", abstract="We measure.")])
    assert catalog.count() == 0


# --- several sources ------------------------------------------------------------------------


def test_a_paper_from_two_sources_is_one_with_both_and_the_fuller_record(catalog: Catalog) -> None:
    catalog.put([record(abstract="We measure.", file="a.txt", upvotes=4)])
    (outcome,) = catalog.put([record(file="b.txt")]).values()
    assert outcome == "updated"
    paper = only(catalog)
    assert (paper.abstract, paper.upvotes) == (record().abstract, 4)
    assert [source.file for source in paper.sources] == ["a.txt", "b.txt"]
    assert catalog.sources() == {"a.txt": 1, "b.txt": 1}


def test_a_source_that_goes_takes_away_only_what_it_alone_gave(catalog: Catalog) -> None:
    catalog.put([record(abstract="We measure.", file="a.txt"), record("Else", file="a.txt",
                                                                       position=2)])  # fmt: skip
    catalog.put([record(file="b.txt", upvotes=4, doi="10.5555/x")])
    follow(catalog)
    assert catalog.remove_source("b.txt").papers == 1
    one, _ = catalog.list()
    assert (one.abstract, one.upvotes, one.doi) == ("We measure.", None, None)
    assert follow(catalog) == [one.id]
    assert catalog.remove_source("a.txt").papers == 2
    assert catalog.count() == 0
    assert catalog.sources() == {}


def test_a_doi_shows_that_two_papers_are_one(catalog: Catalog) -> None:
    longer = f"{record().abstract} They fall in between."
    (old,) = catalog.put([record("Old wording", file="a.txt")])
    (new,) = catalog.put([record("New wording", longer, file="b.txt")])
    catalog.put([record("Old wording", file="c.txt", doi="10.5555/x")])
    follow(catalog)
    link = record("New wording", "", file="d.txt", doi="https://doi.org/10.5555/X")
    assert catalog.put([link]) == {old: "updated"}
    assert only(catalog).abstract == longer
    assert [source.file[0] for source in only(catalog).sources] == ["a", "b", "c", "d"]
    assert set(follow(catalog)) == {old, new}
    assert catalog.get([new]) == {}


def test_papers_that_became_one_are_known_by_the_keys_of_both_at_once(catalog: Catalog) -> None:
    catalog.put([
        record("One", position=1, doi="10.5555/x"),
        record("Two", position=2, arxiv_id="2101.00001"),
        record("Three", position=3, doi="10.5555/x", arxiv_id="2101.00001"),
        record("Two", position=4),
        record("One", position=5),
    ])  # fmt: skip
    assert [source.position for source in only(catalog).sources] == [1, 2, 3, 4, 5]


def test_papers_part_again_when_the_record_that_joined_them_goes(catalog: Catalog) -> None:
    catalog.put([record("Old wording", file="a.txt", doi="10.5555/x")])
    catalog.put([record("New wording", file="b.txt")])
    catalog.put([record("New wording", file="c.txt", doi="10.5555/x")])
    follow(catalog)
    joined = only(catalog).id
    catalog.remove_source("c.txt")
    papers = {paper.title: paper for paper in catalog.list()}
    assert papers.keys() == {"Old wording", "New wording"}
    assert papers["Old wording"].id == joined
    assert papers["New wording"].doi is None
    assert papers["New wording"].id in follow(catalog)


def test_a_corrected_doi_no_longer_claims_the_papers_of_the_wrong_one(catalog: Catalog) -> None:
    catalog.put([record("Tides", doi="10.5555/wrong")])
    catalog.put([record("Tides", doi="10.5555/right")])
    catalog.put([record("Dunes", file="b.txt", doi="10.5555/wrong")])
    assert {p.title: p.doi for p in catalog.list()} == {
        "Tides": "10.5555/right",
        "Dunes": "10.5555/wrong",
    }


def test_an_id_never_goes_to_another_paper_while_its_own_lives(catalog: Catalog) -> None:
    (kept,) = catalog.put([record("Tides", file="a.txt")])
    catalog.put([record("Tides", file="b.txt", doi="10.5555/x")])
    catalog.put([record("Renamed", file="c.txt", doi="10.5555/x")])
    catalog.remove_source("a.txt")
    catalog.remove_source("b.txt")
    catalog.put([record("Tides", file="d.txt")])
    assert {paper.title: paper.id == kept for paper in catalog.list()} == {
        "Renamed": True,
        "Tides": False,
    }


_records = st.builds(
    lambda title, abstract, doi, file, position: record(title, abstract, file, position, doi=doi),
    title=st.sampled_from(["One", "Two", "Three"]),
    abstract=st.sampled_from(["", "Short.", "Longer words."]),
    doi=st.sampled_from([None, None, "10.5555/a", "10.5555/b"]),
    file=st.sampled_from(["a", "b", "c"]),
    position=st.integers(1, 4),
)


def content(papers: Sequence[Paper]) -> list[str]:
    return sorted(repr(replace(paper, id="-")) for paper in papers)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(_records, max_size=12, unique_by=lambda r: (r.sources[0].file, r.sources[0].position)),
    st.randoms(use_true_random=False),
    st.integers(1, 5),
)
def test_papers_are_the_mergers_of_like_records_whatever_came_and_went(
    records: list[Paper],
    random: Random,
    batch: int,
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog_module, "_RECORDS", batch)
        catalog = Catalog(Path(folder) / "papers.sqlite")
        shuffled = list(records)
        random.shuffle(shuffled)
        catalog.put(shuffled)
        assert content(catalog.list()) == content([merge(group) for group in alike(records)])

        before = catalog.list()
        follow(catalog)
        assert set(catalog.put(records).values()) <= {"unchanged"}
        assert catalog.list() == before
        assert follow(catalog) == []

        catalog.remove_source("b")
        left = [r for r in records if r.sources[0].file != "b"]
        assert content(catalog.list()) == content([merge(group) for group in alike(left)])
        catalog.remove_papers([paper.id for paper in catalog.list()])
        assert catalog.put(left) == {paper.id: "new" for paper in catalog.list()}
        catalog.close()


# --- removing -------------------------------------------------------------------------------


def test_removing_a_paper_removes_it_from_every_source(catalog: Catalog) -> None:
    catalog.put([record(file="a.txt"), record(file="b.txt"), record("Else", file="b.txt",
                                                                    position=2)])  # fmt: skip
    gone = catalog.list(text="harbours")[0].id
    assert catalog.remove_papers([gone, gone, "nobody"]).papers == 1
    assert [paper.title for paper in catalog.list()] == ["Else"]
    assert catalog.sources() == {"b.txt": 1}
    assert catalog.remove_papers([gone]).papers == 0


def test_a_removed_paper_can_come_back(catalog: Catalog) -> None:
    (gone,) = catalog.put([record(doi="10.5555/x")])
    catalog.remove_papers([gone])
    assert catalog.put([record(doi="10.5555/x")]) == {gone: "new"}


# --- what the indexes follow ----------------------------------------------------------------


def test_each_index_has_its_own_list_of_changes(catalog: Catalog) -> None:
    catalog.put(invented(3))
    catalog.changes.followed("words", catalog.changes.pending("words"))
    assert catalog.changes.count("words") == 0
    assert catalog.changes.count("vectors") == 3


def test_a_new_paper_is_fresh_until_it_changes(catalog: Catalog) -> None:
    catalog.put([record()])
    assert [change.fresh for change in catalog.changes.pending("vectors")] == [True]
    # A run may have indexed it and been killed before it could say so.
    catalog.put([record(abstract="We measure.")])
    (change,) = catalog.changes.pending("vectors")
    assert not change.fresh
    assert catalog.changes.count("vectors") == 1


def test_a_paper_that_went_and_came_back_in_between_is_not_fresh(catalog: Catalog) -> None:
    (paper_id,) = catalog.put([record()])
    catalog.remove_papers([paper_id])
    catalog.put([record()])
    assert [change.fresh for change in catalog.changes.pending("vectors")] == [False]


def test_a_change_made_while_an_index_was_at_work_stays(catalog: Catalog) -> None:
    catalog.put([record(), record("Else", position=2)])
    at_work = catalog.changes.pending("vectors")
    catalog.put([record(abstract="We measure.")])
    catalog.changes.followed("vectors", at_work, {change.paper_id: 1 for change in at_work})
    (left,) = catalog.changes.pending("vectors")
    assert catalog.get([left.paper_id])[left.paper_id].abstract == "We measure."
    assert not left.fresh


def test_changes_come_oldest_first_and_a_paper_counts_with_its_latest(catalog: Catalog) -> None:
    papers = invented(4)
    ids = list(catalog.put(papers))
    catalog.put([replace(papers[1], abstract="Other words.")])
    pending = [change.paper_id for change in catalog.changes.pending("words")]
    assert pending == [ids[0], ids[2], ids[3], ids[1]]


def test_a_transaction_that_fails_leaves_neither_paper_nor_change(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("store.records.note", fail)
    with pytest.raises(BrokenLibrary, match=r"disk is full.*check the disk"):
        catalog.put(invented(3))
    monkeypatch.undo()
    assert catalog.count() == 0
    assert catalog.changes.pending("words") == []
    assert len(catalog.put(invented(3))) == 3


def test_chunks_are_known_once_the_vectors_have_followed(catalog: Catalog) -> None:
    one, two = catalog.put([record(), record("Else", position=2)])
    assert catalog.chunk_ids(Filters()) == []
    catalog.changes.followed("vectors", catalog.changes.pending("vectors"), {one: 2, two: 1})
    assert sorted(catalog.chunk_ids(Filters())) == sorted([f"{one}#0", f"{one}#1", f"{two}#0"])
    assert catalog.chunk_ids(Filters(papers=(two,))) == [f"{two}#0"]
    assert catalog.count_chunks() == 3
    catalog.remove_papers([one])
    assert catalog.chunk_ids(Filters()) == [f"{two}#0"]
    catalog.changes.followed("vectors", catalog.changes.pending("vectors"))
    assert catalog.count_chunks() == 1


def test_an_index_that_is_to_be_made_anew_has_every_paper_before_it_as_fresh(
    catalog: Catalog,
) -> None:
    ids = list(catalog.put(invented(3)))
    follow(catalog)
    catalog.put([replace(invented(3)[0], abstract="Other words.")])
    catalog.changes.requeue("vectors")
    pending = catalog.changes.pending("vectors")
    assert [(change.paper_id, change.fresh) for change in pending] == [(i, True) for i in ids]
    assert catalog.count_chunks() == 0
    assert catalog.changes.count("words") == 1


# --- listing --------------------------------------------------------------------------------


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


# --- the file -------------------------------------------------------------------------------


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


def test_the_version_grows_with_every_change_and_never_goes_back(catalog: Catalog) -> None:
    versions = [catalog.changes.version()]
    assert versions == [0]
    catalog.put([record()])
    versions.append(catalog.changes.version())
    catalog.put([record(abstract="Another text.")])
    versions.append(catalog.changes.version())
    catalog.remove_papers([paper.id for paper in catalog.list()])
    versions.append(catalog.changes.version())
    assert versions == sorted(set(versions))
    follow(catalog)
    assert catalog.changes.version() == versions[-1]
    catalog.put([])
    assert catalog.changes.version() == versions[-1]


def test_everything_is_there_when_the_catalogue_is_opened_again(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "papers.sqlite")
    catalog.put(invented(5))
    catalog.set_meta("colour", "blue")
    before, pending = catalog.list(), catalog.changes.pending("words")
    catalog.close()
    again = Catalog(tmp_path / "papers.sqlite")
    assert (again.list(), again.changes.pending("words")) == (before, pending)
    assert (again.meta("colour"), again.meta("shape")) == ("blue", None)
    again.close()


def test_a_file_that_is_no_catalogue_is_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "papers.sqlite"
    path.write_bytes(b"not a database " * 100)
    with pytest.raises(BrokenLibrary, match=r"papers\.sqlite can't be used .*another library"):
        Catalog(path)


def test_a_catalogue_of_another_format_is_left_alone(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "papers.sqlite")
    catalog.set_meta("schema_version", "99")
    catalog.close()
    with pytest.raises(BrokenLibrary, match="format 99"):
        Catalog(tmp_path / "papers.sqlite")


# --- threads --------------------------------------------------------------------------------


def run_together(*jobs: object) -> None:
    """Runs jobs in threads of their own and raises what any of them raised."""
    errors: list[BaseException] = []

    def guarded(job: object) -> None:
        try:
            job()  # type: ignore[operator]
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_writers_and_readers_in_many_threads_neither_fail_nor_see_half_a_batch(
    catalog: Catalog,
) -> None:
    batches = [invented(10, f"{seed}.txt", seed) for seed in range(12)]
    done = threading.Event()

    def write(part: Sequence[list[Paper]]) -> None:
        for batch in part:
            catalog.put(batch)

    def read() -> None:
        while not done.is_set():
            papers = catalog.list()
            assert len(papers) % 10 == 0
            assert catalog.count() >= len(papers)
            assert len(catalog.get([paper.id for paper in papers])) == len(papers)

    def all_writers() -> None:
        try:
            run_together(*(lambda n=n: write(batches[n::3]) for n in range(3)))
        finally:
            done.set()

    run_together(all_writers, read, read, read)
    assert catalog.count() == 120
    assert set(catalog.sources().values()) == {10}
    assert catalog.changes.count("vectors") == 120


def test_threads_that_end_leave_no_open_file_behind(catalog: Catalog, tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("open files are counted in /proc")

    def opened() -> int:
        return sum(
            link.is_symlink() and str(tmp_path) in str(link.readlink())
            for link in descriptors.iterdir()
        )

    catalog.count()
    before = opened()
    for _ in range(20):
        run_together(catalog.count)
    assert opened() == before
    catalog.close()
    assert opened() == 0
