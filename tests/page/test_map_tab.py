"""The map tab: the library as a picture, with the last answer's papers lit up."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.page.conftest import OpenPage
from tests.page.test_chatting import ask
from tests.ui.making import ABOUT_TIDES, FAKES, TIDES


def test_the_map_shows_every_paper_and_lights_up_what_was_cited(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(address)
    ask(page, ABOUT_TIDES)
    page.get_by_role("tab", name="Map").click()
    points = page.locator("#atlas circle[data-point]")
    expect(points).to_have_count(len(FAKES), timeout=60_000)
    lit = page.locator("#atlas circle.lit")
    expect(lit).not_to_have_count(0)
    cited = page.locator("#thread .sources button").all_text_contents()
    assert TIDES.title in cited
    assert sorted(lit.locator("title").all_text_contents()) == sorted(
        f"{fake.title} ({fake.date.year})" for fake in FAKES if fake.date and fake.title in cited
    )
    expect(page.locator(".years tr")).to_have_count(
        len({fake.date.year for fake in FAKES if fake.date})
    )
    expect(page.locator(".topics li").first).to_be_visible()
    points.first.click(force=True)
    expect(page.locator("#source h2")).to_be_visible()
