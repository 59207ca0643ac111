"""The commands that ask: `ask`, `search` and `chat`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.app import Failure, JsonOption, LibraryOption, app, flags_of

if TYPE_CHECKING:
    from assistant.answer import Answer, Turn
    from assistant.engine import CitedQueryEngine
    from store.filters import Filters
    from store.library import Library

SinceOption = Annotated[
    str | None, typer.Option("--since", help="Only papers from this year, month or day on.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="Only papers up to this year, month or day.")
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option("--source", help="Only papers from files with this in their name; repeatable."),
]
OrganisationOption = Annotated[
    list[str] | None, typer.Option("--organisation", help="Only papers of this organisation.")
]
TopOption = Annotated[
    int | None, typer.Option("--top-k", "-k", min=1, max=50, help="Papers to look at.")
]
WriterOption = Annotated[
    str | None, typer.Option("--writer", help="auto, extractive or model: who writes.")
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="Language model at the configured endpoint.")
]
_CATCH_UP = 128  # papers whose vectors a question may wait for


@app.command()
def ask(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(help="The question; - reads standard input.")],
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
) -> None:
    """Answer a question from the library, every sentence with its citation."""
    from ui import terminal

    if question == "-":
        question = sys.stdin.read()
    filters = make_filters(since, until, source, organisation)
    flags = flags_of(ctx, library, top_k=top_k, writer=writer, llm_model=model)
    with open_engine(flags, "assistant ask") as engine:
        if stream and not as_json:
            _stream(engine, question, filters, ())
            return
        answer = engine.ask(question, filters=filters)
    if as_json:
        from ui.documents import answer_document

        terminal.print_json(answer_document(answer))
    else:
        terminal.show_answer(answer)


@app.command()
def search(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(help="Words or a question.")],
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

    filters = make_filters(since, until, source, organisation)
    with open_engine(flags_of(ctx, library, top_k=top_k), "assistant search") as engine:
        found = engine.find(query, filters=filters)
    if as_json:
        from ui.documents import passage_document

        terminal.print_json(
            {"query": query, "papers": [passage_document(p) for p in found.passages]}
        )
    elif found.passages:
        terminal.show_hits(found.passages)
    else:
        terminal.out.print("Nothing found.", style="yellow")


@app.command()
def chat(
    ctx: typer.Context,
    library: LibraryOption = None,
    papers: Annotated[
        list[Path] | None,
        typer.Option(help="Add these files or folders first; repeatable.", show_default=False),
    ] = None,
    starter: Annotated[
        bool, typer.Option("--starter", help="Begin an empty library with the starter papers.")
    ] = False,
    writer: WriterOption = None,
    model: ModelOption = None,
) -> None:
    """Ask question after question in the terminal; follow-ups are understood."""
    from ui import terminal
    from ui.keeping import add_paths, add_starter, drop_starter

    with open_engine(flags_of(ctx, library, writer=writer, llm_model=model), "assistant chat") as e:
        if papers:
            terminal.show_report(add_paths(e.library, [str(p) for p in papers]))
            drop_starter(e.library)
        elif starter and not e.library.count():
            add_starter(e.library)
        _converse(e)


def _converse(engine: CitedQueryEngine) -> None:
    from assistant.answer import turn_of
    from ui import terminal

    count = engine.library.count()
    if not count:
        terminal.out.print("This library is empty. Add papers with 'assistant add FILE', or begin")
        terminal.out.print("with the starter library: 'assistant chat --starter'.")
        return
    terminal.out.print(f"{count} papers. Ask a question; 'new' begins afresh, 'quit' ends.")
    if engine.library.catalog.sources().keys() == {"starter library"}:
        terminal.out.print("Try: What problem does dropout solve?", style="dim")
    turns: list[Turn] = []
    while True:
        try:
            question = input("\n> ").strip()
        except EOFError:
            terminal.out.print()
            return
        if question in ("quit", "exit", "q", ":q"):
            return
        if question == "new":
            turns.clear()
            continue
        if question:
            turns.append(turn_of(_stream(engine, question, make_filters(), tuple(turns))))


def _stream(
    engine: CitedQueryEngine, question: str, filters: Filters, turns: tuple[Turn, ...]
) -> Answer:
    from assistant.answer import Done, Restarted, Written
    from ui import terminal

    written = 0
    for event in engine.stream(question, filters=filters, turns=turns):
        if isinstance(event, Written):
            terminal.show_sentence(event.sentence, first=written == 0)
            written += 1
        elif isinstance(event, Restarted):
            if written:
                terminal.out.print("\n")
            written = 0
        elif isinstance(event, Done):
            terminal.show_answer(event.answer, streamed=True)
            return event.answer
    raise AssertionError("a stream of events ends with Done")


class open_engine:  # noqa: N801 - used like a function
    """The engine over a library, opened and closed with a `with`; brings a small backlog in."""

    def __init__(self, flags: dict[str, Any], owner: str) -> None:
        self._flags = flags
        self._owner = owner

    def __enter__(self) -> CitedQueryEngine:
        from ui.settings import load_settings

        settings = load_settings(**self._flags)
        if settings.writer == "model" and not settings.llm_model:
            raise Failure("No language model is configured: name one with --model.", 2)
        from assistant.engine import CitedQueryEngine
        from store.library import Library

        self._library: Library = Library(settings, owner=self._owner)
        self._library.index_words()
        if 0 < self._library.pending("vectors") <= _CATCH_UP:
            self._library.index_vectors()
        return CitedQueryEngine(self._library, settings)

    def __exit__(self, *_: object) -> None:
        self._library.close()


def make_filters(
    since: str | None = None,
    until: str | None = None,
    sources: list[str] | None = None,
    organisations: list[str] | None = None,
) -> Filters:
    """Filters from what a user wrote; a date that is none ends with usage."""
    from store.filters import Filters, parse_day

    try:
        return Filters(
            since=parse_day(since) if since else None,
            until=parse_day(until, last=True) if until else None,
            sources=tuple(sources or ()),
            organisations=tuple(organisations or ()),
        )
    except ValueError as error:
        raise Failure(str(error), 2) from None
