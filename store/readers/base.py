"""What every reader of a format shares: its signature, its outcome and its errors."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date
from typing import BinaryIO, Protocol

from store.paper import Paper, Rejected

Data = bytes | BinaryIO
LARGEST = 512 * 1024 * 1024  # bytes of a file of a format that is read whole
KEPT = 20_000  # characters of a record that can't be read, for somebody to mend it


class ReaderError(ValueError):
    """A file that can't be read at all; the message is one sentence that says what to do."""


class UnknownFormat(ReaderError):
    """No reader knows this file."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of a file besides its bytes: the name it goes by and the day it was saved."""

    file: str
    saved: Date | None = None


class Reader(Protocol):
    """One format.

    `key` is its name on a command line, `name` in a sentence. `sniff` tells from the first
    bytes (64 KB, or the whole of a shorter file; they may end within a record) whether the file
    is of this format: it is quick, and loads no library. `read` yields papers and rejected
    records as it comes to them, and holds one record at a time where the format allows it; it
    raises ReaderError, when called or on the way, where the rest can't be read, and nothing else.
    """

    key: str
    name: str

    def sniff(self, head: bytes, file: str) -> bool: ...

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]: ...


def stream_of(data: Data) -> BinaryIO:
    """Bytes as a stream; a stream as it is."""
    return io.BytesIO(data) if isinstance(data, bytes) else data


def whole(data: Data, file: str) -> bytes:
    """All bytes of a file whose format can't be read in parts; ReaderError for more than 512 MB."""
    if isinstance(data, bytes):
        return data
    content = data.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ReaderError(
            f"{file} is larger than {LARGEST >> 20} MB, and its format can't be read in parts: "
            "split it into smaller files."
        )
    return content


def decode(data: bytes) -> str:
    """Text of a saved file: UTF-8 with or without a byte-order mark, UTF-16, else Latin-1.

    Never fails. Line ends become \\n and NUL bytes go, as neither means anything in a page.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
