"""The commands `assistant eval retrieval` and `compare`, and the options that kept runs share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from eval.places import work_folder
from ui import terminal
from ui.app import Failure

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
ResultsOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder of kept runs; without it eval/results of a checkout, else ./eval-results.",
        show_default=False,
    ),
]
NameOption = Annotated[
    str | None,
    typer.Option(help="Keep the run under another name, to compare.", show_default=False),
]


def retrieval(
    paths: Annotated[list[Path], typer.Argument(help="Folders of collections in BEIR's layout.")],
    work: Annotated[
        Path | None,
        typer.Option(help="Folder of the libraries made of them.", show_default=False),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make the libraries anew.")] = False,
    name: NameOption = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rank judged collections: ours beside BM25, dense search and their plain fusion."""
    from assistant.engine import CitedQueryEngine
    from eval import recording
    from eval.beir import collection_library, load_collection
    from eval.retrieval import NoMeasures, markdown, measure, score

    try:
        score({}, {})  # before libraries are made for nothing
    except NoMeasures as missing:
        raise Failure(str(missing)) from missing
    place = work or work_folder() / "eval-beir"
    measured = []
    for collection in [load_collection(path) for path in paths]:
        began = datetime.now(UTC)
        with collection_library(collection, place, fresh=fresh) as (library, documents):
            engine = CitedQueryEngine(library)
            with terminal.progress_bar(f"Asking {collection.name}") as tell:
                found = measure(engine, collection, documents, tell)
            run = recording.record(
                f"{name or 'retrieval'}-{collection.name}", began, engine,
                collection.questions, found.figures(), found.each,
            )  # fmt: skip
        recording.keep(run, {"systems": found.plot()}, results)
        measured.append(found)
    if as_json:
        terminal.print_json({"collections": {m.name: m.document() for m in measured}})
    else:
        print(markdown(measured))


def compare(
    before: Annotated[str, typer.Argument(help="A kept run: its name, or its JSON file.")],
    after: Annotated[str, typer.Argument(help="Another one.")],
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two kept runs question by question, with intervals by a paired bootstrap."""
    from eval.comparing import compare as compared
    from eval.comparing import markdown
    from eval.recording import find, load

    found = compared(load(find(before, results)), load(find(after, results)))
    if as_json:
        terminal.print_json(found.document())
    else:
        print(markdown(found))
