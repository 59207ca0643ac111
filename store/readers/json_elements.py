"""The elements of a JSON list one at a time, those behind a broken one too.

Each is parsed on its own. Where one can't be, the next is looked for in the raw text: an object
that parses, that doesn't lie under a key or in a list of the broken one, and that has keys as the
records before it; or a document that holds a list of such. Text is read on as it is needed, and
what is parsed in vain is bounded by what is passed over.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from store.readers.json_lists import OWN, TOKEN, closed, list_in

LONGEST = 64 * 1024 * 1024  # characters of an element; no record of a paper is longer
SHOWN = 100_000  # characters of one that can't be read, so that it can be mended
_PIECE = 65_536
_IN_VAIN = 8  # characters parsed in vain for each that is passed over
_COUNTED = 32  # times as fast as it parses, the parser counts lines for an error
_START = 1_000  # characters of an element in which its first keys are
_LITERAL = 16  # characters that a name, a number's sign or an escape may have lost at a cut

_decode = json.JSONDecoder().raw_decode
_SPACE = re.compile(r"[\s,]*")
_BRACKET = re.compile(r"[\[{]")
_NEXT = re.compile(r"\s*(\S)")
_KEY = re.compile(r'(\s{0,40}[{,]\s{0,40}"[^"\\\n]{1,200}")\s*:')
_NOT_THE_END = re.compile(r"\]\s*,\s*\{")


class Broken(NamedTuple):
    """An element that is no JSON: its line, why, and its text."""

    line: int
    why: str
    text: str


class Unended(ValueError):
    """A list breaks off."""


class _Fault(Exception):
    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.at = at


class Elements(Iterator[object]):
    """The values of a list whose text begins behind its bracket; a `Broken` for what is none.

    `line` is that of the text's first character. Raises `Unended` where the text ends before the
    list does.
    """

    def __init__(self, text: str, more: Iterator[str], line: int = 1) -> None:
        # In pieces: an error of the parser costs as much as the text before it is long.
        pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
        self._text, self._more = "", chain(pieces, more)
        self._at = 0  # offsets below are from here; what is before it may be let go of
        self._line, self._counted = line, 0  # the line at a place in the text
        self._keys: set[str] = set()  # of the latest object
        self._found: deque[Broken] = deque()
        self._over = False
        self._behind = False  # the list ended where another document begins

    def __next__(self) -> object:
        if self._found:
            return self._found.popleft()
        if self._over:
            raise StopIteration
        self._skip()
        if self._text.startswith("]", self._at) and self._is_end():
            self._at += 1
            self._over = True
            raise StopIteration
        if self._at == len(self._text):
            raise Unended("it ends within a list")
        try:
            value, end = self._parsed(0)
            if not self._is_alone(end, value):
                raise _Fault("there is more than an object", end)
        except _Fault as fault:
            self._pass_over(str(fault), fault.at)
            return self._found.popleft()
        if isinstance(value, dict):
            self._keys = set(value)
        self._at += end
        return value

    def next_document(self, around: int) -> tuple[str, int]:
        """Text of the document behind this one, and its line; "" for none.

        `around` is how many brackets are open around the list that has ended.
        """
        offset = 0
        around = 0 if self._behind else around
        while around > 0:
            token = TOKEN.search(self._text, self._at + offset)
            if token is None or token.end() == len(self._text):
                begin = token.start() if token else len(self._text)
                self._at, offset = begin, 0
                if len(self._text) - self._at > LONGEST or not self._read_on():
                    break
                continue
            around += (token.group() in "[{") - (token.group() in "]}")
            offset = token.end() - self._at
        self._at += offset
        self._skip()
        while len(self._text) - self._at < _PIECE and self._read_on():
            pass
        return self._text[self._at :], self._line_here()

    def _read_on(self) -> bool:
        """Lets go of what is read, and holds twice as much of what follows; False at the end."""
        self._line_here()
        pieces, wanted = [self._text[self._at :]], max(_PIECE, len(self._text) - self._at)
        for piece in self._more:
            pieces.append(piece)
            wanted -= len(piece)
            if wanted <= 0:
                break
        self._text, self._at, self._counted = "".join(pieces), 0, 0
        return len(pieces) > 1

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _skip(self) -> None:
        """Goes to the next value; a comma too many is none."""
        while match := _SPACE.match(self._text, self._at):
            self._at = match.end()
            if self._at < len(self._text) or not self._read_on():
                return

    def _is_end(self) -> bool:
        if len(self._text) - self._at < _LITERAL:
            self._read_on()
        return not _NOT_THE_END.match(self._text, self._at)

    def _is_alone(self, offset: int, value: object) -> bool:
        """Whether a value is a whole element: no more of it follows."""
        if len(self._text) - self._at - offset < _START:
            self._read_on()
        end = self._at + offset
        match, key = _NEXT.match(self._text, end), _KEY.match(self._text, end)
        if not isinstance(value, dict):
            return match is None or match.group(1) in ",]"
        if key:  # of this record, or the next has lost its brace
            return key.group(1).partition('"')[2][:-1] in value
        return match is None or match.group(1) in ",]{"

    def _parsed(self, offset: int) -> tuple[object, int]:
        """The value at an offset and where it ends; reads on until it is whole."""
        while True:
            start = self._at + offset
            fault: _Fault | None = None
            value, end = None, len(self._text)
            try:
                value, end = _decode(self._text, start)
            except RecursionError:
                raise _Fault("it has too many brackets in each other", end - self._at) from None
            except ValueError as error:
                at = getattr(error, "pos", end)
                # Its own line and column would be those of the part that is held.
                fault = _Fault(getattr(error, "msg", "") or short(error), at - self._at)
                if at < end - _LITERAL and not str(error).startswith("Unterminated"):
                    raise fault from None
                fault.at = end - self._at
            if fault is None and end < len(self._text):
                return value, end - self._at
            if end - start > LONGEST:
                raise _Fault(f"it is longer than {LONGEST >> 20} MB", end - self._at)
            if not self._read_on():
                if fault is not None:
                    raise fault
                return value, end - self._at

    def _begins(self, offset: int) -> list[str]:
        """The first two keys of an object, with the space before them."""
        start = self._at + offset
        found = _KEY.match(self._text, start)
        return _KEY.findall(self._text, start, start + _START)[:2] if found else []

    def _before(self, start: int, end: int) -> str:
        """The last character in a part of the text that is no space."""
        place = self._at + end
        while place > self._at + start and self._text[place - 1].isspace():
            place -= 1
        return self._text[place - 1] if place > self._at + start else ""

    def _another(self, offset: int, known: set[str]) -> bool:
        """Whether a document begins here that has a list of records with the known keys."""
        while len(self._text) - self._at - offset < _START and self._read_on():
            pass
        start = self._at + offset
        text = self._text[start : start + _START]
        place = list_in(text)
        keys = _KEY.findall(text, place.start)[:2] if place else []
        return bool(keys) and all(key.partition('"')[2][:-1] in known for key in keys)

    def _pass_over(self, why: str, fault: int) -> None:
        """Finds what is broken, up to the next element or the end of the list."""
        known = self._keys or _keys(self._text[self._at : self._at + min(fault, SHOWN)])
        first = self._begins(0)
        line, shown = self._line_here(), ""
        offset, passed, spent = 1, 0, 0
        before = self._text[self._at]

        def broken(end: int) -> Broken:
            text = (shown + self._text[self._at : self._at + min(end, SHOWN)])[:SHOWN]
            return Broken(line, why, text.strip().rstrip(", \t\r\n"))

        def ended(end: int) -> None:
            """The list ends with what is broken: of its text, what ends the list is left out."""
            nonlocal shown
            shown = (shown + self._text[self._at : self._at + min(end, SHOWN)])[:SHOWN].rstrip()
            whole = shown.rstrip("} \t\r\n")
            shown = whole[:-1] if whole.endswith("]") else shown
            self._found.append(broken(0))
            self._at += end
            self._over = True

        while True:
            bracket = _BRACKET.search(self._text, self._at + offset)
            end = (bracket.start() if bracket else len(self._text)) - self._at
            before = self._before(offset, end) or before
            if bracket is None:
                shown = (shown + self._text[self._at : self._at + SHOWN])[:SHOWN]
                passed += end
                self._at, offset = self._at + end, 0
                if self._read_on():
                    continue
                break
            if passed + end < spent // _IN_VAIN - _PIECE:
                before, offset = bracket.group(), end + 1
                continue
            last, before = before, "}"
            value: object = None
            try:
                value, offset = self._parsed(end)
            except _Fault as vain:
                spent += vain.at - end + (self._at + end) // _COUNTED
                before, offset = bracket.group(), end + 1
                if first and last in "}," and first == self._begins(end):
                    self._found.append(broken(end))
                    self._at += end
                    line, shown, why, offset = self._line_here(), "", str(vain), 1
                    continue
            if bracket.group() == "{" and last not in ":[" and _alike(value, known):
                self._found.append(broken(end))
                self._at += end
                return
            if last in "]}":
                spent += _IN_VAIN * _START  # which is slower than the parser
                self._behind = self._another(end, known)
                if self._behind:
                    ended(end)
                    return
        # The text ends.
        if not shown.rstrip().endswith(("]", "}")):
            raise Unended(why)
        ended(0)


def short(error: Exception) -> str:
    """The first line of what a parser says."""
    return (str(error).strip().splitlines() or ["it can't be parsed"])[0][:200]


def _keys(text: str) -> set[str]:
    """The keys of an object that is cut."""
    try:
        value = json.loads(closed(text))
    except (ValueError, RecursionError):
        return set()
    return set(value) if isinstance(value, dict) else set()


def _alike(value: object, known: set[str]) -> bool:
    """Whether a value is a record as those with the known keys, and no part of one."""
    if not isinstance(value, dict):
        return False
    if not known:
        return any(key in OWN or "title" in key.casefold() for key in value)
    shared = len(known & value.keys())
    return shared >= min(2, len(known)) and 2 * shared >= min(len(known), len(value))
