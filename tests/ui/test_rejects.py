"""The file of rejected records: what is missing is filled in there, and the file added."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.paper import Rejected, Source
from store.readers import READERS
from tests.ui.making import Run, complaint, document
from ui.rejects import RejectsFile

GOOD = {"title": "Lamps that hum", "abstract": "Lamps hum when the grid does.", "year": 2021}
BARE = {"title": "Wells of the coast", "authors": ["Ada One"], "doi": "10.5555/wells"}
LINES = [json.dumps(GOOD), json.dumps(BARE), "{ broken", json.dumps({"abstract": "No title."})]


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(LINES), "utf-8")
    return path


def test_a_rejected_record_is_mended_in_its_file_and_keeps_its_place(
    run: Run, records: Path, tmp_path: Path
) -> None:
    library, rejects = tmp_path / "library", tmp_path / "to mend.jsonl"
    arguments = ("add", str(records), "--rejects", str(rejects), "--json")
    report = document(run(*arguments, library=library))
    assert (report["read"], report["new"], report["rejected"]) == (4, 1, 3)
    assert report["rejects_file"] == str(rejects)
    rows = [json.loads(line) for line in rejects.read_text("utf-8").splitlines()]
    assert [(row["position"], row["title"]) for row in rows] == [
        (2, BARE["title"]),
        (3, ""),
        (4, ""),
    ]
    assert "abstract" in rows[0]["rejected"]
    assert rows[1]["text"] == LINES[2]

    rows[0]["abstract"] = "Wells near the coast turn salty in dry years."
    rows[2]["title"] = "Found again"
    rejects.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    again = document(run("add", str(rejects), "--json", library=library))
    assert (again["new"], again["rejected"]) == (2, 1)
    assert again["rejects"][0]["position"] == 3
    listed = document(run("papers", "--json", library=library))["papers"]
    places = {
        p["title"]: (Path(p["sources"][0]["file"]), p["sources"][0]["position"]) for p in listed
    }
    assert places[BARE["title"]] == (records, 2)
    assert places["Found again"] == (records, 4)

    third = document(run("add", str(records), "--json", library=library))
    assert (third["unchanged"], third["papers"]) == (1, 3)


def test_without_a_name_the_file_lies_in_the_library_and_the_report_says_where(
    run: Run, records: Path, tmp_path: Path
) -> None:
    shown = run("add", str(records), library=tmp_path / "library")
    (kept,) = (tmp_path / "library" / "rejected").iterdir()
    assert kept.name in "".join(shown.out.split())
    assert "mend them there" in " ".join(shown.out.split())
    assert "read as JSON lines" in shown.out
    assert len(kept.read_text("utf-8").splitlines()) == 3


def test_no_file_is_made_where_nothing_is_rejected(run: Run, page: Path, tmp_path: Path) -> None:
    report = document(run("add", str(page), "--json", library=tmp_path / "library"))
    assert report["rejects_file"] is None
    assert report["formats"] == [{"file": str(page), "format": "listing page"}]
    assert not (tmp_path / "library" / "rejected").exists()


def test_a_file_that_holds_something_is_not_written_over(
    run: Run, records: Path, tmp_path: Path
) -> None:
    mended = tmp_path / "mended.jsonl"
    mended.write_text(json.dumps(GOOD), "utf-8")
    for added in (records, mended):
        failed = run("add", str(added), "--rejects", str(mended), library=tmp_path / "library")
        assert "holds something already" in complaint(failed, 1)
    assert json.loads(mended.read_text("utf-8")) == GOOD


def test_a_command_that_was_interrupted_can_be_given_again(tmp_path: Path) -> None:
    wanted, part = tmp_path / "rejects.jsonl", tmp_path / ".rejects.jsonl.part"
    first, second = (Rejected(Source("a.jsonl", n, n), "it has no title", "text") for n in (1, 2))

    def interrupted() -> Iterator[Rejected]:
        yield first
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), RejectsFile(tmp_path, wanted) as rejects:
        list(rejects.noting(interrupted()))
    assert len(part.read_text("utf-8").splitlines()) == 1
    assert not wanted.exists()
    with RejectsFile(tmp_path, wanted) as rejects:
        list(rejects.noting([first, second]))
    assert len(wanted.read_text("utf-8").splitlines()) == 2
    assert rejects.path == wanted
    assert [one.name for one in tmp_path.iterdir() if one != wanted] == [part.name]


def test_files_of_the_same_second_do_not_meet(tmp_path: Path) -> None:
    reject = Rejected(Source("a.jsonl", 1, 1), "it has no title", "text")
    paths = set()
    for _ in range(3):
        with RejectsFile(tmp_path) as rejects:
            list(rejects.noting([reject]))
            paths.add(rejects.path)
    assert len(paths) == 3


def test_a_record_that_can_not_be_read_is_kept_whole(run: Run, tmp_path: Path) -> None:
    words = "Lamps hum when the grid does. " * 60
    entry = f"@article{{lamps, title = {{Lamps}}, abstract = {{{words}}}, broken"
    bibliography = tmp_path / "lamps.bib"
    bibliography.write_text(f"@article{{a, title={{A}}, abstract={{It is.}}}}\n{entry}", "utf-8")
    report = document(run("add", str(bibliography), "--json", library=tmp_path / "library"))
    (row,) = [json.loads(n) for n in Path(report["rejects_file"]).read_text("utf-8").splitlines()]
    assert words.strip() in row["text"]


def test_a_file_that_can_not_be_written_is_named_before_anything_is_lost(
    run: Run, records: Path, tmp_path: Path
) -> None:
    below = records / "a file is no folder"
    failed = run("add", str(records), "--rejects", str(below), library=tmp_path / "new")
    assert "--rejects" in complaint(failed, 1)


def test_a_format_can_be_named_and_an_unknown_one_lists_them(
    run: Run, records: Path, tmp_path: Path
) -> None:
    failed = run("add", str(records), "--format", "word", library=tmp_path / "new")
    assert "jsonl" in complaint(failed, 2)
    report = document(
        run("add", str(records), "--format", "jsonl", "--json", library=tmp_path / "new")
    )
    assert report["new"] == 1


def test_the_help_names_every_format(run: Run, tmp_path: Path) -> None:
    shown = " ".join(run("add", "--help", library=tmp_path / "new").out.replace("│", " ").split())
    assert all(reader.key in shown for reader in READERS)
