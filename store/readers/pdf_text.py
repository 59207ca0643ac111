"""The text of a PDF's first pages as lines in reading order, by pdfminer.six within bounds.

What a PDF can ask of its reader has no end: streams that unpack to terabytes, forms within
forms, millions of letters on top of each other. So unpacking, drawing, letters and time are
bounded here, and what goes beyond is refused or left out.
"""

from __future__ import annotations

import io
import logging
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

PAGES = 3
_SECONDS = 10.0
_UNPACKED = 64 << 20  # bytes of one stream
_DRAWN = 8 << 20  # bytes of drawing instructions on a page
_LETTERS = 15_000  # on a page; a dense one has 10,000, and setting them in lines takes a square
_MOST_BLOCKS = 1_000
_LZW, _RUN = 2_731, 64  # the most these two can unpack a byte to
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st", "\xa0": " "}
)


class TooMuch(Exception):
    """The PDF asks for more work than a paper does."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of a page: its text, the size of its letters, and where it is, in points.

    `block` tells lines apart that the page sets apart: paragraphs, headings, columns.
    """

    text: str
    size: float
    x0: float
    x1: float
    y: float
    page: int
    block: int


@dataclass(frozen=True, slots=True)
class Pages:
    """Lines in reading order, what is written up the margin of page one, and the file's info."""

    lines: tuple[TextLine, ...]
    margin: str
    height: float
    info: dict[str, str]


def pages_of(data: bytes) -> Pages:
    """The first pages of a PDF.

    Raises `TooMuch`, pdfminer's `PDFPasswordIncorrect` where a password is needed, and
    whatever else pdfminer raises on a broken file.
    """
    from pdfminer.converter import PDFPageAggregator
    from pdfminer.layout import LAParams
    from pdfminer.pdfdocument import PDFDocument
    from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
    from pdfminer.pdfpage import PDFPage
    from pdfminer.pdfparser import PDFParser
    from pdfminer.pdftypes import PDFStream

    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it warns of most real PDFs
    until = time.monotonic() + _SECONDS

    class Stream(PDFStream):
        def decode(self) -> None:
            _check_size(self)
            super().decode()

    class Parser(PDFParser):
        def push(self, *objs: Any) -> None:
            super().push(*((at, _guarded(one)) for at, one in objs))

    def _guarded(one: Any) -> Any:
        return (
            Stream(one.attrs, one.rawdata or b"", one.decipher) if type(one) is PDFStream else one
        )

    class Device(PDFPageAggregator):
        letters = 0

        def render_char(self, *args: Any, **kwargs: Any) -> Any:
            self.letters += 1
            if self.letters > _LETTERS or time.monotonic() > until:
                raise TooMuch
            return super().render_char(*args, **kwargs)

        def paint_path(self, *args: Any, **kwargs: Any) -> None:
            """Lines and curves are no text."""
            if time.monotonic() > until:
                raise TooMuch

        def render_image(self, *args: Any, **kwargs: Any) -> None:
            """Nor are pictures."""

    class Interpreter(PDFPageInterpreter):
        def execute(self, streams: Sequence[object]) -> None:
            from pdfminer.pdftypes import stream_value

            drawn = 0
            for stream in streams:
                drawn += len(stream_value(stream).get_data())
                if time.monotonic() > until:
                    raise TooMuch
            if drawn <= _DRAWN:  # a figure may have more, and is left out
                super().execute(streams)

    document = PDFDocument(Parser(io.BytesIO(data)))
    manager = PDFResourceManager()
    # Figures too, as some publishers put the whole page in one; boxes are put in order here.
    device = Device(manager, laparams=LAParams(boxes_flow=None, all_texts=True))
    interpreter = Interpreter(manager, device)
    lines: list[TextLine] = []
    margin, height = "", 0.0
    for number, page in enumerate(PDFPage.create_pages(document)):
        if number == PAGES or (number and time.monotonic() > until):
            break
        device.letters = 0
        try:
            interpreter.process_page(page)
        except TooMuch:
            if not number:
                raise
            break
        layout = device.get_result()
        blocks = list(_blocks(layout, number, len(lines)))
        lines += _in_order(blocks)
        if number == 0:
            margin, height = _upright(layout), layout.height
    return Pages(tuple(lines), margin, height, _info(document))


def _check_size(stream: Any) -> None:
    """Raises TooMuch for a stream that would unpack to more than a page needs."""
    from pdfminer import pdftypes
    from pdfminer.ascii85 import ascii85decode, asciihexdecode

    data = stream.rawdata or b""
    if stream.decipher:
        data = stream.decipher(stream.objid, stream.genno, data, stream.attrs)
    for name, _ in stream.get_filters():
        if name in pdftypes.LITERALS_FLATE_DECODE:
            unpacker = zlib.decompressobj()
            try:
                data = unpacker.decompress(data, _UNPACKED + 1)
            except zlib.error:
                return  # pdfminer mends what it can, a byte at a time
        elif name in pdftypes.LITERALS_LZW_DECODE:
            size, data = len(data) * _LZW, b""
            if size > 4 * _UNPACKED:
                raise TooMuch
        elif name in pdftypes.LITERALS_RUNLENGTH_DECODE:
            size, data = len(data) * _RUN, b""
            if size > 4 * _UNPACKED:
                raise TooMuch
        elif name in pdftypes.LITERALS_ASCII85_DECODE:
            data = ascii85decode(data)
        elif name in pdftypes.LITERALS_ASCIIHEX_DECODE:
            data = asciihexdecode(data)
        if len(data) > _UNPACKED:
            raise TooMuch


def _info(document: Any) -> dict[str, str]:
    from pdfminer.pdftypes import resolve1
    from pdfminer.utils import decode_text

    found = {}
    for info in document.info:
        for key in ("Title", "Author"):
            value = resolve1(info.get(key)) if isinstance(info, dict) else None
            if isinstance(value, bytes):
                found[key] = " ".join(decode_text(value[:4096]).replace("\0", "").split())
    return found


def _boxes(layout: Any) -> Iterator[Any]:
    from pdfminer.layout import LTFigure, LTTextBox

    for item in layout:
        if isinstance(item, LTTextBox):
            yield item
        elif isinstance(item, LTFigure):
            yield from _boxes(item)


def _blocks(layout: Any, page: int, first: int) -> Iterator[list[TextLine]]:
    """The paragraphs of a page, each a list of lines from its top."""
    for number, box in enumerate(_boxes(layout), start=first):
        lines = []
        for line in box:
            letters = [c for c in line if getattr(c, "upright", False) and c.get_text().strip()]
            if letters and (text := _text(line)):
                size = median(letter.size for letter in letters)
                lines.append(TextLine(text, size, line.x0, line.x1, line.y1, page, number))
        if lines:
            yield lines


def _text(line: Any) -> str:
    """A line's text; capitals in two sizes ("A TTENTION") are one word."""
    parts: list[str] = []
    letters = list(line)
    for at, letter in enumerate(letters):
        text = letter.get_text()
        if text == " " and 0 < at < len(letters) - 1 and not hasattr(letter, "size"):
            before, after = letters[at - 1], letters[at + 1]
            small_caps = (
                before.get_text().isupper()
                and after.get_text().isupper()
                and getattr(after, "size", 0) < 0.9 * getattr(before, "size", 0)
                and after.x0 - before.x1 < 0.15 * before.size
            )
            if small_caps:
                continue
        parts.append(text)
    return " ".join("".join(parts).translate(_LIGATURES).replace("\0", "").split())


def _upright(layout: Any) -> str:
    """What is written from the bottom to the top of a page, without spaces."""
    from pdfminer.layout import LTChar

    def letters(item: Any) -> Iterator[Any]:
        if isinstance(item, LTChar):
            if not item.upright:
                yield item
        elif hasattr(item, "__iter__"):
            for part in item:
                yield from letters(part)

    ordered = sorted(letters(layout), key=lambda letter: (round(letter.x0), letter.y0))
    return "".join("".join(letter.get_text() for letter in ordered[:500]).split())


def _in_order(blocks: Sequence[list[TextLine]]) -> Iterator[TextLine]:
    """Lines as a person reads them: what spans the page parts it into bands of two columns."""
    if not blocks:
        return
    x0 = min(line.x0 for block in blocks for line in block)
    x1 = max(line.x1 for block in blocks for line in block)
    middle, slack = (x0 + x1) / 2, 0.03 * (x1 - x0)

    def column(block: Sequence[TextLine]) -> int:
        if max(line.x1 for line in block) <= middle + slack:
            return 1
        return 2 if min(line.x0 for line in block) >= middle - slack else 0

    band: list[list[TextLine]] = []
    for block in [*sorted(_whole(blocks), key=lambda block: -block[0].y), []]:
        if block and column(block):
            band.append(block)
            continue
        for side in (1, 2):
            yield from (line for one in band if column(one) == side for line in one)
        band = []
        yield from block


def _whole(blocks: Sequence[list[TextLine]]) -> list[list[TextLine]]:
    """Blocks with the pieces of their lines in place.

    A justified line with wide spaces comes in pieces; those that lie within another block are
    part of it.
    """
    if len(blocks) > _MOST_BLOCKS:
        return list(blocks)
    whole: list[list[TextLine]] = []
    for block in sorted(blocks, key=lambda block: -len(block)):
        for other in whole:
            if len(other) > len(block) and all(_within(line, other) for line in block):
                other += (replace(line, block=other[0].block) for line in block)
                break
        else:
            whole.append(list(block))
    return [list(_rows(block)) for block in whole]


def _within(line: TextLine, block: Sequence[TextLine]) -> bool:
    inside = min(o.x0 for o in block) - 2 < line.x0 and line.x1 < max(o.x1 for o in block) + 2
    return inside and any(abs(line.y - other.y) < 0.4 * other.size for other in block)


def _rows(block: Sequence[TextLine]) -> Iterator[TextLine]:
    """A block's lines from the top, pieces at one height put together."""
    row: list[TextLine] = []
    for line in [*sorted(block, key=lambda line: -line.y), None]:
        if line and row and abs(line.y - row[0].y) < 0.4 * row[0].size:
            row.append(line)
            continue
        if row:
            row.sort(key=lambda piece: piece.x0)
            widest = max(row, key=lambda piece: piece.x1 - piece.x0)
            text = " ".join(piece.text for piece in row)
            yield replace(widest, text=text, x0=row[0].x0, x1=max(piece.x1 for piece in row))
        row = [line] if line else []
