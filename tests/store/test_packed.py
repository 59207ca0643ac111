"""Packed files: what is in them, and what is refused."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Opened, Paper, Rejected
from store.readers import read_bytes, read_paths
from store.readers.base import Data, Origin, ReaderError, UnknownFormat, whole
from store.readers.pages import ListingPage
from store.readers.tables import CsvTable
from tests.store.packing import ABSTRACT, PACKERS, Pipe, pipe, read, table, zipped


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
