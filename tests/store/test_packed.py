"""Packed files: what is in them, and what is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import BinaryIO, cast

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Opened, Paper, Rejected, Skipped
from store.readers import packed, read_bytes, read_file, read_paths
from store.readers.base import Data, Origin, ReaderError, UnknownFormat, whole
from store.readers.packed import File, opened
from store.readers.pages import ListingPage
from store.readers.tables import CsvTable

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


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("through", [bytes, pipe])
def test_a_packed_file_is_read_as_what_is_in_it(
    packing: str, through: Callable[[bytes], bytes | BinaryIO]
) -> None:
    papers, rejected, skipped, formats = read(
        through(PACKERS[packing](table(3000))), f"a.{packing}"
    )
    name = "a.zip/a.csv" if packing == "zip" else f"a.{packing}"
    assert (len(papers), rejected, skipped) == (3000, [], [])
    assert formats == [Opened(name, "CSV / TSV")]
    assert {paper.sources[0].file for paper in papers} == {name}


def test_several_streams_in_a_row_are_one_file() -> None:
    a, b = table(50)[:2000], table(50)[2000:]
    for packing in ("gz", "bz2", "xz", "zst"):
        pack = PACKERS[packing]
        assert len(read(pack(a) + pack(b))[0]) == 50, packing


def test_packings_within_each_other_are_read_to_depth_two() -> None:
    inner = zipped({"x/a.csv.gz": gzip.compress(table(3)), "b.csv": table(2, 2)})
    papers, rejected, _, formats = read(inner)
    assert (len(papers), rejected) == (5, [])
    assert [one.file for one in formats] == ["all.zip/x/a.csv.gz", "all.zip/b.csv"]
    assert len(read(zipped({"in.zip": zipped({"a.csv": table(2)})}))[0]) == 2
    deeper = read(zipped({"in.zip": inner, "c.csv": table(4, 4)}))
    assert len(deeper[0]) == 6
    (reject,) = deeper[1]
    assert reject.source.file == "all.zip/in.zip/x/a.csv.gz"
    assert "packed more than twice" in reject.why
    thrice = gzip.compress(gzip.compress(gzip.compress(table(2))))
    assert "packed more than twice" in read(thrice, "a.gz")[1][0].why


def test_folders_hidden_files_and_what_systems_add_are_passed_over() -> None:
    members = {"in/": b"", "in/.a.csv": table(2), "__MACOSX/in/._b.csv": b"x", "in/b.csv": table(2)}
    papers, rejected, skipped, formats = read(zipped(members))
    assert (len(papers), rejected, skipped) == (2, [], [])
    assert [one.file for one in formats] == ["all.zip/in/b.csv"]


def test_other_files_of_an_archive_are_skipped_as_in_a_folder() -> None:
    found = read(zipped({"README": b"Hello.", "a.csv": table(2)}))
    assert (len(found[0]), found[1]) == (2, [])
    assert found[2][0].file == "all.zip/README"
    alone = read(zipped({"README": b"Hello."}))
    assert "README is in none of the" in alone[1][0].why
    assert "holds no files" in read(zipped({}))[1][0].why


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst"])
def test_papers_before_the_break_of_a_file_are_kept(packing: str) -> None:
    data = PACKERS[packing](table(5_000))
    papers, rejected, _, _ = read(data[: len(data) * 2 // 3], "a.csv.gz")
    assert len(papers) >= (0 if packing == "bz2" else 500)  # its blocks are large
    assert len(papers) < 5_000
    (reject,) = rejected
    assert reject.source.position == 0
    assert "is cut off in the middle: get it again" in reject.why
    assert all(paper.abstract.startswith(ABSTRACT) for paper in papers)


@pytest.mark.parametrize("packing", PACKERS)
@settings(max_examples=15, deadline=None)
@given(place=st.floats(0.02, 0.98))
def test_no_damage_raises_anything_but_a_reader_error(packing: str, place: float) -> None:
    data = bytearray(PACKERS[packing](table(300)))
    data[int(place * len(data))] ^= 0x5A
    papers, rejected, skipped, _ = read(bytes(data), "a")
    assert len(papers) <= 300
    assert len(papers) == 300 or rejected or skipped


def test_a_damaged_member_costs_only_itself() -> None:
    data = bytearray(zipped({"a.csv": table(40), "b.csv": table(40, 2), "c.csv": table(40, 3)}))
    at = data.index(b"b.csv") + 600
    data[at] ^= 0xFF
    papers, rejected, _, _ = read(bytes(data))
    assert {paper.sources[0].file for paper in papers} >= {"all.zip/a.csv", "all.zip/c.csv"}
    assert [reject.source.file for reject in rejected if not reject.source.position] == [
        "all.zip/b.csv"
    ]


def test_a_zip_that_was_cut_off_is_refused() -> None:
    (reject,) = read(zipped({"a.csv": table(40)})[:-30])[1]
    assert "can't be unpacked" in reject.why
    assert "cut off" in reject.why


# --- bombs ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def zeros() -> bytes:
    """80 MB of one paper's abstract, packed a thousand times smaller."""
    packer = zstandard.ZstdCompressor(level=1).compressobj()
    row = b"title,abstract\n" + b" " * (1 << 20)
    return b"".join(packer.compress(row) for _ in range(80)) + packer.flush()


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst", "zip"])
def test_what_unpacks_beyond_measure_is_stopped(
    packing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "MOST", 1 << 20)
    rows = f'"Bells","{ABSTRACT}"\n'.encode() * 30_000
    found = read(PACKERS[packing](b"title,abstract\n" + rows), "a.zip")
    reject = found[1][-1]
    assert "100 times its size" in reject.why
    assert "zip bomb" in reject.why
    assert len(found[0]) < 15_000


def test_the_limit_is_64_megabytes_and_a_hundredfold(zeros: bytes) -> None:
    tracemalloc.start()
    taken = 0
    with pytest.raises(ReaderError, match="100 times its size"):  # noqa: PT012
        for file in opened(io.BytesIO(zeros), Origin("a.zst")):
            assert isinstance(file, File)
            while piece := file.stream.read(1 << 20):
                taken += len(piece)
    assert 40 << 20 < taken <= 64 << 20
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()


def test_a_nested_bomb_is_stopped_and_the_other_files_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packed, "MOST", 1 << 20)
    much = b"title,abstract\n" + f'"Bells","{ABSTRACT}"\n'.encode() * 30_000
    for name, bomb in {
        "bomb.gz": gzip.compress(much),
        "bomb.zip": zipped({"much.csv": much}),
        "bomb.zst": zstandard.ZstdCompressor().compress(gzip.compress(gzip.compress(much))),
    }.items():
        found = read(zipped({"a.csv": table(3), name: bomb, "c.csv": table(2, 3)}))
        whole = [paper for paper in found[0] if paper.title != "Bells"]
        assert len(whole) == 5
        (reject,) = found[1]
        assert reject.source.file.startswith(f"all.zip/{name}")
        assert "100 times" in reject.why or "packed more than twice" in reject.why


def test_many_small_bombs_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MOST", 1 << 20)
    small = b"title,abstract\n" + f'"Bells","{ABSTRACT}"\n'.encode() * 6_000
    assert len(small) < 1 << 20
    members = {f"{n}.csv": small for n in range(30)}
    found = read(zipped(members))
    assert "holds 3 zip bombs" in found[1][-1].why
    assert len(found[3]) < 10


def test_a_declared_size_beyond_measure_is_refused_unread() -> None:
    data = bytearray(zipped({"a.csv": table(5), "b.csv": table(5, 2)}))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 0xFFFFFFF0)
    found = read(bytes(data))
    assert len(found[0]) == 5
    assert found[1][0].source.file == "all.zip/a.csv"
    assert "is said to unpack" in found[1][0].why


def test_members_that_overlap_are_refused_and_named() -> None:
    data = zipped({"a.csv": table(30), "b.csv": table(30, 2), "c.csv": table(5, 3)})
    directory = data.index(b"PK\x01\x02")
    changed = bytearray(data)
    second = data.index(b"PK\x01\x02", directory + 4)
    changed[second + 42 : second + 46] = struct.pack("<I", 0)  # the place of the first
    found = read(bytes(changed))
    assert {reject.source.file for reject in found[1]} == {"all.zip/a.csv", "all.zip/b.csv"}
    assert all("overlaps" in reject.why for reject in found[1])
    assert len(found[0]) == 5


def test_an_archive_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MEMBERS", 10)
    (reject,) = read(zipped({f"{n}.csv": b"" for n in range(11)}))[1]
    assert "holds more than 10 files" in reject.why
    monkeypatch.setattr(packed, "_DIRECTORY", 100)
    (reject,) = read(zipped({f"{n}.csv": b"" for n in range(9)}))[1]
    assert "files: pack fewer" in reject.why


def test_memory_that_a_file_asks_for_is_bounded() -> None:
    packer = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(window_log=30)
    ).compressobj()
    asks = packer.compress(table(9)) + packer.flush()
    papers, rejected, _, _ = read(asks, "a.zst")
    assert not papers
    assert "is damaged" in rejected[0].why


# --- names and kinds ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["/etc/a.csv", "../a.csv", "in/../../a.csv", "C:/a.csv", "c:a.csv", "in\\a.csv", "..\\a.csv"],
)
def test_names_that_are_paths_are_refused_and_named(name: str) -> None:
    found = read(zipped({name: table(3), "b.csv": table(2, 2)}))
    assert len(found[0]) == 2
    (reject,) = found[1]
    assert reject.source.file == f"all.zip/{name}"
    assert "leads out of the archive" in reject.why


def test_a_name_with_a_nul_is_refused() -> None:
    data = zipped({"a.csvX../b": table(3), "b.csv": table(2, 2)}).replace(b"a.csvX..", b"a.csv\0..")
    found = read(data)
    assert len(found[0]) == 2
    assert found[1][0].source.file == "all.zip/a.csv\ufffd../b"


def test_encrypted_members_and_links_are_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/hostname")
        archive.writestr("secret.csv", table(3))
        archive.writestr("b.csv", table(2, 2))
    data = bytearray(stream.getvalue())
    at = data.rindex(b"secret.csv") - 46
    data[at + 8] |= 1
    found = read(bytes(data))
    assert len(found[0]) == 2
    assert [reject.why.split(":")[0] for reject in found[1]] == [
        "it is a link, not a file",
        "it is encrypted",
    ]


@pytest.mark.parametrize(
    ("member", "what"),
    [
        ("xl/workbook.xml", "a spreadsheet"),
        ("word/document.xml", "a text document"),
        ("META-INF/MANIFEST.MF", "a program"),
        ("META-INF/container.xml", "an e-book"),
        ("mimetype", "an office document or e-book"),
    ],
)
def test_zips_by_another_name_are_no_archives(member: str, what: str) -> None:
    data = zipped({member: b"<x/>", "a.csv": table(2)})
    found = read(data, "my.xlsx")
    assert found[0] == []
    assert f"my.xlsx is {what}" in found[1][0].why
    assert f"my.xlsx is {what}" in read(data, "my.xlsx", named=False)[2][0].why


def test_uncommon_methods_are_refused() -> None:
    (reject,) = read(zipped({"a.csv": table(3)}, zipfile.ZIP_LZMA))[1]
    assert "uncommon method" in reject.why


# --- reading as a stream ----------------------------------------------------------------------


def test_a_packed_stream_is_read_as_it_is_asked_for() -> None:
    packer = zstandard.ZstdCompressor().compressobj()

    def pieces() -> Iterator[bytes]:
        for seed in range(400):
            yield packer.compress(table(100, seed)[15:] if seed else table(100))
            yield packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        yield packer.flush()

    source = Pipe(pieces())
    records = read_bytes(cast(BinaryIO, io.BufferedReader(source)), Origin("a.zst"))
    next(records)
    first = source.taken
    total = sum(isinstance(record, Paper) for record in records) + 1
    assert total == 40_000
    assert first < 300_000 < source.taken


def test_files_are_told_with_their_format(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(table(2))
    (tmp_path / "b.zip").write_bytes(zipped({"in/c.csv": table(2, 2)}))
    formats = [one for one in read_paths([tmp_path]) if isinstance(one, Opened)]
    assert formats == [
        Opened(str(tmp_path.resolve() / "a.csv"), "CSV / TSV"),
        Opened(str(tmp_path.resolve() / "b.zip") + "/in/c.csv", "CSV / TSV"),
    ]


def test_a_format_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"Bells of the town,{ABSTRACT}\n", "utf-8")
    assert not [one for one in read_paths([tmp_path / "a.txt"]) if isinstance(one, Opened)]
    said = list(read_paths([tmp_path / "a.txt"], format="text"))
    assert said[0] == Opened(str((tmp_path / "a.txt").resolve()), "plain text blocks")
    with pytest.raises(ReaderError, match=r"no format 'tex': name one of .*csv"):
        read_paths([], format="tex")


def test_standard_input_may_be_a_zip() -> None:
    found = list(read_paths(["-"], stdin=pipe(zipped({"a.csv": table(2)}))))
    assert sum(isinstance(one, Paper) for one in found) == 2
    assert isinstance(found[0], Opened)
    assert found[0].file == "<standard input>/a.csv"


@pytest.mark.parametrize("packing", [bytes, gzip.compress])
def test_where_the_likeliest_reader_finds_no_papers_the_next_is_asked(
    packing: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Eager(ListingPage):
        def sniff(self, head: bytes, file: str) -> bool:
            return True

        def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
            whole(data, origin.file)
            raise UnknownFormat("no page")

    monkeypatch.setattr("store.readers.READERS", (Eager(), CsvTable()))
    papers, rejected, _, formats = read(packing(table(3_000)), "a")
    assert (len(papers), rejected) == (3_000, [])
    assert formats == [Opened("a", "CSV / TSV")]
    cut = packing(table(3_000))[:-9_000]
    if packing is gzip.compress:
        papers, rejected, _, _ = read(cut, "a")
        assert len(papers) > 500
        assert "cut off" in rejected[-1].why
