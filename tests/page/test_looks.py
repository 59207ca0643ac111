"""Looks: every tab, narrow and wide, light and dark, by axe-core's rules for accessibility."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.page.conftest import OpenPage
from tests.page.test_chatting import ANSWERS, ask
from tests.page.test_surveys_tab import survey
from tests.ui.making import ABOUT_TIDES

# What stands beyond the window's edges and can't be scrolled to; tables scroll by themselves.
_STICKING_OUT = """(width) => [...document.querySelectorAll("#main *, #source *")]
    .filter((one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
    .filter((one) => !one.closest(".survey, #shelf, svg, .unseen, [role=tablist]"))
    .filter((one) => !one.closest(".tab-container, .overflow-menu"))
    .map((one) => [one.outerHTML.slice(0, 150), one.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.left < -1 || box.right > width + 1))
    .map(([html]) => html)"""


def looks_well(page: Page, width: int) -> None:
    """Nothing is cut off at the sides, and everything can be read and has its name."""
    page.wait_for_timeout(400)  # what is on its way in or out has no contrast yet
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(_STICKING_OUT, width) == []
    found = Axe().run(page)
    assert found.response["passes"], "nothing was looked at"
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1600])
def test_every_tab_is_readable_and_fits(
    open_page: OpenPage, address: str, width: int, scheme: str
) -> None:
    page = open_page(address, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert ("dark" in (page.locator("body").get_attribute("class") or "")) is (scheme == "dark")
    looks_well(page, width)
    ask(page, ABOUT_TIDES)
    page.locator(f"{ANSWERS} .chip").first.click()
    expect(page.locator("#source")).to_be_visible()
    looks_well(page, width)
    page.locator("#source").get_by_role("button", name="Ask about this paper").click()
    expect(page.locator("#chips .filter")).to_be_visible()
    page.get_by_role("button", name="Filters").click()
    looks_well(page, width)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove the filter").click()
    expect(page.locator("#chips .filter")).to_have_count(0)
    ask(page, "What do violins cost in the spring?")
    expect(page.locator(f"{ANSWERS} .refusal")).to_be_visible()
    page.get_by_role("tab", name="Library").click()
    expect(page.locator("#shelf tbody tr").first).to_be_visible()
    page.get_by_label("Or paste the text of a page").fill("no page at all")
    page.get_by_role("button", name="Add the pasted text").click()
    expect(page.locator("#added .report")).to_be_visible()
    looks_well(page, width)
    survey(page, "Table", "tuning church organs", "method, result")
    expect(page.locator("#surveyed tbody tr").first).to_be_visible()
    looks_well(page, width)
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("#atlas svg.map")).to_be_visible(timeout=60_000)
    looks_well(page, width)
