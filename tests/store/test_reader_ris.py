"""RIS as different programs write it."""

from __future__ import annotations

from datetime import date as Date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.exporting import export_papers
from store.paper import Paper, Rejected, Source
from store.readers.ris import Ris
from tests.store.any_papers import hostile_texts
from tests.store.any_records import (
    SAMPLES,
    known,
    of_others,
    raises_only_its_own,
    read,
    read_sample,
    streams,
    whole_papers,
)  # fmt: skip

RIS = Ris()
thorough = settings(deadline=None, max_examples=60)


def test_zoteros_records_are_read() -> None:
    hum, nothing, gears = read_sample(RIS, "zotero.ris")
    assert hum == Paper(
        title="Bridges That Hum: Resonance in Cable Networks",
        abstract="Cables hum at night. They hum louder in wind, and we say by how much "
        "(R&D included).",
        authors=("Mika Strand", "Tunde Oyelaran"),
        date=Date(2023, 6, 14),
        venue="Proceedings of the Invented Conference on Bridges",
        url="https://example.org/hum",
        doi="10.5555/hum.2023",
        sources=(Source("zotero.ris", 1, 1),),
    )
    assert isinstance(nothing, Rejected)
    assert (nothing.why, nothing.source.line) == ("it has no abstract", 15)
    assert isinstance(gears, Paper)
    assert (gears.arxiv_id, gears.year, gears.date) == ("2403.04567", 2024, None)


@pytest.mark.parametrize("words", ["No abstract available.", "[Abstract not available]", "n/a"])
def test_words_that_say_there_is_no_abstract_are_none(words: str) -> None:
    text = f"TY  - JOUR\nTI  - Introduction\nAB  - {words}\nDO  - 10.5555/a\nER  - \n"
    (record,) = read(RIS, text.encode(), "one.ris")
    assert isinstance(record, Rejected)
    assert record.why == "it has no abstract"


def test_ovids_records_are_read_without_what_stands_between_them() -> None:
    sleep, space = read_sample(RIS, "ovid.ris")
    assert isinstance(sleep, Paper)
    assert sleep.title == "Sleep and the Invented Mind."
    assert sleep.abstract == "We asked 53 sleepers."
    assert sleep.authors == ("Ulla Doze", "Bo J Nap")
    assert (sleep.doi, sleep.year, sleep.venue) == ("10.5555/sleep.1", 2019, "Journal of Naps")
    assert isinstance(space, Paper)
    assert (space.title, space.other_ids) == ("One Space Is Enough", ("pubmed:30000001",))


@pytest.mark.parametrize(
    ("lines", "name", "value"),
    [
        ("PY  - 2019\nDA  - 2020/01/02/", "date", None),
        ("Y1  - 2019/03/04/", "date", Date(2019, 3, 4)),
        ("AN  - 123\nDB  - PubMed", "other_ids", ("pubmed:123",)),
        ("UR  - https://arxiv.org/abs/2401.00001v1", "arxiv_id", "2401.00001"),
        ("UR  - https://doi.org/10.5555/a.b", "doi", "10.5555/a.b"),
        ("M3  - doi: 10.5555/a.b", "doi", "10.5555/a.b"),
        ("AD  - Institute of Moss", "organisation", "Institute of Moss"),
        ("AD  - Institute of Moss, 12 Wall St., Hedge", "organisation", None),
        ("JO  - arXiv:2401.00001 [cs.CL]", "venue", None),
        ("JF  - Full Name\nJO  - Short", "venue", "Full Name"),
        ("AU  - Doe, Jane, Jr.\nAU  - et al.", "authors", ("Jane Doe Jr.",)),
    ],
)
def test_tags_are_found_where_programs_write_them(lines: str, name: str, value: object) -> None:
    [paper] = read(RIS, f"TY  - JOUR\nTI  - T\nAB  - A\n{lines}\nER  - \n".encode())
    assert isinstance(paper, Paper)
    assert getattr(paper, name) == value


def test_a_record_without_end_ends_with_the_next() -> None:
    text = "TY  - JOUR\nTI  - A\nAB  - B\nTY  - JOUR\nTI  - C\nAB  - D"
    assert [p.title for p in read(RIS, text.encode()) if isinstance(p, Paper)] == ["A", "C"]


def test_a_record_that_is_no_record_is_rejected_with_its_text() -> None:
    text = "TY  - JOUR\nUR  - http://a.b\nnonsense\nTI  - T\n  more\nAB  - B\nER  - \n"
    text += "TY  - JOUR\nTI  - Long\n" + "KW  - words\n" * 50_000 + "ER  - \n"
    text += "TY  - JOUR\nTI  - Next\nAB  - B\nER  - \n"
    *_, long, following = read(RIS, text.encode())
    assert isinstance(long, Rejected)
    assert long.text.startswith("TY  - JOUR\nTI  - Long")
    assert isinstance(following, Paper)


@given(st.lists(whole_papers, max_size=3))
@thorough
def test_our_own_export_is_read_back(some: list[Paper]) -> None:
    found = read(RIS, "".join(export_papers(some, "ris")).encode())
    assert [known(one) for one in found if isinstance(one, Paper)] == [known(one) for one in some]


RECORD = "TY  - JOUR\nTI  - Paper NUMBER\nAB  - " + "Words. " * 100 + "\nER  - \n\n"


def test_any_number_of_records_is_read_as_a_stream() -> None:
    streams(RIS, RECORD, 5_000)


@given(hostile_texts | st.lists(st.sampled_from(
    ["TY  - JOUR\n", "ER  - ", "\n", "TI  - a", "UR  - ", "UK  - ", " x", "AU  -", "KW  - b\n", ";"]
)).map("".join))  # fmt: skip
@example("TY  - JOUR\nx\n")
@thorough
def test_no_input_raises_anything_else(text: str) -> None:
    raises_only_its_own(RIS, text.encode("utf-8", "surrogatepass"))


def test_its_files_are_known_by_content_and_no_others() -> None:
    for file in (SAMPLES / "ris").iterdir():
        assert RIS.sniff(file.read_bytes(), "x.txt")
    assert not [file for file in of_others("ris") if RIS.sniff(file.read_bytes(), file.name)]
    assert not RIS.sniff(b"TY for all\nTY  - is a tag of RIS\n", "x.ris")
