"""The filters above the question box: each narrows what is asked, and its chip takes it off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.conftest import OpenPage
from tests.page.serving import served
from tests.page.test_chatting import ANSWERS, ask
from tests.store.make_pages import Fake, write
from tests.ui.making import ABOUT_TIDES, BEES, FAKES, ORGANS, OTHERS, TIDES, run_program

SNOW, LETTERS, LIFTS = OTHERS
PAGES = {"harbour.txt": (TIDES, BEES, ORGANS), "winter.txt": OTHERS}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The invented papers on two pages, so that a source can be chosen."""
    home = tmp_path_factory.mktemp("filtered")
    for name, fakes in PAGES.items():
        (home / name).write_text(write(fakes, "footers", day="Nov 5, 2025"), "utf-8")
    library = ("--library", str(home / "library"))
    done = run_program(home, *library, "add", *(str(home / name) for name in PAGES))
    assert done.code == 0, done.err
    with served(home, *library, "serve", "--port", "0") as found:
        yield found


def named(page: Page) -> Locator:
    """The papers that the last answer cites, or a refusal names as the nearest."""
    titles = page.locator(ANSWERS).last.locator(":is(.sources, .nearest) button.title")
    expect(titles).not_to_have_count(0)
    return titles


@pytest.mark.parametrize(
    ("label", "chosen", "chip", "passing"),
    [
        ("Until", "2021", "until 2021", (ORGANS, LETTERS, LIFTS)),
        ("Sources", "winter.txt", "winter.txt", OTHERS),
        ("Organisations", "North Lab", "North Lab", (SNOW,)),
    ],
)
def test_a_filter_narrows_the_answer_until_its_chip_is_taken_off(
    open_page: OpenPage,
    address: str,
    label: str,
    chosen: str,
    chip: str,
    passing: tuple[Fake, ...],
) -> None:
    page = open_page(address)
    page.get_by_role("button", name="Filters").click()
    field = page.locator("#filters").get_by_label(label)
    field.click()
    if label == "Until":
        field.fill(chosen)
    else:
        page.get_by_role("option", name=chosen).click()
        field.press("Tab")
    chips = page.locator("#chips .filter")
    expect(chips).to_have_count(1)
    expect(chips).to_contain_text(chip)
    papers = "1 paper" if len(passing) == 1 else f"{len(passing)} papers"
    expect(page.locator("#chips")).to_contain_text(f"Asking {papers} of {len(FAKES)}")
    ask(page, ABOUT_TIDES)
    assert {*named(page).all_inner_texts()} <= {fake.title for fake in passing}
    expect(page.locator(f"{ANSWERS} .meta").last).to_contain_text(f"Searched {papers} (")
    chips.get_by_role("button", name=f"Remove the filter {chip}").click()
    expect(chips).to_have_count(0)
    expect(field).to_have_value("")
    ask(page, ABOUT_TIDES)
    expect(page.locator(f"{ANSWERS} .sources").last).to_contain_text(TIDES.title)
    expect(page.locator(f"{ANSWERS} .meta").last).to_contain_text(f"Searched {len(FAKES)} papers")
