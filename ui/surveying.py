"""The commands that survey papers: `table`, `compare` and `brief`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ui.app import (
    Command,
    Failure,
    JsonOption,
    LibraryOption,
    OrganisationOption,
    SinceOption,
    SourceOption,
    UntilOption,
    app,
    flags_of,
)
from ui.asking import ModelOption, WriterOption
from ui.opening import make_filters, open_desk

if TYPE_CHECKING:
    from collections.abc import Sequence

MarkdownOption = Annotated[bool, typer.Option("--markdown", help="Print it as Markdown.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print it for a spreadsheet.")]
RowsOption = Annotated[
    int | None,
    typer.Option("--top-k", "-k", metavar="N", min=1, max=50, help="Papers at most."),
]


@app.command(cls=Command)
def table(
    ctx: typer.Context,
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="A question or topic that finds the papers.")
    ],
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--columns",
            metavar="NAMES",
            help="What is asked of each paper, with commas between: dataset, metric, result, "
            "method, problem, limitation, cost, code, or questions of your own; repeatable.",
        ),
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
    markdown: MarkdownOption = False,
    as_csv: CsvOption = False,
    top_k: RowsOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    source: SourceOption = None,
    organisation: OrganisationOption = None,
    writer: WriterOption = None,
    model: ModelOption = None,
) -> None:
    """Make a table of the papers about a question, each cell cited or "not stated"."""
    from ui import showing_surveys, terminal

    _one_form(as_json, markdown, as_csv)
    _worded([question], "question")
    filters = make_filters(since, until, source, organisation)
    flags = flags_of(ctx, library, writer=writer, llm_model=model)
    plain = as_json or as_csv or markdown
    with open_desk(flags, "assistant table", asks=True, shown=not plain) as desk:
        made = desk.table(question, _parted(columns), filters=filters, top_k=top_k)
    if as_json:
        from ui.surveyed import survey_document

        terminal.print_json(survey_document(made))
    elif as_csv or markdown:
        from assistant.surveying.markdown import table_csv, table_markdown

        _write(table_csv(made) if as_csv else table_markdown(made))
    else:
        showing_surveys.show_table(made)


@app.command(cls=Command)
def compare(
    ctx: typer.Context,
    methods: Annotated[
        list[str], typer.Argument(metavar="METHOD", help="Two to six methods by their names.")
    ],
    aspects: Annotated[
        list[str] | None,
        typer.Option(
            "--aspects",
            metavar="NAMES",
            help="What is told of each method, named as the columns of a table; repeatable.",
        ),
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
    markdown: MarkdownOption = False,
    since: SinceOption = None,
    until: UntilOption = None,
    source: SourceOption = None,
    organisation: OrganisationOption = None,
    writer: WriterOption = None,
    model: ModelOption = None,
) -> None:
    """Put methods side by side, and tell which papers speak of several of them."""
    from ui import showing_surveys, terminal

    _one_form(as_json, markdown)
    _worded(methods, "method")
    filters = make_filters(since, until, source, organisation)
    flags = flags_of(ctx, library, writer=writer, llm_model=model)
    plain = as_json or markdown
    with open_desk(flags, "assistant compare", asks=True, shown=not plain) as desk:
        made = desk.compare(methods, _parted(aspects), filters=filters)
    if as_json:
        from ui.surveyed import survey_document

        terminal.print_json(survey_document(made))
    elif markdown:
        from assistant.surveying.markdown import comparison_markdown

        _write(comparison_markdown(made))
    else:
        showing_surveys.show_comparison(made)


@app.command(cls=Command)
def brief(
    ctx: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic, in a few words.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
    markdown: MarkdownOption = False,
    top_k: RowsOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    source: SourceOption = None,
    organisation: OrganisationOption = None,
    writer: WriterOption = None,
    model: ModelOption = None,
) -> None:
    """Write a short cited survey of a topic, by theme and year."""
    from ui import showing_surveys, terminal

    _one_form(as_json, markdown)
    _worded([topic], "topic")
    filters = make_filters(since, until, source, organisation)
    flags = flags_of(ctx, library, writer=writer, llm_model=model)
    plain = as_json or markdown
    with open_desk(flags, "assistant brief", asks=True, shown=not plain) as desk:
        made = desk.brief(topic, filters=filters, top_k=top_k)
    if as_json:
        from ui.surveyed import survey_document

        terminal.print_json(survey_document(made))
    elif markdown:
        from assistant.surveying.markdown import brief_markdown

        _write(brief_markdown(made))
    else:
        showing_surveys.show_brief(made)


def _one_form(*chosen: bool) -> None:
    if sum(chosen) > 1:
        raise Failure("Choose one of --json, --markdown and --csv.", 2)


def _worded(texts: Sequence[str], what: str) -> None:
    if not all(any(c.isalnum() for c in text) for text in texts):
        raise Failure(f"There is no {what} here: write one in a few words.", 2)


def _parted(names: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(part.strip() for name in names or () for part in name.split(",") if part.strip())


def _write(text: str) -> None:
    """The text as it is: nothing wraps or colours it."""
    sys.stdout.write(text)
    sys.stdout.flush()
