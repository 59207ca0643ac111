"""Packed files of invented papers, and what is read from them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Iterator
from random import Random
from typing import BinaryIO, cast

import zstandard

from store.paper import Opened, Paper, Rejected, Skipped
from store.readers import read_file
from store.readers.base import Origin

ABSTRACT = "We weigh bells of many towns. Heavy ones ring longer, as everybody thought they would."


def table(count: int, seed: int = 1) -> bytes:
    """A CSV of papers that doesn't pack too well."""
    random = Random(seed)
    rows = (f'"Bells of town {seed}-{n}","{ABSTRACT} {random.random()}"' for n in range(count))
    return ("title,abstract\n" + "\n".join(rows) + "\n").encode()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
    "zip": lambda data: zipped({"a.csv": data}),
}


class Pipe(io.RawIOBase):
    """Bytes that can be read once, and counted."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest, self.taken = pieces, b"", 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._rest:
            if (piece := next(self._pieces, None)) is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        self.taken += size
        return size


def pipe(data: bytes) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(Pipe(iter([data]))))


READ = tuple[list[Paper], list[Rejected], list[Skipped], list[Opened]]


def read(data: bytes | BinaryIO, file: str = "all.zip", *, named: bool = True) -> READ:
    found: READ = ([], [], [], [])
    for record in read_file(data, Origin(file), named=named):
        found[(Paper, Rejected, Skipped, Opened).index(type(record))].append(record)  # type: ignore[arg-type]
    return found
