"""Adding many papers: the first are embedded while the others are read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from store import following, indexing
from store.adding import Record
from store.errors import BrokenLibrary
from store.filters import Filters
from store.intake import Intake, complete
from store.library import Library
from tests.store.making import contents, invented, open_library
from tests.store.small_library import TIDES, by_vectors, by_words

PATIENCE = 60  # seconds until a test gives up; none of them takes so long


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty papers are many, and are taken in by ten."""
    monkeypatch.setattr(indexing, "_MANY", 20)
    monkeypatch.setattr(indexing, "_LOOK", 10)
    monkeypatch.setattr("store.catalog._RECORDS", 10)
    monkeypatch.setattr(following, "_VECTORS_AT_A_TIME", 8)
    monkeypatch.setattr(following, "_WORDS_AT_A_TIME", 16)


def until(holds: Callable[[], bool]) -> None:
    """Waits for another thread to bring something about."""
    waiting = threading.Event()
    for _ in range(PATIENCE * 50):
        if holds():
            return
        waiting.wait(0.02)
    raise AssertionError("nothing happened beside the reading")


def slowly(library: Library, records: Iterable[Record], stop_after: int) -> Iterator[Record]:
    """The records; behind some of them comes none until papers before it are in both indexes."""
    for number, record in enumerate(records, 1):
        yield record
        if number == stop_after:
            until(lambda: library.catalog.count_chunks() > 0 and len(library.words) > 0)


def test_the_first_are_in_both_indexes_before_the_last_are_read(library: Library) -> None:
    papers = invented(50)
    told: list[tuple[int, int]] = []
    report = library.add(slowly(library, papers, 40), lambda *now: told.append(now))
    assert (report.new, report.embedded, report.papers) == (50, 50, 50)
    assert library.pending("words") == library.pending("vectors") == 0
    assert len(library.words) == len(library.vectors) == 50
    assert told[-1] == (50, 50)
    assert {total for _, total in told} == {50}  # nobody is told of a number that still grows
    assert by_words(library, "study 1-50")[0] in by_vectors(library, papers[-1].title)


def test_they_are_as_if_all_had_been_read_first(library: Library, tmp_path: Path) -> None:
    papers = [*invented(40), *invented(15, "b.txt", seed=2)]
    library.add(slowly(library, papers, 30))
    with open_library(tmp_path / "other") as other:
        other.catalogue(papers)
        other.index()
        assert contents(library).chunks == contents(other).chunks


def test_a_paper_that_changes_while_the_first_are_embedded_has_its_last_text(
    library: Library,
) -> None:
    papers = invented(40)
    changed = [replace(p, abstract="Dunes wander. They hum.") for p in papers[:5]]
    again = [replace(p, sources=(replace(p.sources[0], file="b.txt"),)) for p in changed]
    library.add(slowly(library, [*papers, *again], 40))
    found = library.get(list(library.catalog.ids(Filters())))
    wanted = {paper.id for paper in found.values() if "Dunes" in paper.abstract}
    in_chunks = {i.split("#")[0] for i, text, *_ in contents(library).chunks if "Dunes" in text}
    assert in_chunks == wanted
    assert len(library.vectors) == library.count() == 40


def test_a_reading_that_breaks_off_is_gone_on_with(library: Library) -> None:
    papers = invented(60)

    def broken() -> Iterator[Record]:
        yield from slowly(library, papers[:45], 40)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.add(broken())
    done = library.catalog.count_chunks()
    assert 0 < done <= library.count() == 40  # whole transactions are kept
    assert library.pending("vectors") == 40 - done
    report = library.add(papers)
    assert (report.new, report.unchanged, report.embedded) == (20, 40, 60 - done)
    assert len(library.words) == len(library.vectors) == 60


def test_a_library_that_is_closed_breaks_off_what_is_added(tmp_path: Path) -> None:
    library = open_library(tmp_path / "library")
    closed, ended = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def records() -> Iterator[Record]:
        yield from slowly(library, invented(40), 40)
        assert closed.wait(PATIENCE)
        yield from invented(1000, "b.txt", seed=2)

    def adds() -> None:
        try:
            library.add(records())
        except BaseException as error:
            errors.append(error)
        finally:
            ended.set()

    threading.Thread(target=adds).start()
    until(lambda: library.catalog.count_chunks() > 0)
    library.close()
    closed.set()
    assert ended.wait(PATIENCE)
    assert [type(error) for error in errors] == [BrokenLibrary]
    with open_library(tmp_path / "library") as again:  # nobody has kept it
        assert again.count() == 40
        again.add(invented(41))
        assert len(again.words) == len(again.vectors) == 41


def test_who_adds_one_paper_waits_for_no_other_who_adds_many(library: Library) -> None:
    added = threading.Event()

    def records() -> Iterator[Record]:
        yield from slowly(library, invented(40), 40)
        assert added.wait(PATIENCE)
        yield from invented(5, "b.txt", seed=2)

    with ThreadPoolExecutor(1) as pool:
        many = pool.submit(library.add, records())
        until(lambda: library.catalog.count_chunks() > 0)
        report = library.add([TIDES])
        assert (report.new, report.embedded) == (1, 0)
        assert by_words(library, "tides") == [TIDES.id]
        until(lambda: TIDES.id in by_vectors(library, "tides"))  # though no more papers come
        assert library.remove_papers([TIDES.id]) == 1
        added.set()
        assert many.result(PATIENCE).embedded == 46
    assert TIDES.id not in by_vectors(library, "tides")
    assert len(library.words) == len(library.vectors) == library.count() == 45


def test_papers_that_come_after_all_were_followed_are_embedded_too(library: Library) -> None:
    with Intake() as intake, ThreadPoolExecutor(1) as pool:
        embedded = pool.submit(library.index_vectors, None, intake)  # nothing is there yet
        time.sleep(0.3)
        library.catalogue(invented(10))
        intake.all_in()
        assert embedded.result(PATIENCE) == 10


def test_an_embedder_that_fails_loses_no_paper(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = threading.Event()

    def fails(*_: object, **__: object) -> None:
        failed.set()
        raise OSError("no more memory")

    with monkeypatch.context() as patch:
        patch.setattr("store.encoding.Encoder.read", fails)
        with pytest.raises(OSError, match="no more memory"):
            library.add(after(failed, invented(50)))
    assert library.count() == 50
    assert library.pending("words") == 0
    assert library.add(invented(50)).embedded == 50


def after(event: threading.Event, records: Iterable[Record]) -> Iterator[Record]:
    for number, record in enumerate(records, 1):
        yield record
        if number == 40:
            assert event.wait(PATIENCE)


def test_an_intake_that_is_complete_brings_no_more() -> None:
    with Intake() as intake:
        assert intake.coming
    assert not intake.coming
    assert not intake.broken_off
    assert not complete().coming


def test_an_intake_is_broken_off_by_an_exception() -> None:
    intake = Intake()
    with pytest.raises(ValueError, match="cut"), intake:
        raise ValueError("cut")
    assert intake.broken_off
    assert not intake.coming
