"""Readers of the formats abstracts come in, picked by a file's content."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import date as Date
from glob import glob, has_magic
from pathlib import Path
from typing import BinaryIO

from store.paper import Paper, Rejected, Skipped, Source
from store.readers.base import Origin, Reader, ReaderError, UnknownFormat
from store.readers.pages import ListingPage

READERS: tuple[Reader, ...] = (ListingPage(),)
STDIN = "<standard input>"
_HEAD = 65_536


def pick_reader(data: bytes, file: str) -> Reader:
    """The reader for a file, by its first bytes; raises UnknownFormat where none knows it."""
    head = data[:_HEAD]
    for reader in READERS:
        if reader.sniff(head, file):
            return reader
    known = ", ".join(reader.name for reader in READERS)
    raise UnknownFormat(f"{Path(file).name} is none of the formats known here ({known}).")


def read_bytes(data: bytes, origin: Origin) -> Iterator[Paper | Rejected]:
    """Papers and rejected records of one file; raises ReaderError if it can't be read at all."""
    return pick_reader(data, origin.file).read(data, origin)


def read_paths(
    paths: Iterable[str | Path], *, saved: Date | None = None, stdin: BinaryIO | None = None
) -> Iterator[Paper | Rejected | Skipped]:
    """Everything in files, folders (with all below), globs and, for `-`, standard input.

    A file that can't be read never stops the rest: named by the caller it comes as rejected,
    met in a folder as skipped. Hidden files of a folder are left alone, and a file that is met
    twice is read once.
    """
    met: set[Path] = set()
    for path in paths:
        if str(path) == "-":
            if stdin is not None:
                yield from read_file(stdin.read(), Origin(STDIN, saved), named=True)
            continue
        files, named = _expand(path)
        if not files:
            yield Rejected(
                Source(_printable(path)),
                "there is no such file, or the folder is empty: check the path",
            )
        for file in files:
            whole = file.resolve()
            if whole in met:
                continue
            met.add(whole)
            name = _printable(whole)
            try:
                data = file.read_bytes()
            except OSError as error:
                yield Rejected(Source(name), f"it can't be opened ({error.strerror})")
                continue
            yield from read_file(data, Origin(name, saved), named=named)


def _printable(path: str | Path) -> str:
    """A path as text that can be stored and shown, whatever bytes its name is made of."""
    return os.fsencode(path).decode("utf-8", "replace")


def read_file(data: bytes, origin: Origin, *, named: bool) -> Iterator[Paper | Rejected | Skipped]:
    """What is in one file; one that can't be read is rejected if `named`, else skipped."""
    try:
        yield from read_bytes(data, origin)
    except ReaderError as error:
        if named:
            yield Rejected(Source(origin.file), str(error))
        else:
            yield Skipped(origin.file, str(error))


def _expand(path: str | Path) -> tuple[list[Path], bool]:
    """The files a path stands for, and whether the user named them one by one."""
    here = Path(path).expanduser()
    if here.is_file():
        return [here], True
    if here.is_dir():
        return _files_below(here), False
    if has_magic(str(path)):
        found = [Path(p) for p in sorted(glob(str(here), recursive=True))]  # noqa: PTH207 - any root
        files = [p for p in found if p.is_file()]
        folders = [p for p in found if p.is_dir()]
        return files + [f for folder in folders for f in _files_below(folder)], False
    return [], True


def _files_below(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and not any(p.startswith(".") for p in file.relative_to(folder).parts)
    )
