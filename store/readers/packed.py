"""Files packed by gzip, zip, zstd, bzip2 or xz, told by their first bytes and unpacked as a stream.

Formats: RFC 1952 (gzip), PKWARE's APPNOTE (zip), RFC 8878 (zstd). Nothing is ever unpacked to a
path that an archive names, and what is unpacked is bounded by what was packed.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath, PurePosixPath
from typing import BinaryIO, cast

from store.paper import Rejected, Skipped, Source
from store.readers.base import Origin, ReaderError, UnknownFormat
from store.readers.streams import HEAD, Pieces, Readable, Stream, peeked, pieces_of, seekable

DEPTH = 2  # packings within each other
MOST = 64 * 1024 * 1024  # bytes that anything may unpack to
RATIO = 100  # times its packed size that what is larger may unpack to
MEMBERS = 100_000
_BOMBS = 3  # after these the rest of an archive is left alone
_DIRECTORY = 20 * 1024 * 1024  # bytes of a zip's list of members
_WINDOW = 128 * 1024 * 1024  # bytes of memory that unpacking may take
_SMALL = 1024  # bytes of zstd unpacked at once: at most 43 MB

_MAGIC = {
    "gzip": re.compile(rb"\x1f\x8b\x08"),
    "zip": re.compile(rb"PK(\x03\x04|\x05\x06|\x07\x08)"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd"),
    "bzip2": re.compile(rb"BZh[1-9](\x31\x41\x59\x26\x53\x59|\x17\x72\x45\x38\x50\x90)"),
    "xz": re.compile(rb"\xfd7zXZ\0"),
}
_PATH_LIKE = re.compile(r"^/|^[A-Za-z]:|[\\\0]")
_ENCRYPTED = 0x1
_LOCAL_HEADER = 30  # bytes before a member's name
_LONGEST_NAME = 1000
_SUFFIX = re.compile(r"\.(gz|zst|zstd|bz2|xz)$", re.I)
# Zips by another name, by a member that each has; and what to do with them.
_OTHERS = (
    ("xl/workbook.xml", "a spreadsheet: save it as CSV and add that"),
    ("xl/workbook.bin", "a spreadsheet: save it as CSV and add that"),
    ("word/document.xml", "a text document: save it as plain text and add that"),
    ("[Content_Types].xml", "an office document, and no archive of papers"),
    ("META-INF/MANIFEST.MF", "a program, and no archive of papers"),
    ("AndroidManifest.xml", "a program, and no archive of papers"),
    ("META-INF/container.xml", "an e-book, and no archive of papers"),
    ("mimetype", "an office document or e-book: save it as CSV or plain text and add that"),
)


@dataclass(frozen=True, slots=True)
class File:
    """A file that is not packed, or no more: its first 64 KB, all of it, and where it is from.

    `alone` says that nothing else is packed with it.
    """

    head: bytes
    stream: BinaryIO
    origin: Origin
    alone: bool = True

    @property
    def name(self) -> str:
        """The name without what only tells of packing."""
        return _SUFFIX.sub("", self.origin.file)

    @property
    def broken(self) -> ReaderError | None:
        """Why the stream ended before its time, if it did and was read that far."""
        return self.stream.broken if isinstance(self.stream, Stream) else None


def opened(stream: BinaryIO, origin: Origin) -> Iterator[File | Rejected | Skipped]:
    """The files that are packed in a stream, or the stream itself where it is not packed.

    Each can be read until the next is asked for. A member named `inner/a.bib` of `all.zip` goes by
    `all.zip/inner/a.bib`; what is packed alone by the name of its archive. Refused members come as
    rejected, those that are no papers by any reader's lights as skipped. Raises ReaderError where
    nothing can be read; where data are damaged, the file's stream raises it at that point.
    """
    return _opened(stream, origin, None, 0)


def _opened(
    given: BinaryIO, origin: Origin, meter: _Meter | None, depth: int
) -> Iterator[File | Rejected | Skipped]:
    head, stream = peeked(given, origin.file)
    packing = next((name for name, magic in _MAGIC.items() if magic.match(head)), "")
    if not packing:
        yield File(head, stream, origin, alone=True)
    elif depth == DEPTH:
        raise ReaderError(f"{origin.file} is packed more than twice: unpack it, then add it.")
    elif packing == "zip":
        with seekable(stream) as sought:
            yield from _members(sought, origin, meter, depth)
    else:
        counted = meter or _Meter(origin.file)
        pieces = pieces_of(stream) if meter else counted.goes_in(stream)
        unpacked = _unpacked(packing, pieces, counted)
        yield from _opened(unpacked, origin, counted, depth + 1)


class _Meter:
    """Counts what goes in and comes out, and stops what grows beyond measure.

    What comes out of a member comes out of the archive `above` it too.
    """

    def __init__(self, file: str, packed: int = 0, above: _Meter | None = None) -> None:
        self.file, self.packed, self.unpacked, self.above = file, packed, 0, above
        self.burst = False

    def goes_in(self, stream: Readable) -> Iterator[bytes]:
        for piece in pieces_of(stream):
            self.packed += len(piece)
            yield piece

    def comes_out(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            meter: _Meter | None = self
            while meter:
                meter.unpacked += len(piece)
                if meter.unpacked > MOST and meter.unpacked > RATIO * meter.packed:
                    self.burst = True
                    raise _bomb(self.file)
                meter = meter.above
            yield piece

    def forgive(self, member: _Meter) -> None:
        """Takes a member that was refused out of the count, for the sake of the others."""
        self.packed -= member.packed
        meter: _Meter | None = self
        while meter:
            meter.unpacked -= member.unpacked
            meter = meter.above


def _bomb(file: str) -> ReaderError:
    return ReaderError(
        f"{file} unpacks to more than {RATIO} times its size, as a zip bomb does: if you trust it, "
        "unpack it by hand and add what comes out."
    )


def _damaged(file: str) -> Callable[[Exception], ReaderError]:
    def why(error: Exception) -> ReaderError:
        if isinstance(error, EOFError):
            return ReaderError(f"{file} is cut off in the middle: get it again.")
        what = " ".join(str(error).split())[:200] or type(error).__name__
        return ReaderError(f"{file} is damaged from some point on ({what}): get it again.")

    return why


# --- single files -------------------------------------------------------------------------


def _unpacked(packing: str, packed: Iterator[bytes], meter: _Meter) -> Stream:
    why = _damaged(meter.file)
    if packing == "gzip":
        pieces = pieces_of(gzip.GzipFile(fileobj=Stream(Pieces(packed, why))))
    elif packing == "bzip2":
        pieces = pieces_of(bz2.BZ2File(Stream(Pieces(packed, why))))
    else:
        pieces = _xz(packed) if packing == "xz" else _zstd(packed)
    return Stream(Pieces(meter.comes_out(pieces), why))


def _xz(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Not by LZMAFile, which would take the gigabytes of memory that a file may ask for."""
    unpacker = None
    for piece in packed:
        while piece or (unpacker and not unpacker.needs_input):
            if not unpacker:
                if not (piece := piece.lstrip(b"\0")):  # padding between streams
                    break
                unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_WINDOW)
            if out := unpacker.decompress(piece, HEAD):
                yield out
            piece = b""
            if unpacker.eof:
                piece, unpacker = unpacker.unused_data, None
    if unpacker:
        raise EOFError


def _zstd(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Not by zstandard's stream reader, which takes a file that was cut off for a whole one."""
    import zstandard

    frames, unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW), None
    for piece in packed:
        for start in range(0, len(piece), _SMALL):
            part = piece[start : start + _SMALL]
            while part:
                unpacker = unpacker or frames.decompressobj()
                if out := unpacker.decompress(part):
                    yield out
                part = b""
                if unpacker.eof:
                    part, unpacker = unpacker.unused_data, None
    if unpacker:
        raise EOFError


# --- archives -----------------------------------------------------------------------------


class _Careful:
    """A seekable stream that no list of members beyond all measure is read from at once."""

    def __init__(self, stream: BinaryIO, file: str) -> None:
        self._stream, self._file = stream, file
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _DIRECTORY:
            raise _too_many(self._file)
        return self._stream.read(size)


def _too_many(file: str) -> ReaderError:
    return ReaderError(f"{file} holds more than {MEMBERS:,} files: pack fewer in one archive.")


def _members(
    stream: BinaryIO, origin: Origin, above: _Meter | None, depth: int
) -> Iterator[File | Rejected | Skipped]:
    archive = _archive(stream, origin.file)
    infos = [info for info in archive.infolist() if not _passed_over(info.orig_filename)]
    overlapping = _overlapping(archive)
    meter, bombs = _Meter(origin.file, above=above), 0
    if not infos:
        raise UnknownFormat(f"{origin.file} holds no files.")
    for info in infos:
        file = f"{origin.file}/{_shown(info.orig_filename)}"
        why = _refusal(info)
        if not why and info.header_offset in overlapping:
            why = "it overlaps another file of the archive, as in a zip bomb: pack it anew"
        if why:
            yield Rejected(Source(file), why)
            continue
        member = _Meter(file, info.compress_size, meter)
        meter.packed += info.compress_size
        try:
            pieces = Pieces(member.comes_out(_content(archive, info)), _damaged(file))
            inner = replace(origin, file=file)
            for found in _opened(Stream(pieces), inner, member, depth + 1):
                alone = len(infos) == 1
                yield replace(found, alone=alone) if isinstance(found, File) else found
        except UnknownFormat as error:
            yield Skipped(file, str(error))
        except ReaderError as error:
            yield Rejected(Source(file), str(error))
        if member.burst:
            meter.forgive(member)
            bombs += 1
            if bombs == _BOMBS:
                raise ReaderError(
                    f"{origin.file} holds {_BOMBS} zip bombs: the rest of it was left alone."
                )


def _archive(stream: BinaryIO, file: str) -> zipfile.ZipFile:
    """Raises ReaderError where it is damaged or too large, UnknownFormat where it is no archive."""
    try:
        archive = zipfile.ZipFile(cast(BinaryIO, _Careful(stream, file)))
        names = set(archive.namelist())
    except ReaderError:
        raise
    except Exception as error:  # zipfile's, struct's, codecs' …
        what = " ".join(str(error).split())[:200] or type(error).__name__
        raise ReaderError(
            f"{file} can't be unpacked ({what}): it is damaged or was cut off, get it again."
        ) from error
    if len(archive.infolist()) > MEMBERS:
        raise _too_many(file)
    for name, what in _OTHERS:
        if name in names:
            raise UnknownFormat(f"{PurePath(file).name} is {what}.")
    return archive


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as member:
        yield from pieces_of(member)


def _passed_over(name: str) -> bool:
    """Whether a member is a folder, or of those that systems hide or add themselves."""
    if _leads_out(name):
        return False
    parts = PurePosixPath(name).parts
    return name.endswith("/") or any(part.startswith((".", "__MACOSX")) for part in parts)


def _leads_out(name: str) -> bool:
    return bool(_PATH_LIKE.search(name)) or ".." in name.split("/")


def _refusal(info: zipfile.ZipInfo) -> str:
    """Why a member isn't read, by what the archive says of it; "" if it is."""
    if _leads_out(info.orig_filename):
        return "its name is a path that leads out of the archive: rename it and pack it anew"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link, not a file: pack the file it stands for"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted: unpack the archive with its password and add the files"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is packed by an uncommon method: pack it anew as an ordinary zip"
    if info.file_size > MOST and info.file_size > RATIO * info.compress_size:
        return (
            f"it is said to unpack to more than {RATIO} times its size, as a zip bomb: if you "
            "trust it, unpack it by hand"
        )
    return ""


def _overlapping(archive: zipfile.ZipFile) -> set[int]:
    """Offsets of members whose bytes are another's too, or lie beyond those of the archive."""
    found: set[int] = set()
    reach, last = 0, -1  # how far the bytes go, and whose they are
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        start = info.header_offset
        if start < reach:
            found |= {start, last}
        # The name has no fewer bytes than characters.
        end = start + _LOCAL_HEADER + len(info.orig_filename) + info.compress_size
        if end > archive.start_dir:
            found.add(start)
        if end > reach:
            reach, last = end, start
    return found


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in name)[:_LONGEST_NAME]
