"""The command line's app and what its commands share.

Only light modules are imported at the top: `--help`, `papers` and `config` must answer at once.
"""

from __future__ import annotations

from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

EXIT_CODES = {
    0: "done (a refusal to answer is an answer)",
    1: "something failed, and standard error says what",
    2: "wrong usage or a setting that can't be used",
    3: "something named on the command line could not be read; the rest was done",
    4: "the library is in use by another process",
    130: "interrupted",
}


_ORDER = (
    "add",
    "fetch",
    "ask",
    "chat",
    "serve",
    "mcp",
    "search",
    "table",
    "compare",
    "brief",
    "papers",
    "reindex",
    "keys",
    "config",
    "doctor",
)


class _BareFlags:
    """Help that doesn't tell of a flag that its value is a `<bool>`."""

    def get_params(self, ctx: Any) -> Any:
        params = super().get_params(ctx)  # type: ignore[misc]  # of the class beside this one
        for param in params:
            if getattr(param, "is_flag", False):
                param.metavar = ""
        return params


class Command(_BareFlags, TyperCommand):
    """One command."""


class Group(_BareFlags, TyperGroup):
    """A command with commands of its own."""


class Commands(Group):
    """Our commands, and those that installed packages bring (entry points `assistant.commands`)."""

    def own_commands(self) -> list[str]:
        """The names of ours, in the order of the day: first papers in, then questions."""
        return sorted(self.commands, key=_ORDER.index)

    def list_commands(self, ctx: Any) -> list[str]:
        extra = {point.name for point in entry_points(group="assistant.commands")}
        return [*self.own_commands(), *sorted(extra)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if (own := super().get_command(ctx, cmd_name)) is not None:
            return own
        for point in entry_points(group="assistant.commands", name=cmd_name):
            loaded = point.load()
            found = typer.main.get_command(loaded) if isinstance(loaded, typer.Typer) else loaded
            found.name = cmd_name
            return found
        return None


app = typer.Typer(
    cls=Commands,
    name="assistant",
    help="Ask your pile of paper abstracts. Every sentence of an answer cites one, checked.",
    epilog="Exit codes: " + "; ".join(f"{code} {why}" for code, why in EXIT_CODES.items()) + ".",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library", "-l", metavar="FOLDER", help="Folder of the library.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="Only papers from this year, month or day on."),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="Only papers up to this year, month or day."),
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="NAME",
        help="Only papers from files with this in their name; repeatable.",
    ),
]
OrganisationOption = Annotated[
    list[str] | None,
    typer.Option(
        "--organisation", metavar="NAME", help="Only papers of this organisation; repeatable."
    ),
]


class Failure(Exception):
    """Ends the program with a sentence and an exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def explained(error: Exception) -> tuple[str, int]:
    """Any error as a sentence for the user, and the exit code it ends with."""
    from store.errors import LibraryError, LibraryInUse
    from ui.settings import BadSettings

    if isinstance(error, Failure):
        return str(error), error.code
    if isinstance(error, BadSettings):
        return str(error), 2
    if isinstance(error, LibraryInUse):
        return str(error), 4
    if (usage := getattr(error, "format_message", None)) is not None:  # Typer's own errors
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "assistant"
        return f"{usage().rstrip('.')}: see '{command} --help'.", 2
    if isinstance(error, LibraryError | ValueError | OSError):
        return str(error), 1
    what = f"Something went wrong ({type(error).__name__}: {error})."
    return f"{what} Set ASSISTANT_DEBUG=1 to see where, and run the same command again.", 1


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"assistant {version('paper-assistant')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def shared(
    ctx: typer.Context,
    library: LibraryOption = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML file with settings.", show_default=False),
    ] = None,
    _version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """What every command takes."""
    import os

    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
        return
    if config is not None:
        os.environ["ASSISTANT_CONFIG"] = str(config)
    ctx.obj = {"library": library}


def flags_of(ctx: typer.Context, library: Path | None, **flags: Any) -> dict[str, Any]:
    """The flags that are settings, those before the command's name included."""
    before = (ctx.obj or {}).get("library")
    return {"library": library or before, **flags}
