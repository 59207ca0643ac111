"""The commands for the keys of programs: `keys add`, `keys list` and `keys revoke`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.app import Command, Failure, Group, JsonOption, LibraryOption, app, flags_of

if TYPE_CHECKING:
    from ui.keys import Keys, NamedKey

keys_app = typer.Typer(cls=Group)
app.add_typer(keys_app, name="keys")

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="What the key is called: by it, it is revoked.")
]


@keys_app.callback()
def keys() -> None:
    """Make, list and revoke the keys by which programs may use the server.

    As soon as there is a key (or a password), the server asks everybody for one. A running server
    knows of a change at once.
    """


@keys_app.command("add", cls=Command)
def add_key(
    ctx: typer.Context,
    name: NameArgument,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCOPE",
            help="What it may do: read (the default; ask and search too), write (change the "
            "library too) or admin (everything); repeatable.",
        ),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Make a key and print it, this once.

    A program sends it as 'Authorization: Bearer …' or as 'X-API-Key: …'.
    """
    from ui import terminal
    from ui.keys import BrokenKeys

    try:
        key = _keys_of(ctx, library).make(name, scope or ("read",))
    except BrokenKeys:
        raise
    except ValueError as error:
        raise Failure(str(error), 2) from None
    terminal.out.file.write(f"{key}\n")
    terminal.say("Keep it: only its hash is stored, so nobody can show it again.")


@keys_app.command("list", cls=Command)
def list_keys(
    ctx: typer.Context, library: LibraryOption = None, as_json: JsonOption = False
) -> None:
    """List the keys: name, scopes and when each was made.

    In a pipe each has one line, with tabs between the three.
    """
    from ui import terminal

    found = _keys_of(ctx, library).list()
    if as_json:
        terminal.print_json({"keys": [key_document(key) for key in found]})
    elif found:
        _show_keys(found)
    else:
        terminal.say("There is no key yet: make one with 'assistant keys add NAME'.")


@keys_app.command("revoke", cls=Command)
def revoke_key(ctx: typer.Context, name: NameArgument, library: LibraryOption = None) -> None:
    """Make a key worthless, on a running server too."""
    from ui import terminal
    from ui.keys import NoSuchKey

    known = _keys_of(ctx, library)
    try:
        known.revoke(name)
    except NoSuchKey as error:
        raise Failure(str(error)) from None
    terminal.say(f"The key '{name}' is revoked.")
    if not known.list():
        terminal.say("No key is left: a server without a password asks nobody from its next start.")


def key_document(key: NamedKey) -> dict[str, Any]:
    """A key as `--json` tells it."""
    return {"name": key.name, "scopes": list(key.scopes), "made": key.made}


def _keys_of(ctx: typer.Context, library: Path | None) -> Keys:
    from ui.keys import FILE, Keys
    from ui.settings import load_settings

    return Keys(load_settings(**flags_of(ctx, library)).library / FILE)


def _show_keys(found: tuple[NamedKey, ...]) -> None:
    from rich.text import Text

    from ui.flow import hang
    from ui.terminal import clean, out

    names = [clean(key.name) for key in found]
    width = max(map(len, names))
    for name, key in zip(names, found, strict=True):
        scopes = ", ".join(key.scopes)
        if out.is_terminal:
            lead = Text.assemble((f"{name:<{width}}", "cyan"), "  ")
            hang(out, lead, Text(f"{scopes}  {clean(key.made)}"))
        else:
            out.file.write("\t".join((name, scopes, clean(key.made))) + "\n")
