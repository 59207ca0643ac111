"""The commands that ask once: `ask` and `search`."""

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
from ui.opening import make_filters, open_desk

if TYPE_CHECKING:
    from assistant.answer import Answer, Turn
    from store.filters import Filters
    from ui.desk import Desk

TopOption = Annotated[
    int | None, typer.Option("--top-k", "-k", metavar="N", min=1, max=50, help="Papers to look at.")
]
WriterOption = Annotated[
    str | None,
    typer.Option("--writer", metavar="WHO", help="auto, extractive or model: who writes."),
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="Language model at the configured endpoint."),
]


@app.command(cls=Command)
def ask(
    ctx: typer.Context,
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="The question; - reads standard input.")
    ],
    library: LibraryOption = None,
    as_json: JsonOption = False,
    stream: Annotated[bool, typer.Option("--stream", help="Print sentences as they come.")] = False,
    top_k: TopOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    source: SourceOption = None,
    organisation: OrganisationOption = None,
    writer: WriterOption = None,
    model: ModelOption = None,
    every: Annotated[
        bool,
        typer.Option(
            "--all", help="Of a question about the collection, list all papers, not the first 20."
        ),
    ] = False,
) -> None:
    """Answer a question from the library, every sentence with its citation."""
    from ui import terminal

    question = _read(question, "question")
    filters = make_filters(since, until, source, organisation)
    flags = flags_of(ctx, library, top_k=top_k, writer=writer, llm_model=model)
    with open_desk(flags, "assistant ask", asks=True, shown=not as_json) as desk:
        if stream and not as_json:
            answer = show_stream(desk, question, filters)
        else:
            answer = desk.ask(question, filters=filters)
        rest = desk.get(answer.unlisted) if every and not as_json else {}
    if as_json:
        from ui.documents import answer_document

        terminal.print_json(answer_document(answer))
        return
    if not stream:
        from ui.showing import show_answer

        show_answer(answer)
    if rest:
        from ui.showing_collection import show_unlisted

        show_unlisted(answer, rest, terminal.out)
    elif answer.unlisted:
        others = terminal.counted(len(answer.unlisted), "other paper")
        terminal.say(f"--all lists the {others} too.")


@app.command(cls=Command)
def search(
    ctx: typer.Context,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="Words or a question; - reads standard input.")
    ],
    library: LibraryOption = None,
    as_json: JsonOption = False,
    top_k: TopOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    source: SourceOption = None,
    organisation: OrganisationOption = None,
) -> None:
    """List the papers nearest to a question, with the parts of their scores."""
    from ui import terminal

    query = _read(query, "query")
    filters = make_filters(since, until, source, organisation)
    flags = flags_of(ctx, library, top_k=top_k)
    with open_desk(flags, "assistant search", asks=True, shown=not as_json) as desk:
        found = desk.search(query, filters=filters)
        empty = not found and not desk.count()
    if as_json:
        from ui.documents import passage_document

        terminal.print_json({"query": query, "papers": [passage_document(p) for p in found]})
    elif found:
        from ui.showing import show_hits

        show_hits(found)
    else:
        text = "This library holds no papers yet: add some with 'assistant add FILE'."
        terminal.out.print(text if empty else "Nothing found.", style="yellow")


def show_stream(
    desk: Desk, question: str, filters: Filters, turns: tuple[Turn, ...] = ()
) -> Answer:
    """Shows an answer while it is written, and returns it."""
    from contextlib import ExitStack

    from assistant.answer import Done, Restarted, Retrieved, Written, waiting_notice
    from ui.showing import AnswerShown
    from ui.terminal import working

    shown = AnswerShown()
    with ExitStack() as waiting:
        if desk.has_model:
            waiting.enter_context(working("Thinking …"))
        for event in desk.stream(question, filters=filters, turns=turns):
            if not isinstance(event, Retrieved):
                waiting.close()
            if isinstance(event, Retrieved):
                shown.notice(waiting_notice(event.searched))
            elif isinstance(event, Written):
                shown.sentence(event.sentence)
            elif isinstance(event, Restarted):
                shown.restart(event.notice)
            elif isinstance(event, Done):
                shown.finish(event.answer)
                return event.answer
    raise AssertionError("a stream of events ends with Done")


def _read(text: str, what: str) -> str:
    """What was asked, from standard input if it is `-`."""
    if text == "-":
        text = sys.stdin.read()
    text = text.encode("utf-8", "replace").decode()  # bytes that are no text in any language
    if not any(c.isalnum() for c in text):
        raise Failure(f"There is no {what} here: write one in a sentence or a few words.", 2)
    return text
