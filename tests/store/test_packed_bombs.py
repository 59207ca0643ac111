"""Archives that mean harm: bombs, paths, links and kinds that are refused."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tracemalloc
import zipfile

import pytest
import zstandard

from store.readers import packed
from store.readers.base import Origin, ReaderError
from store.readers.packed import File, opened
from tests.store.packing import ABSTRACT, PACKERS, read, table, zipped


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
