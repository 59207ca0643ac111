"""Any JSON at all under given keys, for property tests of readers, and how they are read."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from store.paper import Paper, Rejected
from store.readers import READERS
from store.readers.base import Data, Origin, Reader, ReaderError

SAMPLES = Path(__file__).parent.parent / "samples"
_LEAVES = (
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=8)
    | st.sampled_from(["2024-05-31", "nan", "\ud800", "A, B and C", "10.5555/x.1", "[1]", "[[1]]"])
)  # fmt: skip


def values(keys: Iterable[str]) -> st.SearchStrategy[Any]:
    """Values with values within them, under these keys."""
    key = st.sampled_from(list(keys))
    return st.recursive(
        _LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(key, inner, max_size=4),
        max_leaves=8,
    )


def records(keys: Iterable[str]) -> st.SearchStrategy[dict[str, Any]]:
    keys = list(keys)
    return st.dictionaries(st.sampled_from(keys), values(keys), max_size=8)


def read(reader: Reader, data: Data | str, file: str = "f") -> list[Paper | Rejected]:
    data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return list(reader.read(data, Origin(file)))


def sample(key: str, name: str) -> bytes:
    return (SAMPLES / key / name).read_bytes()


def lines_of(given: Iterable[object]) -> str:
    return "".join(json.dumps(one) + "\n" for one in given)


def reads_anything(reader: Reader, given: list[Any]) -> None:
    """Each record of any shape comes out as a paper or as rejected, as text that can be stored."""
    reader.sniff(lines_of(given).encode(), "f")
    found = read(reader, lines_of(given))
    for one in found:
        repr(one).encode()
        text = one.title + one.abstract if isinstance(one, Paper) else one.text + one.fields
        text.encode()
    as_array = read(reader, json.dumps(given))
    assert len(as_array) == len(given)


def breaks_only_as_it_should(reader: Reader, data: bytes) -> None:
    with contextlib.suppress(ReaderError):
        read(reader, data)


def claimed_by(data: bytes) -> list[str]:
    """The keys of the JSON readers that take a file for theirs."""
    ours = {"arxiv-snapshot", "hf-daily", "openalex", "semantic-scholar", "csl-json", "jsonl"}
    return [r.key for r in READERS if r.key in ours and r.sniff(data[:65_536], "file.json")]


class Counted(io.RawIOBase):
    """A stream of many lines, made as they are asked for; `given` counts its bytes."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines, self._rest = lines, b""
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._rest = self._rest or next(self._lines, b"")
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        self.given += len(part)
        return len(part)
