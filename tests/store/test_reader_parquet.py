"""Parquet: columns by name, kinds of columns, and damage."""

from __future__ import annotations

import contextlib
import io
from datetime import date as Date
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected
from store.readers import parquet
from store.readers.base import Origin, ReaderError, UnknownFormat
from store.readers.parquet import ParquetTable
from tests.store.packing import Pipe
from tests.store.test_reader_csv import TITLES

SAMPLES = Path(__file__).parents[1] / "samples"


def read(data: bytes | BinaryIO) -> list[Paper | Rejected]:
    return list(ParquetTable().read(data, Origin("a.parquet")))


def papers(data: bytes | BinaryIO) -> list[Paper]:
    return [one for one in read(data) if isinstance(one, Paper)]


def written(columns: dict[str, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


@pytest.mark.parametrize("name", ["papers.parquet", "dataset.parquet"])
def test_the_samples_are_known_and_read(name: str) -> None:
    data = (SAMPLES / "parquet" / name).read_bytes()
    assert ParquetTable().sniff(data[:65_536], name)
    found = papers(data)
    assert [paper.title for paper in found] == TITLES
    assert found[2].authors == ("Piet van der Berg", "Lucie Moreau", "Jun Sato")
    assert [paper.year for paper in found] == [2021, 2019, 2023, 2024]
    if name == "papers.parquet":
        assert found[0].date == Date(2021, 5, 6)
        assert [paper.upvotes for paper in found] == [3, None, 0, 12]
        assert found[0].doi == "10.5555/lamp.2021.7"
    assert [paper.sources[0].position for paper in found] == [1, 2, 3, 4]


def test_a_stream_that_cannot_be_sought_in_is_read() -> None:
    data = (SAMPLES / "parquet" / "papers.parquet").read_bytes()
    source = cast(BinaryIO, io.BufferedReader(Pipe(iter([data]))))
    assert len(papers(source)) == 4


def test_kinds_of_columns_that_python_has_none_for_cost_no_paper() -> None:
    data = written(
        {
            "title": pa.array([b"Bells \xff", b"Fog"], pa.binary()).view(pa.string()),
            "abstract": ["We weigh bells.", None],
            "date": pa.array([2**62, 0], pa.timestamp("us")),
            "authors": pa.array([[{"name": "Jo Doe"}], None]),
            "extra": pa.array([datetime(2020, 1, 1)] * 2, pa.timestamp("ns")),
        }
    )
    paper, rejected = read(data)
    assert isinstance(paper, Paper)
    assert (paper.title, paper.authors, paper.date) == ("Bells \ufffd", ("Jo Doe",), None)
    assert isinstance(rejected, Rejected)
    assert rejected.why == "it has no abstract"
    assert '"title": "Fog"' in rejected.fields


def test_what_unpacks_beyond_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {"title": ["Bells"] * 50, "abstract": ["We weigh them."] * 50}
    data = written(
        {**columns, "zeros": [bytes(50_000)] * 50}, compression="zstd", use_dictionary=[]
    )
    assert len(papers(data)) == 50
    monkeypatch.setattr(parquet, "_LARGE", 1 << 20)
    with pytest.raises(ReaderError, match="100 times its size"):
        read(data)


def test_columns_must_have_names_that_tell() -> None:
    with pytest.raises(UnknownFormat, match="no column known as that of titles"):
        read(written({"a": ["Bells"], "b": ["We weigh them."]}))


def test_rows_before_damage_are_kept() -> None:
    texts = [f"We weigh bell {n}." for n in range(3000)]
    data = bytearray(
        written(
            {"title": [f"Bell {n}" for n in range(3000)], "abstract": texts},
            row_group_size=500,
            compression="zstd",
        )
    )
    start, end = len(data) // 2, len(data) // 2 + 3000
    data[start:end] = bytes(end - start)
    found = []
    with pytest.raises(ReaderError, match="is damaged behind row"):  # noqa: PT012
        for one in ParquetTable().read(bytes(data), Origin("a.parquet")):
            found.append(one)
    assert len(found) >= 500


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[A-Za-z]{1,20}( [a-z]{1,9}){0,4}", fullmatch=True),
            st.from_regex(r"[A-Z][a-z]{1,20}( [a-z]{1,9}){0,9}\.", fullmatch=True),
            st.integers(1900, 2030),
        ),
        min_size=1,
        max_size=200,
    ),
    st.sampled_from(["zstd", "snappy", "gzip", "none"]),
)
def test_what_is_written_is_read(given: list[tuple[str, str, int]], compression: str) -> None:
    titles, abstracts, years = (list(column) for column in zip(*given, strict=True))
    data = written({"title": titles, "abstract": abstracts, "year": years}, compression=compression)
    assert [(p.title, p.abstract, p.year) for p in papers(data)] == given


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 4000), st.integers(1, 255))
def test_no_damage_raises_anything_but_a_reader_error(place: int, by: int) -> None:
    data = bytearray((SAMPLES / "parquet" / "dataset.parquet").read_bytes())
    data[place % len(data)] ^= by
    with contextlib.suppress(ReaderError):
        read(bytes(data))


def test_other_files_are_not_claimed() -> None:
    for file in SAMPLES.glob("*/*"):
        claimed = ParquetTable().sniff(file.read_bytes()[:65_536], file.name)
        assert claimed == (file.parent.name == "parquet"), file
