"""The commands that look at the assistant itself: `config` and `doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from ui.app import JsonOption, LibraryOption, app, flags_of


@app.command()
def config(ctx: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show every setting: its value, where that comes from and how to change it."""
    from ui import terminal
    from ui.settings import Settings, config_file, environment_names, load_settings, origins

    flags = flags_of(ctx, library)
    settings, origin = load_settings(**flags), origins(flags)
    rows = [
        {
            "name": name,
            "value": _shown(name, getattr(settings, name)),
            "from": origin[name],
            "environment": environment_names(name)[0],
            "about": field.description or "",
        }
        for name, field in Settings.model_fields.items()
    ]
    if as_json:
        terminal.print_json({"file": str(config_file()), "settings": rows})
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table("Setting", "Value", "From", "Meaning", box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            f"{row['name']}\n[dim]{row['environment']}[/]",
            escape(str(row["value"])),
            escape(str(row["from"])),
            escape(str(row["about"])),
        )
    terminal.out.print(table)
    file = config_file()
    state = "is read" if file.is_file() else "is not there"
    terminal.out.print(
        f"\nA flag goes before the environment, that before the file {file} ({state}), "
        "that before the default. In the file a line reads: top_k = 8",
        style="dim",
    )


@app.command()
def doctor(ctx: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Check what is configured, what is reachable, sizes and versions."""
    from ui import terminal
    from ui.settings import load_settings

    checks = examine(load_settings(**flags_of(ctx, library)))
    if as_json:
        terminal.print_json({"ok": all(c["ok"] for c in checks), "checks": checks})
    else:
        from rich.markup import escape

        for check in checks:
            sign = "[green]ok[/]  " if check["ok"] else "[red]look[/]"
            terminal.out.print(f"{sign} {escape(check['what'])}: {escape(check['found'])}")
    if not all(check["ok"] for check in checks):
        raise typer.Exit(1)


def examine(settings: Any) -> list[dict[str, Any]]:
    """Every check of `doctor`: what was looked at, what was found, whether it is well."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    checks: list[dict[str, Any]] = []

    def note(what: str, found: str, ok: bool = True) -> None:
        checks.append({"what": what, "found": found, "ok": ok})

    versions = []
    for name in ("paper-assistant", "llama-index-core", "chromadb", "onnxruntime", "tantivy"):
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} missing")
    note("Versions", f"Python {platform.python_version()}, " + ", ".join(versions))
    _examine_library(settings, note)
    _examine_model(settings, note)
    return checks


def _examine_library(settings: Any, note: Any) -> None:
    from store.errors import LibraryError
    from store.library import Library

    try:
        with Library(settings, owner="assistant doctor") as library:
            count = library.count()
            size = sum(f.stat().st_size for f in library.folder.rglob("*") if f.is_file())
            note("Library", f"{library.folder}, {count} papers, {size / 1e6:.1f} MB")
            library.index_words()
            note("Word index", f"{len(library.words)} papers", len(library.words) == count)
            held, waiting = len(library.vectors), library.pending("vectors")
            expected = library.catalog.count_chunks()
            text = f"{held} chunks, made with {library.vectors.embedder}"
            if waiting:
                text += f"; {waiting} papers wait: run 'assistant add' or 'assistant reindex'"
            elif held != expected:
                text += f", but {expected} were written: run 'assistant reindex'"
            note("Vector index", text, held == expected and not waiting)
            vector = library.embed_query("does it work")
            note("Embedder", f"answers with {len(vector)} dimensions")
    except LibraryError as error:
        note("Library", str(error), ok=False)


def _examine_model(settings: Any, note: Any) -> None:
    if not settings.llm_model:
        text = "none configured: the extractive writer answers"
        if settings.llm_api_key:
            text += " (a key is set; name a model with --model or ASSISTANT_LLM_MODEL to use it)"
        note("Language model", text)
        return
    import openai

    from assistant.writing.model import reason

    address = settings.llm_base_url or "OpenAI"
    try:
        client = openai.OpenAI(
            api_key=settings.llm_api_key or "none",
            base_url=settings.llm_base_url,
            timeout=10,
            max_retries=0,
        )
        names = [model.id for model in client.models.list()]
    except Exception as error:  # any answer of any server is worth telling
        note("Language model", f"{settings.llm_model} at {address} {reason(error)}", ok=False)
        return
    known = settings.llm_model in names or not names
    text = f"{settings.llm_model} at {address} is {'there' if known else 'not among its models'}"
    note("Language model", text, known)


def _shown(name: str, value: Any) -> Any:
    from ui.settings import SECRET

    if name in SECRET and value:
        return "set (hidden)"
    return str(value) if isinstance(value, Path) else value
