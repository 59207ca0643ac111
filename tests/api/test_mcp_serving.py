"""The agents' address of a server, and the program that an agent starts by itself."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.testclient import TestClient

from tests.api.agents import HELLO, connected, connected_by_key, stdio
from tests.broken_server import BrokenServer
from tests.page.serving import Served
from tests.ui.making import ABOUT_TIDES, PROGRAM, complaint, environment, run_program
from ui.agents.mounting import Agents

OWLS = {"title": "Counting Barn Owls", "abstract": "Nine barn owls live in the barn of Aberlour."}


def test_an_agent_of_the_protocol_with_a_handshake_is_served_too(address: str) -> None:
    with connected(f"{address}/mcp/", mode="legacy") as agent:
        assert agent.client.protocol_version.startswith("2025")
        assert agent.document("ask", question=ABOUT_TIDES)["status"] == "answered"


def test_the_address_tells_others_what_it_is(address: str) -> None:
    for path in ("/mcp", "/mcp/"):
        answer = httpx2.get(f"{address}{path}")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
        assert "for agents" in answer.json()["detail"]
    assert httpx2.post(f"{address}/mcp/elsewhere", json=HELLO).status_code == 404
    hostile = {"Origin": "http://evil.invalid"}
    assert httpx2.post(f"{address}/mcp", json=HELLO, headers=hostile).status_code == 403


def test_while_the_library_is_opened_agents_are_told_to_wait() -> None:
    answer = TestClient(Agents()).post("/", json=HELLO)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Content-Type"] == "application/problem+json"


@dataclass
class Guarded:
    """A server that asks for keys and has a slow language model."""

    address: str
    home: Path
    reader: str
    writer: str
    model: BrokenServer


@pytest.fixture(scope="module")
def guarded(invented: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    home = tmp_path_factory.mktemp("guarded")
    library = ("--library", str(shutil.copytree(invented, home / "library")))
    reader = run_program(home, *library, "keys", "add", "reader").out.strip()
    writing = ("keys", "add", "writer", "--scope", "read", "--scope", "write")
    writer = run_program(home, *library, *writing).out.strip()
    with BrokenServer("slow", "The tide clock is off by nine minutes [1]. " * 100) as model:
        endpoint = {"ASSISTANT_LLM_BASE_URL": model.base_url, "ASSISTANT_LLM_API_KEY": "none"}
        arguments = ("serve", "--port", "0", "--model", "slow")
        server = Served(home, *library, *arguments, **endpoint)
        try:
            yield Guarded(server.wait(), home, reader, writer, model)
        finally:
            server.stop()


def test_a_key_that_only_reads_adds_no_papers(guarded: Guarded) -> None:
    assert httpx2.post(f"{guarded.address}/mcp", json=HELLO).status_code == 401
    with connected_by_key(guarded.address, guarded.reader) as agent:
        asked = agent.document("ask", question=ABOUT_TIDES, writer="extractive")
        assert asked["status"] == "answered"
        refusal = agent.refused("add_papers", papers=[OWLS])
        assert refusal == "This needs a key with the scope 'write', which 'reader' doesn't have."
    with connected_by_key(guarded.address, guarded.writer) as agent:
        assert agent.document("add_papers", papers=[OWLS])["new"] == 1


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_answer_that_nobody_waits_for_is_ended(guarded: Guarded, mode: str) -> None:
    headers = {"Authorization": f"Bearer {guarded.reader}"}

    async def ask_and_leave() -> None:
        http = httpx2.AsyncClient(headers=headers, timeout=60)
        server = streamable_http_client(f"{guarded.address}/mcp", http_client=http)
        async with Client(server, mode=mode) as client:
            began = guarded.model.sent
            async with anyio.create_task_group() as group:
                group.start_soon(client.call_tool, "ask", {"question": ABOUT_TIDES})
                with anyio.fail_after(20):
                    while guarded.model.sent < began + 3:
                        await anyio.sleep(0.02)
                group.cancel_scope.cancel()

    anyio.run(ask_and_leave)
    end = time.monotonic() + 10
    before = -1
    while before != guarded.model.sent and time.monotonic() < end:
        before = guarded.model.sent
        time.sleep(0.5)
    assert before == guarded.model.sent < 400


def test_the_program_goes_through_the_server_that_has_the_library(guarded: Guarded) -> None:
    with connected(stdio(guarded.home, guarded.home / "library")) as agent:
        asked = agent.document("ask", question=ABOUT_TIDES, writer="extractive")
        assert asked["status"] == "answered"
        assert agent.document("list_papers")["total"] >= 6
        record = {"title": "Cloud Harps", "abstract": "Harps on hills play in the wind."}
        assert agent.document("add_papers", papers=[record])["papers"] >= 7


@pytest.fixture
def program(invented: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The program with pipes to speak through, greeted."""
    library = shutil.copytree(invented, tmp_path / "library")
    with subprocess.Popen(
        [PROGRAM, "--library", str(library), "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    ) as process:
        say(process, json.dumps(HELLO))
        assert process.stdout
        assert json.loads(process.stdout.readline())["id"] == 1
        yield process
        process.kill()


def say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def test_nothing_but_the_protocol_is_on_standard_output(program: subprocess.Popen[str]) -> None:
    call = {"name": "list_papers", "arguments": {}}
    say(program, "no JSON")
    say(program, json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}))
    assert program.stdout
    first = json.loads(program.stdout.readline())
    rest, complaints = program.communicate(timeout=60)
    said = [first, *(json.loads(line) for line in rest.splitlines())]
    assert all(one["jsonrpc"] == "2.0" for one in said)
    (listed,) = [one for one in said if one.get("id") == 2]
    assert listed["result"]["structuredContent"]["total"] == 6
    assert program.returncode == 0
    assert "Traceback" not in complaints


def test_an_interrupt_ends_the_program_though_its_agent_is_there(
    program: subprocess.Popen[str],
) -> None:
    program.send_signal(signal.SIGINT)
    assert program.wait(20) == 130
    assert program.stderr
    assert program.stderr.read() == "Interrupted.\n"


def test_an_agent_that_goes_without_a_word_is_no_failure(program: subprocess.Popen[str]) -> None:
    assert program.stdin
    assert program.stdout
    assert program.stderr
    program.stdout.close()
    say(program, json.dumps({"jsonrpc": "2.0", "id": 2, "method": "ping"}))
    program.stdin.close()
    assert program.wait(20) == 0
    assert program.stderr.read() == ""


def test_a_wrong_setting_ends_the_program_in_one_sentence(tmp_path: Path) -> None:
    done = run_program(tmp_path, "mcp", "--writer", "poet")
    assert "'writer' can't be 'poet'" in complaint(done, 2)
