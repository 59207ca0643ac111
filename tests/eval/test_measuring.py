"""`assistant eval citations`, `answers` and `refusals` by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store.library import Library
from store.settings import StoreSettings
from tests.assistant.answers import READING
from tests.assistant.invented import BEES, LEDGERS, PAPERS
from tests.eval.making import Command, document

pytestmark = pytest.mark.usefixtures("nobodys_settings")

ROWS = [
    {"question": READING, "papers": [LEDGERS.title], "answer": "94.2% of the characters"},
    {"question": "How many honeybees were released at dawn?", "papers": [BEES.title]},
    {"question": "Who won the chess final in 1972?", "papers": [], "kind": "general"},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measured") / "library"
    with Library(StoreSettings(library=folder), owner="a test") as library:
        library.add(PAPERS)
    (folder / "questions.jsonl").write_text("".join(json.dumps(r) + "\n" for r in ROWS), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("command", "measure", "plot"),
    [
        ("citations", "citation_recall", "kinds"),
        ("answers", "rouge_l", "kinds"),
        ("refusals", "refused_right", "risk-coverage"),
    ],
)
def test_each_is_printed_kept_drawn_and_compared(
    folder: Path, run: Command, command: str, measure: str, plot: str
) -> None:
    chosen = ("eval", command, "-l", folder, "--results", "kept")
    code, table, err = run(*chosen)
    assert code == 0, err
    assert "all" in table
    printed = document(run(*chosen, "--name", "again", "--json"))
    kept = json.loads(Path(f"kept/{command}-own.json").read_text("utf-8"))
    assert kept["questions"]["questions"] == 3
    assert kept["figures"].keys() == printed.keys() - {"notes"}
    assert measure in kept["each"]["1"]
    text = Path(f"kept/{command}-own.md").read_text("utf-8")
    assert printed["notes"][0] in text
    assert f"![{plot}]({command}-own-{plot}.png)" in text
    assert Path(f"kept/{command}-own-{plot}.png").read_bytes().startswith(b"\x89PNG")
    compared = document(run("eval", "compare", f"{command}-own", "again", "--results", "kept",
                            "--json"))  # fmt: skip
    assert compared["measures"]["total_ms" if command == "answers" else measure]["questions"] >= 2


def test_an_unknown_split_is_refused(folder: Path, run: Command) -> None:
    code, _, err = run("eval", "refusals", "-l", folder, "--split", "half")
    assert code == 2
    assert "tune, test or all" in err
