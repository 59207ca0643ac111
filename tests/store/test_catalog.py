"""The catalogue: records in, papers out."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import date as Date
from pathlib import Path

import pytest

from store import catalog as catalog_module
from store.catalog import Catalog
from store.errors import BrokenLibrary
from store.identity import title_key
from store.paper import Paper, Source
from tests.store.making import invented, record
from tests.store.small_catalog import follow, only


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


# --- the file -------------------------------------------------------------------------------


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
