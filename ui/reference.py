"""The reference of the command line, made from the code: `python -m ui.reference > docs/cli.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date as Date
from inspect import cleandoc
from typing import Any

import typer

from assistant.answer import (
    Answer,
    Citation,
    Collection,
    Group,
    Passage,
    Scores,
    Searched,
    Sentence,
)
from assistant.surveying import values
from store.adding import AddReport
from store.paper import Paper, Rejected, Skipped, Source
from ui import (  # noqa: F401 - commands
    asking,
    documents,
    exporting,
    fetching,
    keeping,
    keying,
    listing,
    looking,
    serving,
    surveyed,
    talking,
)
from ui import surveying as _surveying  # noqa: F401 - its commands
from ui.agents import command as _agents  # noqa: F401 - its command
from ui.app import EXIT_CODES, Commands, app
from ui.keys import NamedKey
from ui.settings import FLAGS, Settings, environment_names

_INTRO = """\
# The command line

<!-- Made by `python -m ui.reference > docs/cli.md`; a test fails when it is stale. -->

`--library` goes before a command's name or behind it, and every command has `--help`. Results go
to standard output, word of the work to standard error. In a terminal text is wrapped and styled;
in a pipe it is plain, a paragraph a line.
"""
_JSON_INTRO = """\
## JSON

With `--json` a command prints one JSON document and nothing else on standard output. When it
fails, standard output stays empty and standard error has the sentence. `add` with exit code 3 and
`doctor` with exit code 1 print their document all the same.
"""
_SETTINGS_INTRO = """\
## Settings

A flag goes before the environment, that before the settings file, that before the default. The
file is `config.toml` in the user's configuration folder (`~/.config/assistant` on Linux), or the
one that `--config` or `ASSISTANT_CONFIG` names; in it a line reads `top_k = 8`. `assistant config`
shows what is in force, and from where. `ASSISTANT_DEBUG=1` lets errors through with their trace.
"""
_LIBRARY = "`library` in the user's data folder (`~/.local/share/assistant` on Linux)"


def reference() -> str:
    """All of it as Markdown, the same on every machine."""
    parts = [_INTRO, *_commands(), *_exit_codes(), *_json(), *_settings()]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _commands() -> Iterator[str]:
    root = typer.main.get_command(app)
    assert isinstance(root, Commands)
    context = typer.Context(root, info_name="assistant")
    yield from _command(root, context)
    for name in root.own_commands():
        command = root.commands[name]
        inner = typer.Context(command, info_name=name, parent=context)
        yield from _command(command, inner)
        if name == "chat":
            words = ((f"`{word}`", meaning) for word, meaning in talking.WORDS)
            yield _table(("In the chat", "What it does"), words)
        for nested_name, nested in getattr(command, "commands", {}).items():
            below = typer.Context(nested, info_name=nested_name, parent=inner)
            yield from _command(nested, below)


def _command(command: Any, context: typer.Context) -> Iterator[str]:
    yield f"## `{context.command_path}`\n\n{cleandoc(command.help or '')}"
    shown = [p for p in command.params if p.expose_value or p.name in ("_version",)]
    pieces = [_argument(p) for p in shown if p.param_type_name == "argument"]
    options = ["[OPTIONS]"] if command.params else []
    below = ["[COMMAND] …"] if hasattr(command, "commands") else []
    usage = " ".join([context.command_path, *options, *pieces, *below])
    yield f"```\n{usage}\n```"
    if shown:
        yield _table(("Name", "Meaning"), ((_names(p), _meaning(p)) for p in shown))


def _argument(param: Any) -> str:
    text = f"{param.metavar}{' …' if param.nargs != 1 else ''}"
    return text if param.required else f"[{text}]"


def _names(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{_argument(param)}`"
    *short, long = sorted(param.opts, key=len)
    value = "" if param.is_flag else f" {param.metavar}"
    return ", ".join([f"`{long}{value}`", *(f"`{name}`" for name in short)])


def _meaning(param: Any) -> str:
    text = param.help or ""
    low, high = getattr(param, "min", None), getattr(param, "max", None)
    if high is not None:
        text += f" {low} to {high}."
    elif low:
        text += f" At least {low}."
    if param.default not in (None, "", False) and not callable(param.default):
        text += f" Default: `{param.default}`."
    return text


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes"
    yield _table(("Code", "Meaning"), ((str(code), why) for code, why in EXIT_CODES.items()))


def _json() -> Iterator[str]:
    yield _JSON_INTRO
    yield _table(("Command", "Keys"), ((f"`{name}`", keys) for name, keys in _keys()))


def _keys() -> Iterator[tuple[str, str]]:
    """The keys of each document, read from one that is made of samples."""
    paper = Paper(title="T", abstract="A.", date=Date(2025, 1, 2), sources=(Source("f", 1, 1),))
    citation = Citation(1, paper.id, "T", "A.", 0, 2, 1.0, True)
    answer = Answer(
        question="Q",
        status="answered",
        text="A. [1]",
        sentences=(Sentence("A. [1]", (citation,), supported=True),),
        citations=(citation,),
        nearest=(paper,),
        passages=(Passage(paper, Scores(1.0)),),
        searched=Searched("Q", 1),
        writer="extractive",
        confidence=1.0,
        collection=Collection("Q", "count", 1, (paper.id,), groups=(Group("", ()),)),
    )
    report = AddReport(
        1, 1, 0, 0, (Rejected(Source("f", 1, 1), "why"),), (Skipped("f", "why"),), 1, 1
    )
    added = documents.add_document(report)
    asked = documents.answer_document(answer)
    yield "add", _listed(added, {name: added[name] for name in ("rejects", "skipped")})
    yield "fetch …", "as `add`"
    inside = ("citations", "sentences", "passages", "searched", "collection", "tokens")
    told = {name: asked[name] for name in inside}
    yield "ask", _listed(asked, {**told, "nearest": ["as in `papers show`"]})
    hit = documents.passage_document(answer.passages[0])
    yield "search", _listed({"query": "", "papers": []}, {"papers": [hit]})
    shown = documents.paper_document(paper)
    yield (
        "papers list",
        _listed(
            {"total": 1, "papers": [], "sources": {}},
            {"papers": ["as in `papers show`"], "sources": "file: how many papers it gave"},
        ),
    )
    yield from _survey_keys(citation)
    yield "papers show", _listed({"papers": []}, {"papers": [shown]})
    yield "papers remove", _listed({"removed": 1, "kept": 0, "papers": 0}, {})
    yield "reindex", _listed({"embedded": 1}, {})
    kept = keying.key_document(NamedKey("n", ("read",), "", ""))
    yield "keys list", _listed({"keys": []}, {"keys": [kept]})
    yield (
        "config",
        _listed({"file": "", "settings": []}, {"settings": [looking.Setting.__annotations__]}),
    )
    yield "doctor", _listed({"ok": True, "checks": []}, {"checks": [looking.Check.__annotations__]})


def _survey_keys(citation: Citation) -> Iterator[tuple[str, str]]:
    paper = values.Surveyed(1, "P", "T")
    cell = values.Cell("A.", 0, 2, (citation,))
    searched = Searched("Q", 1)
    table = values.Table("Q", ("data",), (values.Row(paper, (cell,)),), 1, searched)
    told = surveyed.survey_document(table)
    yield "table", _listed(told, {"rows": list(told["rows"]), "searched": told["searched"]})
    yield "table, each cell", _listed(asdict(cell), {"citations": [asdict(citation)]})
    yield "table, each paper", _listed(asdict(paper), {})
    methods = (values.Method("M", (cell,), (paper,), 1),)
    together = (values.Together(paper, ("M",), (cell,)),)
    opposed = (values.Opposed(cell, cell),)
    compared = values.Comparison(("data",), methods, together, opposed, (paper,), searched)
    told = surveyed.survey_document(compared)
    inside = {name: list(told[name]) for name in ("methods", "together", "opposed")}
    yield "compare", _listed(told, {**inside, "searched": told["searched"]})
    theme = values.Theme("L", (values.Point(paper, cell),))
    told = surveyed.survey_document(values.Brief("Q", (theme,), (paper,), 1, "how", searched))
    yield "brief", _listed(told, {"themes": list(told["themes"]), "searched": told["searched"]})


def _listed(document: Any, inside: dict[str, Any]) -> str:
    texts = []
    for name in document:
        text = f"`{name}`"
        if name in inside:
            value = inside[name]
            keys = value[0] if isinstance(value, list) else value
            each = "each " if isinstance(value, list) else ""
            listed = keys if isinstance(keys, str) else ", ".join(f"`{key}`" for key in keys)
            text += f" ({each}{listed})"
        texts.append(text)
    return ", ".join(texts)


def _settings() -> Iterator[str]:
    yield _SETTINGS_INTRO
    heads = ("Setting", "Meaning", "Default", "Environment", "Flag")
    yield _table(heads, (_setting(name) for name in Settings.model_fields))


def _setting(name: str) -> tuple[str, ...]:
    field = Settings.model_fields[name]
    variables = ", ".join(f"`{variable}`" for variable in environment_names(name))
    if field.default_factory is not None:
        default = _LIBRARY
    else:
        default = "" if field.default is None else f"`{field.default}`"
    flag = f"`{FLAGS[name]}`" if name in FLAGS else ""
    return f"`{name}`", field.description or "", default, variables, flag


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    cells = ([cell.replace("|", r"\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


if __name__ == "__main__":
    sys.stdout.write(reference())
