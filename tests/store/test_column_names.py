"""Columns and keys that somebody names, as guessing can't know them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from unicodedata import normalize

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.paper import Opened, Paper, Rejected, Skipped
from store.readers import read_file, read_paths
from store.readers.base import Origin, ReaderError
from store.readers.column_names import ColumnNames
from store.readers.columns import NAMES
from store.readers.tables import CsvTable

Rows = Sequence[Mapping[str, str]]
GERMAN: Rows = [
    {"Nr": "1", "Titel": "Glocken im Nebel", "Kurz gefaßt": "Wir läuten; man hört es weit, oft."},
    {"Nr": "2", "Titel": "Fähren, spät", "Kurz gefaßt": "Wir zählen Fähren. Abends sind es mehr."},
]
TOLD = ("title=Titel", "abstract=Kurz gefaßt")


def table(rows: Rows, mark: str) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=mark)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def parquet(rows: Rows) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), out)
    return out.getvalue()


KINDS: dict[str, Callable[[Rows], bytes]] = {
    "a.csv": lambda rows: table(rows, ","),
    "excel.csv": lambda rows: table(rows, ";"),
    "a.tsv": lambda rows: table(rows, "\t"),
    "a.parquet": parquet,
    "a.jsonl": lambda rows: "\n".join(map(json.dumps, rows)).encode(),
    "list.json": lambda rows: json.dumps(rows, ensure_ascii=False).encode(),
    "wrapped.json": lambda rows: json.dumps({"data": [{"paper": row} for row in rows]}).encode(),
}
anything = pytest.mark.parametrize("kind", KINDS)


def read(
    path: Path, *told: str, format: str | None = None
) -> tuple[list[Paper], list[str], list[str]]:
    """Papers, and why others were rejected or skipped."""
    found = list(read_paths([path], format=format, columns=ColumnNames.parse(told)))
    return (
        [one for one in found if isinstance(one, Paper)],
        [one.why for one in found if isinstance(one, Rejected)],
        [one.why for one in found if isinstance(one, Skipped)],
    )


def save(folder: Path, kind: str, rows: Rows) -> Path:
    (folder / kind).write_bytes(KINDS[kind](rows))
    return folder / kind


@anything
def test_a_file_whose_columns_nobody_could_guess_is_read_by_what_is_said(
    kind: str, tmp_path: Path
) -> None:
    path = save(tmp_path, kind, GERMAN)
    assert read(path)[0] == []
    papers, rejected, _ = read(path, *TOLD)
    assert rejected == []
    assert [paper.title for paper in papers] == [row["Titel"] for row in GERMAN]
    assert [paper.abstract for paper in papers] == [row["Kurz gefaßt"] for row in GERMAN]
    assert [paper.sources[0].position for paper in papers] == [1, 2]


@anything
def test_fields_of_which_nothing_is_said_are_guessed(kind: str, tmp_path: Path) -> None:
    rows = [{**row, "Authors": "Ada Quill; Bo Østby", "Jahr": "1999"} for row in GERMAN]
    papers, _, _ = read(save(tmp_path, kind, rows), *TOLD, "year=Jahr")
    assert [(paper.authors, paper.year) for paper in papers] == [
        (("Ada Quill", "Bo Østby"), 1999)
    ] * 2


@anything
def test_what_is_said_goes_before_a_better_known_name(kind: str, tmp_path: Path) -> None:
    rows = [{"title": "no", "Titel": "Glocken", "abstract": "We ring.", "doi": "n/a"}]
    papers, _, _ = read(save(tmp_path, kind, rows), "title=Titel")
    assert [(paper.title, paper.abstract) for paper in papers] == [("Glocken", "We ring.")]


@anything
@pytest.mark.parametrize(
    "name", ["KURZ GEFASST", "kurz-gefaßt", " Kurz_Gefaßt ", normalize("NFD", "Kurz gefaßt")]
)
def test_a_name_may_be_written_in_other_ways(kind: str, name: str, tmp_path: Path) -> None:
    assert len(read(save(tmp_path, kind, GERMAN), "title=titel", f"abstract={name}")[0]) == 2


def test_accents_may_be_composed_or_not(tmp_path: Path) -> None:
    row = {"Título": "Bells", normalize("NFD", "Résumé"): "We ring."}
    for kind in KINDS:
        path = save(tmp_path, kind, [row])
        assert len(read(path, f"title={normalize('NFD', 'Título')}", "abstract=résumé")[0]) == 1


def test_the_very_name_goes_before_one_that_is_like_it(tmp_path: Path) -> None:
    rows = [{"TITEL": "no", "Titel": "Glocken", "%": "We ring.", "#": "no"}]
    for kind in KINDS:
        papers, _, _ = read(save(tmp_path, kind, rows), "title=Titel", "abstract=%")
        assert [(paper.title, paper.abstract) for paper in papers] == [("Glocken", "We ring.")]


@anything
def test_a_column_that_is_not_there_is_told_with_those_that_are(kind: str, tmp_path: Path) -> None:
    path = save(tmp_path, kind, GERMAN)
    papers, (why,), _ = read(path, "title=Titre", "abstract=Kurz gefaßt")
    assert papers == []
    what = "key" if "json" in kind else "column"
    has = "it has 'Nr', 'Titel' and 'Kurz gefaßt'."
    outside = "it has 'paper'."  # where nothing tells that a paper is within
    assert why == f"{kind} has no {what} 'Titre': {outside if 'wrapped' in kind else has}"
    assert read(path, "title=Titel")[1] == [
        f"{kind} has no {what} known as that of abstracts: name it, as 'assistant add --column "
        f"abstract=NAME' does; {has}"
    ]


@anything
def test_a_table_of_papers_without_the_column_is_rejected_too(kind: str, tmp_path: Path) -> None:
    path = save(tmp_path, kind, [{"title": "Bells", "abstract": "We ring.", "year": "1999"}])
    assert len(read(path)[0]) == 1
    papers, (why,), _ = read(path, "title=Titel")
    assert papers == []
    has = "'paper'" if kind == "wrapped.json" else "'title', 'abstract' and 'year'"
    assert f"'Titel': it has {has}." in why


def test_other_files_of_a_folder_go_on(tmp_path: Path) -> None:
    for kind in KINDS:
        save(tmp_path, kind, GERMAN)
    save(tmp_path, "a.csv", [{"Titel": "Bells", "Text": "We ring."}])
    (tmp_path / "prices.csv").write_text("item,price,shop\nlamp,5,A\nrope,7,B\n", "utf-8")
    (tmp_path / "package.json").write_text('{"name": "x", "scripts": {}}', "utf-8")
    (tmp_path / "b.bib").write_text(
        "@article{x, title={Owls}, abstract={We listen to owls.}, year=2020}", "utf-8"
    )
    papers, rejected, skipped = read(tmp_path, *TOLD)
    assert len(papers) == 2 * (len(KINDS) - 1) + 1
    assert rejected == ["a.csv has no column 'Kurz gefaßt': it has 'Titel' and 'Text'."]
    assert sorted(why.split(" has")[0] for why in skipped) == ["package.json", "prices.csv"]


def test_of_several_names_the_first_that_is_there_counts(tmp_path: Path) -> None:
    french = [{"Titre": "Cloches", "Résumé": "On sonne."}]
    save(tmp_path, "a.csv", GERMAN)
    save(tmp_path, "a.jsonl", french)
    told = (*TOLD, "title=Titre", "abstract=Résumé")
    assert {paper.title for paper in read(tmp_path, *told)[0]} == {
        *(row["Titel"] for row in GERMAN),
        "Cloches",
    }
    _, (why,), _ = read(save(tmp_path, "a.tsv", [{"x": "1", "y": "2"}]), *told)
    assert why == "a.tsv has no column 'Titel' or 'Titre': it has 'x' and 'y'."


def test_a_key_may_come_late_and_be_left_out(tmp_path: Path) -> None:
    rows = [{"Titel": f"Bells {n}", "Text": "We ring."} for n in range(900)]
    rows[800]["Kennung"] = "10.5555/bells.800"
    path = save(tmp_path, "a.jsonl", rows)
    papers, rejected, _ = read(path, "title=Titel", "abstract=Text", "doi=Kennung")
    assert (len(papers), rejected) == (900, [])
    assert [paper.doi for paper in papers if paper.doi] == ["10.5555/bells.800"]


def test_keys_are_looked_for_in_a_thousand_records(tmp_path: Path) -> None:
    rows = [{"Titel": f"Bells {n}", "Text": "We ring."} for n in range(1001)]
    rows[1000]["Kennung"] = "10.5555/bells.1000"
    path = save(tmp_path, "a.jsonl", rows)
    papers, (why,), _ = read(path, "title=Titel", "abstract=Text", "doi=Kennung")
    assert (papers, why) == ([], "a.jsonl has no key 'Kennung': it has 'Titel' and 'Text'.")


def test_lines_that_are_no_json_stay_in_their_place(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(["{", *map(json.dumps, GERMAN), "no"]), "utf-8")
    papers, rejected, _ = read(path, *TOLD, format="jsonl")
    assert [paper.sources[0].line for paper in papers] == [2, 3]
    assert len(rejected) == 2


def test_keys_that_are_named_go_before_those_of_a_dialect(tmp_path: Path) -> None:
    item = {"title": "Owls", "note": "We listen to owls.", "type": "article-journal", "id": "1"}
    path = save(tmp_path, "list.json", [item])
    assert read(path)[1] == ["it has no abstract"]
    assert read(path, "abstract=note")[0][0].abstract == "We listen to owls."
    read_as = [one for one in read_paths([path]) if isinstance(one, Opened)]
    assert read_as[0].format == "CSL-JSON"


def test_rejected_records_can_be_added_with_the_columns_of_their_file(tmp_path: Path) -> None:
    path = tmp_path / "rejected.jsonl"
    place = {"rejected": "it was no JSON", "file": "a.jsonl", "position": 3, "line": 3}
    text = json.dumps(GERMAN[0])
    path.write_text(json.dumps({**place, "title": "", "abstract": "", "text": text}), "utf-8")
    (paper,) = read(path, *TOLD)[0]
    assert (paper.title, paper.sources[0].position) == (GERMAN[0]["Titel"], 3)


def test_a_format_and_its_columns_can_both_be_named(tmp_path: Path) -> None:
    path = save(tmp_path, "a.csv", GERMAN)
    assert len(read(path, *TOLD, format="csv")[0]) == 2
    with pytest.raises(ReaderError, match="'bibtex' has no columns to be named: jsonl, parquet, "):
        read(path, *TOLD, format="bibtex")


def test_a_packed_table_and_a_table_without_rows_are_known(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(KINDS["a.csv"](GERMAN)))
    assert len(read(tmp_path / "a.csv.gz", *TOLD)[0]) == 2
    (tmp_path / "empty.csv").write_text("Nr,Titel,Kurz gefaßt\n", "utf-8")
    assert read(tmp_path / "empty.csv", *TOLD) == ([], [], [])


def test_many_and_long_names_are_cut(tmp_path: Path) -> None:
    row = {f"{'x' * 100} {n}": "1" for n in range(30)}
    _, (why,), _ = read(save(tmp_path, "a.parquet", [row]), "title=Titel")
    assert why.endswith("x …' and 10 more.")
    assert len(why) < 1000


def test_fields_go_by_their_names_and_by_what_people_call_them() -> None:
    assert ColumnNames.parse(["title=a", "Author = b c ", "organization=x=y"]).told == {
        "title": ("a",),
        "authors": ("b c",),
        "organisation": ("x=y",),
    }
    with pytest.raises(ReaderError, match=r"no field 'colour': name one of title, abstract, .*id"):
        ColumnNames.parse(["colour=Farbe"])


@pytest.mark.parametrize("said", ["title", "=Titel", "title=", "title= ", ""])
def test_what_names_no_column_is_told(said: str) -> None:
    with pytest.raises(ReaderError, match="names no column: write it as title=Titel"):
        ColumnNames.parse([said])


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda text: bool(text.strip())
)


@given(st.lists(words, min_size=1, max_size=8, unique_by=str.strip), st.data())
def test_each_field_gets_its_own_column_and_only_columns_that_are_there(
    columns: list[str], data: st.DataObject
) -> None:
    fields = data.draw(st.lists(st.sampled_from([*NAMES]), max_size=len(columns), unique=True))
    given_ = dict(zip(fields, columns, strict=False))
    told = ColumnNames.parse(f"{field}={column}" for field, column in given_.items())
    guessed = told.guess(columns)
    assert set(guessed.values()) <= set(columns)
    assert told.all_in(columns) == bool(fields)
    for field, column in given_.items():
        assert normalize("NFC", guessed[field]).strip() == normalize("NFC", column).strip()
    others = [column for field, column in guessed.items() if field not in fields]
    assert not set(others) & {guessed[field] for field in fields}


@given(st.binary(max_size=300) | words.map(str.encode), words)
def test_nothing_but_its_own_errors_comes_of_any_bytes(data: bytes, name: str) -> None:
    told = ColumnNames.parse([f"title={name}", "abstract=b"])
    list(read_file(data, Origin("a"), named=True, columns=told))
    CsvTable(told).sniff(data, "a")
