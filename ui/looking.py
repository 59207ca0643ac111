"""The commands that look at the assistant itself: `config` and `doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypedDict

import typer

from ui.app import Command, Failure, JsonOption, LibraryOption, app, flags_of

# One setting as `config` tells it; `from` is where its value comes from.
Setting = TypedDict(
    "Setting",
    {"name": str, "value": Any, "from": str, "environment": list[str], "about": str},
)


class Check(TypedDict):
    """One check of `doctor`: what was looked at, what was found, whether it is well."""

    what: str
    found: str
    ok: bool


@app.command(cls=Command)
def config(ctx: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show every setting: its value, where that comes from and how to change it."""
    from ui import terminal
    from ui.settings import Settings, config_file, environment_names, load_settings, origins

    flags = flags_of(ctx, library)
    settings, origin = load_settings(**flags), origins(flags)
    rows: list[Setting] = [
        {
            "name": name,
            "value": _shown(name, getattr(settings, name)),
            "from": origin[name],
            "environment": environment_names(name),
            "about": field.description or "",
        }
        for name, field in Settings.model_fields.items()
    ]
    if as_json:
        terminal.print_json({"file": str(config_file()), "settings": rows})
        return
    _show_settings(rows)
    file = config_file()
    state = "which is read" if file.is_file() else "which is not there"
    terminal.out.print(
        f"\nA flag goes before the environment, that before the file {file} ({state}), that "
        "before the default. In the file a line reads: top_k = 8",
        style="dim",
        markup=False,
    )


def _show_settings(rows: list[Setting]) -> None:
    from rich.text import Text

    from ui.flow import hang
    from ui.settings import FLAGS
    from ui.terminal import clean, out

    for row in rows:
        value = "not set" if row["value"] is None else clean(str(row["value"]))
        head = Text.assemble((value, "" if row["from"] == "default" else "bold"))
        if row["from"] != "default":
            head.append(f"  from {row['from']}", "yellow")
        hang(out, Text(f"{row['name']:<15} ", style="bold cyan"), head)
        hang(out, " " * 16, Text(row["about"]))
        ways = [*row["environment"], *([FLAGS[row["name"]]] if row["name"] in FLAGS else [])]
        hang(out, " " * 16, Text(", ".join(ways), style="dim"))


@app.command(cls=Command)
def doctor(ctx: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Check what is configured, what is reachable, sizes and versions."""
    from ui import terminal
    from ui.settings import load_settings

    settings = load_settings(**flags_of(ctx, library))
    with terminal.working("Looking …", shown=not as_json):
        checks = examine(settings)
    wrong = [check["what"] for check in checks if not check["ok"]]
    if as_json:
        terminal.print_json({"ok": not wrong, "checks": checks})
    else:
        from rich.text import Text

        from ui.flow import hang

        for check in checks:
            sign = ("ok    ", "green") if check["ok"] else ("look  ", "bold red")
            lead = Text.assemble(sign, (f"{check['what']:<15} ", "bold"))
            hang(terminal.out, lead, Text(terminal.clean(check["found"])))
    if wrong:
        raise Failure(f"Look at: {', '.join(wrong).lower()}.")


def examine(settings: Any) -> list[Check]:
    """Every check of `doctor`."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    checks: list[Check] = []

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
    _examine_reranker(settings, note)
    return checks


def _examine_library(settings: Any, note: Any) -> None:
    from store.errors import LibraryError
    from store.library import Library
    from ui.terminal import counted

    try:
        with Library(settings, owner="assistant doctor") as library:
            count = library.count()
            size = sum(f.stat().st_size for f in library.folder.rglob("*") if f.is_file())
            note("Library", f"{library.folder}, {counted(count, 'paper')}, {size / 1e6:.1f} MB")
            library.index_words()
            note("Word index", counted(len(library.words), "paper"), len(library.words) == count)
            held, waiting = len(library.vectors), library.pending("vectors")
            expected = library.catalog.count_chunks()
            text = f"{held} chunks, made with {library.vectors.embedder}"
            if waiting:
                text += f"; {counted(waiting, 'paper')} still to come: run 'assistant add'"
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


def _examine_reranker(settings: Any, note: Any) -> None:
    if settings.rerank == "off":
        note("Reranker", "off: papers stand in the search's own order")
        return
    if settings.rerank == "model":
        name = settings.rerank_model or settings.llm_model
        note("Reranker", f"the language model {name}, which is looked at when it is asked")
        return
    from assistant.reranking.base import RerankFailed
    from assistant.reranking.configured import make_reranker

    reranker = make_reranker(settings)
    assert reranker is not None
    address = settings.rerank_base_url
    try:  # the only request that all such endpoints know
        reranker.rank("Does it work?", ["It works.", "Bells are made of bronze."])
    except RerankFailed as failure:
        note("Reranker", f"{str(failure).removesuffix('.')}, at {address}", ok=False)
        return
    note("Reranker", f"{settings.rerank_model or 'the endpoint'} at {address} ranks two texts")


def _shown(name: str, value: Any) -> Any:
    from ui.settings import SECRET

    if name in SECRET and value:
        return "set (hidden)"
    return str(value) if isinstance(value, Path) else value
