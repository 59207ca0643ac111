"""Records in JSON lines and in JSON documents of all shapes."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Rejected
from store.readers import json_records
from store.readers.base import ReaderError
from store.readers.json_heads import first_records
from store.readers.json_lists import closed
from store.readers.json_records import Record, records
from tests.store.any_json import Counted, lines_of, values

TWO = [{"title": "A", "n": 1}, {"title": "B", "n": 2.5}]
SHAPES: list[Any] = [
    TWO,
    {"results": TWO},
    {"meta": {"count": 2, "title": "no record"}, "results": TWO, "more": [1, {"a": 2}]},
    {"status": "ok", "message": {"facets": {}, "items": TWO}},
    {"hits": {"total": 2, "hits": TWO}},
    {"search-results": {"entry": TWO}},
    {"10.1/a": TWO[0], "10.1/b": TWO[1]},
]


def fields(data: bytes | io.BufferedReader) -> list[dict[str, Any]]:
    found = list(records(data, "f"))
    assert all(isinstance(one, Record) for one in found)
    assert [one.position for one in found if isinstance(one, Record)] == [*range(1, len(found) + 1)]
    return [one.fields for one in found if isinstance(one, Record)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("indent", [None, 0, 2])
def test_records_are_found_in_a_document_however_it_wraps_them(
    shape: Any, indent: int | None
) -> None:
    assert fields(json.dumps(shape, indent=indent).encode()) == TWO
    assert first_records(json.dumps(shape, indent=indent).encode()) == tuple(TWO)


@pytest.mark.parametrize("shape", SHAPES[:6])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_large_document_gives_the_same_records(
    shape: Any, indent: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps(shape, indent=indent).encode()
    monkeypatch.setattr(json_records, "_AT_ONCE", len(text) // 2 + 1)
    monkeypatch.setattr(json_records, "is_lines", lambda head: False)
    assert fields(text) == TWO


def test_a_lone_object_is_one_record_and_objects_may_follow_one_another() -> None:
    assert fields(json.dumps(TWO[0], indent=2).encode()) == TWO[:1]
    assert fields("\n".join(json.dumps(one, indent=2) for one in TWO).encode()) == TWO


def test_an_empty_file_has_no_records() -> None:
    assert fields(b"") == fields(b"\n ") == fields(b"[]") == fields(b'{"results": []}') == []


def test_lines_have_their_numbers_and_blank_ones_are_none() -> None:
    found = list(records(b'\xef\xbb\xbf{"title": 1}\n\r\n  \n{"title": 2}', "f"))
    assert [(r.position, r.line) for r in found if isinstance(r, Record)] == [(1, 1), (2, 4)]


def test_a_line_may_be_an_answer_with_several_records() -> None:
    assert fields(lines_of([{"results": TWO}, {"results": TWO[:1]}]).encode()) == [*TWO, TWO[0]]


def test_a_bad_line_is_rejected_with_its_text_and_the_file_goes_on() -> None:
    found = list(records(b'{"title": 1}\n{"title": \n[1]\n{"title": "\xe9"}\n', "f"))
    assert [type(one) for one in found] == [Record, Rejected, Rejected, Record]
    bad, no_object = found[1], found[2]
    assert isinstance(bad, Rejected)
    assert isinstance(no_object, Rejected)
    assert (bad.source.position, bad.source.line, bad.text) == (2, 2, '{"title":')
    assert bad.why.startswith("this line is no JSON (Expecting value")
    assert no_object.why == "this line is no JSON object"
    assert isinstance(found[3], Record)
    assert found[3].fields == {"title": "é"}  # Latin-1


def test_a_line_that_is_too_long_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "LONGEST_LINE", 50)
    data = lines_of([{"title": "a"}, {"title": "b" * 200}, {"title": "c"}]).encode()
    found = list(records(data, "f"))
    assert [type(one) for one in found] == [Record, Rejected, Record]
    assert isinstance(found[2], Record)
    assert (found[2].position, found[2].line) == (3, 3)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
@pytest.mark.parametrize("text", [lines_of(TWO), json.dumps(TWO, indent=1)])
def test_other_encodings_are_read(text: str, encoding: str) -> None:
    assert fields(text.encode(encoding)) == TWO


def test_numbers_that_are_none_are_read_as_pandas_writes_them() -> None:
    assert len(fields(b'[{"title": "a", "year": NaN}]')) == 1


def test_a_broken_document_gives_what_is_before_the_break() -> None:
    found = records(json.dumps(TWO).encode()[:-4], "list.json")
    assert isinstance(next(found), Record)
    with pytest.raises(ReaderError, match=r"^list.json is broken JSON after record 1 \("):
        list(found)


@pytest.mark.parametrize("bomb", [b"[" * 300_000, b'[{"a":' * 200_000, b'{"results":' * 100_000])
def test_brackets_without_end_do_no_harm(bomb: bytes) -> None:
    first_records(bomb[:65_536])
    with contextlib.suppress(ReaderError):
        assert all(isinstance(one, Rejected) for one in records(bomb, "f"))


@pytest.mark.parametrize("lines", [True, False])
def test_records_stream(lines: bool) -> None:
    line = json.dumps({"title": "A", "abstract": "b " * 500}).encode()
    many = (
        (line + b"\n" for _ in range(20_000))
        if lines
        else ((b"[" if n == 0 else b",") + line for n in range(20_000))
    )
    stream = Counted(many)
    found = records(io.BufferedReader(stream), "f")
    next(found)
    assert stream.given < 5_000_000
    for _ in range(9_000):
        next(found)
    assert stream.given < 15_000_000


@given(st.lists(st.dictionaries(st.text(max_size=5), values(["title", "data"])), max_size=5))
@settings(max_examples=60)
def test_lines_come_out_as_they_went_in(written: list[dict[str, Any]]) -> None:
    for one in written:
        one["title"] = "t"
    found = [one.fields for one in records(lines_of(written).encode(), "f")]
    assert json.dumps(found) == json.dumps(written)


@given(st.binary(max_size=200) | st.text("[]{}\",:\\ant1\n\ud800 ", max_size=60).map(
    lambda text: text.encode("utf-8", "surrogatepass")))  # fmt: skip
@settings(max_examples=200)
def test_no_input_raises_anything_but_reader_errors(data: bytes) -> None:
    first_records(data)
    with contextlib.suppress(ReaderError):
        list(records(data, "f"))


@given(values(["title", "a b", 'c"d', "e, f"]), st.integers(0, 400))
@settings(max_examples=100)
def test_a_text_that_was_cut_is_closed(value: Any, at: int) -> None:
    text = json.dumps([{"title": "x"}, value])
    if (cut := closed(text[: max(at, 18)])) and at >= 18:
        assert json.loads(cut)[0] == {"title": "x"}


def test_a_text_cut_behind_a_comma_in_a_string_is_closed() -> None:
    assert closed('{"a": [{"b": "c", "d": "e, f') == '{"a": [{"b": "c"}]}'
