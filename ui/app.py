"""The command line's app and what its commands share.

Only light modules are imported at the top: `--help`, `papers` and `config` must answer at once.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

EXIT_CODES = """
Exit codes: 0 done (a refusal to answer is an answer), 1 something failed and standard error
says what, 2 wrong usage, 3 something named on the command line could not be read (the rest was
done), 4 the library is in use by another process, 130 interrupted.
"""


class Commands(TyperGroup):
    """Our commands, and those that installed packages bring (entry points `assistant.commands`)."""

    def list_commands(self, ctx: Any) -> list[str]:
        extra = {point.name for point in entry_points(group="assistant.commands")}
        return [*super().list_commands(ctx), *sorted(extra)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if (own := super().get_command(ctx, cmd_name)) is not None:
            return own
        for point in entry_points(group="assistant.commands", name=cmd_name):
            loaded = point.load()
            return typer.main.get_command(loaded) if isinstance(loaded, typer.Typer) else loaded
        return None


app = typer.Typer(
    cls=Commands,
    name="assistant",
    help="Ask your pile of paper abstracts. Every sentence of an answer cites one, checked.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", "-l", help="Folder of the library.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


class Failure(Exception):
    """Ends the program with a sentence and an exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


@app.callback()
def shared(
    ctx: typer.Context,
    library: LibraryOption = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML file with settings.", show_default=False)
    ] = None,
) -> None:
    """What every command takes."""
    import os

    if config is not None:
        if not config.is_file():
            raise Failure(f"There is no settings file {config}.", 2)
        os.environ["ASSISTANT_CONFIG"] = str(config)
    ctx.obj = {"library": library}


def flags_of(ctx: typer.Context, library: Path | None, **flags: Any) -> dict[str, Any]:
    """The flags that are settings, those before the command's name included."""
    before = (ctx.obj or {}).get("library")
    return {"library": library or before, **flags}
