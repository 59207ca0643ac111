"""A page of invented papers, and what it takes to run `assistant` on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date as Date
from itertools import islice
from pathlib import Path
from typing import Any

from store.paper import Paper
from tests.store.make_pages import Fake, write
from ui.app import EXIT_CODES

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("assistant")

TIDES = Fake(
    title="Tide Clocks for Harbours without a Gauge",
    paragraphs=(
        "Small harbours rarely own a tide gauge. We read the tide from the slack of mooring lines "
        "in ordinary webcam pictures. A tide clock made this way is off by nine minutes at spring "
        "tides and by fourteen at neap tides. It needs no calibration beyond one week of pictures.",
    ),
    authors=3,
    date=Date(2023, 5, 4),
)
BEES = Fake(
    title="Do Beehives Hum in Dialects?",
    paragraphs=(
        "Beekeepers say that every hive has a sound of its own. We recorded two hundred beehives "
        "through one summer and trained a classifier on their hum. It tells hives of different "
        "valleys apart in nine cases out of ten. Moving a hive to another valley changes its hum "
        "within eleven days.",
    ),
    authors=5,
    date=Date(2024, 8, 19),
    upvotes=12,
)
ORGANS = Fake(
    title="Retuning Church Organs by Listening Twice",
    paragraphs=(
        "Church organs drift out of tune with the weather. We present a tuning procedure for "
        "church organs that listens to each pipe at dawn and at noon. The procedure halves the "
        "hours that an organ tuner spends on a mid-sized instrument.",
    ),
    authors=1,
    date=Date(2021, 2, 28),
)
OTHERS = (
    Fake(
        title="Snow Fences from Willow Cuttings",
        paragraphs=(
            "Living fences of willow hold drifting snow off mountain roads. Fences planted in four "
            "rows kept three road sections open in every storm of two winters.",
        ),
        organisation=("north-lab", "North Lab"),
        date=Date(2022, 11, 3),
    ),
    Fake(
        title="Letters Lost at Sea: Reading Wet Ink",
        paragraphs=(
            "Ink that has lain in salt water fades unevenly. Infrared light brings back most words "
            "of letters recovered from wrecks, and a language model fills the gaps.",
        ),
        authors=4,
        date=Date(2020, 7, 15),
    ),
    Fake(
        title="Slow Lifts Make Patient Neighbours",
        paragraphs=(
            "We slowed the lifts of two apartment houses for a month. Neighbours who waited "
            "together learned each other's names twice as often as before.",
        ),
        authors=2,
        date=Date(2019, 1, 9),
    ),
)
FAKES = (TIDES, BEES, ORGANS, *OTHERS)
PAGE = write(FAKES, "footers", day="Nov 5, 2025")
ABOUT_TIDES = "How far off is a tide clock read from webcam pictures?"


@dataclass(frozen=True)
class Result:
    """How a run of `assistant` ended and what it wrote."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]  # the fixture `run`


def environment(home: Path, **more: str) -> dict[str, str]:
    """This environment without settings, keys or files of the user's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ASSISTANT_", "OPENAI_", "OTEL_", "XDG_", "COLUMNS", "LINES"))
    }
    return {**kept, "HOME": str(home), "TERM": "xterm-256color", **more}


def run_program(home: Path, *arguments: str, **more: str) -> Result:
    """A whole run of the installed program, in a process of its own."""
    done = subprocess.run(
        [PROGRAM, *arguments],
        capture_output=True,
        text=True,
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def document(result: Result, code: int = 0) -> Any:
    """The one JSON document that a run printed, and nothing else."""
    assert result.code == code, result.err
    return json.loads(result.out)


def complaint(result: Result, code: int) -> str:
    """The one sentence on standard error of a run that failed, and printed nothing else."""
    assert result.code == code
    assert code in EXIT_CODES
    assert result.out == ""
    assert len(result.err.splitlines()) == 1
    assert result.err.rstrip().endswith(".")
    assert "Traceback" not in result.err
    return result.err.strip()


def first_starter_papers(count: int) -> Iterator[Paper]:
    """The first of the starter papers, for tests that need not embed them all."""
    from store.starter import starter_papers

    return islice(starter_papers(), count)
