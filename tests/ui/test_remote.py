"""Commands beside a running server: they go through it, and nobody can tell by their output."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from store.filters import Filters
from store.library import Library
from store.paper import Paper, Source
from store.settings import StoreSettings
from tests.page.serving import Served
from tests.source_server import SourceServer, arxiv_of, invented
from tests.ui.making import (
    ABOUT_TIDES,
    BEES,
    PAGE,
    TIDES,
    Run,
    complaint,
    document,
    first_starter_papers,
    run_program,
)
from tests.ui.test_imports import HEAVY, TORCH, imported
from ui.app import Failure
from ui.desk import LocalDesk
from ui.fallback import FallbackDesk
from ui.keeping import add_records
from ui.remote import RemoteDesk

NOWHERE = "http://127.0.0.1:9"  # a proxy that isn't there


@dataclass(frozen=True)
class Twins:
    """Two copies of a library: `served` has a server, `alone` has none. Each test does the same
    to both, so they stay alike."""

    alone: Path
    served: Path


@pytest.fixture(scope="module")
def twins(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    home = tmp_path_factory.mktemp("twins")
    both = Twins(*(Path(shutil.copytree(library, home / name)) for name in ("alone", "served")))
    arguments = ("--library", str(both.served), "serve", "--port", "0")
    server = Served(home, *arguments, ASSISTANT_PASSWORD="lighthouse")
    try:
        server.wait()
        yield both
    finally:
        server.stop()


@pytest.fixture
def remote(twins: Twins) -> RemoteDesk:
    return desk_of(twins.served)


def desk_of(folder: Path) -> RemoteDesk:
    note = Library.announced(folder)
    assert note is not None
    return RemoteDesk(note["address"], note["token"])


def papers_from(file: str, *titles: str) -> list[Paper]:
    return [
        Paper(title=title, abstract=f"We study {title} at length.", sources=(Source(file, n, n),))
        for n, title in enumerate(titles, 1)
    ]


def _same(run: Run, twins: Twins, *arguments: str, stdin: bytes = b"") -> Any:
    """What a command wrote, which is the same over both."""
    alone = run(*arguments, library=twins.alone, stdin=stdin)
    served = run(*arguments, library=twins.served, stdin=stdin)
    assert (served.code, served.err) == (alone.code, alone.err)
    if "--json" not in arguments or alone.code not in (0, 3):
        assert served.out == alone.out
        return served
    shown, expected = (document(result, alone.code) for result in (served, alone))
    for one in (shown, expected):
        one.pop("timings_ms", None)
    assert shown == expected
    return shown


@pytest.mark.parametrize(
    "options",
    [(), ("--stream",), ("--json",), ("--json", "--top-k", "2"), ("--writer", "extractive"),
     ("--json", "--since", "2024", "--until", "2024-08"), ("--until", "1999", "--stream")],
)  # fmt: skip
def test_asking_prints_the_same(run: Run, twins: Twins, options: tuple[str, ...]) -> None:
    shown = _same(run, twins, "ask", ABOUT_TIDES, *options)
    if options == ("--json",):
        assert shown["citations"][0]["title"] == TIDES.title
    _same(run, twins, "ask", "Who won the chess games?", *options)


def test_asking_and_searching_with_odd_texts_prints_the_same(run: Run, twins: Twins) -> None:
    for question in (
        "tides\x00 of\tharbours\n",
        "caf\udce9 tides",
        f"tides {'of harbours ' * 3000}",
    ):
        _same(run, twins, "ask", question, "--json")
        _same(run, twins, "search", question, "--json")
    _same(run, twins, "ask", "-", stdin=ABOUT_TIDES.encode())
    _same(run, twins, "ask", "?!")


@pytest.mark.parametrize(
    "options",
    [(), ("--json",), ("-k", "2"), ("--source", "invented", "--json"), ("--source", "nowhere"),
     ("--organisation", "North Lab")],
)  # fmt: skip
def test_searching_prints_the_same(run: Run, twins: Twins, options: tuple[str, ...]) -> None:
    _same(run, twins, "search", "the hum of beehives", *options)


def test_looking_prints_the_same(run: Run, twins: Twins) -> None:
    papers = _same(run, twins, "papers", "--json", "--order", "title")["papers"]
    _same(run, twins, "papers", "list", "--limit", "2", "--offset", "1")
    _same(run, twins, "papers", "show", papers[0]["id"])
    _same(run, twins, "papers", "show", "title-nothing")


def test_adding_and_removing_print_the_same_and_are_found(
    run: Run, twins: Twins, tmp_path: Path
) -> None:
    other, letter = tmp_path / "other.txt", tmp_path / "letter.txt"
    page = PAGE.replace("Tide Clocks", "Sand Clocks").replace("Beehives", "Wasp Nests")
    other.write_text(page, "utf-8")
    letter.write_text("Dear Ada,\nall is well.\n", "utf-8")
    paths = (str(other), str(letter), str(tmp_path))
    assert _same(run, twins, "add", *paths, "--json")["new"] == 2
    _same(run, twins, "add", *paths)
    assert "Name a file or folder" in _same(run, twins, "add").err
    _same(run, twins, "add", "--saved", "yesterday", str(other))
    found = _same(run, twins, "search", "sand clocks for harbours", "--json")["papers"][0]
    assert found["title"].startswith("Sand Clocks")
    _same(run, twins, "papers", "show", found["id"], "--json")
    _same(run, twins, "papers", "remove", found["id"], found["id"], "--json")
    _same(run, twins, "papers", "remove", found["id"])
    assert "removed, 4 kept" in _same(run, twins, "papers", "remove", "--source", "other").out
    _same(run, twins, "papers", "remove", "--source", "other")
    assert _same(run, twins, "papers", "--json")["total"] == 6


def test_a_page_on_standard_input_and_the_starter_papers_come_as_they_are(
    run: Run, twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.keeping.starter_records", lambda: first_starter_papers(3))
    page = PAGE.replace("Church Organs", "Barrel Organs").encode()
    _same(run, twins, "add", "-", "--starter", "--json", stdin=page)
    listed = _same(run, twins, "papers", "--json")
    assert [paper["kind"] for paper in listed["papers"]].count("summary") == 3
    for source in listed["sources"]:
        if not source.endswith("invented.txt"):
            _same(run, twins, "papers", "remove", "--source", source)


def test_papers_in_several_requests_count_as_in_one(
    twins: Twins, remote: RemoteDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.batches._BATCH", 1)
    files = [papers_from(f"{name}.txt", f"{name} kites", f"{name} ropes") for name in ("a", "b")]
    long = replace(files[1][0], title="word " * 900, sources=(Source("b.txt", 7, 70),))
    told: list[tuple[int, int]] = []
    report = remote.add([*files[0], *files[1], long], lambda *now: told.append(now))
    counts = (report.read, report.new, report.unchanged, report.embedded)
    assert counts == (5, 4, 0, 4)
    assert [reject.source for reject in report.rejected] == [Source("b.txt", 7, 70)]
    assert told[-1] == (4, 4)
    again = remote.add(one for file in files for one in file)
    assert (again.read, again.unchanged, again.embedded) == (4, 4, 0)
    ids = [one.id for file in files for one in file]
    assert [remote.get(ids)[i].title for i in ids] == [p.title for file in files for p in file]
    assert remote.remove(ids).removed == 4


def test_an_interrupt_keeps_what_was_sent(remote: RemoteDesk) -> None:
    def stopped() -> Iterator[Paper]:
        yield papers_from("c.txt", "c kites")[0]
        raise KeyboardInterrupt

    with pytest.raises(Failure, match="Interrupted: what was done is kept") as raised:
        add_records(remote, stopped())
    assert raised.value.code == 130


def test_a_remote_desk_lists_as_a_local_one(twins: Twins, remote: RemoteDesk) -> None:
    with Library(StoreSettings(library=twins.served)) as library:
        local = LocalDesk(library)
        for text, filters, offset, limit in (
            ("", Filters(), 0, 4),
            ("", Filters(), 3, 5000),
            ("e", Filters(organisations=("north",)), 0, 9),
            ("no such words", Filters(), 0, 9),
        ):
            expected = local.list(text, filters, "-year", offset, limit)
            listed = remote.list(text, filters, "-year", offset, limit)
            assert listed.papers == _without_lines(expected.papers)
            assert replace(listed, papers=()) == replace(expected, papers=())
        assert remote.sources() == local.sources()


def _without_lines(papers: tuple[Paper, ...]) -> tuple[Paper, ...]:
    """As documents show papers."""
    return tuple(replace(p, sources=tuple(replace(s, line=0) for s in p.sources)) for p in papers)


def test_what_only_a_process_of_its_own_can_do_is_told(
    run: Run, twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = complaint(run("ask", ABOUT_TIDES, "--model", "m", library=twins.served), 2)
    assert "writes without a language model: leave --model out, or stop the server" in told
    told = complaint(run("ask", ABOUT_TIDES, "--writer", "model", library=twins.served), 2)
    assert "leave --writer out" in told
    monkeypatch.setenv("ASSISTANT_LOCK_WAIT", "0")
    assert "'assistant serve'" in complaint(run("reindex", library=twins.served), 4)
    monkeypatch.setenv("ASSISTANT_EMBED_MODEL", "another")
    told = complaint(run("search", "tides", library=twins.served), 2)
    assert "embeds with another 'embed_model'" in told


def test_asking_through_a_server_imports_nothing_heavy_and_asks_no_proxy(
    twins: Twins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, NOWHERE)
    for arguments in (("ask", ABOUT_TIDES), ("ask", ABOUT_TIDES, "--stream"), ("search", "bees")):
        names = imported(twins.served, tmp_path, *arguments)
        assert not names & (HEAVY - {"numpy"} | TORCH | {"httpx", "fastapi"})


def test_a_command_waits_for_a_server_that_starts_and_does_without_one_that_died(
    own_library: Path, tmp_path: Path
) -> None:
    arguments = ("--library", str(own_library), "ask", ABOUT_TIDES)
    expected = run_program(tmp_path, *arguments)
    server = Served(tmp_path, "--library", str(own_library), "serve", "--port", "0")
    try:
        deadline = time.monotonic() + 60
        while not (own_library / "owner.json").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert (own_library / "owner.json").stat().st_mode & 0o777 == 0o600
        assert run_program(tmp_path, *arguments) == expected
        found = desk_of(own_library)
    finally:
        server.kill()
    assert (own_library / "owner.json").exists()  # it had no time to take it away
    assert run_program(tmp_path, *arguments) == expected
    with Library(StoreSettings(library=own_library)) as library:  # found, and then it died
        desk = FallbackDesk(found, lambda: LocalDesk(library))
        assert desk.count() == 6
        report = desk.add(papers_from("late.txt", "late kites"))
        assert (report.new, report.papers) == (1, 7)


@contextmanager
def stopping(answer: bytes) -> Iterator[RemoteDesk]:
    """The desk of a server that says this much of an answer, and then is gone."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(65_536)
                        connection.sendall(answer)
            except OSError:  # the test is over
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield RemoteDesk(f"http://127.0.0.1:{listening.getsockname()[1]}", "token")
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_what_is_fetched_reaches_a_running_server(
    run: Run, twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with SourceServer() as arxiv:
        arxiv.on("/", arxiv_of([invented(number) for number in (3, 2, 1)]))
        monkeypatch.setenv("ASSISTANT_ARXIV_URL", arxiv.address)
        report = _same(run, twins, "fetch", "arxiv", "village", "--json")
        assert (report["read"], report["new"]) == (3, 3)
        assert _same(run, twins, "fetch", "arxiv", "village", "--json")["unchanged"] == 3
    _same(run, twins, "papers", "remove", "--source", "arxiv: village")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{",
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\nevent: restarted\ndata: {"',
        b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nno document",
    ],
)
def test_a_server_that_stops_in_the_middle_is_told_in_one_sentence(answer: bytes) -> None:
    with stopping(answer) as desk:
        for work in (
            lambda: desk.ask("tides?"),
            lambda: list(desk.stream("tides?")),
            lambda: desk.search("tides"),
            lambda: desk.add(papers_from("d.txt", "d kites")),
        ):
            with pytest.raises(ConnectionError, match=r"^The server of this library stopped .*\.$"):
                work()


def test_the_servers_own_sentences_are_passed_on(remote: RemoteDesk, twins: Twins) -> None:
    with pytest.raises(Failure, match="There is no such source"):
        remote.remove_source("nowhere.txt")
    note = Library.announced(twins.served)
    assert note is not None
    with pytest.raises(Failure, match="This library asks for the password"):
        RemoteDesk(note["address"], "wrong").count()
    assert BEES.title in {one.paper.title for one in remote.search("beehives")}
