"""The command for agents: `mcp`, the library's tools on standard input and output."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

import typer

from ui.agents.lending import Lender
from ui.app import Command, Failure, LibraryOption, app, flags_of
from ui.asking import ModelOption, TopOption, WriterOption
from ui.opening import open_desk

if TYPE_CHECKING:
    from ui.agents.calling import AgentServer


@app.command(cls=Command)
def mcp(
    ctx: typer.Context,
    library: LibraryOption = None,
    top_k: TopOption = None,
    writer: WriterOption = None,
    model: ModelOption = None,
) -> None:
    """Serve the library's tools to an agent, by the Model Context Protocol.

    An agent's program starts this by itself and speaks to it on standard input and output. Where
    a server has the library, it goes through that; the server has the same tools at /mcp. A
    library of its own is let go after a minute without work.
    """
    from ui.logs import configure_logs
    from ui.settings import load_settings

    flags = flags_of(ctx, library, top_k=top_k, writer=writer, llm_model=model)
    settings = load_settings(**flags)  # read before anything else: what is wrong ends it at once
    if settings.writer == "model" and not settings.llm_model:
        raise Failure("No language model is configured: name one with --model.", 2)
    configure_logs(settings)
    from ui.agents.tools import make_server

    desk = Lender(lambda: open_desk(flags, "assistant mcp", asks=True, shown=False))
    server = make_server(desk)
    with desk:  # opened only now, as its imports would hold up those of the server
        _run(server)


def _run(server: AgentServer) -> None:
    """Serves until standard input ends.

    In a daemon thread, whose own threads are daemons too: the one that waits for a line of
    standard input would keep the program from ending at Ctrl-C.
    """
    done: Future[None] = Future()

    def work() -> None:
        try:
            done.set_result(server.run("stdio"))
        except BaseExceptionGroup as errors:
            gone = errors.subgroup(BrokenPipeError)  # the agent went without a word
            done.set_exception(BrokenPipeError() if gone else errors)
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=work, name="agent", daemon=True).start()
    done.result()
