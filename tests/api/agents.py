"""An agent that is used without `await`, and ways to connect it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent

from tests.ui.making import PROGRAM, environment

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@dataclass
class Agent:
    """A connected client, to be used without `await`."""

    portal: BlockingPortal
    client: Client

    def do(self, work: Callable[..., Awaitable[Any]], *given: Any) -> Any:
        return self.portal.call(work, *given)

    def call(self, tool: str, **arguments: Any) -> CallToolResult:
        found = self.do(self.client.call_tool, tool, arguments)
        assert isinstance(found, CallToolResult)
        return found

    def document(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a call that went well gave for programs."""
        found = self.call(tool, **arguments)
        assert not found.is_error, text_of(found)
        assert isinstance(found.structured_content, dict)
        return found.structured_content

    def refused(self, tool: str, **arguments: Any) -> str:
        """The one sentence of a call that failed."""
        found = self.call(tool, **arguments)
        assert found.is_error
        text = text_of(found)
        assert "Traceback" not in text
        assert "\n" not in text
        return text


@contextmanager
def connected(server: Any, **how: Any) -> Iterator[Agent]:
    with start_blocking_portal() as portal:
        client: AbstractAsyncContextManager[Client] = Client(server, read_timeout_seconds=60, **how)
        with portal.wrap_async_context_manager(client) as entered:
            yield Agent(portal, entered)


@contextmanager
def connected_by_key(address: str, key: str) -> Iterator[Agent]:
    client = httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60)
    with connected(streamable_http_client(f"{address}/mcp", http_client=client)) as agent:
        yield agent


def text_of(found: CallToolResult) -> str:
    (content,) = found.content
    assert isinstance(content, TextContent)
    return content.text


def stdio(home: Path, library: Path) -> StdioServerParameters:
    arguments = ["--library", str(library), "mcp"]
    return StdioServerParameters(command=str(PROGRAM), args=arguments, env=environment(home))
