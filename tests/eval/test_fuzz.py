"""A short run of the fuzzing, and that it finds what there is to find."""

from __future__ import annotations

import faulthandler
import os
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from eval import fuzz
from store.paper import Paper, Rejected
from store.readers import READERS
from store.readers.base import Data, Origin, ReaderError, stream_of

CASES = 150


@pytest.fixture(autouse=True)
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(fuzz, "FOUND", tmp_path / "found")
    return tmp_path / "found"


@pytest.mark.parametrize("key", [reader.key for reader in READERS])
def test_damaged_files_give_nothing_but_readers_errors(key: str) -> None:
    (reader,) = (one for one in READERS if one.key == key)
    tally = fuzz.fuzz(reader, CASES, seed=7)
    assert tally.findings == []
    assert tally.cases == CASES, f"{key} has no files in tests/samples"
    assert tally.papers + tally.rejected + tally.refused > 0


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst", "zip", "gz in zip"])
def test_damaged_packed_files_give_nothing_but_readers_errors(packing: str) -> None:
    tally = fuzz.fuzz_packed(packing, CASES, seed=7)
    assert tally.findings == []
    assert tally.refused > 0


class Bad:
    key, name = "csv", "bad"

    def sniff(self, head: bytes, file: str) -> bool:
        return True

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        size = len(stream_of(data).read())
        if size % 3 == 0:
            raise ReaderError("no")
        if size % 3 == 1:
            raise KeyError("yes")
        if size % 5 == 0:
            faulthandler.disable()  # or pytest's tells of it as if it were its own
            os.abort()  # as a library in C may
        yield from ()


def test_another_error_is_found_and_kept_with_its_case(found: Path) -> None:
    tally = fuzz.fuzz(Bad(), 40, seed=1)
    assert 0 < len(tally.findings) < 40
    assert tally.refused > 0
    assert any("KeyError: 'yes'" in why for why in tally.findings)
    assert "the process ended" in tally.findings
    kept = sorted(file for file in found.iterdir() if not file.suffix)
    assert len(kept) == len(tally.findings)
    assert all(len(file.read_bytes()) % 3 > 0 for file in kept)


def test_the_same_numbers_make_the_same_cases(found: Path) -> None:
    fuzz.fuzz(Bad(), 20, seed=1)
    first = {file.name: file.read_bytes() for file in found.iterdir()}
    fuzz.fuzz(Bad(), 20, seed=1)
    assert {file.name: file.read_bytes() for file in found.iterdir()} == first


@pytest.mark.parametrize("hang", [lambda: time.sleep(60), lambda: [None for _ in count()]])
def test_a_hang_is_found(hang: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    def forever() -> Iterator[object]:
        try:
            hang()
        except Exception:
            yield Rejected
        yield from ()

    monkeypatch.setattr(fuzz, "_SECONDS", 0.05)
    assert "more than" in fuzz.drain(forever, fuzz.Tally("x"))
