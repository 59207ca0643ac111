"""What every reader of a format shares: its signature, its outcome and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date
from typing import Protocol

from store.paper import Paper, Rejected


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
    """One format. `sniff` looks at the first bytes, `read` yields papers and rejected records."""

    name: str

    def sniff(self, head: bytes, file: str) -> bool: ...

    def read(self, data: bytes, origin: Origin) -> Iterator[Paper | Rejected]: ...


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
