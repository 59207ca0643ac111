"""Tables of papers: CSV and its kin (RFC 4180, and what programs make of it).

Columns are found by their names, whatever they are called (`store.readers.columns`): exports of
reference managers and citation indexes, and data sets, need no settings.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import PurePath
from typing import NamedTuple

from store.paper import Paper, Rejected, Source
from store.readers.base import (
    KEPT,
    Data,
    Origin,
    ReaderError,
    UnknownFormat,
    decode,
    stream_of,
)
from store.readers.column_names import GUESSED, ColumnNames
from store.readers.columns import fields_by, of_papers, plain_name
from store.readers.fields import record_of
from store.readers.streams import HEAD, Lines, LongLine, Pieces, Stream, pieces_of

_LONGEST = 1 << 20  # characters of one cell
_SAMPLE = 50  # rows by which a table is known
_NAME = 80  # characters that a column's name may have
_LONG = 120  # characters that abstracts have on average, at least
_EVEN = 0.8  # share of the rows that are as long as the first
# What begins a file of another kind: JSON, XML, BibTeX, LaTeX.
_OTHER = re.compile(r"\s*[\[{<@%]")
_FULL_NAMES = ("authorfullnames", "af")  # of Scopus and Web of Science, beside names in short
_NUMBER = re.compile(r"\s*\(\d{6,}\)")
_SEPARATOR = re.compile(r"\s*sep=.\s*\n", re.I)  # Excel's own first line


class _Dialect(NamedTuple):
    """How cells are divided: by what, whether quotes hold them, and whether \\" is a quote."""

    delimiter: str
    quoted: bool = True
    escaped: bool = False

    def rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            escapechar="\\" if self.escaped else None,
            doublequote=not self.escaped,
        )


class CsvTable:
    """Comma, semicolon, tab or bar between the cells, columns named in the first row.

    A table without names is read where somebody says that it is one (`--format csv`): the column
    of long texts is the abstract, the one of short and different texts before it the title.
    """

    key = "csv"
    name = "CSV / TSV"

    def __init__(self, columns: ColumnNames = GUESSED) -> None:
        self._told = columns

    def sniff(self, head: bytes, file: str) -> bool:
        """Whether the first row names a paper's facts, and the others are as long.

        Where columns were told, their names are enough; and any table may be meant, so that it
        can be said what is missing.
        """
        text = decode(head)
        if _OTHER.match(text) and not self._told:
            return False
        _, rows = _divided(text, self._told, cut=len(head) >= HEAD)
        if rows and self._told.all_in(rows[0]):
            return True
        if _OTHER.match(text):
            return False
        if len(rows) < 2 or max(map(len, rows[0])) > _NAME or _evenness(rows) < _EVEN:
            return False
        return bool(self._told) or of_papers(self._told.guess(rows[0]))

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        """Raises UnknownFormat where no columns hold titles and abstracts, or ReaderError where
        columns were told (see `ColumnNames.of`)."""
        csv.field_size_limit(_LONGEST)
        pieces = Pieces(pieces_of(stream_of(data)), lambda error: ReaderError(f"{error}."))
        start = pieces.peek(HEAD)
        text = decode(start)
        dialect, sample = _divided(text, self._told, cut=len(start) >= HEAD)
        if not text.strip():
            return
        names, columns = _columns(sample, self._told, origin.file)
        if missing := [name for name in ("title", "abstract") if name not in columns]:
            raise UnknownFormat(
                f"{PurePath(origin.file).name} has no column of {' and '.join(missing)}s: give the "
                "column that name in the first row or by 'assistant add --column', or export the "
                "papers with it."
            )
        rows = _Rows(dialect, Lines(Stream(pieces)))
        for _ in range(bool(_SEPARATOR.match(text)) + bool(names)):
            next(rows)
        names = names or [str(number) for number in range(len(sample[0]))]
        for position, row in enumerate(rows, start=1):
            source = Source(origin.file, position, row.line)
            cells = _trimmed(row.cells, len(names))
            if not row.why and len(cells) > len(names):
                mark = {"\t": "tab"}.get(dialect.delimiter, f"“{dialect.delimiter}”")
                row = row._replace(
                    why=f"it has {len(cells)} cells where the first row has {len(names)}: put "
                    f"quotes around texts that hold a {mark}"
                )
            if row.why:
                yield Rejected(source, row.why, dialect.delimiter.join(cells)[:KEPT])
                continue
            # Backwards, so that the first of two columns with one name counts.
            by_name = dict(reversed(list(zip(names, cells, strict=False))))
            yield record_of(fields_by(_plain(by_name, columns), columns), source)


def _plain(row: dict[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    """A row without the numbers that indexes put behind names."""
    authors = columns.get("authors", "")
    if authors in row:
        row[authors] = _NUMBER.sub("", row[authors])
    return row


class _Row(NamedTuple):
    cells: list[str]
    line: int
    why: str = ""  # it can't be read


class _Rows(Iterator[_Row]):
    """The rows of a table that aren't empty; one that can't be read doesn't end them."""

    def __init__(self, dialect: _Dialect, lines: Lines) -> None:
        self._lines, self._rows = lines, dialect.rows(lines)

    def __next__(self) -> _Row:
        while True:
            first = self._lines.number + 1
            try:
                cells = next(self._rows)
            except csv.Error:
                return _Row(
                    [],
                    first,
                    f"a cell is longer than {_LONGEST:,} characters: see whether a quote isn't "
                    f"closed in lines {first} to {self._lines.number}",
                )
            except LongLine as error:
                return _Row([], first, str(error))
            if any(cells):
                return _Row([cell.replace("\0", "") for cell in cells], first)


def _divided(text: str, told: ColumnNames, *, cut: bool) -> tuple[_Dialect, list[list[str]]]:
    """How the head of a table is divided, and its first rows; none if it is no table at all."""
    text = text[found.end() :] if (found := _SEPARATOR.match(text)) else text
    escaped = _escaped(text)
    best, most = (_Dialect(","), list[list[str]]()), (False, 0.0, 0)
    for dialect in (
        *(_Dialect(mark, True, escaped) for mark in ",;\t|"),
        _Dialect("\t", quoted=False),
    ):
        lines = Lines(text.encode("utf-8", "replace"))
        rows = [row.cells for row in islice(_Rows(dialect, lines), _SAMPLE + 1) if row.cells]
        if cut and len(rows) <= _SAMPLE:
            rows = rows[:-1]
        if not rows or len(rows[0]) < 2:
            continue
        guessed = told.guess(rows[0])
        telling = ("title" in guessed and "abstract" in guessed, _evenness(rows), len(rows[0]))
        if telling > most:
            best, most = (dialect, rows), telling
    return best


def _escaped(text: str) -> bool:
    r"""Whether quotes within cells are written \" and not doubled.

    LaTeX has \"o for ö, which a cell with doubled quotes has as \""o.
    """
    quoted = re.search(r'(?:^|[,;|\t])"', text, re.MULTILINE)
    return bool(quoted and re.search(r'\\"\w', text)) and '\\""' not in text


def _trimmed(cells: list[str], width: int) -> list[str]:
    """A row without the empty cells that some programs write behind the last column."""
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _evenness(rows: Sequence[list[str]]) -> float:
    """The share of rows that are as long as the first."""
    return sum(len(_trimmed(row, len(rows[0]))) == len(rows[0]) for row in rows) / len(rows)


def _columns(
    sample: Sequence[list[str]], told: ColumnNames, file: str
) -> tuple[list[str], dict[str, str]]:
    """The names in the first row, none if it is a record like the others; and which column, by
    its name or else its number as text, holds which field. Raises as `ColumnNames.of`."""
    if not sample:
        return [], {}
    names = [name.strip() for name in sample[0]]
    guessed = told.of(names, file) if told else told.guess(names)
    if told or (guessed and max(map(len, names)) <= _NAME):
        if "authors" in told.told:
            return names, guessed
        full = {plain_name(name): name for name in reversed(names)}
        if column := next((full[name] for name in _FULL_NAMES if name in full), None):
            guessed["authors"] = column
        return names, guessed
    columns = range(len(names))
    longest = max(columns, key=lambda n: _length(sample, n))
    if _length(sample, longest) < _LONG:
        return [], {}
    titles = [n for n in columns if 10 <= _length(sample, n) < _LONG * 2 and _differ(sample, n)]
    titles = [n for n in titles if n < longest] or [n for n in titles if n != longest]
    if not titles:
        return [], {"abstract": str(longest)}
    title = max(titles, key=lambda n: _length(sample, n))
    return [], {"title": str(title), "abstract": str(longest)}


def _length(rows: Sequence[list[str]], column: int) -> float:
    """Characters that a column's cells have on average, where any words are in them."""
    cells = [row[column] for row in rows if column < len(row)]
    wordy = sum(" " in cell.strip() for cell in cells)
    return sum(map(len, cells)) / len(cells) if wordy > len(cells) / 2 else 0


def _differ(rows: Sequence[list[str]], column: int) -> bool:
    cells = [row[column] for row in rows if column < len(row)]
    return len(set(cells)) > 0.9 * len(cells)
