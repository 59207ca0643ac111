"""Streams for readers: a look at the head, bytes made on the way, lines of text of any encoding."""

from __future__ import annotations

import codecs
import contextlib
import io
import shutil
from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from store.readers.base import Data, ReaderError, stream_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD = 65_536  # bytes that a format is told by
_PIECE = 65_536
_IN_MEMORY = 32 * 1024 * 1024  # bytes; a copy that outgrows them goes to the disk
_LONGEST_LINE = 8 * 1024 * 1024  # characters


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class LongLine(ValueError):
    """A line longer than any text of a paper; the next line can be read."""


class Pieces(io.RawIOBase):
    """A stream of the bytes that an iterator gives.

    Whatever goes wrong in the iterator becomes the error that `why` makes of it, and is raised
    where the bytes before it have been read.
    """

    def __init__(self, pieces: Iterator[bytes], why: Callable[[Exception], ReaderError]) -> None:
        self._pieces, self._why = pieces, why
        self._rest = memoryview(b"")
        self.error: ReaderError | None = None
        self._ended = False  # a terminal would ask again after its end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        into = memoryview(buffer).cast("B")
        while not self._rest:
            if self.error:
                raise self.error
            if self._ended:
                return 0
            self._rest = memoryview(self._next())
        size = min(len(into), len(self._rest))
        into[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def peek(self, size: int) -> bytes:
        """The first `size` bytes, fewer where there are no more; they stay to be read."""
        head = bytes(self._rest)
        while len(head) < size and not self._ended:
            head += self._next()
        self._rest = memoryview(head)
        return head[:size]

    def _next(self) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            self._ended = True
        except ReaderError as error:
            self._ended, self.error = True, error
        except Exception as error:  # libraries that unpack have many
            self._ended, self.error = True, self._why(error)
        return b""


def pieces_of(stream: Readable) -> Iterator[bytes]:
    """What is in a stream, in pieces of 64 KB."""
    return iter(lambda: stream.read(_PIECE), b"")


def peeked(stream: BinaryIO, file: str) -> tuple[bytes, BinaryIO]:
    """The first 64 KB of a stream, and a stream that still has them; `file` is for errors."""
    if stream.seekable():
        start = stream.tell()
        head = stream.read(HEAD)
        stream.seek(start)
        return head, stream
    pieces = Pieces(pieces_of(stream), lambda error: ReaderError(f"{file} can't be read: {error}."))
    return pieces.peek(HEAD), cast(BinaryIO, Stream(pieces))


def as_utf8(stream: BinaryIO, encoding: str, file: str) -> BinaryIO:
    """A stream of another encoding as one of UTF-8; `file` is for errors.

    What is no character of that encoding becomes U+FFFD.
    """

    def pieces() -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        for piece in pieces_of(stream):
            if text := decoder.decode(piece):
                yield text.encode("utf-8", "replace")
        if text := decoder.decode(b"", final=True):
            yield text.encode()

    return streamed(pieces(), file)


def streamed(pieces: Iterator[bytes], file: str) -> BinaryIO:
    """A stream of the bytes that an iterator gives; `file` is for errors."""
    made = Pieces(pieces, lambda error: ReaderError(f"{file} can't be read: {error}."))
    return cast(BinaryIO, Stream(made))


class Stream(io.BufferedReader):
    """Pieces as a stream that loses nothing of what comes before an error."""

    def __init__(self, pieces: Pieces) -> None:
        super().__init__(pieces, _PIECE)
        self._from = pieces

    @property
    def broken(self) -> ReaderError | None:
        """The error that ended it, if it was read as far as that."""
        return self._from.error

    def read(self, size: int | None = -1, /) -> bytes:
        """As any stream, but what there is before an error comes first, the error with the next."""
        parts: list[bytes] = []
        left = -1 if size is None else size
        while left:
            try:
                part = self.read1(left if 0 < left < _PIECE else _PIECE)
            except ReaderError:
                if parts:
                    break
                raise
            if not part:
                break
            parts.append(part)
            left -= len(part) if left > 0 else 0
        return b"".join(parts)


@contextlib.contextmanager
def seekable(data: Data) -> Iterator[BinaryIO]:
    """The same bytes as a stream that can be sought in; one that can't is copied, to disk if long.

    Raises ReaderError where the bytes can't be read to their end.
    """
    stream = stream_of(data)
    if stream.seekable():
        yield stream
        return
    with SpooledTemporaryFile(_IN_MEMORY) as copy:
        shutil.copyfileobj(stream, copy, _PIECE)
        copy.seek(0)
        yield cast(BinaryIO, copy)


def rewindable(stream: BinaryIO) -> BinaryIO:
    """As `seekable`, for as long as the copy is used; an error in the stream just ends it."""
    if stream.seekable():
        return stream
    copy = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed with its last reader
    with contextlib.suppress(ReaderError):
        shutil.copyfileobj(stream, copy, _PIECE)
    copy.seek(0)
    return cast(BinaryIO, copy)


class Lines(Iterator[str]):
    """Lines of a file with their ends (\\n, \\r\\n or \\r), decoded as `base.decode` does.

    Bytes that are no UTF-8 are taken for Latin-1 one by one, so that a file of gigabytes need
    not be seen whole. `LongLine` may be raised for a line, and the next one asked for. The
    stream stays open. `number` is that of the line read last, from 1.
    """

    number = 0

    def __init__(self, data: Data) -> None:
        stream = stream_of(data)
        # Pieces between the two, as a text wrapper closes the stream below it.
        pieces = Pieces(pieces_of(stream), lambda error: ReaderError(f"It can't be read: {error}."))
        utf16 = pieces.peek(2) in (b"\xff\xfe", b"\xfe\xff")
        encoding, errors = ("utf-16", "replace") if utf16 else ("utf-8-sig", AS_LATIN)
        self._text = io.TextIOWrapper(Stream(pieces), encoding, errors, newline="")

    def __next__(self) -> str:
        line = self._text.readline(_LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == _LONGEST_LINE and line[-1] not in "\r\n":
            while (more := self._text.readline(_LONGEST_LINE)) and more[-1] not in "\r\n":
                pass
            raise LongLine(f"a line is longer than {_LONGEST_LINE:,} characters")
        return line


def _as_latin(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end


AS_LATIN = "store.latin"  # bytes that are no UTF-8, one by one
codecs.register_error(AS_LATIN, _as_latin)
