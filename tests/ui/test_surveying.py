"""`assistant table`, `compare` and `brief`: as text, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from assistant.answer import Citation, Searched
from assistant.surveying.values import (
    Brief,
    Cell,
    Comparison,
    Method,
    Opposed,
    Point,
    Row,
    Surveyed,
    Table,
    Theme,
    Together,
)
from tests.page.serving import Served
from tests.ui.making import BEES, ORGANS, TIDES, Run, complaint, document, run_program
from tests.ui.screens import put_in_place, screen, written
from ui import showing_surveys
from ui.surveyed import brief_of, comparison_of, survey_document, table_of

HIVES = "dialects of beehives"
CITED = Citation(1, "p", "T", "However, it reads 94% of all.", 0, 29, 1.0, True)
CELL = Cell("it reads 94% of all.", 9, 29, (CITED,), ((9, 12),))
PAPER = Surveyed(1, "p", "T", 2020, "2 authors")
SEARCHED = Searched("Q", 3)
TABLE = Table("Q", ("data", "code"), (Row(PAPER, (CELL, Cell())),), 3, SEARCHED)
COMPARISON = Comparison(
    ("data",),
    (Method("A", (CELL,), (PAPER,), 1, True), Method("B", (Cell(),))),
    (Together(PAPER, ("A", "B"), (CELL,)),),
    (Opposed(CELL, CELL),),
    (PAPER,),
    SEARCHED,
    notice="No paper of this library names 'B'.",
)
BRIEF = Brief("Q", (Theme("L", (Point(PAPER, CELL),)),), (PAPER,), 3, "Of 3 papers.", SEARCHED)


def test_a_table_is_printed_paper_by_paper_in_a_pipe(run: Run, library: Path) -> None:
    done = run("table", HIVES, "--columns", "method,data,code", library=library)
    assert done.code == 0, done.err
    assert BEES.title in done.out
    assert "not stated in the abstract" in done.out
    assert TIDES.title not in done.out


def test_a_table_as_json_cites_each_cell_to_the_letter(run: Run, library: Path) -> None:
    found = document(run("table", HIVES, "--json", library=library))
    assert found["columns"] == ["problem", "method", "data", "result"]
    (row,) = found["rows"]
    stated = [cell for cell in row["cells"] if cell["text"]]
    assert stated
    abstract = BEES.paragraphs[0]
    for cell in stated:
        (citation,) = cell["citations"]
        assert citation["paper_id"] == row["paper"]["paper_id"]
        assert abstract[citation["start"] : citation["end"]] == citation["quote"]
        assert abstract[cell["start"] : cell["end"]] == cell["text"]


def test_a_table_as_csv_and_markdown(run: Run, library: Path) -> None:
    done = run("table", HIVES, "--csv", "--columns", "data", library=library)
    heads, row = csv.reader(io.StringIO(done.out.removeprefix("\ufeff"), newline=""))
    assert heads == ["number", "title", "year", "id", "url", "data"]
    assert row[1] == BEES.title
    done = run("table", HIVES, "--markdown", library=library)
    assert done.out.startswith(f"# {HIVES}\n\n| Paper | problem |")


def test_methods_are_compared_and_unknown_ones_said_plainly(run: Run, library: Path) -> None:
    done = run("compare", "tide clocks", "foobarnet", library=library)
    assert done.code == 0
    assert "No paper of this library names 'foobarnet'." in done.err
    assert "tide clocks" in done.out
    found = document(run("compare", "tide clock", "church organs", "--json", library=library))
    assert [method["known"] for method in found["methods"]] == [1, 1]
    done = run("compare", "tide clock", "church organs", "--markdown", library=library)
    assert "|  | tide clock | church organs |" in done.out


def test_a_brief_names_year_and_source(run: Run, library: Path) -> None:
    done = run("brief", "tuning church organs", library=library)
    assert "  2021  " in done.out
    assert f"[1] {ORGANS.title}" in done.out
    done = run("brief", "tuning church organs", "--markdown", library=library)
    assert f"- **2021**: In *{ORGANS.title}*: " in done.out
    found = document(run("brief", "tuning church organs", "--json", library=library))
    assert found["how"].startswith("1 of 6 papers is about it")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("table", "?!"), "There is no question here"),
        (("table", HIVES, "--json", "--csv"), "Choose one of"),
        (("compare", "x", "?"), "There is no method here"),
        (("brief", " "), "There is no topic here"),
    ],
)
def test_wrong_usage_ends_with_one_sentence(
    run: Run, library: Path, arguments: tuple[str, ...], why: str
) -> None:
    assert why in complaint(run(*arguments, library=library), 2)


def test_what_cannot_be_compared_or_asked_ends_with_one_sentence(run: Run, library: Path) -> None:
    assert "Name two methods" in complaint(run("compare", "tides", library=library), 1)
    many = ",".join(f"question {n}" for n in range(9))
    assert "at most 8" in complaint(run("table", HIVES, "--columns", many, library=library), 1)


# --- a running server -------------------------------------------------------------------------


def test_a_running_server_is_asked_and_says_the_same(
    run: Run, library: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(library, tmp_path / "own"))
    questions = (
        ("table", HIVES, "--columns", "method,result"),
        ("compare", "tide clock", "church organs"),
        ("brief", "tuning church organs"),
    )
    alone = [run(*one, "--json", library=folder).out for one in questions]
    server = Served(tmp_path, "--library", str(folder), "serve", "--port", "0")
    try:
        server.wait()
        for one, before in zip(questions, alone, strict=True):
            done = run_program(tmp_path, "--library", str(folder), *one, "--json")
            assert json.loads(done.out) == json.loads(before), done.err
        done = run_program(tmp_path, "--library", str(folder), "compare", "tides")
        assert done.code == 1
    finally:
        server.stop()


# --- documents and screens --------------------------------------------------------------------


def test_documents_come_back_as_they_were() -> None:
    for survey, back in ((TABLE, table_of), (COMPARISON, comparison_of), (BRIEF, brief_of)):
        assert back(json.loads(json.dumps(survey_document(survey)))) == survey


@pytest.mark.parametrize("width", [40, 160])
def test_surveys_fit_narrow_and_wide_screens(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    shown = put_in_place(monkeypatch, screen(width))
    monkeypatch.setattr(showing_surveys, "out", shown)
    showing_surveys.show_table(TABLE)
    showing_surveys.show_comparison(COMPARISON)
    showing_surveys.show_brief(BRIEF)
    text = written(shown)
    assert all(len(line) <= width for line in text.splitlines())
    assert text.count("… it reads 94%") + text.count("… it reads\n") >= 4
    assert "Mentioned together" in text
    assert "By contrast" in text
