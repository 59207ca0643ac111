"""Which questions are asked of which library: the same choice for every command that asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval import own
from eval.places import work_folder
from eval.questions import PAGES, QUESTIONS, STARTER, load_questions
from ui import terminal

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine
    from eval.questions import Question
    from eval.scores import Outcome

PagesOption = Annotated[Path, typer.Option(help="Folder of the real pages.")]
SplitOption = Annotated[str, typer.Option(help="tune, test or all.")]
StarterOption = Annotated[
    bool, typer.Option("--starter", help="Ask the starter library instead of the pages.")
]
Tell = Callable[[int, int], None]
Ask = Callable[["CitedQueryEngine", "Sequence[Question]", Tell], "list[Outcome]"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions that have been asked, and the engine that answered, its library still open.

    `name` is what a run over them is called; `own` tells that they are somebody's own.
    """

    name: str
    path: Path
    own: bool
    began: datetime
    engine: CitedQueryEngine
    outcomes: list[Outcome]


class KeptEngine:
    """The default engine over a library of the real pages, or without them of the starter
    papers, kept in `build/` between runs."""

    def __init__(self, pages: Path | None = PAGES) -> None:
        self._pages = pages

    def __enter__(self) -> CitedQueryEngine:
        from assistant.engine import CitedQueryEngine
        from eval.questions import pages_library, starter_library

        build = work_folder()
        if self._pages is None:
            self._library = starter_library(build / "eval-starter")
        else:
            self._library = pages_library(build / "eval-library", self._pages)
        return CitedQueryEngine(self._library)

    def __exit__(self, *_: object) -> None:
        self._library.close()


@contextmanager
def training_engine() -> Iterator[CitedQueryEngine]:
    """The default engine over the papers that the training questions ask about."""
    from assistant.engine import CitedQueryEngine
    from eval.questions import training_library

    with training_library(work_folder() / "eval-training") as library:
        yield CitedQueryEngine(library)


@contextmanager
def asked(
    flags: dict[str, Any],
    pages: Path,
    split: str,
    starter: bool,
    file: Path | None,
    ask: Ask | None = None,
) -> Iterator[Asked]:
    """Asks the chosen questions, once each, by `ask` in place of `ask_all`.

    The pages' questions, with `starter` the starter library's; those of `file` or of a library
    named in `flags` where there is one. Raises BadParameter for an unknown split, Failure where
    there is nothing to ask.
    """
    from eval.run import ask_all

    if split not in ("tune", "test", "all"):
        raise typer.BadParameter("choose tune, test or all", param_hint="--split")
    began = datetime.now(UTC)
    opened: AbstractContextManager[CitedQueryEngine] = KeptEngine(pages)
    path, known = QUESTIONS, "questions"
    if starter:
        path, known, opened = STARTER, "starter", KeptEngine(None)
    elif file or flags["library"]:
        path, known = own.questions_file(flags, file), "own"
        opened = own.opened(flags)
    name = f"{known}{'' if split == 'all' else f'-{split}'}"
    with opened as engine:
        questions = load_questions(split, path)  # type: ignore[arg-type]  # checked above
        if known == "own":
            questions = own.held_here(questions, engine.library)
        with terminal.progress_bar("Asking") as tell:
            outcomes = (ask or ask_all)(engine, questions, tell)
        yield Asked(name, path, known == "own", began, engine, outcomes)
