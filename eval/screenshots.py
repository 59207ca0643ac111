"""Pictures of the page's main states over the starter library, into docs/: `make screenshots`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from eval.page import browser_path
from eval.questions import HERE
from eval.serving import serving, wait_ready
from store.library import Library
from store.settings import StoreSettings
from store.starter import starter_papers

if TYPE_CHECKING:
    from playwright.sync_api import Page

DOCS = HERE.parent / "docs"
QUESTION = "How can a language model be taught to follow instructions?"
SURVEYED = "image generation"
REFUSED = "What do beehives hum about in winter?"
SCOPED = "What makes very deep networks trainable?"
PASTED = """
@article{tides, title = {Tide Clocks for Harbours without a Gauge}, year = 2021,
  author = {Merel Vos and Ian Tait}, abstract = {Small harbours rarely own a tide gauge. We read
  the tide from the slack of mooring lines in ordinary webcam pictures, within nine minutes.}}
@article{draft, title = {Notes on Harbour Bells}, year = 2022}
"""


def main(folder: Path = DOCS) -> None:
    """Takes all pictures anew.

    Raises FileNotFoundError where there is no Chromium.
    """
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory(prefix="screenshots-") as name, sync_playwright() as playwright:
        library = Path(name) / "library"
        with Library(StoreSettings(library=library)) as opened:
            opened.add(starter_papers())
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        with serving(library) as address:
            wait_ready(address, page=True)
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            page = context.new_page()
            page.goto(address)
            page.wait_for_selector(".welcome .suggestion")
            _take(page, folder, "page-first-visit")
            _ask(page, QUESTION)
            page.locator("#thread .chip").first.click()
            _take(page, folder, "page-answer")
            page.keyboard.press("Escape")
            page.get_by_role("tab", name="Map").click()  # its papers are lit
            page.wait_for_selector("#atlas svg.map", timeout=120_000)
            _take(page, folder, "page-map")
            page.get_by_role("tab", name="Library").click()
            page.wait_for_selector("#shelf table.papers")
            _take(page, folder, "page-library")
            page.get_by_label("Or paste the text of a page").fill(PASTED)
            page.get_by_role("button", name="Add the pasted text").click()
            page.wait_for_selector("#added .report")
            _take(page, folder, "page-added")
            page.get_by_role("tab", name="Surveys").click()
            page.get_by_role("radio", name="Table").check()
            page.get_by_label("Topic or question").fill(SURVEYED)
            page.get_by_label("Columns, with commas").fill("method, result")
            page.get_by_role("button", name="Survey", exact=True).click()
            page.wait_for_selector("#surveyed table")
            _take(page, folder, "page-surveys")
            page.get_by_role("tab", name="Chat").click()
            _ask(page, REFUSED)
            _take(page, folder, "page-refusal")
            page.get_by_role("button", name="Dark or light").click()
            page.locator("#thread .chip").first.click()
            _take(page, folder, "page-dark")
            page.get_by_role("button", name="Dark or light").click()
            page.keyboard.press("Escape")
            page.get_by_role("button", name="Filters").click()
            page.get_by_role("textbox", name="Since").fill("2015")
            page.get_by_role("textbox", name="Until").fill("2020")
            page.wait_for_selector("#chips .filter")
            _ask(page, SCOPED)
            _take(page, folder, "page-scope")
            narrow = context.new_page()
            narrow.set_viewport_size({"width": 380, "height": 760})
            narrow.goto(page.url)
            narrow.locator("#thread .chip").first.click()
            _take(narrow, folder, "page-narrow")
        browser.close()


def _ask(page: Page, question: str) -> None:
    before = page.locator("#thread .exchange").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.locator("#thread .exchange").nth(before).wait_for()
    page.wait_for_timeout(1500)  # suggestions come behind the answer


def _take(page: Page, folder: Path, name: str) -> None:
    page.wait_for_timeout(400)
    page.screenshot(path=folder / f"{name}.png")
    print(f"docs/{name}.png", file=sys.stderr)


if __name__ == "__main__":
    main()
