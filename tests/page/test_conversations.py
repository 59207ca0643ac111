"""Conversations: kept across restarts, and kept apart from other people's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from assistant.history import Conversations
from tests.broken_server import BrokenServer
from tests.page.conftest import GONE, OpenPage, Serve
from tests.page.test_chatting import ANSWERS, ask, reload
from tests.ui.making import ABOUT_TIDES, BEES, TIDES

LISTED = "#side .conversations li"
ABOUT_BEES = "Do beehives hum in dialects?"


def more(page: Page, name: str) -> None:
    """Chooses from the menu of the first conversation."""
    page.locator(LISTED).first.locator("summary").click()
    page.locator(LISTED).first.get_by_text(name, exact=True).click()


def test_conversations_are_listed_renamed_searched_exported_and_deleted(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(address)
    ask(page, ABOUT_TIDES)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".welcome")).to_be_visible()
    ask(page, ABOUT_BEES)
    expect(page.locator(LISTED)).to_have_count(2)
    page.once("dialog", lambda dialog: dialog.accept("About the hives"))
    more(page, "Rename")
    expect(page.locator(LISTED).first).to_contain_text("About the hives")
    page.get_by_label("Find a conversation").fill("tide clock")
    expect(page.locator(LISTED)).to_have_count(1)
    page.locator(f"{LISTED} .title").click()
    expect(page.locator(f"{ANSWERS} .question p")).to_have_text(ABOUT_TIDES)
    page.get_by_label("Find a conversation").fill("")
    page.wait_for_timeout(1000)  # the search waits for more to be typed
    expect(page.locator(LISTED)).to_have_count(2)
    with page.expect_download() as download:
        more(page, "Export as Markdown")
    text = Path(download.value.path()).read_text("utf-8")
    assert "About the hives" in text
    assert BEES.title in text
    more(page, "Delete")
    expect(page.locator(LISTED)).to_have_count(1)
    page.locator("#side").get_by_role("button", name="Undo").click()
    expect(page.locator(LISTED)).to_have_count(2)


def test_older_conversations_are_listed_when_asked_for(
    open_page: OpenPage, serve: Serve, own: Path
) -> None:
    page = open_page(serve().wait())
    ask(page, ABOUT_TIDES)
    with closing(Conversations(own / "conversations.sqlite")) as kept:
        me = kept.get(page.url.rsplit("=", 1)[1])
        assert me
        for number in range(150):
            kept.rename(kept.create(me.owner).id, f"Talk {number}")
    page.reload()
    expect(page.locator(LISTED)).to_have_count(100)
    expect(page.locator("#side")).not_to_contain_text(ABOUT_TIDES)
    page.get_by_role("button", name="Show more (51 left)").click()
    expect(page.locator(LISTED)).to_have_count(151)
    expect(page.locator(LISTED).last).to_contain_text(ABOUT_TIDES)
    expect(page.locator("#side").get_by_role("button", name="Show more")).to_have_count(0)


def test_a_conversation_is_shown_on_whatever_tab_it_was_asked_for(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(address)
    chat = page.get_by_role("tab", name="Chat")
    ask(page, ABOUT_TIDES)
    page.get_by_role("tab", name="Library").click()
    page.get_by_role("button", name="New conversation").click()
    expect(chat).to_have_attribute("aria-selected", "true")
    expect(page.locator(".welcome")).to_be_visible()
    page.get_by_role("tab", name="Map").click()
    page.locator(f"{LISTED} .title").click()
    expect(chat).to_have_attribute("aria-selected", "true")
    expect(page.locator(f"{ANSWERS} .question p")).to_be_visible()
    page.get_by_role("tab", name="Surveys").click()
    expect(chat).to_have_attribute("aria-selected", "false")
    page.keyboard.press("/")
    expect(chat).to_have_attribute("aria-selected", "true")
    expect(page.locator("#question textarea")).to_be_focused()
    expect(page.locator("#question textarea")).to_have_value("")


def test_a_restart_keeps_the_conversation_and_the_page_goes_on(
    open_page: OpenPage, serve: Serve
) -> None:
    server = serve()
    address = server.wait()
    page = open_page(address, expected=GONE)
    ask(page, ABOUT_TIDES)
    assert server.stop() == 0
    serve("--port", address.rsplit(":", 1)[1]).wait()
    page.reload()
    expect(page.locator(f"{ANSWERS} .question p")).to_have_text(ABOUT_TIDES)
    ask(page, "Does it need calibration?")
    expect(page.locator(ANSWERS).last).to_contain_text(TIDES.title)
    expect(page.locator(LISTED)).to_have_count(1)


def test_two_people_do_not_see_each_others_conversations_but_by_link(
    open_page: OpenPage, address: str
) -> None:
    one, other = open_page(address), open_page(address)
    ask(one, ABOUT_TIDES)
    reload(other)
    expect(other.locator(".welcome")).to_be_visible()
    expect(other.locator(LISTED)).to_have_count(0)
    other.goto(one.url)
    expect(other.locator(f"{ANSWERS} .question p")).to_have_text(ABOUT_TIDES)
    expect(other.locator("#thread .notice")).to_contain_text("shared with you")
    expect(other.locator(LISTED)).to_have_count(0)
    ask(other, ABOUT_BEES)
    assert other.url != one.url
    expect(other.locator(LISTED)).to_have_count(1)
    reload(one)
    expect(one.locator(f"{ANSWERS} .question p")).to_have_text(ABOUT_TIDES)
    # Whoever has the link can read it, and neither rename nor delete it.
    shared = one.url.rsplit("=", 1)[1]
    for event in ("forget", "bring_back", "rename"):
        other.evaluate(f"assistant.send('{event}', {{id: '{shared}', title: 'Taken'}})")
    other.wait_for_timeout(500)
    one.reload()
    expect(one.locator(f"{ANSWERS} .question p")).to_have_text(ABOUT_TIDES)
    expect(one.locator(f"{LISTED} .title")).to_have_text(ABOUT_TIDES)


def test_a_question_outlives_a_server_that_stops_in_mid_answer(
    open_page: OpenPage, serve: Serve, slow_model: dict[str, str]
) -> None:
    server = serve("--model", "slow", **slow_model)
    address = server.wait()
    page = open_page(address, expected=GONE)
    page.fill("#question textarea", ABOUT_TIDES)
    page.press("#question textarea", "Enter")
    expect(page.locator("#live [data-busy]")).to_be_visible()
    server.kill()
    expect(page.locator("#live .warning")).to_contain_text("Your question is kept")
    serve("--port", address.rsplit(":", 1)[1]).wait()
    expect(page.locator("#question textarea")).to_have_value(ABOUT_TIDES, timeout=30_000)
    expect(page.locator(".welcome")).to_be_visible()
    page.press("#question textarea", "Enter")
    expect(page.locator(f"{ANSWERS} .chip").first).to_be_visible()


def test_a_slow_answer_can_be_stopped(
    open_page: OpenPage, serve: Serve, slow_model: dict[str, str]
) -> None:
    page = open_page(serve("--model", "slow", **slow_model).wait())
    page.fill("#question textarea", ABOUT_TIDES)
    page.press("#question textarea", "Enter")
    page.locator("#live").get_by_role("button", name="Stop").click()
    expect(page.locator("#live")).to_contain_text("Stopped.")
    expect(page.locator("#question textarea")).to_have_value(ABOUT_TIDES)


# A sentence that a paper bears out, and then more than anybody waits for.
_LONG = (
    "A tide clock made this way is off by nine minutes at spring tides [1]. It needs no "
    "calibration beyond one week of pictures [1]. " + "And so on and on " * 300
)


@pytest.fixture
def talking_model() -> Iterator[dict[str, str]]:
    """Settings of a model endpoint that answers word by word for a minute."""
    with BrokenServer("slow", _LONG) as server:
        yield {"ASSISTANT_LLM_BASE_URL": server.base_url, "ASSISTANT_LLM_API_KEY": "none"}


def ask_until_the_first_sentence(page: Page) -> None:
    page.fill("#question textarea", ABOUT_TIDES)
    page.press("#question textarea", "Enter")
    expect(page.locator("#live [data-busy]")).to_contain_text("nine minutes")


def test_a_sentence_is_there_before_the_answer_ends_and_stays_when_it_is_stopped(
    open_page: OpenPage, serve: Serve, talking_model: dict[str, str]
) -> None:
    page = open_page(serve("--model", "slow", **talking_model).wait())
    ask_until_the_first_sentence(page)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(ANSWERS)).to_contain_text("nine minutes")
    expect(page.locator(ANSWERS)).to_contain_text("You stopped this answer here.")
    page.locator(f"{ANSWERS} .chip").first.click()
    expect(page.locator("#source mark").first).to_be_visible()


def test_a_server_that_stops_behind_a_sentence_leaves_the_question(
    open_page: OpenPage, serve: Serve, talking_model: dict[str, str]
) -> None:
    server = serve("--model", "slow", **talking_model)
    page = open_page(server.wait(), expected=GONE)
    ask_until_the_first_sentence(page)
    server.kill()
    expect(page.locator("#live .warning")).to_contain_text("Your question is kept")
