"""Records of an XML file one at a time, with what is dangerous in XML refused.

Built on defusedxml's parser: a document that defines entities or fetches anything is refused,
while a DOCTYPE that names a DTD, as PubMed's do, is passed over and never fetched. Only the
record that is open is held, so memory stays flat however long the file is; how deep and how
large a record may be is bounded.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from html.entities import html5
from pathlib import PurePath
from typing import TYPE_CHECKING

from store.paper import Paper, Rejected, Source
from store.readers.base import Data, Origin, ReaderError, decode, stream_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CHUNK = 65_536
_DEEPEST = 200  # elements open at once
_LARGEST = 32 << 20  # of a record: characters, and _ELEMENT for each element
_ELEMENT = 200
_LONGEST_TAG = 8 << 20  # bytes of one tag, comment or declaration

_PROLOG = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.S)
_OPENING = re.compile(r"<(?:!DOCTYPE\s+)?(?:[\w.-]+:)?([\w.-]+)")
_BLOCKS = frozenset({"p", "br", "sec", "title", "list-item", "div"})
_KEPT = frozenset({"sub", "sup"})  # "10<sup>-5</sup>" without its mark is another number


@dataclass(frozen=True, slots=True)
class Found:
    """A record: its element (local names, no namespaces), its line, and what it is within.

    `within` are the attributes of the elements around it, the outermost first, each by name.
    """

    element: Element
    line: int
    within: tuple[tuple[str, dict[str, str]], ...]


def root_of(head: bytes) -> str:
    """The local name of an XML document's root by its first bytes; "" if it is no XML."""
    text = decode(head[:4096] if b"<" in head[:4096] else head).lstrip("\ufeff")
    at = 0
    while match := _PROLOG.match(text, at):
        at = match.end()
    opening = _OPENING.match(text, at)
    return opening.group(1) if opening else ""


def read_records(
    data: Data, origin: Origin, tags: Collection[str], take: Callable[[Found, Source], object]
) -> Iterator[Paper | Rejected]:
    """What `take` makes of each element with one of these local names, counted from 1.

    `take` returns a Paper, a Rejected, or None for what is no record. Where the XML breaks
    after some records, these stay and the place comes as a Rejected; ReaderError otherwise.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    name = PurePath(origin.file).name or "This"
    target = _Target(tags)
    parser = DefusedXMLParser(target=target)
    target.line = lambda: int(parser.parser.CurrentLineNumber)
    # A document with an external DTD may use the names HTML has for characters.
    parser.entity.update((k[:-1], v) for k, v in html5.items() if k.endswith(";"))
    stream, number, quiet, broken = stream_of(data), 0, 0, None
    while True:
        before, chunk = target.steps, stream.read(_CHUNK)
        try:
            parser.feed(chunk) if chunk else parser.close()
        except DefusedXmlException:
            raise ReaderError(
                f"{name} defines entities or refers to other files, which can do harm and which "
                "no list of papers needs: save it without them."
            ) from None
        except _TooLarge as error:
            raise ReaderError(f"{name} is no list of papers: {error}.") from None
        except ParseError as error:
            broken = (error.position[0], str(error).partition(":")[0])
        except (ValueError, LookupError) as error:  # encodings that expat doesn't know
            raise ReaderError(f"{name} can't be read as XML ({error}): save it as UTF-8.") from None
        while target.done:
            found = target.done.popleft()
            outcome = take(found, Source(origin.file, number + 1, found.line))
            if isinstance(outcome, Paper | Rejected):
                number += 1
                yield outcome
        if broken:
            line, why = broken
            if not number:
                raise ReaderError(f"{name} is broken XML at line {line} ({why}): save it again.")
            yield Rejected(
                Source(origin.file, number + 1, line),
                f"the XML is broken at line {line} ({why}), nothing behind it could be read: "
                "save the file again",
            )
        if broken or not chunk:
            return
        quiet = 0 if target.steps > before else quiet + len(chunk)
        if quiet > _LONGEST_TAG:
            raise ReaderError(f"{name} is no list of papers: a tag in it doesn't end.")


def text_of(element: Element | None) -> str:
    """All text in an element, that of its children in its place; "" for None.

    Formulas become `$…$` where their LaTeX is given; sub- and superscripts keep their HTML
    tags, which `readable` knows.
    """
    return "".join(_pieces(element)).strip() if element is not None else ""


def child_text(element: Element | None, path: str) -> str:
    """The text of the first element at a path of local names; "" if there is none."""
    return text_of(element.find(path)) if element is not None else ""


class _TooLarge(Exception):
    pass


class _Target:
    """Builds the elements that are asked for, and forgets everything else."""

    def __init__(self, tags: Collection[str]) -> None:
        from xml.etree.ElementTree import TreeBuilder

        self.done: deque[Found] = deque()
        self.steps = 0
        self.line: Callable[[], int] = lambda: 0
        self._tags = tags
        self._new = TreeBuilder
        self._builder = TreeBuilder()
        self._open: list[tuple[str, dict[str, str]]] = []
        self._depth = 0  # of elements in the open record
        self._size = 0
        self._began = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.steps += 1
        tag = tag.rpartition("}")[2]
        if len(self._open) + self._depth >= _DEEPEST:
            raise _TooLarge(f"its elements are more than {_DEEPEST} deep")
        if not self._depth and tag not in self._tags:
            self._open.append((tag, attributes))
            return
        if not self._depth:
            self._builder, self._size, self._began = self._new(), 0, self.line()
        self._depth += 1
        self._grow(_ELEMENT + sum(len(k) + len(v) for k, v in attributes.items()))
        self._builder.start(tag, attributes)

    def end(self, tag: str) -> None:
        self.steps += 1
        if not self._depth:
            self._open.pop()
            return
        self._builder.end(tag.rpartition("}")[2])
        self._depth -= 1
        if not self._depth:
            self.done.append(Found(self._builder.close(), self._began, tuple(self._open)))

    def data(self, text: str) -> None:
        self.steps += 1
        if self._depth:
            self._grow(len(text))
            self._builder.data(text)

    def close(self) -> None:
        """Nothing is left when the document ends."""

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > _LARGEST:
            raise _TooLarge(f"a record in it is larger than {_LARGEST >> 20} MB")


def _pieces(element: Element) -> Iterator[str]:
    if element.tag == "tex-math":
        yield f"${''.join(element.itertext()).strip().strip('$').strip()}$"
        return
    if element.tag == "math":
        formula = element.get("alttext") or next(
            ("".join(a.itertext()) for a in element.iter("annotation") if "tex" in str(a.attrib)),
            "",
        )
        shown = "".join("".join(element.itertext()).split())
        yield f"${formula.strip().strip('$')}$" if formula.strip() else shown
        return
    if element.tag in _BLOCKS:
        yield "\n"
    yield f"<{element.tag}>" if element.tag in _KEPT else ""
    yield element.text or ""
    for child in element:
        yield from _pieces(child)
        yield child.tail or ""
    yield f"</{element.tag}>" if element.tag in _KEPT else ""
    if element.tag in _BLOCKS:
        yield "\n"
