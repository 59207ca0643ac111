"""Going through a source's answers: what is kept of it, and where the next run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.catalog import Catalog
from store.paper import Paper, Rejected, Source
from store.sources import arxiv
from store.sources.answers import Page
from store.sources.base import Client, SourceFailed
from store.sources.running import Batch, collect, follow, waiting
from store.sources.state import Fetched, Mark
from tests import source_server as said
from tests.source_server import Asked, Invented, Said, SourceServer, invented

PAPERS = [invented(number) for number in range(30, 0, -1)]  # the newest first
QUERY = "arxiv: village"
PAGES = Source("pages", 1)
NOBODY = cast(Client, None)  # whom a search in memory asks


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(timeout=1, sleep=lambda _: None) as client:
        yield client


@pytest.fixture
def server() -> Iterator[SourceServer]:
    with SourceServer() as server:
        yield server


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Fetched]:
    state = Fetched(tmp_path / "library")
    yield state
    state.close()


class Village(arxiv.ArxivQuery):
    """The query, ten results a page."""

    size = 10

    def __init__(self, server: SourceServer) -> None:
        super().__init__("village", arxiv.site(server.address))


def starts(server: SourceServer) -> list[int]:
    """Where the pages began that were asked for since the last time."""
    found = [int(asked.params["start"]) for asked in server.asked]
    server.asked.clear()
    return found


def titles(batches: list[Batch]) -> list[str]:
    return [one.title for batch in batches for one in batch.records if isinstance(one, Paper)]


def places(batches: list[Batch]) -> dict[str, int]:
    papers = [one for batch in batches for one in batch.records if isinstance(one, Paper)]
    return {paper.title: paper.sources[0].position for paper in papers}


def test_all_pages_come_and_are_told(client: Client, server: SourceServer, state: Fetched) -> None:
    server.on("/", said.arxiv_of(PAPERS))
    batches = list(follow(Village(server), client, state, 100))
    assert titles(batches) == [paper.title for paper in PAPERS]
    assert [(b.done, b.wanted, b.total, b.newer) for b in batches] == [
        (10, 30, 30, False), (20, 30, 30, False), (30, 30, 30, False),
    ]  # fmt: skip
    assert state.mark(QUERY) == Mark(reached=30, whole=True)


def test_no_more_than_wanted_is_asked_for_and_more_goes_on_from_there(
    client: Client, server: SourceServer, state: Fetched
) -> None:
    server.on("/", said.arxiv_of(PAPERS))
    assert len(titles(list(follow(Village(server), client, state, 15)))) == 15
    assert [asked.params["max_results"] for asked in server.asked] == ["10", "5"]
    server.asked.clear()
    more, newer = follow(Village(server), client, state, 22)
    assert titles([more]) == [paper.title for paper in PAPERS[15:22]]
    assert (more.newer, newer.newer) == (False, True)
    assert starts(server) == [15, 0]


def test_an_interrupted_run_goes_on_at_the_page_that_was_not_kept(
    client: Client, server: SourceServer, state: Fetched, tmp_path: Path
) -> None:
    server.on("/", said.arxiv_of(PAPERS))
    run = follow(Village(server), client, state, 100)
    next(run)
    next(run)  # the first is kept, the second was being added
    run.close()
    starts(server)
    state.close()
    again = Fetched(tmp_path / "library")
    rest = list(follow(Village(server), client, again, 100))
    assert titles(rest[:2]) == [paper.title for paper in PAPERS[10:]]
    assert starts(server) == [10, 20, 0]
    again.close()


def test_a_failure_keeps_what_came_before(
    client: Client, server: SourceServer, state: Fetched
) -> None:
    give = said.arxiv_of(PAPERS)
    server.on("/", lambda asked: Said("", 400) if asked.params["start"] == "20" else give(asked))
    got: list[Batch] = []
    with pytest.raises(SourceFailed):
        got.extend(follow(Village(server), client, state, 100))
    assert state.mark(QUERY) == Mark(reached=20)
    server.on("/", give)
    assert [b.done for b in follow(Village(server), client, state, 100) if not b.newer] == [30]


def test_run_again_only_what_is_newer_is_looked_for(
    client: Client, server: SourceServer, state: Fetched
) -> None:
    server.on("/", said.arxiv_of(PAPERS[13:]))
    list(follow(Village(server), client, state, 100))
    starts(server)
    server.on("/", said.arxiv_of(PAPERS))
    batches = list(follow(Village(server), client, state, 100))
    assert all(batch.newer for batch in batches)
    assert starts(server) == [0, 10, 20]  # the third page brought nothing new
    assert len(titles(batches)) == 30
    assert not list(follow(Village(server), client, state, 100))[1:]
    assert starts(server) == [0]


def test_looking_for_what_is_newer_can_be_interrupted_too(
    client: Client, server: SourceServer, state: Fetched
) -> None:
    server.on("/", said.arxiv_of(PAPERS[25:]))
    list(follow(Village(server), client, state, 100))
    server.on("/", said.arxiv_of(PAPERS[5:]))
    run = follow(Village(server), client, state, 100)
    next(run)
    next(run)
    run.close()
    starts(server)
    # Meanwhile five more came, so that the second page now has half of the first one's papers.
    server.on("/", said.arxiv_of(PAPERS))
    found = titles(list(follow(Village(server), client, state, 100)))
    assert starts(server) == [10, 20, 0, 10]
    assert set(found) == {paper.title for paper in PAPERS}


def test_what_is_wanted_more_of_later_leaves_no_gap(
    client: Client, server: SourceServer, state: Fetched
) -> None:
    server.on("/", said.arxiv_of(PAPERS[20:]))
    found = titles(list(follow(Village(server), client, state, 100)))
    server.on("/", said.arxiv_of(PAPERS))  # twenty more, of which the newest five are wanted
    found += titles(list(follow(Village(server), client, state, 5)))
    assert len(found) == 15
    found += titles(list(follow(Village(server), client, state, 100)))
    assert set(found) == {paper.title for paper in PAPERS}


class Pages:
    """A search in memory: results that grow at the front."""

    source, size, most = "pages", 3, 1000

    def __init__(self) -> None:
        self.papers: list[Paper] = []

    def grow(self, count: int) -> None:
        for _ in range(count):
            number = len(self.papers)
            self.papers.insert(0, Paper(title=f"No {number}", abstract="A.", sources=(PAGES,)))

    def page(self, client: Client, start: int, count: int) -> Page:
        some = self.papers[start : start + count]
        return Page(tuple(some), (), len(some), len(self.papers))


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(1, 30), st.none() | st.integers(0, 4)),
        max_size=8,
    )
)
@settings(max_examples=20, deadline=None)
def test_whatever_comes_and_breaks_off_nothing_is_missed_in_the_end(
    steps: list[tuple[int, int, int | None]],
) -> None:
    pages, found = Pages(), set[str]()
    with TemporaryDirectory() as folder, closing(Fetched(Path(folder))) as state:
        for new, most, batches in steps:  # papers that come, then a run, maybe cut short
            pages.grow(new)
            run = follow(pages, NOBODY, state, most)
            got = list(islice(run, batches))
            run.close()
            broke_off = len(got) == batches
            found |= set(titles(got[:-1] if broke_off else got))  # the last was being added
            if not broke_off:
                assert {paper.title for paper in pages.papers[:most]} <= found
        for batch in follow(pages, NOBODY, state, 1000):
            found |= set(titles([batch]))
    assert found == {paper.title for paper in pages.papers}


def test_papers_keep_their_places_however_the_results_move(
    client: Client, server: SourceServer, state: Fetched, tmp_path: Path
) -> None:
    catalog = Catalog(tmp_path / "papers.sqlite")
    server.on("/", said.arxiv_of(PAPERS[10:]))
    first = places(list(follow(Village(server), client, state, 100)))
    assert sorted(first.values()) == list(range(1, 21))
    server.on("/", said.arxiv_of([*PAPERS[:10], *reversed(PAPERS[10:])]))
    state.forget(QUERY)
    later = list(follow(Village(server), client, state, 100))
    for batch in later:
        catalog.put(one for one in batch.records if isinstance(one, Paper))
    assert first.items() <= (later_places := places(later)).items()
    assert len(set(later_places.values())) == len(later_places) == 30
    for batch in later:
        again = catalog.put(one for one in batch.records if isinstance(one, Paper))
        assert set(again.values()) == {"unchanged"}
    assert catalog.sources() == {QUERY: 30}
    catalog.close()


def test_what_was_forgotten_comes_anew(
    client: Client, server: SourceServer, state: Fetched
) -> None:
    server.on("/", said.arxiv_of(PAPERS))
    list(follow(Village(server), client, state, 100))
    state.forget(QUERY)
    starts(server)
    assert len(titles(list(follow(Village(server), client, state, 100)))) == 30
    assert starts(server) == [0, 10, 20]


def test_a_source_gives_no_more_than_it_can(
    client: Client, server: SourceServer, state: Fetched
) -> None:
    class Short(Village):
        most = 12

    server.on("/", said.arxiv_of(PAPERS))
    batches = list(follow(Short(server), client, state, 100))
    assert (len(titles(batches)), batches[-1].wanted, batches[-1].total) == (12, 12, 30)
    assert next(follow(Short(server), client, state, 100)).newer


def test_rejected_records_keep_their_number_in_the_results(
    client: Client, server: SourceServer, state: Fetched
) -> None:
    def without(asked: Asked) -> Said:
        bare = Invented(15, PAPERS[15].title, "")
        return said.arxiv_of([*PAPERS[:15], bare, *PAPERS[16:]])(asked)

    server.on("/", without)
    batches = list(follow(Village(server), client, state, 100))
    (reject,) = [one for b in batches for one in b.records if isinstance(one, Rejected)]
    assert (reject.source.file, reject.source.position) == (QUERY, 16)


def test_named_things_are_fetched_once(
    client: Client, server: SourceServer, state: Fetched
) -> None:
    server.on("/", said.arxiv_of(PAPERS))
    ids = [paper.arxiv_id for paper in PAPERS[:3]]
    wanted = arxiv.ArxivPapers([*ids, "2511.99999"], arxiv.site(server.address))
    wanted.size = 2
    run = collect(wanted, client, state)
    next(run)
    run.close()  # nobody knows whether the first two were added
    assert waiting(wanted, state) == [*ids, "2511.99999"]
    batches = list(collect(wanted, client, state))
    assert [(batch.done, batch.wanted) for batch in batches] == [(2, 4), (4, 4)]
    assert len(titles(batches)) == 3
    assert waiting(wanted, state) == ["2511.99999"]  # which isn't there yet
