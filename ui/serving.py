"""The command that serves: `serve`, the page in a browser and the API beside it."""

from __future__ import annotations

import os
import secrets
import sys
from typing import Annotated

import typer

from ui.app import Command, Failure, LibraryOption, app, flags_of
from ui.asking import ModelOption, WriterOption
from ui.keeping import PapersOption, StarterOption


@app.command(cls=Command)
def serve(
    ctx: typer.Context,
    library: LibraryOption = None,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Address to listen on.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    papers: PapersOption = None,
    starter: StarterOption = False,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Listen on an open address without a password.")
    ] = False,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser.")
    ] = False,
    writer: WriterOption = None,
    model: ModelOption = None,
) -> None:
    """Serve the page to ask in, and the API, until Ctrl-C.

    A password (ASSISTANT_PASSWORD, or in the settings file) keeps others out, and so do keys:
    see 'assistant keys'.
    """
    from ui.access import is_loopback
    from ui.keeping import fill
    from ui.keys import FILE, Keys
    from ui.settings import load_settings
    from ui.terminal import say, working

    settings = load_settings(
        **flags_of(ctx, library, writer=writer, llm_model=model, host=host, port=port),
        insecure=insecure or None,
    )
    if settings.writer == "model" and not settings.llm_model:
        raise Failure("No language model is configured: name one with --model.", 2)
    keys = Keys(settings.library / FILE).list()
    if not (is_loopback(settings.host) or settings.password or keys or settings.insecure):
        raise Failure(
            f"Anybody who reaches {settings.host} could read and change this library: set a "
            "password in ASSISTANT_PASSWORD, make a key with 'assistant keys add', or say "
            "--insecure.",
            2,
        )
    with working("Starting …"):
        from store.library import Library
        from ui.server import free_port
        from ui.server import serve as run

        settings.port = free_port(settings.host, settings.port)
        opened = Library(settings, owner="assistant serve")
    shown = "localhost" if is_loopback(settings.host) else settings.host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{settings.port}"

    def up() -> None:
        say(f"The page is at {address} (Ctrl-C ends it).")
        if open_page and _has_screen():
            import webbrowser

            webbrowser.open(address)

    token = secrets.token_urlsafe(32)
    with opened:
        # Told before the server is ready, so that commands which come meanwhile wait for it.
        opened.announce(
            address=f"http://{_reachable(settings.host)}:{settings.port}",
            token=token,
            embedder=[settings.embed_model, settings.embed_base_url],
            upload_limit=settings.upload_limit,
        )
        fill(opened, papers or (), starter=starter)
        say("Opening the library …")
        if (failure := run(settings, opened, up, token)) is not None:
            raise failure


def _reachable(host: str) -> str:
    """Where programs of this machine reach a server that listens on `host`."""
    plain = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))
    return f"[{plain}]" if ":" in plain else plain


def _has_screen() -> bool:
    """Whether a browser would have a window; one in the terminal would take it from us."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
