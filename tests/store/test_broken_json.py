"""An element of a JSON list that is broken is rejected, and all whole ones are read."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected
from store.readers import json_elements, json_records, pick_reader
from store.readers.base import Origin, ReaderError
from store.readers.json_heads import first_records
from store.readers.json_lists import list_in
from store.readers.json_records import Record, records
from store.readers.papers_json import PapersJson
from tests.store.any_json import Counted, lines_of

LAYOUTS: dict[str, tuple[dict[str, Any], str]] = {
    "compact": ({"separators": (",", ":")}, ","),
    "usual": ({}, ", "),
    "lines": ({}, ",\n"),
    "indented": ({"indent": 2}, ",\n"),
}
AROUND = {"list": "[%s]\n", "answer": '{"meta": {"n": 1}, "results": [%s], "next": null}'}
EACH_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS)
EACH_AROUND = pytest.mark.parametrize("around", AROUND)


def one(n: int) -> dict[str, Any]:
    return {
        "id": f"i{n}",
        "title": f"Tides {n}",
        "authors": [{"id": "a", "name": "Ada"}, {"id": "b", "name": "Bø"}],
        "abstract": f'The sea [1] is {{x}} "{n}".',
        "tags": ["a", "b"],
        "year": 2000 + n,
    }


def titles(data: str | bytes) -> list[str]:
    """Titles of what is read, "-" for what is rejected; each has its position."""
    found = list(records(data.encode() if isinstance(data, str) else data, "f"))
    places = [r.position if isinstance(r, Record) else r.source.position for r in found]
    assert places == list(range(1, len(found) + 1))
    return [str(r.fields.get("title")) if isinstance(r, Record) else "-" for r in found]


def is_json(text: str) -> bool:
    try:
        return bool(json.loads(text))
    except ValueError:
        return False


# A brace that begins another object is no such mark: what it makes may be one more record.
MARKS = st.sampled_from(['"', ",", "}", "]", "x", ":", "\n", None])
# Where one's end and the next one's beginning are gone, nothing tells the two apart.
APART = [(1,), (2,), (5,), (1, 3), (2, 4), (1, 3, 5)]


@EACH_LAYOUT
@EACH_AROUND
@given(st.sampled_from(APART), st.lists(st.tuples(st.integers(0, 400), MARKS), min_size=3))
@settings(max_examples=60, deadline=None)
def test_any_one_mark_that_is_lost_or_too_many_breaks_its_record_alone(
    layout: str, around: str, numbers: tuple[int, ...], marks: list[tuple[int, str | None]]
) -> None:
    style, between = LAYOUTS[layout]
    texts = {n: json.dumps(one(n), **style) for n in range(1, 6)}
    broken = set()
    for n, (at, mark) in zip(numbers, marks, strict=False):
        text = texts[n]
        at = at % (len(text) - 1) + (mark is not None)
        marked = text[:at] + (mark or "") + text[at + (mark is None) :]
        if not is_json(marked):
            texts[n] = marked
            broken.add(n)
    found = titles(AROUND[around] % between.join(texts.values()))
    assert found == ["-" if n in broken else f"Tides {n}" for n in texts]


@EACH_LAYOUT
@EACH_AROUND
@pytest.mark.parametrize("piece", [11, 4 << 20])
@pytest.mark.parametrize("broken", [{1}, {2, 3}, {4}, {1, 2, 3}], ids=str)
def test_neighbours_that_are_broken_are_rejected_one_by_one(
    layout: str, around: str, piece: int, broken: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    style, between = LAYOUTS[layout]
    texts = {n: json.dumps(one(n), **style) for n in (1, 2, 3, 4)}
    for n in broken:
        texts[n] = texts[n].replace(".", '."', 1)
    text = AROUND[around] % between.join(texts.values())
    if piece < len(text):
        monkeypatch.setattr(json_records, "_AT_ONCE", 600)  # the list begins within it
        monkeypatch.setattr(json_elements, "_PIECE", piece)
        monkeypatch.setattr(json_records, "pieces_of", lambda s: iter(lambda: s.read(piece), b""))
    assert titles(text) == ["-" if n in broken else f"Tides {n}" for n in texts]


def test_a_broken_record_is_named_by_its_line_and_can_be_mended() -> None:
    text = json.dumps([one(1), one(2), one(3)], indent=1)
    broken = text.replace('"Tides 2"', '"Tides 2')
    reject = list(records(broken.encode(), "f"))[1]
    assert isinstance(reject, Rejected)
    assert broken.splitlines()[reject.source.line - 1] == " {"
    assert reject.source.line == 22
    assert reject.why.startswith("this record is no JSON (Invalid control character at): mend")
    assert reject.text.startswith('{\n  "id": "i2"')
    assert json.loads(reject.text.replace('"Tides 2', '"Tides 2"')) == one(2)
    kept = {"rejected": reject.why, "title": "", "abstract": "", "file": "f", "position": 2}
    mended = {**kept, "text": reject.text.replace('"Tides 2', '"Tides 2"')}
    [paper] = PapersJson().read(lines_of([mended]).encode(), Origin("r"))
    assert isinstance(paper, Paper)
    assert paper.title == "Tides 2"


def test_the_last_record_is_rejected_without_what_ends_the_list() -> None:
    found = list(records(b'[{"title": "A", "n": 1}, {"title": "B" "n": 2}]\n', "f"))
    assert isinstance(found[1], Rejected)
    assert found[1].text == '{"title": "B" "n": 2}'


@pytest.mark.parametrize(
    "text", ['[{"title": "A"},,{"title": "B"},]', '[{"title":"A"}{"title":"B"}]']
)
def test_commas_too_many_or_too_few_between_records_break_none(text: str) -> None:
    assert titles(text) == ["A", "B"]


def test_what_is_no_object_is_rejected_alone() -> None:
    assert titles('[{"title": "A"}, 1, "x", nonsense, {"title": "B"}, [1 2], {"title": "C"}]') == [
        "A", "-", "-", "-", "B", "-", "C",
    ]  # fmt: skip


def test_a_bracket_that_ends_the_list_too_early_loses_none() -> None:
    text = '[{"title": "A"}], {"title": "B"}, {"title": "C"}]'
    assert [title for title in titles(text) if title != "-"] == ["A", "B", "C"]


def test_documents_that_follow_one_another_are_read_each() -> None:
    pages = [{"results": [one(n), one(n + 1)], "next": {"page": [n]}} for n in (1, 3)]
    text = "\n".join(json.dumps(page, indent=2) for page in pages)
    assert titles(text) == [f"Tides {n}" for n in (1, 2, 3, 4)]
    broken = text.replace('"Tides 1"', '"Tides 1')
    assert titles(broken) == ["-", "Tides 2", "Tides 3", "Tides 4"]


DOCUMENTS = {
    "lists": ("[%s, %s]", "\n"),
    "answers": ('{\n"next": [1], "results": [%s, %s]}', "\n"),
    "answers with an end": ('{"results": [%s, %s], "next": {"page": [3]}}', ""),
}


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("broken", [{2}, {4}, {2, 4}, {2, 3}, {2, 3, 4}], ids=str)
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("piece", [11, 4 << 20])
def test_documents_behind_a_broken_last_record_are_read_each(
    document: str,
    broken: set[int],
    indent: int | None,
    piece: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [json.dumps(one(n), indent=indent) for n in range(1, 7)]
    texts = [t.replace("sea", 'sea"') if n in broken else t for n, t in enumerate(texts, start=1)]
    around, between = DOCUMENTS[document]
    text = between.join(around % tuple(texts[n : n + 2]) for n in (0, 2, 4))
    if piece < len(text):
        monkeypatch.setattr(json_records, "_AT_ONCE", 600)
        monkeypatch.setattr(json_elements, "_PIECE", piece)
        monkeypatch.setattr(json_records, "pieces_of", lambda s: iter(lambda: s.read(piece), b""))
    assert titles(text) == ["-" if n in broken else f"Tides {n}" for n in range(1, 7)]


def test_a_broken_last_record_s_text_ends_before_the_next_document() -> None:
    good, broken = '{"title": "A", "n": 1}', '{"title": "B" "n": 2}'
    found = list(records(f"[{good}, {broken}]\n\n[{good},\n{broken}]".encode(), "f"))
    rejects = [(r.source.line, r.text) for r in found if isinstance(r, Rejected)]
    assert rejects == [(1, broken), (4, broken)]


@pytest.mark.parametrize("key", ["references", "notes"])
def test_what_a_broken_record_refers_to_is_not_taken_for_it(key: str) -> None:
    record = {key: [one(1), one(2)], "title": "Main", "abstract": "Tides."}
    assert titles(json.dumps(record, indent=1)) == ["Main"]
    for fault in ("Tides.", '"Ti"des"', ""):
        broken = json.dumps(record, indent=1).replace('"Tides."', fault)
        with pytest.raises(ReaderError, match="f is broken JSON from its start"):
            titles(broken)


def test_records_that_begin_with_a_list_are_read_one_after_another() -> None:
    text = "\n".join(
        json.dumps({"references": [one(n)], "title": f"Main {n}"}, indent=1) for n in (1, 2)
    )
    assert titles(text) == ["Main 1", "Main 2"]


def test_other_lists_of_a_document_are_left_alone() -> None:
    text = json.dumps({"results": [one(1)], "references": [one(2)]})
    assert titles(text.replace(" 1", ' 1"', 1)) == ["-"]


@EACH_LAYOUT
@EACH_AROUND
@pytest.mark.parametrize("broken", [1, 2])
def test_the_format_is_told_though_a_record_is_broken(
    layout: str, around: str, broken: int
) -> None:
    style, between = LAYOUTS[layout]
    texts = [json.dumps(one(n), **style) for n in (1, 2)]
    texts[broken - 1] = texts[broken - 1].replace("sea", 'sea"')
    data = (AROUND[around] % between.join(texts)).encode()
    assert pick_reader(data, "f.json").key == "jsonl"


def test_the_format_is_told_by_the_start_of_the_only_record() -> None:
    assert first_records(b'[{"title": "A", "abstract": "B" "year": 1}]') == (
        {"title": "A", "abstract": "B"},
    )


def test_latin_1_is_read_beside_a_broken_record() -> None:
    assert titles('[{"title": "é"}, {"title": }, {"title": "ø"}]'.encode("latin-1")) == [
        "é", "-", "ø",
    ]  # fmt: skip


def test_the_list_is_found_without_the_rest() -> None:
    place = list_in('{"n": 2, "data": {"items": [ {"tit')
    assert place is not None
    assert (place.start, place.around) == (28, 2)
    assert list_in('{"title": "A", "items": [{"x": 1}]}') is None
    assert list_in('{"features": [{"x": 1}]}') is None


def test_a_broken_record_does_not_hold_up_the_stream() -> None:
    line = json.dumps(one(1)).encode()
    bad = line.replace(b"sea", b'sea"')
    many = ((b"[" if n == 0 else b",") + (bad if n % 10 == 1 else line) for n in range(60_000))
    stream = Counted(many)
    found = records(io.BufferedReader(stream), "f")
    kinds = [type(next(found)) for _ in range(1_000)]
    assert kinds.count(Rejected) == 100
    assert stream.given < 5_000_000


@pytest.mark.parametrize(
    "part",
    ['{"a":', '{"a":[', "[", "{", '{"a":1,', '{"a":"', '"', '{"title":"x" 1},', "x", "}", "],{",
     "[1,", '{"title":[[{"x', " " * 9 + "{"],
)  # fmt: skip
def test_a_file_of_breaks_takes_as_long_as_its_length_says(part: str) -> None:
    def seconds(length: int) -> float:
        data = ('[{"title": "A"},' + part * (length // len(part))).encode()
        start = time.process_time()
        try:
            for _ in records(data, "f"):
                pass
        except ReaderError:
            pass
        return time.process_time() - start

    assert seconds(1_200_000) < 0.3 + 8 * seconds(300_000)
