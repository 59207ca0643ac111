"""What a parser of XML tells goes here: records are built, all else is forgotten.

How deep and how large a record may be is bounded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DEEPEST = 200  # elements open at once
_LARGEST = 32 << 20  # of a record: characters, and _ELEMENT for each element
_ELEMENT = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A record: its element (local names, no namespaces), its line, and what it is within.

    `within` are the attributes of the elements around it, the outermost first, each by name.
    """

    element: Element
    line: int
    within: tuple[tuple[str, dict[str, str]], ...]


class TooLarge(Exception):
    """No paper's record is as deep or as large."""


class Unclosed(Exception):
    """A record begins at a byte and line of the file, while the one before it hasn't ended."""

    def __init__(self, place: int, line: int) -> None:
        super().__init__("it doesn't end")
        self.place, self.line = place, line


class Parsed(Protocol):
    """Where a parser is in its file."""

    def place(self) -> int: ...
    def line(self) -> int: ...
    def tag(self) -> bytes: ...


class _Open(NamedTuple):
    """An element around records, with its tag as it is written."""

    tag: str
    attributes: dict[str, str]
    written: bytes


class Target:
    """Builds the elements with these local names; of those `apart` none lies in another."""

    def __init__(self, tags: Collection[str], apart: Collection[str], parsed: Parsed) -> None:
        from xml.etree.ElementTree import TreeBuilder

        self.done: deque[Found] = deque()
        self.open: list[_Open] = []  # around records
        self.steps = 0
        self.begun = 0  # records so far
        self.since = 0  # the byte where the open record begins, or the last one's end
        self.began = 0  # the line of the open record
        self.level = 0  # how many elements are around a record
        self.tag = ""  # of the open record
        self._tags, self._apart, self._parsed = tags, apart, parsed
        self._new = TreeBuilder
        self._builder = TreeBuilder()
        self._root: _Open | None = None
        self._again = 0  # elements that are open already, and begin again for a fresh parser
        self._space = ""  # namespace of the open record
        self._depth = 0  # of elements in the open record
        self._size = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._again:
            self._again -= 1
            return
        self.steps += 1
        space, _, tag = tag.rpartition("}")
        if len(self.open) + self._depth >= _DEEPEST:
            raise TooLarge(f"its elements are more than {_DEEPEST} deep")
        if not self._depth and tag not in self._tags:
            self.open.append(_Open(tag, attributes, self._parsed.tag()))
            self._root = self._root or self.open[0]
            return
        if not self._depth:
            self._begin(tag, space)
        elif space == self._space and (tag == self.tag or tag in self._apart):
            raise Unclosed(self._parsed.place(), self._parsed.line())
        self._depth += 1
        self._grow(_ELEMENT + sum(len(k) + len(v) for k, v in attributes.items()))
        self._builder.start(tag, attributes)

    def end(self, tag: str) -> None:
        self.steps += 1
        if not self._depth:
            self.open.pop()
            return
        self._builder.end(tag.rpartition("}")[2])
        self._depth -= 1
        if not self._depth:
            within = tuple((one.tag, one.attributes) for one in self.open)
            self.done.append(Found(self._builder.close(), self.began, within))
            self.since, self.tag = self._parsed.place(), ""

    def data(self, text: str) -> None:
        self.steps += 1
        if self._depth:
            self._grow(len(text))
            self._builder.data(text)

    def close(self) -> None:
        """Nothing is left when the document ends."""

    def forget(self, place: int) -> None:
        """Leaves the open record; the next begins behind this byte of the file."""
        self._depth, self.tag, self.since = 0, "", place

    def reopened(self) -> list[bytes]:
        """The tags that a fresh parser is given: those around records, the root at least."""
        if not self.open and self._root:
            self.open.append(self._root)
        self._again = len(self.open)
        return [one.written for one in self.open]

    def _begin(self, tag: str, space: str) -> None:
        if self._root is None:  # the file is one record
            self._parsed.tag()
        self._builder, self._size = self._new(), 0
        self.tag, self._space = tag, space
        self.begun += 1
        self.level = len(self.open)
        self.since, self.began = self._parsed.place(), self._parsed.line()

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > _LARGEST:
            raise TooLarge(f"a record in it is larger than {_LARGEST >> 20} MB")
