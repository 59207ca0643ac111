"""Elements of an XML file one at a time, those behind a broken one too.

Where the XML breaks, the next tag is looked for that begins or ends a record, or what lies around
records, and a fresh parser goes on from there. It is given the start of the file and the tags that
are open, so that it knows encoding, DOCTYPE and namespaces, and refuses what the first would.
Reading never goes back before a break: a file full of them takes as long as its length says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from html.entities import html5
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from store.readers.base import KEPT
from store.readers.streams import AS_LATIN
from store.readers.xml_target import Found, Target, Unclosed

if TYPE_CHECKING:
    from xml.etree.ElementTree import ParseError

_CHUNK = 65_536
_AGAIN = 4_096  # bytes at once of a chunk with a break in it: there may be more of them
_LONGEST_TAG = 8 << 20  # bytes of one tag, comment or declaration
_LONGEST_OPENING = 8_192  # bytes that a fresh parser is given first
_LONGEST_MARK = 1_024  # bytes of a tag where reading goes on

# A document with an external DTD may use the names HTML has for characters.
_NAMED = {name[:-1]: text for name, text in html5.items() if name.endswith(";")}
_TAG = re.compile(rb"""<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>""")
_AN_END = re.compile(rb"\s*</(?:[^:>]*:)?([^>\s]*)\s*>")
_ALONE = re.compile(rb"<[^<>]*>(?:\s|<!--(?:(?!-->).)*-->)*", re.S)
_LINE_END = re.compile(rb"\r\n?|\n")
# Expat finds these at the tag behind the fault, which may be a good one: a token that is none, an
# end that isn't the open element's, and what follows the root.
_BEHIND = {4, 7, 9}
_MISMATCH = 7


class Broken(NamedTuple):
    """A record that is no XML: its line, the line where it breaks, why, and its text.

    `last` where nothing behind it could be read.
    """

    line: int
    at: int
    why: str
    text: str
    last: bool


class EndlessTag(Exception):
    """A tag, comment or declaration is longer than any list of papers has."""


class Elements:
    """The elements with one of these local names; those `inner` may lie in another of them.

    An `encoding` goes before the one that the file says it has; it must write tags as ASCII does.
    Iterating raises what expat and defusedxml do where a file is refused, `TooLarge` and
    `EndlessTag`; a break is a `Broken` instead.
    """

    def __init__(
        self,
        stream: BinaryIO,
        tags: Collection[str],
        inner: Collection[str] = (),
        encoding: str | None = None,
    ) -> None:
        self._stream, self._encoding = stream, encoding
        self._held = bytearray()  # of the file, from its byte `_first`
        self._first = self._fed = 0
        self._text = bytearray()  # of the open record: what isn't held any more
        self._prolog: bytes | None = None  # what stands before the root
        self._resumed = -1  # the byte from which the present parser goes on
        self._outside = False  # it goes on at a tag of what lies around records
        self._apart = frozenset(tags) - frozenset(inner)
        self._target = Target(tags, self._apart, self)
        self._renew(b"", 1)

    def __iter__(self) -> Iterator[Found | Broken]:
        from xml.etree.ElementTree import ParseError

        target, quiet, told = self._target, 0, -1
        while True:
            steps, piece = target.steps, self._piece()
            error: ParseError | Unclosed | None = None
            try:
                self._parser.feed(piece) if piece else self._parser.close()
            except (ParseError, Unclosed) as raised:
                error = raised
            while target.done:
                yield target.done.popleft()
            if error is not None:
                new, told = self._is_new(error, told), target.begun
                broken, opening = self._break(error, final=not piece)
                if new:
                    yield broken
                if broken.last:
                    return
                self._renew(opening, self._line)
                continue
            if not piece:
                return
            self._let_go()
            quiet = 0 if target.steps > steps else quiet + len(piece)
            if quiet > _LONGEST_TAG:
                raise EndlessTag

    def place(self) -> int:
        """The byte of the file where the parser is."""
        return int(self._expat.CurrentByteIndex) + self._shift

    def line(self) -> int:
        """The line of the file where the parser is."""
        return int(self._expat.CurrentLineNumber) + self._lines

    def tag(self) -> bytes:
        """The tag that the parser is at, left open; b"" for one that is too long."""
        at = self.place() - self._first
        if self._prolog is None:
            self._prolog = bytes(self._held[:at])
        match = _TAG.match(self._held, at, at + _LONGEST_OPENING)
        return match.group().removesuffix(b"/>").removesuffix(b">") + b">" if match else b""

    def _renew(self, opening: bytes, line: int) -> None:
        """A fresh parser for what is held; `opening` is what it is given first."""
        from defusedxml.ElementTree import DefusedXMLParser

        self._parser = DefusedXMLParser(target=self._target, encoding=self._encoding)
        self._parser.entity = _NAMED
        self._expat: Any = self._parser.parser
        self._failed: int | None = None  # the byte at which a handler raised
        self._fed = self._first
        self._shift = self._first - len(opening)
        self._lines = line - 1 - _lines(opening)
        default = self._expat.DefaultHandlerExpand

        def noting(text: str) -> None:
            try:
                default(text)
            except Exception:  # at an entity that nothing defines; the parser runs on
                self._failed = self.place()
                raise

        self._expat.DefaultHandlerExpand = noting
        if opening:
            self._parser.feed(opening)
            self._resumed = self._first

    def _piece(self) -> bytes:
        """The next bytes for the parser; b"" at the end of the file."""
        at = self._fed - self._first
        if at < len(self._held):
            piece = bytes(self._held[at : at + _AGAIN])
        else:
            piece = self._stream.read(_CHUNK)
            self._held += piece
        self._fed += len(piece)
        return piece

    def _let_go(self) -> None:
        """Forgets what is read, up to the tag or text that hasn't ended."""
        index = int(self._expat.CurrentByteIndex)
        if self._prolog is not None and index >= 0:
            self._drop(max(index + self._shift, self._first))

    def _drop(self, place: int) -> None:
        """Forgets what is held before a byte; of the open record, its text is kept."""
        since, end = self._target.since - self._first, place - self._first
        if since >= 0:
            self._text.clear()
        since = max(since, 0)
        self._text += self._held[since : min(end, since + KEPT - len(self._text))]
        del self._held[:end]
        self._first = place

    def _is_new(self, error: ParseError | Unclosed, told: int) -> bool:
        """Whether a break isn't a part of the one before, when `told` records had begun."""
        target = self._target
        if self._outside and target.begun == told:
            return False
        if not isinstance(error, Unclosed) and error.code != _MISMATCH:
            return True
        place = self._place_of(error) - self._first
        if target.tag and target.since != self._resumed:
            return True
        if target.tag:  # an end tag that lost its slash is one that begins a record
            dropped = self._text if target.since < self._first else b""
            since = max(target.since - self._first, 0)
            return not _ALONE.fullmatch(dropped + self._held[since:place])
        # What lies around records ends, and a broken tag was taken for another within it.
        end = _AN_END.match(self._held, place)
        name = end.group(1).decode("utf-8", AS_LATIN) if end else ""
        return self._resumed < 0 or name not in [one.tag for one in target.open]

    def _place_of(self, error: ParseError | Unclosed) -> int:
        """The byte of the file where a break is."""
        if isinstance(error, Unclosed):
            return error.place
        if self._failed is not None:
            return self._failed
        place = int(self._expat.ErrorByteIndex) + self._shift
        # Of an end tag that isn't the open element's, expat names the byte behind "</".
        return max(place - 2 * (error.code == _MISMATCH), self._first)

    def _break(self, error: ParseError | Unclosed, *, final: bool) -> tuple[Broken, bytes]:
        """What is broken and, where it isn't the last, what a fresh parser is given to go on.

        What is held begins there then, in line `_line`.
        """
        target, behind = self._target, True
        at = self._place_of(error)
        if isinstance(error, Unclosed):
            line, why = error.line, str(error)
        else:
            line, why = error.position[0] + self._lines, str(error).partition(":")[0]
            behind = error.code in _BEHIND
        self._line = line
        opening = b""
        if not final and self._go_on(at, at if behind and at > self._resumed else at + 1):
            opening = self._opening()
        else:
            self._drop(self._first + len(self._held))
        text = bytes(self._text) if target.since < self._first else b""
        if not target.tag:  # what was behind the last record's end
            text = _AN_END.sub(b"", text, count=1) if _AN_END.match(text) else text
        began = target.began if target.tag else line
        target.forget(self._first)
        shown = text.decode("utf-8", AS_LATIN).replace("\0", "").strip()
        return Broken(began, line, why, shown, not opening), opening

    def _go_on(self, counted: int, start: int) -> bool:
        """Drops what is before the next place, from a byte on, where reading can go on.

        Lines are counted from the byte `counted`. False where there is no such place.
        """
        around = [one.tag for one in self._target.open[1:]]
        names = {*self._apart, *around, self._target.tag} - {""}
        written = b"|".join(re.escape(name).encode() for name in sorted(names) if name.isascii())
        mark = re.compile(
            rb"<(?:/(?:[\w.-]{1,64}:)?(?P<end>%s)\s{0,64}>"
            rb"|(?:[\w.-]{1,64}:)?(?P<begin>%s)(?=[\s/>]))" % (written, written)
        )
        while True:
            stop, tag, more = self._first + len(self._held), "", b""
            if match := mark.search(self._held, start - self._first):
                tag = (match["end"] or match["begin"]).decode()
                stop = self._first + (match.end() if match["end"] else match.start())
            else:
                more = self._stream.read(_CHUNK)
                stop = min(stop, max(start, stop - _LONGEST_MARK))
            self._line += _lines(self._held[counted - self._first : stop - self._first])
            self._drop(stop)
            self._held += more
            if tag:
                self._leave(tag, around)
            if tag or not more:
                return bool(tag)
            counted = start = stop

    def _leave(self, tag: str, around: list[str]) -> None:
        """Closes the element around records that ends here, or begins again."""
        target, self._outside = self._target, tag in around
        if self._outside:
            del target.open[len(around) - around[::-1].index(tag) :]
        elif target.level:  # deeper ones are of the broken record
            del target.open[target.level :]

    def _opening(self) -> bytes:
        """The start of the file and all open tags; b"" where one is unknown or all are too long."""
        tags = self._target.reopened()
        if self._prolog is None or not tags or not all(tags):
            return b""
        opening = self._prolog + b"".join(tags)
        return opening if len(opening) <= _LONGEST_OPENING else b""


def _lines(data: bytes | bytearray) -> int:
    return len(_LINE_END.findall(data))
