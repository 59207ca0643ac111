"""The server under load: 50 clients at once against the engine called in-process, and questions
while 10,000 papers are being added.

Every answer is compared with the one that the same question brought before, alone, so that
none can be mixed up with another's unseen.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from eval.figures import Figure
from eval.page import COLLECTION, conference
from eval.questions import HERE, PAGES, Question, load_questions, pages_library
from eval.serving import serving, wait_ready
from eval.timing import machine
from store.paper import normal_title

CLIENTS = 50
SECONDS = 60.0
ADDED = 10_000
_BUILD = HERE.parent / "build"
_BATCH = 2_000  # papers a request
_ALONE = (1, 2, 3, 4)  # threads that the engine is called from; the best of them counts

Given = dict[str, Any]  # an answer's document
Expected = dict[str, Given]  # by the question


def run(quick: bool = False, pages: Path = PAGES) -> dict[str, Any]:
    """Measures over a copy of the library of the saved pages.

    Raises:
        FileNotFoundError: the pages or the papers to add are not there.
        RuntimeError: the server, or the engine's own process, ended with an error.
    """
    if not pages.is_dir() or not COLLECTION.is_file():
        raise FileNotFoundError(f"The saved pages and {COLLECTION.name} are expected in {pages}.")
    before = machine()
    seconds, added = (6.0, 300) if quick else (SECONDS, ADDED)
    pages_library(_BUILD / "eval-library", pages).close()
    folder = _BUILD / "load"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_BUILD / "eval-library", folder)
    questions = [q for q in load_questions() if not q.history]
    first = _in_process(folder, questions, seconds / 6)
    with serving(folder) as address:
        wait_ready(address, page=True)
        many = asyncio.run(_crowd(address, questions, CLIENTS, seconds))
    last = _in_process(folder, questions, seconds / 6)
    alone = (max(first["rates"].values()) + max(last["rates"].values())) / 2
    with serving(folder) as address:
        wait_ready(address, page=True)
        adding = asyncio.run(_while_adding(address, questions, added, seconds))
    shutil.rmtree(folder, ignore_errors=True)
    figures = [_throughput(many, alone, [first["rates"], last["rates"]], seconds), _added(adding)]
    return {
        "quick": quick,
        "papers": 414,
        "machine": before,
        "figures": [figure.document() for figure in figures],
    }


# --- the engine in a process of its own -----------------------------------------------------


def _in_process(folder: Path, questions: Sequence[Question], seconds: float) -> dict[str, Any]:
    """Answers a second by number of threads, and every question's answer."""
    asked = json.dumps([question.question for question in questions])
    done = subprocess.run(
        [sys.executable, "-m", "eval.load_engine", str(folder), str(seconds), *map(str, _ALONE)],
        input=asked,
        capture_output=True,
        text=True,
        env={k: v for k, v in os.environ.items() if not k.startswith(("ASSISTANT_", "OPENAI_"))},
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The engine ended with {done.returncode}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# --- many clients ---------------------------------------------------------------------------


class _Tally:
    """What clients saw: seconds of each answer, and what was wrong with any."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self.wrong: list[str] = []
        self.right = 0  # questions that a right paper was cited for first
        self.began = time.perf_counter()
        self.ended = self.began

    def heard(self, seconds: float) -> None:
        self.took.append(seconds)
        self.ended = time.perf_counter()

    @property
    def rate(self) -> float:
        return len(self.took) / (self.ended - self.began)

    def percentile(self, which: float) -> float:
        """Milliseconds."""
        return float(np.percentile(self.took, which)) * 1000


async def _crowd(
    address: str, questions: Sequence[Question], clients: int, seconds: float
) -> _Tally:
    """Clients that each ask one question after another, beginning at different ones.

    What each question's answer is, the server tells a single client before.
    """
    tally = _Tally()
    connector = aiohttp.TCPConnector(limit=clients)
    async with aiohttp.ClientSession(address, connector=connector) as session:
        expected: Expected = {}
        for each in questions:  # as the engine in-process answered each once before
            given = await _ask(session, each.question, tally)
            assert given is not None, tally.wrong
            expected[each.question] = given
            tally.right += _right(each, given)
        tally.took.clear()
        tally.began = time.perf_counter()
        end = tally.began + seconds

        async def client(number: int) -> None:
            asked = list(expected)
            start = number * len(asked) // clients
            for question in cycle(asked[start:] + asked[:start]):
                if time.perf_counter() >= end:
                    return
                given = await _ask(session, question, tally)
                if given is not None and _essence(given) != _essence(expected[question]):
                    tally.wrong.append(f"another answer to {question!r}")

        await asyncio.gather(*(client(number) for number in range(clients)))
    return tally


async def _ask(session: aiohttp.ClientSession, question: str, tally: _Tally) -> Given | None:
    began = time.perf_counter()
    try:
        async with session.post("/v1/ask", json={"question": question}) as response:
            body = await response.read()
    except aiohttp.ClientError as error:
        tally.wrong.append(f"{type(error).__name__}: {error}")
        return None
    tally.heard(time.perf_counter() - began)
    if response.status != 200:
        tally.wrong.append(f"status {response.status}: {body[:200]!r}")
        return None
    given: Given = json.loads(body)
    if given["question"] != " ".join(question.split()):
        tally.wrong.append(f"{given['question']!r} in place of {question!r}")
    return given


def _essence(given: Given) -> tuple[Any, ...]:
    quotes = [(c["paper_id"], c["start"], c["end"], c["quote"]) for c in given["citations"]]
    return given["status"], given["text"], quotes


# --- while papers are added -----------------------------------------------------------------


async def _while_adding(
    address: str, questions: Sequence[Question], added: int, seconds: float
) -> dict[str, Any]:
    """One client asks, first alone and then while papers are added.

    It asks only what it got right before, so that a right paper is known for each question.
    """
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(address, timeout=timeout) as session:
        expected: Expected = {}
        fresh = _Tally()
        for each in questions:
            given = await _ask(session, each.question, fresh)
            if each.answerable and given is not None and _right(each, given):
                expected[each.question] = given
        asking = cycle([each for each in questions if each.question in expected])
        quiet, busy = _Tally(), _Tally()
        while time.perf_counter() < quiet.began + seconds / 2:
            question = next(asking)
            given = await _ask(session, question.question, quiet)
            if given is None or _essence(given) != _essence(expected[question.question]):
                quiet.wrong.append(f"another answer to {question.question!r}")
        jobs = []
        papers = ({"title": p.title, "abstract": p.abstract} for p in islice(conference(), added))
        began = busy.began = time.perf_counter()
        while batch := list(islice(papers, _BATCH)):
            async with session.post("/v1/papers", json={"papers": batch}) as response:
                jobs.append((await response.json())["id"])
        right = 0
        looked = 0.0
        while jobs:
            question = next(asking)
            given = await _ask(session, question.question, busy)
            if given is not None:
                right += _right(question, given)
                await _check_quotes(session, given, busy)
            if time.perf_counter() - looked > 1:
                looked = time.perf_counter()
                async with session.get(f"/v1/jobs/{jobs[0]}") as response:
                    job = await response.json()
                if job["status"] == "failed":
                    busy.wrong.append(f"adding failed: {job['error']}")
                if job["status"] in ("done", "failed"):
                    jobs.pop(0)
        return {
            "fresh": fresh,
            "quiet": quiet,
            "busy": busy,
            "right": right / max(1, len(busy.took)),
            "seconds": time.perf_counter() - began,
            "added": added,
        }


async def _check_quotes(session: aiohttp.ClientSession, given: Given, tally: _Tally) -> None:
    """Every quote stands in the abstract at its offsets, as the server shows it now."""
    for citation in given["citations"][:1]:
        async with session.get(f"/v1/papers/{citation['paper_id']}") as response:
            paper = await response.json()
        abstract = paper.get("abstract", "")
        if abstract[citation["start"] : citation["end"]] != citation["quote"]:
            tally.wrong.append(f"a quote of {citation['paper_id']} is not there")


def _right(question: Question, given: Given) -> bool:
    """Whether the answer's first citation is of a right paper."""
    cited = [normal_title(citation["title"]) for citation in given["citations"][:1]]
    return bool(cited) and cited[0] in question.papers


# --- figures --------------------------------------------------------------------------------


def _throughput(
    many: _Tally, alone: float, rates: list[dict[str, float]], seconds: float
) -> Figure:
    wrong = len(many.wrong)
    return Figure(
        "load",
        f"answers a second to {CLIENTS} clients for {seconds:.0f} s, p50 "
        f"{many.percentile(50):.0f} ms, p99 {many.percentile(99):.0f} ms, {wrong} of "
        f"{len(many.took)} failed or mixed up, {many.right} questions cite a right paper "
        "first / the engine in-process, by the best number of threads",
        "1/s",
        "ratio >= 0.8",
        many.rate,
        alone,
        many.rate / alone,
        more={"wrong": many.wrong[:20], "in-process": rates},
    )


def _added(found: dict[str, Any]) -> Figure:
    fresh, quiet, busy = found["fresh"], found["quiet"], found["busy"]
    wrong = fresh.wrong + quiet.wrong + busy.wrong
    return Figure(
        "while adding",
        f"p95 of an answer while {found['added']:,} papers are added in {found['seconds']:.0f} s "
        f"(p50 {busy.percentile(50):.0f} ms, {len(wrong)} of {len(busy.took)} wrong, "
        f"{found['right']:.0%} cite a paper known to be right first) / p95 before, of the same "
        f"questions asked again and again (p50 {quiet.percentile(50):.0f} ms; when they were asked "
        f"for the first time, p95 {fresh.percentile(95):.0f} ms)",
        "ms",
        "ratio <= 3",
        busy.percentile(95),
        quiet.percentile(95),
        busy.percentile(95) / quiet.percentile(95),
        more={
            "wrong": wrong[:20],
            "p99": busy.percentile(99),
            "first time": fresh.percentile(95),
            "right": found["right"],
        },
    )
