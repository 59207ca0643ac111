"""Whatever a paper or a model says is text: nothing in it becomes alive in the page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from store.library import Library
from store.paper import Paper, Source
from store.settings import StoreSettings
from tests.broken_server import BrokenServer
from tests.page.conftest import OpenPage, Serve
from tests.page.serving import served
from tests.page.test_chatting import ANSWERS, reload
from tests.page.test_surveys_tab import survey

# Each would set `window.owned`, ask a foreign host, or be a link of another scheme, if it lived.
MISCHIEF = (
    '<img src=x onerror="window.owned=1">',
    "<script>window.owned=2</script>",
    "![look](http://evil.invalid/pixel.png)",
    "[press](javascript:window.owned=3)",
    "<svg onload=window.owned=4><circle></svg>",
    "{{value}} ${window.owned=5} {% raw %} {{#each value}}x{{/each}} @children",
    "</textarea></article><iframe src='http://evil.invalid/'></iframe>",
    "'\" onmouseover='window.owned=6' data-act='remove_starter'",
    "<a href='data:text/html,x'>press</a> &lt;b&gt; \u202e txt.exe",
)
TITLE = f"Glow Worms in Caves {MISCHIEF[0]} {MISCHIEF[5]} {MISCHIEF[7]}"
ABSTRACT = "Glow worms light their caves to catch flies. " + " ".join(
    f"The glow worms of cave {number} say {text} all night." for number, text in enumerate(MISCHIEF)
)
QUESTION = "Why do glow worms light their caves?"
FALSE = "Sailors built the moon as a lighthouse"
MODEL = (
    f"Glow worms light their caves to catch flies [1]. {FALSE} {MISCHIEF[0]} [1]. "
    f"{' '.join(MISCHIEF)} [9]."
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "library"
    papers = [
        Paper(
            title=TITLE,
            abstract=ABSTRACT,
            organisation=MISCHIEF[1],
            authors=(MISCHIEF[0], MISCHIEF[6]),
            venue=MISCHIEF[3],
            year=2020,
            url="javascript:window.owned=7",
            doi='10.1234/a"onmouseover="window.owned=8',
            sources=(Source(f"<b>{MISCHIEF[2]}</b>.txt", 1),),
        ),
        Paper(
            title=MISCHIEF[6] + " Moths",
            abstract="Moths fly at night. " * 3,
            sources=(Source("moths.txt", 1),),
        ),
    ]
    with Library(StoreSettings(library=folder)) as library:
        library.add(papers)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    with served(home, "--library", str(folder), "serve", "--port", "0") as found:
        yield found


def harmless(page: Page) -> None:
    """Nothing ran, and no element or address of theirs is in the page."""
    page.wait_for_timeout(300)
    assert page.evaluate("window.owned") is None
    for selector in ("iframe", "img[src='x']", "img[src*=evil]", "svg[onload]", "[onmouseover]"):
        assert page.locator(selector).count() == 0, selector
    links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.protocol)")
    assert set(links) <= {"http:", "https:"}


def asked(page: Page) -> None:
    page.fill("#question textarea", QUESTION)
    page.press("#question textarea", "Enter")
    expect(page.locator(ANSWERS)).to_have_count(1, timeout=20_000)


def test_hostile_papers_are_text_in_every_corner_of_the_page(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(address)
    harmless(page)  # suggestions are made of titles
    asked(page)
    harmless(page)
    page.locator(f"{ANSWERS} .chip").first.click()
    expect(page.locator("#source")).to_contain_text("<script>window.owned=2</script>")
    harmless(page)
    page.locator("#source").get_by_role("button", name="Ask about this paper").click()
    expect(page.locator("#chips .filter")).to_contain_text("Glow Worms")
    harmless(page)
    page.get_by_role("tab", name="Library").click()
    expect(page.locator("#shelf tbody tr")).to_have_count(2)
    page.locator("#shelf tbody button.title").first.click()
    harmless(page)
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("#atlas circle")).to_have_count(2, timeout=30_000)
    harmless(page)
    page.get_by_role("tab", name="Chat").click()
    reload(page)
    expect(page.locator(ANSWERS)).to_have_count(1)
    harmless(page)
    page.get_by_role("button", name="Filters").click()
    for name in ("Sources", "Organisations"):
        field = page.locator("#filters").get_by_label(name)
        field.click()
        page.get_by_role("option").first.click()
        field.press("Tab")
        harmless(page)
    expect(page.locator("#chips .filter")).to_have_count(2)
    harmless(page)


def test_hostile_papers_are_text_in_surveys(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    survey(page, "Table", "glow worms in caves", f"light, {MISCHIEF[0]}")
    expect(page.locator("#surveyed tbody")).to_contain_text("Glow Worms in Caves <img src=x")
    harmless(page)
    page.locator("#surveyed tbody button").first.click()
    expect(page.locator("#source h2")).to_contain_text("Glow Worms")
    harmless(page)
    survey(page, "Brief", "glow worms in caves")
    expect(page.locator("#surveyed .survey-papers")).to_contain_text("<img src=x")
    harmless(page)
    survey(page, "Compare", f"glow worms, {MISCHIEF[4]}")
    expect(page.locator("#surveyed")).to_contain_text("<svg onload")
    harmless(page)


def test_hostile_files_are_text_in_the_report(
    open_page: OpenPage, serve: Serve, folder: Path, tmp_path: Path
) -> None:
    page = open_page(serve(library=Path(shutil.copytree(folder, tmp_path / "own-hostile"))).wait())
    page.get_by_role("tab", name="Library").click()
    record = {"title": "", "abstract": MISCHIEF[1], "year": MISCHIEF[0]}
    files: list[FilePayload] = [
        {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
        for name, text in (
            ("<img src=x onerror=window.owned=1>.jsonl", json.dumps(record)),
            ("'onmouseover='window.owned=2'.txt", MISCHIEF[1]),
        )
    ]
    page.set_input_files("#files input[type=file]", files)
    expect(page.locator("#added .report")).to_contain_text("Rejected", timeout=60_000)
    harmless(page)


def test_a_hostile_model_is_text_and_marked_as_unsupported(
    open_page: OpenPage, serve: Serve, folder: Path, tmp_path: Path
) -> None:
    own = Path(shutil.copytree(folder, tmp_path / "hostile"))
    with BrokenServer("slow", MODEL) as model:
        variables = {"ASSISTANT_LLM_BASE_URL": model.base_url, "ASSISTANT_LLM_API_KEY": "none"}
        page = open_page(serve("--model", "hostile", library=own, **variables).wait())
        asked(page)
        harmless(page)
        expect(page.locator(f"{ANSWERS} .unsupported").first).to_contain_text(FALSE)
        expect(page.locator(f"{ANSWERS} .sentence").first).to_contain_text("catch flies")


def test_hostile_addresses_and_events_are_answered_without_a_trace(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(f"{address}/?c=%3Cscript%3Ewindow.owned%3D9%3C/script%3E")
    harmless(page)
    for event in ("open", "edit", "retry", "rate", "forget", "bring_back", "about", "browse"):
        data = {"id": ["x"], "papers": {"a": 1}, "order": "'; DROP", "offset": -5, "thumb": "up"}
        page.evaluate(f"assistant.send({json.dumps(event)}, {json.dumps(data)})")
    page.wait_for_timeout(500)
    harmless(page)
    asked(page)


def test_an_error_that_quotes_what_was_typed_is_text(open_page: OpenPage, address: str) -> None:
    """What was loaded for it would fail the test at its end: no page may ask another host."""
    typed = "<img src=http://evil.invalid/x>"
    page = open_page(address)
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("textbox", name="Since").fill(typed)
    expect(page.locator("#chips .warning")).to_contain_text(typed)
    page.get_by_role("tab", name="Library").click()
    page.get_by_label("only those the filters pass").check()
    expect(page.get_by_test_id("toast-text")).to_contain_text(f"'{typed}' is no date")
    harmless(page)
    page.get_by_role("tab", name="Surveys").click()
    page.get_by_label("Topic or question").fill("glow worms")
    page.get_by_role("button", name="Survey", exact=True).click()
    expect(page.locator("#surveyed .warning")).to_contain_text(f"'{typed}' is no date")
    harmless(page)
