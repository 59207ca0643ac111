"""A browser, a served library of invented papers, and pages that are watched for mischief."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.broken_server import BrokenServer
from tests.page.serving import FLAGS, Served, browser_path, served
from tests.ui.making import PAGE, run_program

expect.set_options(timeout=15_000)  # a busy machine is no failure

# What a browser says of a server that was stopped.
GONE = (
    r"ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)"
    r"|Connection errored out|status of 503|TypeError: (network error|Failed to fetch)"
)
OpenPage = Callable[..., Page]
Serve = Callable[..., Served]


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith(("ASSISTANT_", "OPENAI_", "XDG_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")  # while it is open, nothing else can run an event loop
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library of the invented papers; only to be copied."""
    home = tmp_path_factory.mktemp("home")
    page = home / "invented.txt"
    page.write_text(PAGE, "utf-8")
    done = run_program(home, "--library", str(home / "library"), "add", str(page))
    assert done.code == 0, done.err
    return home / "library"


@pytest.fixture
def own(invented: Path, tmp_path: Path) -> Path:
    """A copy of that library for one test."""
    return Path(shutil.copytree(invented, tmp_path / "own"))


@pytest.fixture(scope="module")
def address(invented: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served copy of that library, one for all the tests of a file."""
    home = tmp_path_factory.mktemp("served")
    folder = shutil.copytree(invented, home / "library")
    with served(home, "--library", str(folder), "serve", "--port", "0") as found:
        yield found


@pytest.fixture
def serve(own: Path, tmp_path: Path) -> Iterator[Serve]:
    """Starts a server for this test: over the invented papers, or `library="…"`.

    It is stopped once the test's pages are closed.
    """
    servers: list[Served] = []

    def started(*arguments: str, library: Path = own, **variables: str) -> Served:
        whole = ("--library", str(library), "serve", *arguments)
        if "--port" not in arguments:
            whole = (*whole, "--port", "0")
        servers.append(Served(tmp_path, *whole, **variables))
        return servers[-1]

    yield started
    for server in servers:
        server.stop()


@pytest.fixture
def open_page(browser: Browser, serve: Serve) -> Iterator[OpenPage]:
    """Opens the page as a new visitor and waits for the question box.

    At the end, no page may have asked any host but the server's, or met an error; but for those
    that a pattern of `expected` matches, as when a test stops the server.
    """
    del serve  # asked for so that its servers outlive the pages
    contexts: list[Any] = []
    trouble: list[str] = []

    def opened(
        address: str, *, visitor: Any = None, ready: bool = True, expected: str = "", **how: Any
    ) -> Page:
        context = visitor or browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, **how}
        )
        contexts.append(context)
        page: Page = context.new_page()
        host = urlsplit(address).netloc

        def asked(url: str) -> None:
            parts = urlsplit(url)
            if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
                trouble.append(f"asked {url}")

        def met(error: str) -> None:
            if not (expected and re.search(expected, error)):
                trouble.append(error)

        context.on("request", lambda request: asked(request.url))  # of workers and popups, too
        page.on("websocket", lambda socket: asked(socket.url))
        page.on("console", lambda said: met(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: met(str(error)))
        page.goto(address)
        if ready:
            page.wait_for_selector("#question textarea:enabled")
            page.wait_for_function("document.querySelector('#thread').innerText.length > 0")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.fixture
def slow_model() -> Iterator[dict[str, str]]:
    """Settings of a model endpoint that takes a question and never answers."""
    with BrokenServer("hang") as server:
        yield {"ASSISTANT_LLM_BASE_URL": server.base_url, "ASSISTANT_LLM_API_KEY": "none"}
