"""What the indexes know of papers that still come in, while they follow those that are there."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from store.errors import BrokenLibrary

_LOOK = 0.2  # seconds between two looks at what has come meanwhile


class Intake:
    """Papers on their way into the catalogue: they come, all are in, or nobody waits for more.

    Used as a context manager by the thread that takes them in: it leaves the block with all papers
    in, or by an exception, which breaks off what works beside it.
    """

    def __init__(self) -> None:
        self._all_in = threading.Event()
        self._broken_off = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.break_off()
        self.all_in()

    def all_in(self) -> None:
        """No more papers come."""
        self._all_in.set()

    def break_off(self) -> None:
        """What isn't done yet is left for the next time."""
        self._broken_off.set()
        self._all_in.set()

    @property
    def coming(self) -> bool:
        """Whether more papers may come. To be asked before looking at those that are there."""
        return not self._all_in.is_set()

    @property
    def broken_off(self) -> bool:
        return self._broken_off.is_set()

    def check(self) -> None:
        """Raises BrokenLibrary where it was broken off."""
        if self.broken_off:
            raise BrokenLibrary(
                "The library was closed while papers were added: what was read of them is kept, "
                "and adding the same again goes on from there."
            )

    def rest(self) -> None:
        """Until it is time to look for more again."""
        self._all_in.wait(_LOOK)


def complete() -> Intake:
    """An intake with all papers in."""
    intake = Intake()
    intake.all_in()
    return intake
