"""What the indexes are told of the catalogue's changes."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from store.catalog import Catalog
from store.errors import BrokenLibrary
from store.filters import Filters
from tests.store.making import invented, record
from tests.store.small_catalog import follow


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
