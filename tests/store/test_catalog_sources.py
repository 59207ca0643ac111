"""Papers of several sources, and what they are when one goes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import catalog as catalog_module
from store.catalog import Catalog
from store.identity import alike
from store.paper import Paper, merge
from tests.store.making import record
from tests.store.small_catalog import follow, only


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
