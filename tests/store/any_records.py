"""What tests of readers of bibliographies share: texts as people write them, streams, samples."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st

from store.paper import Paper, Rejected
from store.readers.base import Data, Origin, Reader, ReaderError

SAMPLES = Path(__file__).parents[1] / "samples"
words = st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=8)
titles = (
    st.lists(words, min_size=1, max_size=6)
    .map(" ".join)
    .filter(lambda text: any(c.isalnum() for c in text))
)
abstracts = titles.map(lambda text: f"{text} (p < 0.05), R&D of 5% & more_so: 50$ #1, a^b.")
names = st.tuples(
    st.sampled_from(["Ada", "Bo J.", "Çelik", "María"]),
    st.sampled_from(["Quill", "Østby", "van der Berg", "Smith-Jones", "O'Hara"]),
).map(" ".join)
whole_papers = st.builds(
    Paper,
    title=titles,
    abstract=abstracts,
    authors=st.lists(names, max_size=3).map(tuple),
    year=st.none() | st.integers(1900, 2099),
    venue=st.none() | st.sampled_from(["NeurIPS 2017", "Journal of Tides", "arXiv"]),
    doi=st.none() | st.just("10.1002/(SICI)1097-0258<1661::AID-SIM968>3.0.CO;2-2"),
    arxiv_id=st.none() | st.sampled_from(["1706.03762", "hep-th/9901001"]),
)


def known(paper: Paper) -> tuple[object, ...]:
    return (paper.title, paper.abstract, paper.authors, paper.year, paper.doi, paper.arxiv_id)


def read(reader: Reader, data: Data, file: str = "some") -> list[Paper | Rejected]:
    return list(reader.read(data, Origin(file)))


def read_sample(reader: Reader, name: str) -> list[Paper | Rejected]:
    return read(reader, (SAMPLES / reader.key / name).read_bytes(), name)


def raises_only_its_own(reader: Reader, data: bytes) -> None:
    reader.sniff(data[:65_536], "some")
    with contextlib.suppress(ReaderError):
        read(reader, data)


def of_others(key: str) -> Iterator[Path]:
    """The samples of other formats, and some files that are none."""
    yield from (f for f in SAMPLES.glob("*/*") if f.is_file() and f.parent.name != key)
    root = SAMPLES.parents[1]
    yield from (root / "README.md", root / "pyproject.toml", Path(__file__), root / "LICENSE")


class Counting(io.RawIOBase):
    """A stream of records that are made as they are read."""

    def __init__(self, record: str, count: int) -> None:
        self._record, self._count, self._made = record, count, 0
        self._rest = b""
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._rest and self._made < self._count:
            self._made += 1
            self._rest = self._record.replace("NUMBER", str(self._made)).encode()
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        self.given += size
        return size


def streams(reader: Reader, record: str, count: int = 20_000) -> None:
    """Asserts that the first paper is there when little was read, and that all come."""
    raw = Counting(record, count)
    outcomes = reader.read(io.BufferedReader(raw), Origin("some"))
    assert isinstance(next(iter(outcomes)), Paper)
    assert raw.given < 400_000
    assert sum(1 for _ in outcomes) == count - 1
