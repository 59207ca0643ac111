"""The server: one process that holds the library, answers programs and shows the page.

It listens at once and gets ready in steps: first the library and the engine (`/readyz` says so),
then the tools for agents, then the page, whose own imports take longer than all the rest.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi_offline import FastAPIOffline
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route

from assistant.history import Conversations
from store.library import Library
from ui.access import Access, is_loopback
from ui.agents.mounting import Agents
from ui.api.mounting import add_api, not_served, operation_id
from ui.api.service import Service
from ui.cors import Cors, parse_origins
from ui.desk import LocalDesk
from ui.keys import FILE, Keys
from ui.limiting import MEGABYTE, BodyLimit, RateLimit
from ui.logs import configure_logs
from ui.metrics import Metrics
from ui.observing import Observed, Observer
from ui.page.rendering import render
from ui.readiness import Readiness
from ui.settings import Settings
from ui.tracing import make_tracing

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from assistant.engine import CitedQueryEngine
    from ui.agents.calling import AgentServer

_LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"]
_BODY = 4 * MEGABYTE  # the largest that programs send, papers apart

log = logging.getLogger("assistant.server")


class Server:
    """The process's parts as they come up; `app` is what a web server runs.

    `on_up` is called once the page can be opened. `failure` is what kept the server from
    getting ready, after which `stop` is called. `local_token` lets in commands of the same user,
    which read it in the library's folder.
    """

    def __init__(
        self,
        settings: Settings,
        library: Library,
        *,
        on_up: Callable[[], None] = lambda: None,
        stop: Callable[[], None] = lambda: None,
        local_token: str | None = None,
    ) -> None:
        self.settings = settings
        self.library = library
        self.engine: CitedQueryEngine | None = None
        self.failure: Exception | None = None
        self.page: ASGIApp | None = None
        self._on_up = on_up
        self._stop = stop
        self._local_token = local_token
        self._closing = threading.Event()
        self.metrics = Metrics(library.count)
        self.tracing = make_tracing(settings)
        self.observer = Observer(self.metrics, self.tracing, logs_questions=settings.log_questions)
        self.readiness = Readiness(library, settings)
        self.agents = Agents()
        self.app = self._make_app()

    def _make_app(self) -> FastAPI:
        app = FastAPIOffline(  # its /docs asks no other host for anything
            title="Paper assistant",
            version=version("paper-assistant"),
            lifespan=self._lifespan,
            redoc_url=None,
            generate_unique_id_function=operation_id,
        )
        add_api(app)
        hidden: dict[str, Any] = {"response_model": None, "include_in_schema": False}
        app.add_api_route("/healthz", lambda: {"status": "alive"}, **hidden)
        app.add_api_route("/readyz", self._ready, **hidden)
        app.add_api_route("/metrics", self._metrics, **hidden)
        for path in ("/mcp", "/mcp/"):  # both, as a redirect would lose some clients
            app.router.routes.append(Route(path, self.agents, include_in_schema=False))
        for prefix in ("/v1", "/mcp"):  # what is not there is a problem, and no page
            app.mount(prefix, not_served)
        app.mount("/", self._front)
        if self.settings.rate_limit:
            app.add_middleware(RateLimit, rate=self.settings.rate_limit)
        keys = Keys(self.library.folder / FILE)
        app.add_middleware(
            Access, password=self.settings.password, keys=keys, local_token=self._local_token
        )
        uploads = {"/v1/papers": self.settings.upload_limit * MEGABYTE}
        app.add_middleware(BodyLimit, limit=_BODY, larger=uploads)
        app.add_middleware(Cors, origins=parse_origins(self.settings.cors_origins))
        app.add_middleware(Observed, metrics=self.metrics)
        if is_loopback(self.settings.host):
            # Another site's page must not reach the library by a name that leads to loopback.
            more = (name.strip() for name in self.settings.allow_hosts.split(","))
            names = [*_LOOPBACK_NAMES, *filter(None, more)]
            app.add_middleware(TrustedHostMiddleware, allowed_hosts=names)
        return app

    def _ready(self) -> JSONResponse:
        # Open to everybody, so a server that asks for something tells nothing about its library.
        details = not (self.settings.password or (self.library.folder / FILE).is_file())
        return JSONResponse(
            *self.readiness.answer(self.engine, self.page is not None, details=details)
        )

    def _metrics(self, request: Request) -> Response:
        body, kind = self.metrics.render(request.headers.get("accept", ""))
        return Response(body, headers={"Content-Type": kind})

    async def _front(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["page"] = True
        if self.page is not None:
            await self.page(scope, receive, send)
        elif scope["type"] == "http":
            await HTMLResponse(render("soon"))(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            work = threading.Thread(
                target=self._prepare, args=(loop, stack), name="prepare", daemon=True
            )
            work.start()
            yield
            self._closing.set()
        await asyncio.to_thread(self.tracing.close)

    def _prepare(self, loop: asyncio.AbstractEventLoop, stack: AsyncExitStack) -> None:
        """Everything that takes a while, in the order in which it is needed."""
        try:
            engine = self._open_engine()
            conversations = Conversations(self.library.folder / "conversations.sqlite")
            service = Service(engine, conversations, self.settings, self.observer)
            self.app.state.service = service
            self.engine = engine  # last, as `/readyz` says ready from here on
            stack.callback(service.close)
            llm = self.settings.llm_model if engine.llm is not None else None
            self.library.announce(ready=True, model=llm)
            page = self._make_page(engine, conversations)
            asyncio.run_coroutine_threadsafe(_start(page, stack), loop).result()
            self.page = page
            agents = self._make_agents(engine)
            start = self.agents.start(agents, stack, most=_BODY)
            asyncio.run_coroutine_threadsafe(start, loop).result()
            self._on_up()
            self._catch_up()
        except Exception as error:
            if not self._closing.is_set():
                self.failure = error
                self._stop()

    def _open_engine(self) -> CitedQueryEngine:
        from assistant.engine import CitedQueryEngine

        threading.Thread(target=self.library.read_ahead, daemon=True).start()
        self.library.index_words()
        _ = self.library.vectors  # opened first, as it tells whether they fit the embedder
        engine = CitedQueryEngine(self.library, self.settings)
        engine.find("warm up", rerank=False)  # loads what the first question would wait for
        return engine

    def _make_agents(self, engine: CitedQueryEngine) -> AgentServer:
        from ui.agents.tools import make_server

        desk = LocalDesk(self.library, engine)
        return make_server(lambda: nullcontext(desk), self.observer)

    def _make_page(self, engine: CitedQueryEngine, conversations: Conversations) -> FastAPI:
        from ui.page.mounting import page_app

        return page_app(engine, conversations, self.settings, self.observer)

    def _catch_up(self) -> None:
        """Makes the vectors that an earlier run left to be made."""
        try:
            self.library.index()
        except Exception as error:  # the page says what is found by words only
            log.warning("The vectors are not up to date: %s", error)


async def _start(page: FastAPI, stack: AsyncExitStack) -> None:
    """Enters the page's lifespan, as nobody does it for an app that is mounted later."""
    await stack.enter_async_context(page.router.lifespan_context(page))


def free_port(host: str, port: int) -> int:
    """The port itself, or one that is free where it is 0.

    Raises:
        OSError: with a sentence for the user, where the address can't be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as error:
            raise OSError(
                f"Nothing can listen on {host}, port {port} ({error.strerror or error}): name "
                "another with --port, or end what listens there."
            ) from error
        return int(probe.getsockname()[1])


def serve(
    settings: Settings,
    library: Library,
    on_up: Callable[[], None] = lambda: None,
    local_token: str | None = None,
) -> Exception | None:
    """Serves until the process is told to stop; returns what went wrong, if it did."""
    import uvicorn

    configure_logs(settings)
    holder: list[uvicorn.Server] = []

    def stop() -> None:
        holder[0].should_exit = True

    server = Server(settings, library, on_up=on_up, stop=stop, local_token=local_token)
    config = uvicorn.Config(
        server.app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        log_config=None,  # its lines take the form of all others
        access_log=False,
        h11_max_incomplete_event_size=1 << 18,  # an address with many filters in it
        timeout_graceful_shutdown=2,  # a browser's open streams would hold it for ever
        ws="none",
    )
    holder.append(uvicorn.Server(config))
    with suppress(KeyboardInterrupt):  # uvicorn passes on the Ctrl-C that ended it well
        holder[0].run()
    return server.failure
