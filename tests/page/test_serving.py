"""The server around the page: readiness, passwords, open addresses and a clean end."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.conftest import OpenPage, Serve
from tests.page.serving import Served, served, status_of
from tests.ui.making import run_program

BEARER = {"Authorization": "Bearer lighthouse"}


def test_a_server_is_alive_then_ready_then_shows_its_page_and_ends_well(
    own: Path, tmp_path: Path
) -> None:
    server = Served(tmp_path, "--library", str(own), "serve", "--port", "0")
    address = server.wait()
    assert status_of(f"{address}/healthz")[0] == 200
    status, ready = status_of(f"{address}/readyz")
    assert (status, ready[:30]) == (200, '{"status":"ready","page":true,')
    assert status_of(f"{address}/nothing-here")[0] == 404
    busy = run_program(tmp_path, "--library", str(own), "reindex", ASSISTANT_LOCK_WAIT="0")
    assert busy.code == 4
    assert "assistant serve" in busy.err
    assert server.stop() == 0
    assert "Traceback" not in server.said


def test_a_password_keeps_others_out(open_page: OpenPage, serve: Serve) -> None:
    address = serve(ASSISTANT_PASSWORD="lighthouse").wait()
    for path in ("/", "/config", "/download/feedback", "/gradio_api/info"):
        assert status_of(address + path)[0] == 401, path
    assert status_of(f"{address}/healthz")[0] == 200
    assert status_of(f"{address}/config", {"Authorization": "Bearer wrong"})[0] == 401
    assert status_of(f"{address}/config", BEARER)[0] == 200
    page = open_page(address, ready=False, expected="status of 401")
    page.get_by_label("Password of this library").fill("wrong")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_have_text("That is not the password.")
    page.get_by_label("Password of this library").fill("lighthouse")
    page.get_by_role("button", name="Open").click()
    expect(page.locator(".welcome")).to_be_visible()


def test_an_open_address_needs_a_password_or_a_plain_word(own: Path, tmp_path: Path) -> None:
    arguments = ("--library", str(own), "serve", "--host", "0.0.0.0", "--port", "0")
    told = run_program(tmp_path, *arguments)
    assert told.code == 2
    assert "ASSISTANT_PASSWORD" in told.err


def test_an_open_address_with_a_key_is_open_to_that_key_until_it_is_revoked(
    own: Path, tmp_path: Path
) -> None:
    before = ("--library", str(own))
    made = run_program(tmp_path, *before, "keys", "add", "notebook")
    key = {"X-API-Key": made.out.strip()}
    with served(tmp_path, *before, "serve", "--host", "0.0.0.0", "--port", "0") as address:
        address = address.replace("0.0.0.0", "127.0.0.1")
        assert status_of(f"{address}/v1/papers")[0] == 401
        assert status_of(f"{address}/v1/papers", key)[0] == 200
        assert status_of(address, key)[0] == 403
        assert run_program(tmp_path, *before, "keys", "revoke", "notebook").code == 0
        assert status_of(f"{address}/v1/papers", key)[0] == 401
        assert status_of(f"{address}/v1/papers")[0] == 401


def test_a_name_that_is_not_the_servers_is_turned_away(own: Path, tmp_path: Path) -> None:
    with served(tmp_path, "--library", str(own), "serve", "--port", "0") as address:
        assert status_of(f"{address}/healthz", {"Host": "evil.invalid"})[0] == 400


def test_a_taken_port_is_told_in_one_sentence(own: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        told = run_program(tmp_path, "--library", str(own), "serve", "--port", port)
    assert told.code == 1
    assert f"port {port}" in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize("damage", ["words", "vectors"])
def test_a_library_that_cannot_be_opened_ends_the_server_with_a_sentence(
    own: Path, tmp_path: Path, damage: str
) -> None:
    if damage == "vectors":
        told = run_program(
            tmp_path,
            "--library",
            str(own),
            "serve",
            "--port",
            "0",
            ASSISTANT_EMBED_MODEL="another",
            ASSISTANT_EMBED_BASE_URL="http://127.0.0.1:9/v1",
        )
        assert "assistant reindex" in told.err
    else:
        (own / "papers.sqlite").write_bytes(b"no database at all")
        told = run_program(tmp_path, "--library", str(own), "serve", "--port", "0")
    assert told.code == 1
    assert "Traceback" not in told.err
