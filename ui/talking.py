"""The command that talks: `chat`, question after question in the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from threading import Thread
from typing import TYPE_CHECKING

import typer

from ui.app import Command, Failure, LibraryOption, app, explained, flags_of
from ui.asking import ModelOption, WriterOption, show_stream
from ui.keeping import PapersOption, StarterOption
from ui.opening import make_filters, open_engine

if TYPE_CHECKING:
    from assistant.answer import Answer, Turn
    from assistant.engine import CitedQueryEngine

WORDS = (
    ("sources", "the sentences that the last answer cites, with their papers"),
    ("all", "the papers that the last answer means and didn't list"),
    ("new", "begin afresh: what was said before is forgotten"),
    ("help", "this list"),
    ("quit", "the end (so is Ctrl-D; Ctrl-C stops an answer)"),
)
_QUIT = ("quit", "exit", "bye", "q")


@app.command(cls=Command)
def chat(
    ctx: typer.Context,
    library: LibraryOption = None,
    papers: PapersOption = None,
    starter: StarterOption = False,
    writer: WriterOption = None,
    model: ModelOption = None,
) -> None:
    """Ask question after question in the terminal; follow-ups are understood."""
    from ui.keeping import fill

    flags = flags_of(ctx, library, writer=writer, llm_model=model)
    with open_engine(flags, "assistant chat") as engine:
        fill(engine.library, papers or (), starter=starter)
        if not engine.library.count():
            raise Failure(
                "This library is empty: add papers with 'assistant add FILE', or begin with the "
                "starter papers by 'assistant chat --starter'."
            )
        _warm(engine)
        _Conversation(engine).run()


def _warm(engine: CitedQueryEngine) -> None:
    """Loads what the first question would wait for."""
    from ui.terminal import working

    Thread(target=engine.library.read_ahead, daemon=True).start()
    with working("Opening the library …"):
        engine.find("warm up", rerank=False)


class _Conversation:
    """What has been said, and what the user can say."""

    def __init__(self, engine: CitedQueryEngine) -> None:
        from ui.desk import LocalDesk

        self._engine = engine
        self._desk = LocalDesk(engine.library, engine)
        self._turns: list[Turn] = []
        self._last: Answer | None = None

    def run(self) -> None:
        """Until the user has enough."""
        from ui.terminal import out, say

        self._greet()
        for said in _lines():
            try:
                if not self._obey(said):
                    return
            except KeyboardInterrupt:
                out.print()
                say("Stopped.", "yellow")

    def _obey(self, said: str) -> bool:
        """Does what was said; false when that is to end."""
        command = said.lower().lstrip("/:").rstrip("!.")
        if command in _QUIT:
            return False
        if command == "new":
            self._begin_afresh()
        elif command in ("sources", "source"):
            self._show_sources()
        elif command == "all":
            self._show_unlisted()
        elif command in ("help", "?"):
            _show_help()
        else:
            self._ask(said)
        return True

    def _greet(self) -> None:
        from store.starter import STARTER
        from ui.terminal import counted, out

        library = self._engine.library
        kind = "starter paper" if library.catalog.sources().keys() == {STARTER} else "paper"
        out.print(f"{counted(library.count(), kind)}. Ask anything about them.", style="bold")
        out.print("'sources' shows what an answer cites, 'new' begins afresh, 'quit' ends.")
        if kind != "paper":
            out.print("Try: What problem does dropout solve?", style="dim")

    def _ask(self, question: str) -> None:
        from assistant.answer import turn_of
        from ui.terminal import counted, out, say

        out.print()
        try:
            self._last = show_stream(self._desk, question, make_filters(), tuple(self._turns))
            self._turns.append(turn_of(self._last))
            if self._last.unlisted:
                others = counted(len(self._last.unlisted), "other paper")
                out.print(f"\n'all' lists the {others}.", style="dim")
        except Exception as error:  # one question that fails is no end of the talk
            if os.environ.get("ASSISTANT_DEBUG"):
                raise
            say(explained(error)[0], "red")

    def _begin_afresh(self) -> None:
        from ui.terminal import out

        self._turns.clear()
        self._last = None
        out.print("A new conversation: what was said before is forgotten.", style="dim")

    def _show_sources(self) -> None:
        from ui.showing import show_quotes
        from ui.terminal import out

        if self._last is None:
            out.print("There is no answer yet: ask something first.", style="dim")
        else:
            out.print()
            show_quotes(self._last)

    def _show_unlisted(self) -> None:
        from ui.showing_collection import show_unlisted
        from ui.terminal import out

        if self._last is None:
            out.print("There is no answer yet: ask something first.", style="dim")
        elif not self._last.unlisted:
            out.print("The last answer lists all of its papers.", style="dim")
        else:
            show_unlisted(self._last, self._engine.library.get(self._last.unlisted), out)


def _show_help() -> None:
    from rich.text import Text

    from ui.flow import hang
    from ui.terminal import out

    for word, meaning in WORDS:
        hang(out, Text(f"  {word:<9}", style="bold"), Text(meaning))
    out.print("  Anything else is a question.", style="dim")


def _lines() -> Iterator[str]:
    """What the user says, line by line, until the end of input or a second Ctrl-C in a row."""
    from ui.terminal import out, say

    prompt, again = _prompt(), False
    while True:
        try:
            out.print()
            said = " ".join(input(prompt).split())
        except EOFError:
            out.print()
            return
        except KeyboardInterrupt:
            out.print()
            if again:
                return
            again = True
            say("Press Ctrl-C again to end, or write 'quit'.")
            continue
        again = False
        if not sys.stdin.isatty():
            out.print(said, markup=False)  # so that a record of the talk shows both sides
        if said:
            yield said


def _prompt() -> str:
    """The prompt, in bold where there is a line editor that knows what has no width."""
    from ui.terminal import out

    try:
        import readline  # noqa: F401 - importing it gives `input` its history and its keys
    except ImportError:
        return "> "
    return "\001\033[1;36m\002>\001\033[0m\002 " if out.styled and sys.stdin.isatty() else "> "
