"""CSV and its kin: columns by name, dialects, and rows that aren't as they should be."""

from __future__ import annotations

import contextlib
import csv
import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.exports.table import table
from store.paper import Paper, Rejected
from store.readers.base import Origin, ReaderError, UnknownFormat
from store.readers.tables import CsvTable
from tests.store.packing import Pipe

SAMPLES = Path(__file__).parents[1] / "samples"
TITLES = [
    "Salt and the Lamps of Forty Lighthouses",
    "Hearing a Swarm: Early Signs in the Hum of Hives",
    "Churches Don't Move; Rivers Do",
    "Growing Dialect Dictionaries with Pictures, Cheaply",
]
LONG = "We count ferries at dusk and at dawn. There are more of them at dawn, " * 3 + "always."


def read(data: bytes | BinaryIO) -> tuple[list[Paper], list[Rejected]]:
    found: tuple[list[Paper], list[Rejected]] = ([], [])
    for one in CsvTable().read(data, Origin("a.csv")):
        found[isinstance(one, Rejected)].append(one)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("file", sorted((SAMPLES / "csv").iterdir()), ids=lambda file: file.name)
def test_the_samples_are_known_and_read(file: Path) -> None:
    data = file.read_bytes()
    assert CsvTable().sniff(data, file.name)
    papers, rejected = read(data)
    titles = [t for t in TITLES if file.name != "scopus.csv" or t != TITLES[1]]
    assert [paper.title for paper in papers] == titles
    assert [reject.why for reject in rejected] == ["it has no abstract"] * (4 - len(titles))
    assert papers[0].abstract.startswith("We follow forty lighthouses")
    assert papers[-1].abstract.endswith('than "name this", at the same cost.')
    assert [paper.authors for paper in papers if paper.title == TITLES[2]] == [
        ("Piet van der Berg", "Lucie Moreau", "Jun Sato")
    ]
    assert [paper.year for paper in papers][-1] == 2024
    if file.name != "excel.csv":
        assert papers[0].doi == "10.5555/lamp.2021.7"


def test_a_zotero_export_gives_date_venue_and_url() -> None:
    paper = read((SAMPLES / "csv" / "zotero.csv").read_bytes())[0][0]
    assert str(paper.date) == "2021-01-10"
    assert paper.venue == "Journal of Small Wonders"
    assert paper.url == "https://example.org/0"
    assert (paper.sources[0].position, paper.sources[0].line) == (1, 2)


def test_positions_count_records_and_lines_count_lines() -> None:
    papers, rejected = read(
        f'title,abstract\n\nA b,"{LONG}\nand on"\nC d,\n\nE f,{LONG!r}\n'.encode()
    )
    assert [(p.sources[0].position, p.sources[0].line) for p in papers] == [(1, 3)]
    assert [(r.source.position, r.source.line) for r in rejected] == [(2, 5), (3, 7)]
    assert rejected[0].why == "it has no abstract"
    assert rejected[0].fields == '{"title": "C d"}'
    assert "it has 5 cells where the first row has 2" in rejected[1].why


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_dialect_is_found_by_content(encoding: str, mark: str, end: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, lineterminator=end)
    writer.writerow(["Title", "Year", "Abstract"])
    writer.writerow(["Zoë’s café, or: a|b; c", 2020, f'{LONG}{end}"Quoted", and more|less;\tx'])
    writer.writerow(["Other", 2021, LONG])
    data = out.getvalue().encode(encoding)
    assert CsvTable().sniff(data, "a")
    papers, rejected = read(data)
    assert rejected == []
    assert [paper.title for paper in papers] == ["Zoë’s café, or: a|b; c", "Other"]
    assert '"Quoted", and more|less; x' in papers[0].abstract


def test_quotes_escaped_by_a_backslash_are_quotes() -> None:
    data = f'"title","abstract"\n"A \\"b\\" c","{LONG}, \\"so\\", yes"\n"D","{LONG}"\n'.encode()
    papers, _ = read(data)
    assert papers[0].title == 'A "b" c'
    assert papers[0].abstract.endswith('"so", yes')


def test_a_cell_that_is_too_long_costs_one_record() -> None:
    bad = b'Bad,"' + b"x" * (1 << 20) + b' y"\n'
    line = b"Line," + b"z" * (9 << 20) + b"\n"
    good = f'Good,"{LONG}"\n'.encode()
    papers, rejected = read(b"title,abstract\n" + good + bad + line + good)
    assert [paper.title for paper in papers] == ["Good", "Good"]
    assert "a cell is longer than" in rejected[0].why
    assert "lines 3 to 3" in rejected[0].why
    assert "a line is longer" in rejected[1].why
    assert [one.source.position for one in rejected] == [2, 3]
    assert papers[1].sources[0].line == 5


def test_a_table_without_names_is_read_where_it_is_said_to_be_one() -> None:
    rows = "".join(f'{n},A study of ferry {n},"Jo Doe","{LONG} {n}"\n' for n in range(5))
    assert not CsvTable().sniff(rows.encode(), "a.csv")
    papers, _ = read(rows.encode())
    assert [paper.title for paper in papers] == [f"A study of ferry {n}" for n in range(5)]
    assert papers[0].abstract.startswith("We count")


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "one\ntwo\n", "title,year\nA,2\n", "x"])
def test_a_table_without_titles_and_abstracts_says_what_to_do(text: str) -> None:
    with pytest.raises(UnknownFormat, match="in the first row"):
        read(text.encode())
    assert read(b"") == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "name,description\nnumpy,Arrays of numbers\nrich,Text that shines\n",
        '{"title": "A", "abstract": "B"}\n{"title": "C", "abstract": "D"}\n',
        "Dear Ann,\n\nthe title, and the abstract, are late.\nYours, Bob\n",
        "2024-01-01 10:00:00,INFO,started\n2024-01-01 10:00:01,INFO,stopped\n",
        "title,abstract\n",
        "import csv, io\n\ndef f(title, abstract):\n    return title, abstract\n",
        "TY  - JOUR\nTI  - Title, abstract\nAB  - b, c\nER  - \n",
        "",
    ],
)
def test_other_files_are_not_claimed(text: str) -> None:
    assert not CsvTable().sniff(text.encode(), "a.csv")


def test_the_samples_of_other_formats_are_not_claimed() -> None:
    for file in SAMPLES.glob("*/*"):
        if file.parent.name != "csv":
            assert not CsvTable().sniff(file.read_bytes()[:65_536], file.name), file


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
texts = st.lists(words, min_size=1, max_size=6).map(" ".join)
solid = texts.filter(
    lambda text: any(c.isalnum() for c in text) and not set(text) & set("\\$&<>{}~^_%`-'\"#@")
)


@settings(max_examples=60, deadline=None)
@given(
    papers=st.lists(st.tuples(solid, solid, st.integers(1900, 2030)), min_size=1, max_size=5),
    mark=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
)
def test_what_is_written_is_read(
    papers: list[tuple[str, str, int]], mark: str, quoting: int
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(["Title", "Abstract", "Year"])
    writer.writerows(papers)
    found, rejected = read(out.getvalue().encode())
    assert rejected == []
    assert [(p.year, "".join(p.title.split())) for p in found] == [
        (year, "".join(title.split())) for title, _, year in papers
    ]


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"title,abstract\n", b"\xff\xfet\0"]))
def test_no_bytes_raise_anything_but_a_reader_error(data: bytes, before: bytes) -> None:
    CsvTable().sniff(before + data, "a")
    with contextlib.suppress(ReaderError):
        read(before + data)


def test_all_ids_that_an_export_wrote_are_read_back() -> None:
    ids = ("acl:p19-1001", "doi:10.1002/(sici)1097<1661::aid>3.0.co;2-2", "pubmed:5")
    paper = Paper(title="Ferries at Dawn", abstract=LONG, doi="10.5555/f", other_ids=ids)
    [found], _ = read("".join(table([paper])).encode())
    assert (found.doi, found.other_ids) == ("10.5555/f", ids)


def test_a_large_table_is_read_as_it_comes() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"title,abstract\n"
        for number in range(20_000):
            yield f'Ferry {number},"{LONG}"\n'.encode()

    source = Pipe(pieces())
    records = CsvTable().read(cast(BinaryIO, io.BufferedReader(source)), Origin("a.csv"))
    next(records)
    assert source.taken < 300_000
    tracemalloc.start()
    assert sum(1 for _ in records) == 19_999
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert source.taken > 4_000_000
