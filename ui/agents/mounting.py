"""The tools over HTTP: `/mcp` as part of the server's app."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from ui.problems import problem

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from starlette.types import Receive, Scope, Send


class Agents:
    """ASGI endpoint of streamable HTTP; 503 until `start`.

    No sessions are kept: each request stands alone, so that a client goes on where the server
    was started anew, or where another of several answers. That leaves nothing to GET or DELETE.
    """

    def __init__(self) -> None:
        self._manager: StreamableHTTPSessionManager | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            detail = "This address is for agents (MCP over streamable HTTP) and takes POST."
            await problem(405, detail, {"Allow": "POST"})(scope, receive, send)
        elif self._manager is None:
            detail = "The library is being opened: ask again in a moment."
            await problem(503, detail, {"Retry-After": "1"})(scope, receive, send)
        else:
            await self._manager.handle_request(scope, receive, send)

    async def start(self, server: MCPServer, stack: AsyncExitStack, most: int) -> None:
        """Answers from now on until `stack` is left; `most` bytes is the largest request."""
        from mcp.server.transport_security import TransportSecuritySettings

        server.streamable_http_app(  # makes the manager, whose own app isn't needed
            stateless_http=True,
            max_request_body_size=most,
            # Which names and pages may come here, the app that this is part of has decided.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        manager = server.session_manager
        opened, closing = asyncio.Event(), asyncio.Event()

        async def run() -> None:  # entered and left by one task, as its task group needs it
            async with manager.run():
                opened.set()
                await closing.wait()

        running = asyncio.create_task(run(), name="agents")

        async def close() -> None:
            self._manager = None
            closing.set()
            await running

        stack.push_async_callback(close)
        await opened.wait()
        self._manager = manager
