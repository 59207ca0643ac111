"""Fetching from online sources: what `fetch` does and says. All of them are one server here."""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests import source_server as said
from tests.source_server import Asked, Said, SourceServer, invented
from tests.ui.making import ROOT, Run, complaint, document

PAPERS = [invented(number) for number in range(12, 0, -1)]  # the newest first
DOI = "10.5555/village.7"
ADDRESSES = {
    "ARXIV_URL": "/arxiv",
    "HF_DAILY_URL": "/daily",
    "CROSSREF_URL": "/crossref",
    "OPENALEX_URL": "/openalex",
    "SEMANTIC_SCHOLAR_URL": "/s2",
    "PUBMED_URL": "/pubmed",
    "ACL_URL": "/acl",
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SourceServer]:
    """Every source, without the waits that they want."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr("store.sources.base.Client._wait_turn", lambda *_: None)
    monkeypatch.setattr("store.sources.arxiv.ArxivQuery.size", 5)
    monkeypatch.setattr("store.sources.base._FIRST_PAUSE", 0.01)
    with SourceServer() as server:
        for name, path in ADDRESSES.items():
            monkeypatch.setenv(f"ASSISTANT_{name}", server.address + path)
        server.on("/arxiv", said.arxiv_of(PAPERS))
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "new"


def test_papers_of_a_query_are_added(run: Run, server: SourceServer, folder: Path) -> None:
    report = document(run("fetch", "arxiv", "village", "--max", "7", "--json", library=folder))
    assert (report["read"], report["new"], report["papers"], report["embedded"]) == (7, 7, 7, 7)
    listed = document(run("papers", "--json", library=folder))
    assert listed["sources"] == {"arxiv: village": 7}
    assert len(server.asked) == 2


def test_a_terminal_is_told_what_came_and_how_to_have_more(
    run: Run, server: SourceServer, folder: Path
) -> None:
    first = run("fetch", "arxiv", "village", "--max", "5", library=folder)
    assert (first.code, first.out.splitlines()[:2]) == (0, ["5 read", "5 new"])
    assert first.err.strip() == "arXiv has 12 papers for this: --max 12 fetches all."
    rest = run("fetch", "arxiv", "village", "--max", "12", library=folder)
    assert rest.out.splitlines()[:2] == ["12 read", " 7 new"]  # five to see if any is newer
    assert rest.err == ""
    again = run("fetch", "arxiv", "village", library=folder)
    assert again.out.splitlines()[:2] == [" 5 read", " 0 new"]
    assert "Only what is newer" in again.err
    anew = run("fetch", "arxiv", "village", "--restart", library=folder)
    assert anew.out.splitlines()[:4] == ["12 read", " 0 new", " 0 updated", "12 unchanged"]


def test_a_failure_on_the_way_keeps_what_came(run: Run, server: SourceServer, folder: Path) -> None:
    give = said.arxiv_of(PAPERS)
    server.on("/arxiv", lambda a: Said("", 500) if a.params["start"] == "10" else give(a))
    text = complaint(run("fetch", "arxiv", "village", "--json", library=folder), 1)
    assert text.startswith("arXiv has a trouble of its own (HTTP status 500), 5 times in a row")
    assert text.endswith("(10 new papers), and the same command goes on from there.")
    server.on("/arxiv", give)
    server.asked.clear()
    report = document(run("fetch", "arxiv", "village", "--json", library=folder))
    assert (report["new"], report["papers"]) == (2, 12)
    assert [asked.params["start"] for asked in server.asked] == ["10", "0"]


def test_an_interrupt_keeps_what_came(run: Run, server: SourceServer, folder: Path) -> None:
    give = said.arxiv_of(PAPERS)

    def interrupted(asked: Asked) -> Said:
        if asked.params["start"] == "10":
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            time.sleep(0.2)
        return give(asked)

    server.on("/arxiv", interrupted)
    result = run("fetch", "arxiv", "village", "--json", library=folder)
    assert "the same command goes on from there" in complaint(result, 130)
    server.on("/arxiv", give)
    server.asked.clear()
    assert document(run("fetch", "arxiv", "village", "--json", library=folder))["papers"] == 12
    assert [asked.params["start"] for asked in server.asked] == ["10", "0"]


def test_a_removed_source_can_be_fetched_again(
    run: Run, server: SourceServer, folder: Path
) -> None:
    run("fetch", "arxiv", "cat:cs.CY", library=folder)
    removed = run("papers", "remove", "--source", "arxiv: cat:cs.CY", library=folder)
    assert removed.out.startswith("12 papers removed")
    report = document(run("fetch", "arxiv", "cat:cs.CY", "--json", library=folder))
    assert (report["new"], report["papers"]) == (12, 12)


def test_ids_are_fetched_and_a_missing_one_is_named(
    run: Run, server: SourceServer, folder: Path
) -> None:
    ids = (PAPERS[0].arxiv_id, f"{PAPERS[1].arxiv_id}v2", "2511.99999")
    first = run("fetch", "arxiv", *ids, library=folder)
    assert first.code == 3
    assert "arXiv has no paper 2511.99999: check the number" in first.out
    again = run("fetch", "arxiv", *ids[:2], library=folder)
    assert again.code == 0
    assert again.err.strip() == "2 of 2 fetched before: --restart fetches them anew."
    complaint(run("fetch", "arxiv", ids[0], "village", library=folder), 2)


def test_daily_papers_of_several_days(run: Run, server: SourceServer, folder: Path) -> None:
    lists = {"2025-11-05": PAPERS[:2], "2025-11-06": [], "2025-11-07": PAPERS[2:5]}
    server.on("/daily", lambda asked: Said(said.daily(lists[asked.params["date"]])))
    args = ("fetch", "hf-daily", "2025-11-05", "--until", "2025-11-07", "--json")
    report = document(run(*args, library=folder))
    assert (report["new"], report["papers"]) == (5, 5)
    assert document(run("papers", "--json", library=folder))["sources"] == {
        "hf-daily: 2025-11-05": 2,
        "hf-daily: 2025-11-07": 3,
    }
    server.asked.clear()
    run(*args, library=folder)
    assert [asked.params["date"] for asked in server.asked] == ["2025-11-06"]
    assert "is no date" in complaint(run("fetch", "hf-daily", "yesterday", library=folder), 2)


def test_dois_pubmed_and_the_anthology(run: Run, server: SourceServer, folder: Path) -> None:
    server.on(f"/crossref/works/{DOI}", Said(said.crossref(DOI, PAPERS[0], abstract=False)))
    server.on(f"/openalex/works/doi:{DOI}", Said(said.openalex(DOI, PAPERS[0])))
    report = run("fetch", "doi", DOI, "10.5555/none", library=folder)
    assert report.code == 3
    assert "knows the DOI 10.5555/none: check how it is written" in report.out
    server.on("/pubmed/esearch.fcgi", Said(said.esearch(PAPERS[1:3], 2)))
    server.on("/pubmed/efetch.fcgi", Said(said.efetch(PAPERS[1:3])))
    assert document(run("fetch", "pubmed", "villages", "--json", library=folder))["new"] == 2
    server.on("/acl/2023.acl.xml", Said(said.anthology("2023.acl", {"long": PAPERS[3:6]})))
    assert document(run("fetch", "acl", "2023.acl-long", "--json", library=folder))["new"] == 3
    sources = document(run("papers", "--json", library=folder))["sources"]
    assert sources == {"doi": 1, "pubmed: villages": 2, "acl: 2023.acl-long": 3}


def test_the_same_paper_from_two_sources_is_one(
    run: Run, server: SourceServer, folder: Path
) -> None:
    server.on("/daily", Said(said.daily(PAPERS[:2])))
    run("fetch", "hf-daily", "2025-11-05", library=folder)
    report = document(run("fetch", "arxiv", "village", "--max", "5", "--json", library=folder))
    assert (report["new"], report["papers"]) == (3, 5)


def test_answers_can_be_kept_and_added_elsewhere(
    run: Run, server: SourceServer, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "answers.zip"
    run("fetch", "arxiv", "village", "--max", "5", "--save", str(file), library=folder)
    run("fetch", "arxiv", "village", "--max", "10", "--save", str(file), library=folder)
    with ZipFile(file) as kept:
        assert kept.namelist() == ["00001.xml", "00002.xml", "00003.xml"]
    report = document(run("add", str(file), "--json", library=tmp_path / "elsewhere"))
    assert report["papers"] == 10
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ada")
    result = run("fetch", "arxiv", "village", "--save", str(letter), library=folder)
    assert "no .zip file" in complaint(result, 2)
    assert letter.read_text() == "Dear Ada"


def test_nothing_found_is_said(run: Run, server: SourceServer, folder: Path) -> None:
    server.on("/arxiv", said.arxiv_of([]))
    result = run("fetch", "arxiv", "village", library=folder)
    assert (result.code, result.out.splitlines()[0]) == (0, "0 read")
    assert result.err.strip() == "arXiv finds nothing for this: try other words."


def test_without_a_network_one_sentence_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with SourceServer() as gone:
        monkeypatch.setenv("ASSISTANT_ARXIV_URL", gone.address)
    text = complaint(run("fetch", "arxiv", "village", library=folder), 1)
    assert text.startswith("arXiv can't be reached at 127.0.0.1")
    assert text.endswith("check that this computer is online, and run the same command again.")


@pytest.mark.parametrize(
    ("name", "value"),
    [("CONTACT", "Ada\r\nX: y@z"), ("ARXIV_URL", "file:///etc"), ("FETCH_TIMEOUT", "0")],
)
def test_settings_that_make_no_sense_are_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, value: str
) -> None:
    monkeypatch.setenv(f"ASSISTANT_{name}", value)
    result = run("fetch", "arxiv", "village", library=folder)
    assert result.code == 2
    assert name.lower() in result.err


def test_the_help_names_the_sources_and_the_reference_too(run: Run) -> None:
    shown = run("fetch", "--help").out
    for name in ("arxiv", "hf-daily", "doi", "pubmed", "acl"):
        assert re.search(rf"^\W*{name} ", shown, re.M), name
        assert f"## `assistant fetch {name}`" in (ROOT / "docs" / "cli.md").read_text("utf-8")


def test_a_document_of_nothing_is_whole(run: Run, server: SourceServer, folder: Path) -> None:
    server.on("/arxiv", said.arxiv_of([]))
    result = run("fetch", "arxiv", "village", "--json", library=folder)
    assert result.err == ""
    assert json.loads(result.out)["read"] == 0
