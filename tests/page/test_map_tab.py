"""The map tab: the library as a picture, with the last answer's papers lit up."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import OpenPage
from tests.page.test_chatting import ask
from tests.ui.making import ABOUT_TIDES, FAKES, TIDES

STOP = "#atlas circle[tabindex]"


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


@pytest.fixture
def map_page(open_page: OpenPage, address: str) -> Page:
    page = open_page(address)
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("#atlas circle")).to_have_count(len(FAKES), timeout=60_000)
    page.wait_for_timeout(500)  # Gradio draws the last of a stream of updates once more
    return page


def place(page: Page) -> tuple[float, float]:
    """Where the point stands that has the focus."""
    x, y = page.evaluate("['cx', 'cy'].map(c => Number(document.activeElement.getAttribute(c)))")
    return x, y


def test_points_are_reached_and_opened_by_keyboard(map_page: Page) -> None:
    page, stop = map_page, map_page.locator(STOP)
    page.get_by_role("tab", name="Map").focus()
    page.keyboard.press("Tab")
    expect(stop).to_be_focused()
    seen = set()
    arrows = {"ArrowRight": (1, 0), "ArrowDown": (0, 1), "ArrowLeft": (-1, 0), "ArrowUp": (0, -1)}
    for arrow, (right, down) in list(arrows.items()) * 4:
        before = place(page)
        page.keyboard.press(arrow)
        expect(stop).to_have_count(1)
        expect(stop).to_be_focused()
        dx, dy = (b - a for a, b in zip(before, place(page), strict=True))
        assert abs(dx * down) + abs(dy * right) <= dx * right + dy * down
        seen.add(stop.get_attribute("aria-label"))
    assert len(seen) > 2
    ring = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(ring) == "solid"
    title = stop.locator("title").text_content()
    assert stop.get_attribute("aria-label") == title
    for key in ("Enter", "Space"):
        page.keyboard.press(key)
        heading = page.locator("#source h2")
        expect(heading).to_be_focused()
        assert title
        assert title.startswith(heading.inner_text())
        page.keyboard.press("Escape")
        expect(stop).to_be_focused()


def test_points_that_lie_upon_each_other_are_gone_through(map_page: Page) -> None:
    map_page.evaluate(
        "document.querySelectorAll('#atlas circle')"
        ".forEach(c => { c.setAttribute('cx', 500); c.setAttribute('cy', 500); })"
    )
    stop = map_page.locator(STOP)
    stop.focus()
    for arrow in ("ArrowRight", "ArrowLeft"):
        seen = {stop.get_attribute("aria-label")}
        for _ in FAKES[1:]:
            map_page.keyboard.press(arrow)
            seen.add(stop.get_attribute("aria-label"))
        assert len(seen) == len(FAKES)


def test_a_drag_that_ends_on_a_point_opens_nothing(map_page: Page) -> None:
    box = map_page.locator("#atlas circle").last.bounding_box()  # no other lies upon it
    assert box
    frame = map_page.locator("#atlas svg").bounding_box()
    assert frame
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    # Towards the middle, as what is drawn out of the picture can't be pressed.
    to_x = x + (40 if x < frame["x"] + frame["width"] / 2 else -40)
    to_y = y + (40 if y < frame["y"] + frame["height"] / 2 else -40)
    mouse = map_page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(to_x, to_y, steps=4)
    mouse.up()
    map_page.wait_for_timeout(500)
    expect(map_page.locator("#source")).to_be_hidden()
    mouse.click(to_x, to_y)
    expect(map_page.locator("#source h2")).to_be_visible()
