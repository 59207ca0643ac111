"""The page's benchmark: how soon the server is ready, the page is there and an answer begins.

Times of the page are taken inside a real Chromium, from the press of Enter on.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eval.figures import Figure
from eval.questions import HERE, PAGES, load_questions
from eval.serving import serving, wait_ready
from eval.timing import machine
from store.library import Library
from store.paper import Paper, Source
from store.readers import read_paths
from store.settings import StoreSettings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

COLLECTION = PAGES.parent / "collections" / "conference.jsonl.gz"
LARGE = 20_000
_BUILD = HERE.parent / "build"
# What has to be there before a question can be answered over HTTP.
_BARE = (
    "import llama_index.core, llama_index.vector_stores.chroma, chromadb, onnxruntime, tokenizers,"
    " tantivy, fastapi, uvicorn"
)
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]
# Watches for the first sentence from the press of Enter on.
_ASK = """question => new Promise(done => {
  const box = document.querySelector('#question textarea');
  box.value = question;
  box.dispatchEvent(new Event('input', {bubbles: true}));
  setTimeout(() => {
    const begun = performance.now();
    const seen = () => document.querySelector('#live .sentence, #live .refusal, #thread .exchange');
    const watcher = new MutationObserver(() => {
      if (seen()) { watcher.disconnect(); done(performance.now() - begun); }
    });
    watcher.observe(document.body, {childList: true, subtree: true});
    box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
    box.dispatchEvent(new KeyboardEvent('keypress', {key: 'Enter', bubbles: true}));
  }, 60);
})"""


def run(quick: bool = False, pages: Path = PAGES) -> dict[str, Any]:
    """Measures the page over the saved pages' papers, and over 20,000.

    Raises:
        FileNotFoundError: the papers to measure with are not there, or no Chromium.
        RuntimeError: the server did not come up.
    """
    from playwright.sync_api import sync_playwright

    if not pages.is_dir():
        raise FileNotFoundError(f"The saved pages are expected in {pages}: name them with --pages.")
    before = machine()
    rounds, questions = (1, 5) if quick else (5, 60)
    small = _library("page-small", _papers(pages))
    figures = [_ready(small, rounds)]
    sizes = {"414": small}
    if not quick and COLLECTION.is_file():
        large = islice(_without_repeats(chain(_papers(pages), conference())), LARGE)
        sizes[f"{LARGE:,}"] = _library("page-large", large)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=_FLAGS)
        for size, folder in sizes.items():
            figures += _page(browser, folder, size, rounds, questions)
        browser.close()
    return {
        "quick": quick,
        "papers": 414,
        "machine": before,
        "figures": [figure.document() for figure in figures],
    }


# --- what is measured ---------------------------------------------------------------------


def _ready(folder: Path, rounds: int) -> Figure:
    """From the start of the process to readiness, and the bare imports as a process, in turn."""
    pairs = []
    for number in range(rounds + 1):
        begun = time.perf_counter()
        with serving(folder) as address:
            wait_ready(address)
            ours = time.perf_counter() - begun
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", _BARE], check=True)
        bare = time.perf_counter() - begun
        if number:  # the first round warms the disk's cache
            pairs.append((ours, bare))
    ratio = float(np.median([ours / bare for ours, bare in pairs]))
    ours, bare = np.median(pairs, axis=0)
    return Figure(
        "ready",
        "'assistant serve' until /readyz / the bare imports of what answering needs",
        "s",
        "ratio <= 1.2",
        float(ours),
        float(bare),
        ratio,
        more={"seconds": pairs},
    )


def _page(browser: Browser, folder: Path, size: str, rounds: int, most: int) -> list[Figure]:
    begun = time.perf_counter()
    with serving(folder) as address:
        wait_ready(address)
        ready = time.perf_counter() - begun
        wait_ready(address, page=True)
        up = time.perf_counter() - begun
        opened = [_opening(browser, address) for _ in range(rounds)]
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector("#thread .welcome")
        asked = [q.question for q in load_questions() if q.answerable and not q.history]
        step = max(1, len(asked) // most)
        firsts = []
        for question in asked[::step][:most]:
            firsts.append(float(page.evaluate(_ASK, question)))
            page.wait_for_selector("#thread .exchange")
            _begin_anew(page)
        page.close()
    return [
        Figure(
            f"page, {size}",
            "from opening the page to its question box, the server being up",
            "s",
            "ours < 2",
            float(np.median(opened)),
            more={"seconds": opened},
            note=f"the process answers after {ready:.1f} s and shows its page after {up:.1f} s",
        ),
        Figure(
            f"first words, {size}",
            f"from Enter to the first sentence: p50 (p95 is {np.percentile(firsts, 95):.0f} ms)",
            "ms",
            "ours < 400",
            float(np.median(firsts)),
            more={"p95": float(np.percentile(firsts, 95)), "questions": len(firsts)},
        ),
    ]


def _opening(browser: Browser, address: str) -> float:
    """Seconds until somebody who never came before can type a question."""
    context = browser.new_context()
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#question textarea:enabled")
    took = time.perf_counter() - begun
    context.close()
    return took


def _begin_anew(page: Page) -> None:
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector("#thread .welcome")


# --- what it is measured on ---------------------------------------------------------------


def _library(name: str, papers: Iterator[Paper]) -> Path:
    """A library of these papers, kept between runs; the large one takes minutes to make."""
    folder = _BUILD / name
    with Library(StoreSettings(library=folder)) as library:
        if not library.count() or library.pending("vectors"):
            library.add(papers)
    return folder


def _papers(pages: Path) -> Iterator[Paper]:
    return (record for record in read_paths([pages]) if isinstance(record, Paper))


def conference() -> Iterator[Paper]:
    """Real papers of conferences, for size."""
    with gzip.open(COLLECTION, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            row = json.loads(line)
            if row.get("title") and row.get("abstract"):
                source = Source(COLLECTION.name, number)
                yield Paper(title=row["title"], abstract=row["abstract"], sources=(source,))


def _without_repeats(papers: Iterator[Paper]) -> Iterator[Paper]:
    seen: set[str] = set()
    for paper in papers:
        if paper.id not in seen:
            seen.add(paper.id)
            yield paper


def browser_path() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("The page is measured in Chromium: install it, then run this again.")
