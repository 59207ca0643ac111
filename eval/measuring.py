"""The commands `assistant eval citations`, `answers` and `refusals`: each asks the chosen
questions once and keeps what it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from eval import own
from eval.choosing import Ask, Asked, PagesOption, SplitOption, StarterOption, asked
from eval.questions import PAGES
from eval.runs import JsonOption, NameOption, ResultsOption
from ui import terminal
from ui.app import LibraryOption, flags_of

if TYPE_CHECKING:
    from eval.findings import Findings


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is made of the outcomes, and how the questions are asked, if not as usual."""

    measure: Callable[[Asked], Findings]
    ask: Ask | None = None


def measuring(measurement: Callable[[], Measurement]) -> Callable[..., None]:
    """A command of the same name and help, with the choice of questions that all of them have.

    The measurement is made when the command runs, as it imports much.
    """
    named = measurement.__name__

    def command(
        ctx: typer.Context,
        pages: PagesOption = PAGES,
        split: SplitOption = "all",
        starter: StarterOption = False,
        library: LibraryOption = None,
        questions_file: own.QuestionsOption = None,
        name: NameOption = None,
        results: ResultsOption = None,
        as_json: JsonOption = False,
    ) -> None:
        from eval import recording
        from eval.findings import show
        from eval.prints import file_print

        made = measurement()
        chosen = (flags_of(ctx, library), pages, split, starter, questions_file)
        with asked(*chosen, ask=made.ask) as done:
            found = made.measure(done)
            run = recording.record(
                name or f"{named}-{done.name}", done.began, done.engine,
                file_print(done.path, len(done.outcomes)), found.figures, found.each, found.notes,
            )  # fmt: skip
        recording.keep(run, found.plots, results)
        if as_json:
            terminal.print_json(own.without_nan({**found.figures, "notes": list(found.notes)}))
        else:
            show(found)

    command.__name__, command.__doc__ = named, measurement.__doc__
    return command


@measuring
def citations() -> Measurement:
    """Citations: to the right papers, of the right sentences, needed, and to the letter."""
    from eval.citations import measure

    return Measurement(measure)


@measuring
def answers() -> Measurement:
    """Answers against references (a row's "answer", else its evidence), and what they cost."""
    from eval.answers import measure

    return Measurement(measure)


@measuring
def refusals() -> Measurement:
    """Refusals by kind, ROC areas, and risk against coverage as the threshold falls."""
    from eval.refusals import ask_boldly, measure

    return Measurement(measure, ask_boldly)
