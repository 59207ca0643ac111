"""Where the command line writes: answers to standard output, word of the work to the other."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleDimensions
from rich.text import Text

if TYPE_CHECKING:
    from store.adding import Progress

_ENDLESS = 1_000_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Screen(Console):
    """A console that wraps lines only where somebody looks at them: in a terminal."""

    @property
    def size(self) -> ConsoleDimensions:
        return super().size if self.is_terminal else ConsoleDimensions(_ENDLESS, 25)

    @size.setter
    def size(self, new: tuple[int, int]) -> None:
        self._width, self._height = new

    @property
    def styled(self) -> bool:
        """Whether bold, italics and colours can be seen."""
        return self.color_system is not None

    @property
    def watched(self) -> bool:
        """Whether it is a terminal on which a line can be written over."""
        return self.is_terminal and not self.is_dumb_terminal

    def on_broken_pipe(self) -> None:
        """The reader has gone; `main` ends quietly."""
        raise BrokenPipeError


out = Screen(highlight=False)
err = Screen(stderr=True, highlight=False)


def clean(text: str) -> str:
    """A text from a file or a model without what could steer a terminal."""
    return _CONTROL.sub("", text)


def print_json(document: Any) -> None:
    """One JSON document and nothing else on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def say(text: str, style: str = "dim") -> None:
    """A line about the work itself: on standard error, so that output can be piped."""
    err.print(Text(clean(text)), style=style)


def counted(number: int, what: str) -> str:
    """`1 paper`, `2 papers`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def working(label: str, *, shown: bool = True) -> AbstractContextManager[object]:
    """A sign of life on standard error while the body runs; nothing where it isn't a terminal."""
    if not (shown and err.watched):
        return nullcontext()
    return err.status(Text(label, style="dim"), spinner_style="dim")


@contextmanager
def progress_bar(label: str, *, before: str = "Reading", shown: bool = True) -> Iterator[Progress]:
    """A bar with count, rate and time left, on standard error; nothing where it isn't a
    terminal.

    What it yields is told (done, of how many). As long as the second is 0, nobody knows how
    many there are, and the bar shows `before` and the count.
    """
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        console=err,
        transient=True,
        disable=not (shown and err.watched),
    )
    with bar:
        task = bar.add_task(before, total=None, count="", rate="")
        known = False

        def tell(done: int, total: int) -> None:
            nonlocal task, known
            if known and not total:  # more is being read beside the work
                return
            if total and not known:
                bar.remove_task(task)
                task, known = bar.add_task(label, total=total, count="", rate=""), True
            speed = bar.tasks[-1].finished_speed or bar.tasks[-1].speed
            rate = f"{speed:.0f}/s" if speed and known else ""
            count = f"{done}/{total}" if total else str(done)
            bar.update(task, completed=done, total=total or None, count=count, rate=rate)

        yield tell
