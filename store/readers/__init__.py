"""Readers of the formats abstracts come in, picked by a file's content."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import date as Date
from glob import glob, has_magic
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from store.paper import Opened, Paper, Rejected, Skipped, Source
from store.readers.acl_xml import AclXml
from store.readers.arxiv_atom import ArxivAtom
from store.readers.arxiv_snapshot import ArxivSnapshot
from store.readers.base import Data, Origin, Reader, ReaderError, UnknownFormat, stream_of
from store.readers.bibtex import BibTex
from store.readers.blocks import TextBlocks
from store.readers.column_names import GUESSED, ColumnNames
from store.readers.csl_json import CslJson
from store.readers.hf_daily import HfDaily
from store.readers.nbib import Nbib
from store.readers.openalex import OpenAlex
from store.readers.packed import File, opened
from store.readers.pages import ListingPage
from store.readers.papers_json import PapersJson
from store.readers.parquet import ParquetTable
from store.readers.pdf import Pdf
from store.readers.pubmed import PubmedXml
from store.readers.ris import Ris
from store.readers.saved_html import SavedHtml
from store.readers.semantic_scholar import SemanticScholar
from store.readers.streams import HEAD, rewindable
from store.readers.tables import CsvTable

READERS: tuple[Reader, ...] = (
    ArxivSnapshot(),
    HfDaily(),
    OpenAlex(),
    SemanticScholar(),
    CslJson(),
    PapersJson(),
    BibTex(),
    Ris(),
    Nbib(),
    ParquetTable(),
    CsvTable(),
    ArxivAtom(),
    PubmedXml(),
    AclXml(),
    SavedHtml(),
    Pdf(),
    ListingPage(),
    TextBlocks(),
)
# Those to which it can be said which column, or key, holds which field.
OF_COLUMNS = (PapersJson, ParquetTable, CsvTable)
STDIN = "<standard input>"

Read = Paper | Rejected | Skipped | Opened


def pick_reader(data: bytes, file: str) -> Reader:
    """The reader for a file, by its first bytes; raises UnknownFormat where none knows it."""
    return _readers_of(data[:HEAD], file, GUESSED)[0]


def _readers_of(head: bytes, file: str, columns: ColumnNames) -> list[Reader]:
    """All readers that know a file by its head, the likeliest first; UnknownFormat for none."""
    if readers := [reader for reader in _told(columns) if reader.sniff(head, file)]:
        return readers
    raise UnknownFormat(
        f"{Path(file).name} is in none of the {len(READERS)} formats known here: 'assistant add "
        "--help' names them, and how to name the columns of a table."
    )


def _told(columns: ColumnNames) -> tuple[Reader, ...]:
    """All readers, those of columns knowing what was said of these, and then going first."""
    if not columns:
        return READERS
    others = (reader for reader in READERS if not isinstance(reader, OF_COLUMNS))
    return (*(kind(columns) for kind in OF_COLUMNS), *others)


def reader_of(key: str, columns: ColumnNames = GUESSED) -> Reader:
    """The reader with this key; raises ReaderError, which lists the keys, where there is none, or
    where something is said of columns that its format doesn't have."""
    for reader in _told(columns):
        if reader.key == key:
            if columns and not isinstance(reader, OF_COLUMNS):
                those = ", ".join(kind.key for kind in OF_COLUMNS)
                raise ReaderError(f"The format '{key}' has no columns to be named: {those} have.")
            return reader
    keys = ", ".join(reader.key for reader in READERS)
    raise ReaderError(f"There is no format '{key}': name one of {keys}.")


def read_bytes(
    data: Data, origin: Origin, *, format: str | None = None
) -> Iterator[Paper | Rejected]:
    """Papers and rejected records of one file; raises ReaderError where it can't be read (on).

    `format` is the key of the reader to use, whatever the file looks like. A packed file is
    unpacked; files of an archive that hold no papers are passed over.
    """
    chosen = reader_of(format) if format else None
    for file in opened(stream_of(data), origin):
        if isinstance(file, File):
            yield from _read_by(file, chosen)[1]
        elif isinstance(file, Rejected):
            yield file


def read_paths(
    paths: Iterable[str | Path],
    *,
    saved: Date | None = None,
    stdin: BinaryIO | None = None,
    format: str | None = None,
    columns: ColumnNames = GUESSED,
) -> Iterator[Read]:
    """Everything in files, folders (with all below), globs and, for `-`, standard input.

    A file that can't be read never stops the rest: named by the caller it comes as rejected,
    met in a folder as skipped. Hidden files of a folder are left alone, and a file that is met
    twice is read once. Files may be packed: those of an archive count as met in a folder. Each
    file's records follow an `Opened` that says what format it is read as: the one its content
    tells, or that with the key `format`. Tables and JSON without the `columns` that are named are
    rejected; other formats have none. Raises ReaderError for a key that no reader has, or one
    without columns where some are named.
    """
    if format:
        reader_of(format, columns)
    return _read_paths(paths, saved, stdin, format, columns)


def _read_paths(
    paths: Iterable[str | Path],
    saved: Date | None,
    stdin: BinaryIO | None,
    format: str | None,
    columns: ColumnNames,
) -> Iterator[Read]:
    met: set[Path] = set()
    for path in paths:
        if str(path) == "-":
            if stdin is not None:
                origin = Origin(STDIN, saved)
                yield from read_file(stdin, origin, named=True, format=format, columns=columns)
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
                stream = file.open("rb")
            except OSError as error:
                yield Rejected(Source(name), f"it can't be opened ({error.strerror})")
                continue
            with stream:
                origin = Origin(name, saved)
                yield from read_file(stream, origin, named=named, format=format, columns=columns)


def _printable(path: str | Path) -> str:
    """A path as text that can be stored and shown, whatever bytes its name is made of."""
    return os.fsencode(path).decode("utf-8", "replace")


def read_file(
    data: Data,
    origin: Origin,
    *,
    named: bool,
    format: str | None = None,
    columns: ColumnNames = GUESSED,
) -> Iterator[Read]:
    """What is in one file; one that no reader knows is rejected if `named`, else skipped.

    Where it can't be read to its end, what came before is kept, and the file is rejected.
    """
    try:
        chosen = reader_of(format, columns) if format else None
        for file in opened(stream_of(data), origin):
            if isinstance(file, File):
                yield from _records(file, chosen, columns, named=named and file.alone)
            else:
                yield file
    except (ReaderError, OSError) as error:
        yield _unread(origin.file, error, named)


def _records(
    file: File, chosen: Reader | None, columns: ColumnNames, *, named: bool
) -> Iterator[Read]:
    """What is in a file that isn't packed, by the reader that was chosen or its content tells."""
    name, failure = file.origin.file, None
    try:
        reader, records = _read_by(file, chosen, columns)
        yield Opened(name, reader.name)
        yield from records
    except (ReaderError, OSError) as error:
        failure = error
    # A reader may fail because the file broke off, or not notice it.
    if failure := file.broken or failure:
        yield _unread(name, failure, named)


def _read_by(
    file: File, chosen: Reader | None, columns: ColumnNames = GUESSED
) -> tuple[Reader, Iterator[Paper | Rejected]]:
    """The reader of a file and what it reads.

    Where several know the head, and the first finds no papers in the whole of it, the next is
    asked; a stream that can be read once is copied for that, but in this case alone.
    """
    readers = [chosen] if chosen else _readers_of(file.head, file.name, columns)
    stream = rewindable(file.stream) if len(readers) > 1 else file.stream
    start = stream.tell() if len(readers) > 1 else 0
    for reader in readers[:-1]:
        try:
            records = reader.read(stream, file.origin)
            first = next(records, None)
        except UnknownFormat:
            stream.seek(start)
            continue
        return reader, chain(() if first is None else (first,), records)
    return readers[-1], readers[-1].read(stream, file.origin)


def _unread(file: str, error: ReaderError | OSError, named: bool) -> Rejected | Skipped:
    if isinstance(error, OSError):
        return Rejected(Source(file), f"it can't be read ({error.strerror or error})")
    if isinstance(error, UnknownFormat) and not named:
        return Skipped(file, str(error))
    return Rejected(Source(file), str(error))


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
