"""Looking into the library: `papers list`, `papers show` and `papers remove`."""

from __future__ import annotations

import json
from pathlib import Path

from store.paper import normal_title
from tests.ui.making import BEES, FAKES, PAGE, TIDES, Run, complaint, document


def test_papers_lists_in_a_line_each_and_as_json(run: Run, library: Path) -> None:
    lines = run("papers", library=library).out.splitlines()
    assert [line.split("\t")[2] for line in lines] == [fake.title for fake in FAKES]
    assert run("papers", "list", library=library).out.splitlines() == lines
    listed = document(run("papers", "--json", "--limit", "2", "--offset", "1", library=library))
    assert listed["total"] == 6
    assert [paper["title"] for paper in listed["papers"]] == [FAKES[1].title, FAKES[2].title]
    assert list(listed["sources"].values()) == [6]


def test_papers_are_ordered_and_chosen(run: Run, library: Path) -> None:
    def titles(*options: str) -> list[str]:
        found = document(run("papers", "list", "--json", *options, library=library))["papers"]
        return [paper["title"] for paper in found]

    assert titles("--order", "title") == sorted((f.title for f in FAKES), key=normal_title)
    assert titles("--order", "upvotes")[0] == BEES.title
    assert titles("--text", "webcam") == [TIDES.title]
    assert set(titles("--since", "2023")) == {TIDES.title, BEES.title}
    assert titles("--text", "gramophone words") == []


def test_a_list_that_goes_on_says_so_beside_it(run: Run, library: Path) -> None:
    shown = run("papers", "--limit", "2", library=library)
    assert len(shown.out.splitlines()) == 2
    assert shown.err == "1 to 2 of 6; more with --limit and --offset.\n"


def test_papers_are_shown_whole(run: Run, library: Path) -> None:
    papers = document(run("papers", "--json", library=library))["papers"]
    ids = [paper["id"] for paper in papers[:2]]
    assert document(run("papers", "show", *ids, "--json", library=library)) == {
        "papers": papers[:2]
    }
    shown = run("papers", "show", *ids, library=library).out
    for paper in papers[:2]:
        assert paper["title"] in shown
        assert paper["abstract"] in shown


def test_papers_are_removed_by_id(run: Run, own_library: Path) -> None:
    papers = document(run("papers", "--json", library=own_library))["papers"]
    ids = [papers[0]["id"], papers[0]["id"], papers[1]["id"]]
    removed = document(run("papers", "remove", *ids, "--json", library=own_library))
    assert removed == {"removed": 2, "kept": 0, "papers": 4}
    found = document(run("search", TIDES.title, "--json", library=own_library))
    assert TIDES.title not in {paper["title"] for paper in found["papers"]}
    complaint(run("papers", "show", papers[0]["id"], library=own_library), 1)


def test_what_a_source_gave_is_removed_and_what_others_gave_too_stays(
    run: Run, own_library: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text(PAGE[: PAGE.index(FAKES[2].title)], "utf-8")
    document(run("add", str(other), "--json", library=own_library))
    removed = run("papers", "remove", "--source", "invented", library=own_library)
    assert removed.out == "4 papers removed, 2 kept as other sources hold them too; 2 left.\n"
    removed = run("papers", "remove", "--source", str(other), library=own_library)
    assert removed.out == "2 papers removed; 0 left.\n"


def test_papers_are_exported_by_what_they_hold_or_by_id(run: Run, library: Path) -> None:
    whole = run("papers", "export", library=library).out
    assert whole.count("\n@") + whole.startswith("@") == len(FAKES)
    chosen = run("papers", "export", "--text", "webcam", "--format", "ris", library=library).out
    assert chosen.count("TY  -") == 1
    assert TIDES.title in chosen
    listed = document(run("papers", "--json", library=library))["papers"]
    ids = [paper["id"] for paper in listed]
    given = "\n".join([ids[3], ids[1], ids[3]]).encode()
    shown = run("papers", "export", "-", "--format", "csl-json", library=library, stdin=given)
    items = json.loads(shown.out)
    assert [item["title"] for item in items] == [listed[3]["title"], listed[1]["title"]]


def test_what_cannot_be_exported_writes_nothing(run: Run, library: Path) -> None:
    known = document(run("papers", "--json", library=library))["papers"][0]["id"]
    complaint(run("papers", "export", known, "nobody", library=library), 1)
    complaint(run("papers", "export", "--format", "docx", library=library), 2)
    complaint(run("papers", "export", "--order", "luck", library=library), 2)
    complaint(run("papers", "export", known, "--text", "tides", library=library), 2)
    nothing = run("papers", "export", "--text", "zeppelin gramophone", library=library)
    assert (nothing.code, nothing.out) == (0, "")
    assert "nothing to write" in nothing.err
