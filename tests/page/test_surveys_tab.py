"""The surveys tab: tables, comparisons and briefs in the browser, each cell opening its paper."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.page.conftest import OpenPage
from tests.ui.making import BEES, ORGANS


def survey(page: Page, kind: str, asked: str, columns: str = "") -> None:
    page.get_by_role("tab", name="Surveys").click()
    page.get_by_role("radio", name=kind).check()
    page.get_by_label("Topic or question").fill(asked)
    page.get_by_label("Columns, with commas").fill(columns)
    page.get_by_role("button", name="Survey", exact=True).click()


def test_a_table_is_shown_and_its_papers_open(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    survey(page, "Table", "dialects of beehives", "method, code")
    rows = page.locator("#surveyed tbody tr")
    expect(rows).to_have_count(1)
    expect(page.locator("#surveyed thead th")).to_have_text(["Paper", "method", "code"])
    expect(rows.locator("td").last).to_have_text("not stated in the abstract")
    rows.get_by_role("button", name=BEES.title, exact=True).click()
    expect(page.locator("#source h2")).to_have_text(BEES.title)
    expect(page.locator("#source mark")).to_have_count(0)


def test_a_cell_opens_the_very_sentence_that_it_rests_on(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    survey(page, "Table", "tuning church organs", "method, result")
    cell = page.locator("#surveyed td").filter(has=page.locator(".chip")).first
    cell.locator(".chip").click()
    marked = page.locator("#source mark")
    expect(marked).to_have_count(1)
    said = (cell.text_content() or "").replace(cell.locator(".chip").text_content() or "", "")
    assert said.strip(" .…") in (marked.text_content() or "")


def test_methods_are_compared_and_a_brief_is_written(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    survey(page, "Compare", "tide clock, foobarnet")
    expect(page.locator("#surveyed .warning")).to_have_text(
        "No paper of this library names 'foobarnet'."
    )
    survey(page, "Brief", "tuning church organs")
    expect(page.locator("#surveyed li").first).to_contain_text("2021")
    expect(page.locator("#surveyed .survey-papers li")).to_contain_text([ORGANS.title])
    survey(page, "Compare", "tides")
    expect(page.locator("#surveyed .warning")).to_contain_text("Name two methods to compare")
    survey(page, "Table", "?!")
    expect(page.locator("#surveyed .warning")).to_contain_text("Write what to survey first")
