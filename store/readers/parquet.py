"""Apache Parquet, as data sets come: columns of papers found by their names as in a CSV table.

Format: https://parquet.apache.org/docs/file-format/. Only the columns of known fields are read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from store.paper import Paper, Rejected, Source
from store.readers.base import Data, Origin, ReaderError
from store.readers.column_names import GUESSED, ColumnNames
from store.readers.columns import fields_by
from store.readers.fields import record_of
from store.readers.packed import RATIO
from store.readers.streams import seekable

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_MAGIC = b"PAR1"
_ROWS = 64  # at once, as each may hold megabytes
_LARGE = 512 << 20  # bytes that any file may unpack to
_BUFFER = 1 << 20  # bytes of a column that are read at once; without it, all of a group's


class ParquetTable:
    """A file of Parquet; one that can't be sought in is copied first."""

    key = "parquet"
    name = "Parquet"

    def __init__(self, columns: ColumnNames = GUESSED) -> None:
        self._columns = columns

    def sniff(self, head: bytes, file: str) -> bool:
        return head.startswith(_MAGIC)

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        """Raises ReaderError without columns of titles and abstracts, and where it is damaged."""
        with seekable(data) as stream:
            position = 0
            try:
                for row, columns in _rows(stream, origin.file, self._columns):
                    position += 1
                    yield record_of(fields_by(row, columns), Source(origin.file, position))
            except ReaderError:
                raise
            except Exception as error:  # pyarrow's, and those of the codecs below it
                what = " ".join(str(error).split())[:200] or type(error).__name__
                where = f"behind row {position}" if position else "from its start"
                raise ReaderError(
                    f"{origin.file} is damaged {where} ({what}): get it again."
                ) from error


def _rows(
    stream: BinaryIO, file: str, names: ColumnNames
) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Rows by column name, and which column holds which field."""
    import pyarrow.parquet as pq

    table = pq.ParquetFile(stream, pre_buffer=False, buffer_size=_BUFFER)
    columns = names.of(table.schema_arrow.names, file)
    wanted = sorted(set(columns.values()))
    _see_size(table, stream, file)
    for batch in table.iter_batches(_ROWS, columns=wanted, use_threads=False):
        named = list(zip(batch.schema.names, map(_values, batch.columns), strict=True))
        for number in range(batch.num_rows):
            yield {name: values[number] for name, values in reversed(named)}, columns


def _see_size(table: pq.ParquetFile, stream: BinaryIO, file: str) -> None:
    """Refuses what unpacks to far more than it is. A group's columns are not to be asked: where
    what is said of one is damaged, pyarrow ends the process."""
    size = stream.seek(0, os.SEEK_END)
    groups = range(table.metadata.num_row_groups)
    unpacked = sum(table.metadata.row_group(group).total_byte_size for group in groups)
    if unpacked > max(_LARGE, RATIO * size):
        raise ReaderError(
            f"{file} unpacks to more than {RATIO} times its size, as a bomb does: if you trust it, "
            "write it anew without compression."
        )


def _values(column: pa.Array) -> list[Any]:
    """A column as Python's own values; what can't be one is None. Times become text, as Python's
    have no nanoseconds."""
    import pyarrow as pa

    if pa.types.is_temporal(column.type):
        column = column.cast(pa.string())
    try:
        values: list[Any] = column.to_pylist()
    except Exception:  # text that is no UTF-8, numbers out of range
        values = [_value(scalar) for scalar in column]
    return values


def _value(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError as error:
        return error.object.decode("utf-8", "replace")
    except Exception:
        return None
