"""Text that is wrapped while it comes: a paragraph that grows, and lines that hang."""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

# A mark such as [1] never begins a line: it belongs to the word before it.
_BREAK = re.compile(r" (?!\[\d{1,3}\])")


class Flow:
    """Writes pieces of text one after the other as one flowing paragraph.

    In a terminal words are wrapped at its width, wherever one piece ends and the next begins;
    anywhere else a paragraph is one line.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._column = 0

    def write(self, piece: Text) -> None:
        """The piece, with a space before it unless it begins the paragraph."""
        shown = Text(end="")
        for word in _words(piece):
            size = cell_len(word.plain)
            if not size:
                continue
            if self._column:
                fits = self._column + 1 + size <= self._console.width
                shown.append(" " if fits else "\n")
                self._column = self._column + 1 if fits else 0
            shown.append_text(word)
            self._column += size
        self._console.print(shown, end="", soft_wrap=True)

    def end(self) -> None:
        """Ends the paragraph's last line, if one was begun."""
        if self._column:
            self._console.print()
        self._column = 0


def _words(piece: Text) -> list[Text]:
    breaks = [found.start() for found in _BREAK.finditer(piece.plain)]
    return [_without_lead(part) for part in piece.divide(breaks)]


def _without_lead(part: Text) -> Text:
    return part[1:] if part.plain.startswith(" ") else part


def hang(console: Console, lead: Text | str, body: Text) -> None:
    """Prints `body` behind `lead`; in a terminal its further lines begin below its first."""
    lead = Text(lead) if isinstance(lead, str) else lead
    indent = cell_len(lead.plain)
    room = max(console.width - indent, 16)
    for number, line in enumerate(body.wrap(console, room)):
        line.rstrip()
        start = lead if number == 0 else Text(" " * indent)
        console.print(start + line, soft_wrap=True)
