"""What a command imports: the cheap ones nothing heavy, and none of them torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ui.making import ABOUT_TIDES, environment

HEAVY = {"llama_index", "chromadb", "onnxruntime", "openai", "gradio", "tantivy", "numpy"}
TORCH = {"torch", "transformers", "sentence_transformers", "tensorflow"}
# Runs `assistant` and writes the names of all that it imported as the last line.
_TELL = """
import json, sys
from ui.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    sys.stderr.flush()
    print(json.dumps([end.code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def imported(folder: Path, home: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _TELL, *arguments],
        capture_output=True,
        text=True,
        env=environment(home, ASSISTANT_LIBRARY=str(folder)),
        check=True,
        timeout=120,
    )
    code, names = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stderr
    return set(names)


@pytest.mark.parametrize("arguments", [("--help",), ("config",), ("config", "--json")])
def test_help_and_config_import_nothing_heavy(
    library: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert not imported(library, tmp_path, *arguments) & (HEAVY | TORCH)


@pytest.mark.parametrize("arguments", [("papers",), ("papers", "--json")])
def test_papers_imports_no_index_and_no_model(
    library: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    # The library itself knows vectors as numpy's arrays.
    assert not imported(library, tmp_path, *arguments) & (HEAVY - {"numpy"} | TORCH)


def test_asking_imports_no_torch_and_no_client_of_a_language_model(
    library: Path, tmp_path: Path
) -> None:
    names = imported(library, tmp_path, "ask", ABOUT_TIDES)
    assert {"llama_index", "chromadb", "onnxruntime"} <= names
    assert not names & (TORCH | {"openai", "gradio"})
