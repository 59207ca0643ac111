"""The library tab: adding files, looking through papers, removing and exporting them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from store.adding import AddReport
from store.paper import Opened, Rejected, Skipped, Source
from tests.page.conftest import OpenPage, Serve
from tests.page.test_chatting import ANSWERS, ask
from tests.ui.making import ABOUT_TIDES, BEES, FAKES, ORGANS, PAGE, TIDES
from ui.page.shelf import report_of

ROWS = "#shelf table.papers tbody tr"


@pytest.fixture
def page(open_page: OpenPage, serve: Serve) -> Page:
    return in_library(open_page(serve().wait()))


def in_library(page: Page) -> Page:
    page.get_by_role("tab", name="Library").click()
    return page


def titles(page: Page) -> list[str]:
    return page.locator(f"{ROWS} th").all_inner_texts()


def test_papers_are_searched_sorted_and_opened(page: Page) -> None:
    expect(page.locator(ROWS)).to_have_count(len(FAKES))
    page.locator("#shelf").get_by_role("button", name="Title").click()
    expect(page.locator("#shelf th[aria-sort=ascending]")).to_have_text("Title ↑")
    assert titles(page) == sorted((fake.title for fake in FAKES), key=str.casefold)
    page.locator("#shelf").get_by_role("button", name="Title").click()
    expect(page.locator("#shelf th[aria-sort=descending]")).to_have_text("Title ↓")
    assert titles(page) == sorted((fake.title for fake in FAKES), key=str.casefold, reverse=True)
    page.get_by_label("Find papers").fill("beehives")
    expect(page.locator(ROWS)).to_have_count(1)
    page.locator(f"{ROWS} button.title").click()
    expect(page.locator("#source h2")).to_have_text(BEES.title)


def test_a_removal_can_be_undone(page: Page) -> None:
    page.locator("#shelf").get_by_role("button", name="Title").click()
    page.get_by_label("Find papers").fill("tide")
    expect(page.locator(ROWS)).to_have_count(1)
    page.get_by_label(f"Select {TIDES.title}").check()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator("#added")).to_contain_text("1 paper removed.")
    expect(page.locator("#shelf")).to_contain_text("No paper holds “tide”.")
    page.locator("#added").get_by_role("button", name="Undo").click()
    expect(page.locator(f"{ROWS} th")).to_have_text([TIDES.title])
    page.get_by_role("tab", name="Chat").click()
    in_library(page)
    expect(page.locator(f"{ROWS} th")).to_have_text([TIDES.title])
    page.get_by_label("Find papers").fill("")
    expect(page.locator(ROWS)).to_have_count(len(FAKES))
    assert titles(page) == sorted((fake.title for fake in FAKES), key=str.casefold)
    page.get_by_role("tab", name="Chat").click()
    ask(page, ABOUT_TIDES)
    expect(page.locator(f"{ANSWERS} .sources")).to_contain_text(TIDES.title)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("BibTeX", "bib"), ("RIS", "ris"), ("CSL-JSON", "json"), ("CSV", "csv"), ("Markdown", "md")],
)
def test_the_selection_is_exported(page: Page, name: str, suffix: str) -> None:
    for fake in (TIDES, ORGANS):
        page.get_by_label(f"Select {fake.title}").check()
    page.get_by_label("Format of the export").select_option(label=name)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the selected").click()
    assert download.value.suggested_filename.endswith(suffix)
    text = Path(download.value.path()).read_text("utf-8")
    assert "Tide Clocks" in text
    assert "Church Organs" in text
    assert "Beehives" not in text
    if suffix == "json":
        assert len(json.loads(text)) == 2


def test_all_found_are_exported_as_the_table_lists_them(page: Page) -> None:
    page.get_by_role("tab", name="Chat").click()
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("textbox", name="Since").fill("2022")
    expect(page.locator("#chips")).to_contain_text("Asking 3 papers of 6")
    in_library(page)
    page.get_by_label("only those the filters pass").check()
    expect(page.locator(ROWS)).to_have_count(3)
    page.locator("#shelf").get_by_role("button", name="Title").click()
    expect(page.locator("#shelf th[aria-sort=ascending]")).to_have_text("Title ↑")
    listed = titles(page)
    assert listed == sorted(fake.title for fake in FAKES if fake.date and fake.date.year >= 2022)
    page.get_by_label("Format of the export").select_option(label="CSL-JSON")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all found").click()
    found = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert [one["title"] for one in found] == listed
    # What comes or goes leaves the filters and the order be.
    page.get_by_label(f"Select {TIDES.title}").check()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator(f"{ROWS} th")).to_have_text([one for one in listed if one != TIDES.title])
    page.get_by_label("Or paste the text of a page").fill(PAGE)
    page.get_by_role("button", name="Add the pasted text").click()
    expect(page.locator(f"{ROWS} th")).to_have_text(listed, timeout=30_000)


def test_the_selected_papers_are_asked_about(page: Page) -> None:
    page.get_by_label(f"Select {ORGANS.title}").check()
    page.get_by_role("button", name="Ask about these").click()
    expect(page.locator("#chips .filter")).to_contain_text(ORGANS.title)
    expect(page.get_by_role("tab", name="Chat")).to_have_attribute("aria-selected", "true")


def test_a_selection_that_is_too_large_to_ask_is_cut_aloud(page: Page) -> None:
    """Papers need not exist to be picked: no library of hundreds is made for this."""
    page.evaluate("assistant.send('about', {papers: [...Array(301).keys()].map(String)})")
    expect(page.locator("#chips .notice")).to_contain_text("You picked 301 papers, and at most 300")
    expect(page.locator("#chips .filter")).to_have_count(300)


def test_a_new_conversation_lets_go_of_the_selection(page: Page) -> None:
    page.get_by_label(f"Select {ORGANS.title}").check()
    expect(page.locator("[data-selected]")).to_have_text("1 selected")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("[data-selected]")).to_have_text("None selected")
    expect(page.locator("[data-export-what]")).to_have_text("all found")
    for button in page.locator("[data-needs-selection]").all():
        expect(button).to_be_disabled()
    in_library(page)
    expect(page.get_by_label(f"Select {ORGANS.title}")).not_to_be_checked()
    page.evaluate("assistant.send('remove', {papers: []})")
    page.wait_for_timeout(300)
    expect(page.locator("#added")).to_be_empty()
    expect(page.locator(ROWS)).to_have_count(len(FAKES))


def test_a_real_page_is_dropped_in(page: Page, pages_dir: Path, tmp_path: Path) -> None:
    real = min(pages_dir.glob("*.txt"), key=lambda path: path.stat().st_size)
    nonsense = tmp_path / "shopping.txt"
    nonsense.write_text("eggs, flour, two lemons", "utf-8")
    page.set_input_files("#files input[type=file]", [str(real), str(nonsense)])
    report = page.locator("#added .report")
    expect(report).to_be_visible(timeout=60_000)
    expect(report.locator("tr", has_text="read").first.locator("td")).to_have_text("46")
    expect(report).to_contain_text("shopping.txt")
    expect(report).to_contain_text("1 file read as listing page.")
    page.get_by_label("Find papers").fill("")
    expect(page.locator(".pages")).to_contain_text("of 52")
    page.get_by_role("button", name="Later").click()
    expect(page.locator(".pages")).to_contain_text("26 to 50 of 52")


def test_a_report_says_what_files_were_read_as_and_what_was_left_out_and_why() -> None:
    report = AddReport(
        read=3,
        new=0,
        updated=0,
        unchanged=1,
        rejected=(
            Rejected(Source("far/a.bib", 2, 9), "it has no abstract"),
            Rejected(Source("far/table.parquet", 3), "it has no title"),
        ),
        skipped=(Skipped("saved.zip/<img src=x>.md", "it is <b>empty</b>"),),
        papers=1,
        embedded=0,
        formats=(Opened("far/a.bib", "BibTeX"), Opened("far/b.bib", "BibTeX")),
    )
    html = str(report_of(report))
    for told in (
        "2 files read as BibTeX.",
        "Nothing new: every paper stands as it was",
        "<li>a.bib, line 9: it has no abstract</li>",
        "<li>table.parquet, record 3: it has no title</li>",
        "Skipped:",
        "<li>&lt;img src=x&gt;.md: it is &lt;b&gt;empty&lt;/b&gt;</li>",
    ):
        assert told in html
    assert "Nothing new" not in report_of(replace(report, new=1))
    many = tuple(Skipped(f"{n}.md", "it is empty") for n in range(30))
    assert "… and 10 more" in report_of(replace(report, skipped=many))


def test_a_first_visitor_is_told_how_to_begin(
    open_page: OpenPage, serve: Serve, tmp_path: Path
) -> None:
    page = open_page(serve(library=tmp_path / "empty").wait())
    welcome = page.locator(".welcome")
    expect(welcome).to_contain_text("Three ways to add some")
    welcome.get_by_role("button", name="Paste the text").click()
    page.get_by_label("Or paste the text of a page").fill(PAGE)
    page.get_by_role("button", name="Add the pasted text").click()
    expect(page.locator("#added .report")).to_contain_text("new", timeout=30_000)
    expect(page.locator(ROWS)).to_have_count(len(FAKES))


def test_the_starter_library_comes_at_one_press(
    open_page: OpenPage, serve: Serve, tmp_path: Path
) -> None:
    page = open_page(serve(library=tmp_path / "empty").wait())
    page.get_by_role("button", name="Load the starter library").click()
    expect(page.locator(".welcome h2")).to_have_text("Ask 72 papers", timeout=60_000)
    page.locator(".welcome .suggestion").first.click()
    expect(page.locator(f"{ANSWERS} .chip").first).to_be_visible()


def test_rejected_records_are_downloaded_mended_and_added(
    open_page: OpenPage, serve: Serve, tmp_path: Path
) -> None:
    page = in_library(open_page(serve(library=tmp_path / "new").wait()))
    records = tmp_path / "records.jsonl"
    whole = {"title": "Lamps that hum", "abstract": "Lamps hum when the grid does."}
    records.write_text(f"{json.dumps(whole)}\n{json.dumps({'title': 'Wells'})}\n", "utf-8")
    page.set_input_files("#files input[type=file]", str(records))
    link = page.get_by_role("link", name="Download the rejected records")
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.startswith("rejected-")
    mended = tmp_path / "mended.jsonl"
    row = json.loads(Path(download.value.path()).read_text("utf-8"))
    mended.write_text(json.dumps({**row, "abstract": "Wells turn salty in dry years."}), "utf-8")
    page.set_input_files("#files input[type=file]", str(mended))
    expect(page.locator(ROWS)).to_have_count(2, timeout=60_000)
    expect(link).to_have_count(0)


def test_no_other_file_is_downloaded_as_rejected_records(serve: Serve) -> None:
    address = serve().wait()
    for name in ("papers.sqlite", "..%2Fpapers.sqlite", "2020-01-01-000000.jsonl"):
        assert httpx.get(f"{address}/download/rejected/{name}").status_code == 404
