"""Questions about the collection itself, asked of the real pages in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from eval.questions import pages_library
from tests.page.conftest import OpenPage
from tests.page.serving import served
from tests.page.test_chatting import ANSWERS, ask

# As counted by hand in eval/collection.jsonl.
FROM_2025 = 74
PAPERS = 414
LISTED = 20


@pytest.fixture(scope="module")
def address(pages_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("real")
    with pages_library(home / "library", pages_dir):
        pass
    with served(home, "--library", str(home / "library"), "serve", "--port", "0") as found:
        yield found


def test_a_number_is_told_with_its_papers_and_each_opens(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    ask(page, "How many papers are from 2025?")
    answer = page.locator(ANSWERS).last
    expect(answer.locator("strong").first).to_have_text(f"{FROM_2025} papers")
    expect(answer).to_contain_text(f"of {PAPERS}")
    expect(answer.locator(".meta")).to_contain_text("counted in the catalogue")
    entries = answer.locator(".entries li")
    expect(entries).to_have_count(LISTED)
    expect(entries.locator(".chip")).to_have_count(LISTED)
    for entry in (entries.first, entries.last):
        entry.locator(".chip").click()
        title = entry.locator("em").inner_text()
        expect(page.locator("#source h2")).to_have_text(title)
        expect(page.locator("#source")).to_contain_text("2025")


def test_a_paper_that_mentions_a_phrase_opens_at_the_sentence_that_does(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(address)
    ask(page, "Which papers mention reward hacking?")
    answer = page.locator(ANSWERS).last
    expect(answer.locator("strong").first).to_have_text("11 papers")
    answer.locator(".entries .chip").first.click()
    expect(page.locator("#source mark").first).to_contain_text("reward hacking", ignore_case=True)


def test_the_other_papers_of_a_long_list_are_shown_and_downloaded(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(address)
    ask(page, "How many papers are there?")
    answer = page.locator(ANSWERS).last
    expect(answer.locator(".entries li")).to_have_count(LISTED)
    more, rest = answer.locator("[data-more]"), answer.locator(".rest li")
    for shown in range(100, PAPERS - LISTED, 100):
        expect(more).to_have_text(f"Show more ({PAPERS - LISTED - shown + 100} left)")
        more.click()
        expect(rest).to_have_count(shown)
    more.click()
    expect(rest).to_have_count(PAPERS - LISTED)
    expect(more).to_be_hidden()
    titles = [*answer.locator(".entries em").all_inner_texts()]
    titles += rest.locator(".title").all_inner_texts()
    assert len(titles) == PAPERS
    rest.last.locator(".title").click()
    expect(page.locator("#source h2")).to_have_text(titles[-1])
    answer.locator("select").select_option("markdown")
    with page.expect_download() as downloading:
        answer.locator("[data-save]").click()
    text = Path(downloading.value.path()).read_text("utf-8")
    assert downloading.value.suggested_filename == "papers.md"
    assert sum(line.startswith("- ") for line in text.splitlines()) == PAPERS
    page.get_by_role("tab", name="Library").click()
    page.locator("#shelf-tools select").select_option("ris")
    with page.expect_download() as downloading:  # in its own format, not in the list's
        page.locator("#shelf-tools [data-export]").click()
    assert downloading.value.suggested_filename == "papers.ris"


def test_a_short_list_has_nothing_more_to_show(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    ask(page, "Which papers mention reward hacking?")
    expect(page.locator(ANSWERS).last.locator("[data-more], [data-save]")).to_have_count(0)
