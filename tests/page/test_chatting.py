"""The chat in a real browser: asking, checking a citation, going on, changing one's mind."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.page.conftest import OpenPage
from tests.ui.making import ABOUT_TIDES, BEES, TIDES

CHESS = "Who won the chess championship of 1972?"
ANSWERS = "#thread .exchange"


def ask(page: Page, question: str) -> None:
    """Asks and waits for the whole answer."""
    before = page.locator(ANSWERS).count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    expect(page.locator(ANSWERS)).to_have_count(before + 1)


def reload(page: Page) -> None:
    """Loads the page anew, once nothing is under way: what is broken off complains."""
    if page.locator(ANSWERS).count():
        expect(page.locator("#next [data-of]")).to_have_count(1)
    page.wait_for_timeout(300)
    page.reload()


@pytest.fixture
def page(open_page: OpenPage, address: str) -> Page:
    return open_page(address)


def test_no_question_is_taken_before_the_page_is_filled(open_page: OpenPage, address: str) -> None:
    """What the page is filled with would wipe away an answer that has begun."""
    page = open_page(address)
    held: list[Route] = []
    page.route("**/queue/join*", lambda route: held.append(route), times=1)
    reload(page)
    box = page.locator("#question textarea")
    expect(box).to_be_disabled()
    page.wait_for_timeout(500)
    expect(box).to_be_disabled()
    for route in held:
        route.continue_()
    expect(box).to_be_focused()
    page.keyboard.type(CHESS)
    page.keyboard.press("Enter")
    expect(page.locator(ANSWERS)).to_have_count(1)


def test_a_first_visit_shows_what_can_be_asked(page: Page) -> None:
    expect(page.locator(".welcome h2")).to_have_text("Ask 6 papers")
    suggestion = page.locator(".welcome .suggestion").first
    question = suggestion.inner_text()
    suggestion.click()
    expect(page.locator(f"{ANSWERS} .question p")).to_have_text(question)
    expect(page.locator(f"{ANSWERS} .chip").first).to_be_visible()


def test_a_chip_opens_the_sentence_that_the_answer_rests_on(page: Page) -> None:
    ask(page, ABOUT_TIDES)
    sentence = page.locator(f"{ANSWERS} .sentence").first
    sentence.locator(".chip").first.click()
    source = page.locator("#source")
    expect(source.locator("h2")).to_have_text(TIDES.title)
    marked = source.locator("mark").all_inner_texts()
    said = sentence.inner_text().strip().removesuffix("1").rstrip()
    assert len(marked) == 1
    assert marked[0] in TIDES.paragraphs[0]
    assert said.removeprefix(f"In {TIDES.title}: ") == marked[0]
    expect(source).to_contain_text("3 authors")
    expect(source).to_contain_text("2023-05-04")
    page.keyboard.press("Escape")
    expect(source).to_be_hidden()


def test_chips_work_by_keyboard(page: Page) -> None:
    ask(page, ABOUT_TIDES)
    chip = page.locator(f"{ANSWERS} .chip").first
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#source h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(chip).to_be_focused()


def test_a_follow_up_is_understood(page: Page) -> None:
    ask(page, ABOUT_TIDES)
    ask(page, "Does it need calibration?")
    last = page.locator(ANSWERS).last
    expect(last.locator(".sources")).to_contain_text(TIDES.title)


def test_a_refusal_looks_like_one_and_names_the_nearest(page: Page) -> None:
    ask(page, CHESS)
    refusal = page.locator(f"{ANSWERS} .refusal")
    expect(refusal).to_contain_text("No answer in these papers.")
    expect(refusal.locator(".chip")).to_have_count(0)
    nearest = refusal.locator(".nearest button").first
    title = nearest.inner_text()
    nearest.click()
    expect(page.locator("#source h2")).to_have_text(title)


def test_an_edited_question_takes_the_place_of_what_followed(page: Page) -> None:
    ask(page, CHESS)
    ask(page, ABOUT_TIDES)
    page.locator(ANSWERS).first.get_by_role("button", name="Edit").click()
    box = page.locator("#question textarea")
    expect(box).to_have_value(CHESS)
    box.fill("Do beehives hum in dialects?")
    box.press("Enter")
    expect(page.locator(f"{ANSWERS} .question p")).to_have_text(["Do beehives hum in dialects?"])
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(f"{ANSWERS} .sources")).to_contain_text(BEES.title)


def test_an_answer_can_be_copied_as_markdown(open_page: OpenPage, address: str) -> None:
    page = open_page(address, permissions=["clipboard-read", "clipboard-write"])
    ask(page, ABOUT_TIDES)
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "[1]" in copied
    assert TIDES.title in copied


def test_asking_about_one_paper_is_a_filter_that_can_be_removed(page: Page) -> None:
    ask(page, ABOUT_TIDES)
    page.locator(f"{ANSWERS} .chip").first.click()
    page.locator("#source").get_by_role("button", name="Ask about this paper").click()
    chip = page.locator("#chips .filter")
    expect(chip).to_contain_text(TIDES.title)
    expect(page.locator("#chips")).to_contain_text("Asking 1 paper of 6")
    ask(page, "What do beehives tell about valleys?")
    expect(page.locator(ANSWERS).last).not_to_contain_text(BEES.title)
    chip.get_by_role("button").click()
    expect(chip).to_have_count(0)


def test_years_filter_the_question(page: Page) -> None:
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("textbox", name="Since").fill("2024")
    expect(page.locator("#chips")).to_contain_text("Asking 1 paper of 6")
    ask(page, ABOUT_TIDES)
    named = page.locator(ANSWERS).last.locator(".sources, .nearest")
    expect(named).to_contain_text(BEES.title)
    expect(named).not_to_contain_text(TIDES.title)
    page.get_by_role("textbox", name="Since").fill("last year")
    expect(page.locator("#chips .warning")).to_contain_text("is no date")


def test_thumbs_and_notes_are_kept_and_exported(page: Page) -> None:
    ask(page, ABOUT_TIDES)
    answer = page.locator(ANSWERS).last
    answer.get_by_role("button", name="Good answer").click()
    answer.get_by_label("Note on this answer").fill("just what I sought")
    answer.get_by_role("button", name="Keep note").click()
    expect(answer.get_by_role("button", name="Kept")).to_be_visible()
    reload(page)
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Note on this answer")).to_have_value("just what I sought")
    rows = page.request.get(page.url.split("?")[0] + "download/feedback").text()
    assert "just what I sought" in rows
    assert TIDES.title in rows


def test_the_page_is_dark_where_the_visitor_wants_it(page: Page) -> None:
    body = page.locator("body")
    dark = "dark" in (body.get_attribute("class") or "")
    page.get_by_role("button", name="Dark or light").click()
    reload(page)
    page.wait_for_selector("#question textarea:enabled")
    assert ("dark" in (body.get_attribute("class") or "")) is not dark


@pytest.mark.parametrize("width", [380, 1600])
def test_nothing_sticks_out_of_a_narrow_or_a_wide_window(
    open_page: OpenPage, address: str, width: int
) -> None:
    page = open_page(address, viewport={"width": width, "height": 800})
    ask(page, ABOUT_TIDES)
    page.locator(f"{ANSWERS} .chip").first.click()
    expect(page.locator("#source")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("#source").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
