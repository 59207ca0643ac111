"""Filling the library: what `add` and `reindex` do and say."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from store.library import Library
from store.settings import StoreSettings
from tests.ui.making import (
    PAGE,
    PROGRAM,
    TIDES,
    Result,
    Run,
    complaint,
    document,
    environment,
    first_starter_papers,
)


def test_adding_counts_and_adding_again_changes_nothing(
    run: Run, page: Path, tmp_path: Path
) -> None:
    first = document(run("add", str(page), "--json", library=tmp_path / "new"))
    counts = {name: value for name, value in first.items() if isinstance(value, int)}
    assert counts == {
        "read": 6, "new": 6, "updated": 0, "unchanged": 0, "rejected": 0, "papers": 6,
        "embedded": 6,
    }  # fmt: skip
    again = document(run("add", str(page), "--json", library=tmp_path / "new"))
    assert (again["new"], again["updated"], again["unchanged"], again["embedded"]) == (0, 0, 6, 0)
    shown = run("add", str(page), library=tmp_path / "new")
    assert shown.out.splitlines()[:2] == ["6 read", "0 new"]
    assert "nothing was embedded" in shown.out


def test_what_can_not_be_read_is_named_and_the_rest_is_done(
    run: Run, page: Path, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ada,\nall is well.\n", "utf-8")
    paths = (str(tmp_path / "nowhere.txt"), str(page), str(letter))
    report = document(run("add", *paths, "--json", library=tmp_path / "new"), code=3)
    assert (report["papers"], report["rejected"]) == (6, 2)
    assert [Path(r["file"]).name for r in report["rejects"]] == ["nowhere.txt", "letter.txt"]
    shown = run("add", *paths, library=tmp_path / "new")
    assert shown.code == 3
    assert "nowhere.txt: there is no such file" in shown.out
    assert "letter.txt" in shown.out


def test_a_page_comes_through_standard_input(run: Run, tmp_path: Path) -> None:
    library = tmp_path / "new"
    report = document(run("add", "-", "--json", library=library, stdin=PAGE.encode()))
    assert (report["read"], report["papers"]) == (6, 6)
    listed = document(run("papers", "--json", library=library))
    assert list(listed["sources"].values()) == [6]


def test_the_day_a_page_was_saved_gives_its_year(run: Run, tmp_path: Path) -> None:
    page = PAGE.replace("May 4, 2023", "May 4")
    saved = ("--saved", "2018-12-31", "--json")
    document(run("add", "-", *saved, library=tmp_path / "new", stdin=page.encode()))
    papers = document(run("papers", "--json", library=tmp_path / "new"))["papers"]
    (tides,) = [paper for paper in papers if paper["title"] == TIDES.title]
    assert tides["date"] == "2018-05-04"


def test_columns_can_be_named(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("Titel;Worum es geht\nGlocken;Wir läuten, man hört es.\n", "utf-8")
    wrong = run("add", str(table), "--column", "title=Titre", library=tmp_path / "new")
    assert wrong.code == 3
    assert "has no column 'Titre': it has 'Titel' and 'Worum es geht'." in " ".join(
        wrong.out.split()
    )
    told = ("--column", "title=titel", "--column", "abstract=Worum es geht")
    right = run("add", str(table), *told, "--json", library=tmp_path / "new")
    assert (document(right)["papers"], right.err) == (1, "")


def test_columns_that_can_not_be_meant_are_told(run: Run, page: Path, tmp_path: Path) -> None:
    library = tmp_path / "new"
    for said, why in (("Titel", "write it as title=Titel"), ("colour=x", "no field 'colour'")):
        assert why in complaint(run("add", str(page), "--column", said, library=library), 2)
    both = ("--column", "title=Titel", "--format", "page")
    assert "'page' has no columns" in complaint(run("add", str(page), *both, library=library), 2)
    assert not library.exists()
    added = run("add", str(page), "--column", "title=Titel", "--json", library=library)
    assert document(added)["papers"] == 6
    assert "--column changed nothing: no file was read as JSON lines, Parquet or" in added.err


def test_the_starter_papers_are_added_with_a_flag_and_beside_files(
    run: Run, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.keeping.starter_records", lambda: first_starter_papers(3))
    report = document(run("add", "--starter", str(page), "--json", library=tmp_path / "new"))
    assert (report["read"], report["papers"]) == (9, 9)


def test_without_a_path_adding_finishes_what_waits(
    run: Run, own_library: Path, tmp_path: Path
) -> None:
    with Library(StoreSettings(library=own_library)) as opened:
        opened.catalog.changes.requeue("vectors")
    shown = run("add", library=own_library)
    assert shown.code == 0
    assert "6 papers embedded that had waited." in shown.out
    assert "Name a file or folder" in complaint(run("add", library=own_library), 2)


def test_an_interrupted_add_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    library = tmp_path / "new"
    process = subprocess.Popen(
        [PROGRAM, "--library", library, "add", "-", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    )
    deadline = time.monotonic() + 60
    while not (library / "owner.json").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    said = complaint(Result(process.returncode, out, err), 130)
    assert said.startswith("Interrupted: what was done is kept")


def test_reindex_makes_both_indexes_anew(run: Run, own_library: Path) -> None:
    assert document(run("reindex", "--json", library=own_library)) == {"embedded": 6}
    assert document(run("doctor", "--json", library=own_library))["ok"] is True
