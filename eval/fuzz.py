"""Feeds every reader damaged files: `python -m eval.fuzz [--count 20000] [--seed 1] [--only KEY]`.

Seeds are the sample files of the tests, as they are and packed. A case is a seed with a few
changes, each case told by its number: the same numbers make the same cases. Whatever a reader
does besides yielding papers and rejected records or raising ReaderError is a finding: another
error, more than a few seconds of the processor, hundreds of megabytes, or the end of the process.
Findings are kept in `build/fuzz/`.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import io
import lzma
import multiprocessing
import resource
import signal
import sys
import traceback
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, BinaryIO

from store.paper import Paper, Rejected
from store.readers import READERS, read_bytes
from store.readers.base import Origin, Reader, ReaderError
from store.readers.streams import HEAD, Pieces, Stream

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "tests" / "samples"
FOUND = ROOT / "build" / "fuzz"
_SECONDS = 5
# Seconds of the processor, as others may be at work on the same machine; asleep ten times as many.
_CLOCKS = ((signal.SIGPROF, signal.ITIMER_PROF, 1), (signal.SIGALRM, signal.ITIMER_REAL, 10))
_GROWTH = 500  # megabytes
_LARGEST = 400_000  # bytes of a case

# What formats are made of; the more of it in wrong places, the better.
TOKENS: dict[str, tuple[bytes, ...]] = {
    "": (
        b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\n", b"\r\n", b"\n\n", b"\r", b"\t", b" ",
        b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b"<", b">", b"&", b",", b";", b":", b"=", b"|",
        b"$", b"%", b"-1", b"1e999", b"99999999999999999999", b"NaN", b"null", b"true", b"\\u0000",
        b"\\ud800", "\u2028".encode(), "\U0001f41d".encode(), b"e\xcc\x81", b"A" * 5_000,
        b"2024-02-30", b"10.48550/arXiv.", b"https://doi.org/", b"title", b"abstract", b"authors",
    ),
    "xml": (
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"&#0;", b"&#x110000;", b"<![CDATA[", b"]]>",
        b"<!--", b"-->", b"<?xml version='1.0' encoding='utf-16'?>", b"</", b"/>", b"xmlns=''",
        b"<!ENTITY x SYSTEM 'file:///etc/hostname'>", b"<sub>", b"</entry>", b"<a>" * 2_000,
    ),
    "json": (
        b"[" * 3_000, b'{"a":' * 1_500, b"[]", b"{}", b'"":', b"-", b"1.0", b'"title":', b"\n{",
        b'"authors": {}', b'"authors": [[[]]]', b'"abstract": 1', b'"date": []', b"[null]",
    ),
    "tex": (
        b"@article{", b"@string{a = ", b"@comment{", b"@preamble{", b"#", b"{" * 1_000, b"}" * 20,
        b"\\\"{o}", b"\\textbf{", b"\\begin{a}", b"$$", b"\\", b" and ", b"and others",
        b"crossref = {",
    ),
    "tags": (
        b"TY  - JOUR\n", b"ER  - \n", b"T1  - ", b"AB  - ", b"PMID- 1\n", b"TI  - ", b"      ",
        b"AU  - ", b"DA  - //", b"FAU - ", b"%0 ", b"%T ",
    ),
    "text": (b"Title: ", b"Abstract: ", b"Authors: ", b"DOI: ", b"sep=;\n", b'""', b'"\n',
             b"a,b,c\n"),
    "pdf": (
        b"%PDF-1.7\n", b"%%EOF", b"obj", b"endobj", b"stream\n", b"endstream", b"xref",
        b"startxref", b"0 0 R", b"<<", b">>", b"/Length 99999999", b"/Filter /FlateDecode",
        b"/Kids [", b"BT", b"Tf",
    ),
}  # fmt: skip
_KIN = {
    "arxiv": "xml", "arxiv-atom": "xml", "pubmed": "xml", "acl": "xml", "html": "xml",
    "bibtex": "tex", "ris": "tags", "nbib": "tags", "pdf": "pdf",
    "csv": "text", "text": "text", "page": "text", "parquet": "",
}  # fmt: skip
_PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: _zst(data),
    "zip": lambda data: _zip("a.txt", data),
    "gz in zip": lambda data: _zip("a.gz", gzip.compress(data)),
}


@dataclass(slots=True)
class Tally:
    """What became of a reader's cases."""

    name: str
    cases: int = 0
    papers: int = 0
    rejected: int = 0
    refused: int = 0
    findings: list[str] = field(default_factory=list)


class TooLong(BaseException):
    """A case took more than its seconds; no reader can take it for an error of its own."""


def seeds_of(key: str) -> list[bytes]:
    """The sample files of a reader; none if it has none."""
    folder = SAMPLES / key
    return [file.read_bytes() for file in sorted(folder.glob("*")) if file.is_file()]


def case(seeds: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    """A seed with one to a few changes."""
    data = random.choice(seeds)[:_LARGEST]
    for _ in range(random.choice((1, 1, 2, 3, 5, 12))):
        data = random.choice(_CHANGES)(data, seeds, tokens, random)[:_LARGEST]
    return data


def drain(read: Callable[[], Iterator[object]], tally: Tally) -> str:
    """Reads a case to its end; returns what is wrong with it, "" if nothing is."""
    before = _memory()
    for ringing, timer, seconds in _CLOCKS:
        signal.signal(ringing, _ring)
        signal.setitimer(timer, seconds * _SECONDS)
    try:
        for record in read():
            tally.papers += isinstance(record, Paper)
            tally.rejected += isinstance(record, Rejected)
            if not isinstance(record, Paper | Rejected):
                return f"it yields a {type(record).__name__}"
    except ReaderError:
        tally.refused += 1
    except TooLong:
        return f"it takes more than {_SECONDS} seconds\n{traceback.format_exc()}"
    except Exception:
        return traceback.format_exc()
    finally:
        for _, timer, _ in _CLOCKS:
            signal.setitimer(timer, 0)
    grown = _memory() - before
    return f"it took {grown} MB of memory" if grown > _GROWTH else ""


def fuzz(reader: Reader, count: int, seed: int) -> Tally:
    """Damaged files, each read by its own reader and looked at by it; findings are kept."""
    seeds, tokens = seeds_of(reader.key), _tokens_of(reader.key)
    tally = Tally(reader.key)

    def read(data: bytes) -> Iterator[object]:
        reader.sniff(data[:HEAD], "file")
        return reader.read(data if len(data) % 2 else _stream(data), Origin("file"))

    return _run(
        tally, lambda random: case(seeds, tokens, random), read, count if seeds else 0, seed
    )


def fuzz_packed(packing: str, count: int, seed: int) -> Tally:
    """Packed samples of all readers, damaged before or, more often, once they were packed."""
    plain = [one for reader in READERS for one in seeds_of(reader.key)]
    pack = _PACKINGS[packing]
    seeds = [pack(one) for one in plain]
    if packing == "zip" and plain:
        seeds.append(_zip("inner/b.txt", *plain[:3]))

    def make(random: Random) -> bytes:
        if random.random() < 0.3:
            return pack(case(plain, TOKENS[""], random))
        return case(seeds, (b"PK\x03\x04", b"PK\x01\x02", *TOKENS[""]), random)

    def read(data: bytes) -> Iterator[object]:
        return read_bytes(data if len(data) % 2 else _stream(data), Origin("file"))

    return _run(Tally(packing), make, read, count if plain else 0, seed)


def _run(
    tally: Tally,
    make: Callable[[Random], bytes],
    read: Callable[[bytes], Iterator[object]],
    count: int,
    seed: int,
) -> Tally:
    """Reads the cases in a process of its own, and in another from behind one that ended it."""
    context = multiprocessing.get_context("fork")
    while tally.cases < count:
        at = context.Value("i", tally.cases)
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(tally, make, read, count, seed, at, theirs))
        process.start()
        theirs.close()
        try:
            while tally.cases < count:
                tally = ours.recv()
        except EOFError:  # what it counted last is lost with it
            tally.findings.append(_kept(tally, make, seed, at.value, "the process ended"))
            tally.cases = at.value + 1
        process.join()
    return tally


def _work(
    tally: Tally,
    make: Callable[[Random], bytes],
    read: Callable[[bytes], Iterator[object]],
    count: int,
    seed: int,
    at: Any,
    out: Any,
) -> None:
    """Reads the cases from `at` on, which is kept up with them, and sends what became of them."""
    while at.value < count:
        data = make(_random(tally, seed, at.value))
        why = drain(partial(read, data), tally)
        if why:
            tally.findings.append(_kept(tally, make, seed, at.value, why))
        at.value += 1
        tally.cases = at.value
        if why or tally.cases % 500 == 0 or tally.cases == count:
            out.send(tally)


def _random(tally: Tally, seed: int, number: int) -> Random:
    return Random(f"{tally.name}-{seed}-{number}")


def _kept(tally: Tally, make: Callable[[Random], bytes], seed: int, number: int, why: str) -> str:
    FOUND.mkdir(parents=True, exist_ok=True)
    name = f"{tally.name.replace(' ', '-')}-{seed}-{number}"
    (FOUND / name).write_bytes(make(_random(tally, seed, number)))
    (FOUND / f"{name}.why").write_text(why, encoding="utf-8")
    return why


# --- changes ------------------------------------------------------------------------------

Change = Callable[[bytes, Sequence[bytes], Sequence[bytes], Random], bytes]


def _slice(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 4, 30, 200, 3_000)))


def _flip(data: bytes, seeds: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 3, 20)) if data else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _drop(data: bytes, seeds: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    start, end = _slice(data, random)
    return data[:start] + data[end:]


def _double(data: bytes, seeds: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    start, end = _slice(data, random)
    return data[:end] + data[start:end] * random.choice((1, 2, 50)) + data[end:]


def _swap(data: bytes, seeds: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    (a, b), (c, d) = sorted((_slice(data, random), _slice(data, random)))
    b = min(b, c)
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _insert(data: bytes, seeds: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    start, end = _slice(data, random)
    return data[:start] + random.choice(tokens) + data[random.choice((start, end)) :]


def _cut(data: bytes, seeds: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    start, _ = _slice(data, random)
    return data[:start] if random.random() < 0.8 else data[start:]


def _splice(data: bytes, seeds: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    other = random.choice(seeds)
    return data[: _slice(data, random)[0]] + other[_slice(other, random)[0] :]


def _encode(data: bytes, seeds: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    to = random.choice(("utf-16", "utf-16-be", "utf-8-sig", "latin-1", "utf-32", "cp1252"))
    return data.decode("utf-8", "replace").encode(to, "replace")


_CHANGES: tuple[Change, ...] = (
    _flip, _flip, _drop, _drop, _double, _swap, _insert, _insert, _insert, _cut, _splice, _encode,
)  # fmt: skip


# --- the rest -----------------------------------------------------------------------------


def _tokens_of(key: str) -> tuple[bytes, ...]:
    return TOKENS[_KIN.get(key, "json")] * 2 + TOKENS[""]


def _stream(data: bytes) -> BinaryIO:
    """A stream that can't be sought in, in pieces."""
    pieces = (data[start : start + 5_000] for start in range(0, len(data), 5_000))
    return Stream(Pieces(pieces, lambda error: ReaderError(str(error))))


def _zst(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor().compress(data)


def _zip(name: str, *contents: bytes) -> bytes:
    """Files in an archive, the first by this name, the others by it and their number."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}-{name}" if number else name, content)
    return packed.getvalue()


def _ring(number: int, frame: FrameType | None) -> None:
    raise TooLong


def _memory() -> int:
    """The most megabytes that this process has held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most >> (20 if sys.platform == "darwin" else 10)


def show(tallies: Sequence[Tally]) -> str:
    """A table of what became of each reader's cases."""
    rows = [("reader", "cases", "papers", "rejected", "refused", "findings")]
    for one in tallies:
        counts = (one.cases, one.papers, one.rejected, one.refused, len(one.findings))
        rows.append((one.name, *(f"{count:,}" for count in counts)))  # type: ignore[arg-type]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def main(arguments: Sequence[str] | None = None) -> int:
    names = [reader.key for reader in READERS] + list(_PACKINGS)
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000, help="cases of each reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=names, help="one reader or packing alone")
    given = parser.parse_args(arguments)
    tallies = []
    for reader in READERS:
        if given.only in (None, reader.key):
            tallies.append(fuzz(reader, given.count, given.seed))
    for packing in _PACKINGS:
        if given.only in (None, packing):
            tallies.append(fuzz_packed(packing, given.count, given.seed))
    print(show(tallies))
    for one in tallies:
        for why in one.findings[:3]:
            print(f"\n{one.name}: {why.strip().splitlines()[-1][:300]}")
        if not one.cases:
            print(f"\n{one.name} has no samples in {SAMPLES}")
    return 1 if any(one.findings for one in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
