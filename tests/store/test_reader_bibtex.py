"""BibTeX and BibLaTeX: what people's files have comes as papers, what is broken is told."""

from __future__ import annotations

from datetime import date as Date

import bibtexparser
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.exporting import export_papers
from store.paper import Paper, Rejected, Source
from store.readers.bibtex import BibTex, names_of
from store.readers.bibtex_entries import entries_of
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

BIBTEX = BibTex()
thorough = settings(deadline=None, max_examples=60)


def one(text: str) -> Paper:
    [paper] = read(BIBTEX, text.encode())
    assert isinstance(paper, Paper), paper
    return paper


def test_the_anthologys_entries_have_their_ids() -> None:
    tides, empty = read_sample(BIBTEX, "anthology.bib")
    assert tides == Paper(
        title="Tide Tables for Tokens: How LLMs Count – and “Miscount”",
        abstract="Counting tokens is harder than it looks. We measure “drift” in 12 models and "
        "find errors of 5% on sequences longer than $2^{10}$ tokens; code is at "
        "https://example.org/tide_tables.",
        authors=("Siân Brook", "Kåre Østby", "María de la Cruz"),
        year=2031,
        venue="Proceedings of the 69th Annual Meeting on Invented Language (Volume 1: Long Papers)",
        url="https://aclanthology.org/2031.acl-long.17/",
        doi="10.18653/v1/2031.acl-long.17",
        other_ids=("acl:2031.acl-long.17",),
        sources=(Source("anthology.bib", 2, 9),),
    )
    assert isinstance(empty, Rejected)
    assert (empty.why, empty.source) == ("it has no abstract", Source("anthology.bib", 3, 25))
    assert "Jo Reed" in empty.fields


def test_a_library_with_macros_a_broken_entry_and_a_volume_is_read() -> None:
    moss, fern, broken, yew, child = read_sample(BIBTEX, "library.bib")
    assert moss == Paper(
        title="Moss, Lichen, and Stone: A Bayesian Survey",
        abstract="We survey 400 walls in situ. Lichen prefers über-old stone (p < 0.05), "
        "moss does not.",
        authors=("The Moss Collaboration", "Robin Hill Jr.", "Ana van der Berg"),
        date=Date(2024, 3, 9),
        venue="Journal of Moss Studies",
        doi="10.5555/moss_24",
        other_ids=("pubmed:39990001",),
        sources=(Source("library.bib", 1, 7),),
    )
    assert isinstance(fern, Paper)
    assert (fern.title, fern.arxiv_id) == ("Spores as Samplers: A Preprint", "2502.01234")
    assert fern.date == Date(2025, 2, 11)
    assert isinstance(broken, Rejected)
    assert (broken.why, broken.source.line) == ("its last brace is missing", 30)
    assert broken.text.startswith("@article{broken2025,\n  author = {Stone, Max}")
    assert isinstance(yew, Paper)
    assert (yew.arxiv_id, yew.venue) == ("2301.09999", None)
    assert isinstance(child, Paper)
    assert (child.venue, child.year) == ("Proceedings of the Third Hedge Workshop", 2022)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ('title = "T, abstract = {A}', "the value of its field 'title' has no end"),
        ("title = {T}, abstract {A}", "what stands after the field 'title' is no 'name = value'"),
        ("!!", "what stands behind its key is no 'name = value'"),
        ("title = {T}, abstract = {A} # ", "the value of its field 'abstract' has no end"),
    ],
)
def test_a_broken_entry_says_why_and_the_next_is_read(fields: str, why: str) -> None:
    text = f"@misc{{a, {fields}}}\n\n@misc{{b, title={{T}}, abstract={{A}}}}"
    broken, whole = read(BIBTEX, text.encode())
    assert isinstance(broken, Rejected)
    assert (broken.why, broken.text) == (why, f"@misc{{a, {fields}")
    assert isinstance(whole, Paper)
    assert whole.sources == (Source("some", 2, 3),)


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ("url = {https://arxiv.org/abs/2401.00001v2}", "arxiv_id", "2401.00001"),
        ("eprint = {2401.00001}, archivePrefix = {arXiv}", "arxiv_id", "2401.00001"),
        ("volume = {abs/2401.00001}, journal = {CoRR}", "arxiv_id", "2401.00001"),
        ("eprint = {123}, eprinttype = {pubmed}", "other_ids", ("pubmed:123",)),
        ("url = {https://www.aclweb.org/anthology/P19-1001}", "other_ids", ("acl:p19-1001",)),
        ("url = {https://api.semanticscholar.org/CorpusID:42}", "other_ids", ("s2:corpus42",)),
        ("howpublished = {\\url{https://a.b/c\\_d}}", "url", "https://a.b/c_d"),
        ("doi = {https://doi.org/10.1/x--y}", "doi", None),
        ("doi = {10.1000/x--y\\_z}", "doi", "10.1000/x--y_z"),
        ("date = {2023-05/2024}", "year", 2023),
        ("year = 2023, month = {5}, day = 3", "date", Date(2023, 5, 3)),
        ("year = 2023, month = may", "date", None),
        ("journaltitle = {J. {X}}", "venue", "J. X"),
        ("institution = {Institute of Moss}", "organisation", "Institute of Moss"),
        ("organization = {IEEE}", "organisation", None),
    ],
)
def test_fields_are_found_where_files_have_them(fields: str, name: str, value: object) -> None:
    paper = one(f"@misc(k, title = {{T}}, abstract = {{A}}, {fields})")
    assert getattr(paper, name) == value


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Doe, Jane AND Roe, Rick and others", ["Jane Doe", "Rick Roe"]),
        ("{Google, Inc.} and {Black and White Group}", ["Google, Inc.", "Black and White Group"]),
        ("Vicente, Ana\n  and\n\tde la Fontaine, Jean", ["Ana Vicente", "Jean de la Fontaine"]),
        ("Jane Doe, Rick Roe, Al Poe", ["Jane Doe", "Rick Roe", "Al Poe"]),
        ("{\\'E}mile Andand", ["Émile Andand"]),
        ("", []),
    ],
)
def test_authors_are_divided_as_bibtex_does(value: str, names: list[str]) -> None:
    assert names_of(value) == names


@given(st.lists(whole_papers, max_size=3))
@thorough
def test_our_own_export_is_read_back(some: list[Paper]) -> None:
    found = read(BIBTEX, "".join(export_papers(some, "bibtex")).encode())
    assert [known(one) for one in found if isinstance(one, Paper)] == [known(one) for one in some]
    assert all(isinstance(one, Paper) for one in found)


@given(st.lists(whole_papers, max_size=3))
@settings(deadline=None, max_examples=15)
def test_entries_are_those_that_bibtexparser_reads(some: list[Paper]) -> None:
    text = "".join(export_papers(some, "bibtex"))
    parser = bibtexparser.bparser.BibTexParser(common_strings=True)
    theirs = parser.parse(text).entries if text else []
    ours = [
        {**entry.fields, "ENTRYTYPE": entry.kind, "ID": entry.key}
        for entry in entries_of(text.encode())
    ]
    for entry in [*ours, *theirs]:
        entry.pop("month", "")
    assert ours == theirs


def test_a_samples_entries_are_those_that_bibtexparser_reads() -> None:
    data = (SAMPLES / "bibtex" / "anthology.bib").read_bytes()
    parser = bibtexparser.bparser.BibTexParser(common_strings=True)
    theirs = parser.parse(data.decode()).entries
    for ours, other in zip(entries_of(data), theirs, strict=True):
        for name, value in ours.fields.items():
            if name != "month":
                assert value.split() == other[name].split()


ENTRY = "@misc{kNUMBER,\n  title = {Paper NUMBER},\n  abstract = {" + "Words. " * 100 + "}\n}\n"


def test_any_number_of_entries_is_read_as_a_stream() -> None:
    streams(BIBTEX, ENTRY)


@given(hostile_texts | st.lists(st.sampled_from([*'@{}"#=,\\ \n()%ax1', "@a{b,c="])).map("".join))
@example("@a{" + "{" * 1000)
@example("@string{a=" * 500)
@thorough
def test_no_input_raises_anything_else(text: str) -> None:
    raises_only_its_own(BIBTEX, text.encode("utf-8", "surrogatepass"))


@given(st.integers(0, 4000), st.binary(max_size=3))
@settings(deadline=None, max_examples=40)
def test_no_damage_to_a_file_raises_anything_else(at: int, put: bytes) -> None:
    data = (SAMPLES / "bibtex" / "library.bib").read_bytes()
    raises_only_its_own(BIBTEX, data[:at] + put + data[at + 2 :])


@pytest.mark.parametrize("name", ["anthology.bib", "library.bib"])
def test_its_files_are_known_by_content(name: str) -> None:
    data = (SAMPLES / "bibtex" / name).read_bytes()
    assert BIBTEX.sniff(data, "x.txt")
    assert BIBTEX.sniff(data[:500], "x")


@pytest.mark.parametrize(
    "text",
    [
        "", "@", "@foo(bar, x = 1)\ndef f(): ...", "@media screen {a, b = c}", "a@b.c {d}",
        "# Read me\n\n```bibtex\n@misc{a, title = {b}}\n```\n", '{"a": "@misc{a, b = {c}}"}',
        '"""Code.\n@misc{a, b = {c}}\n"""', "Dear all,\n" * 20 + "@misc{a, b = {c}}",
        "<p>\n@misc{a, b = {c}}</p>",
    ],
)  # fmt: skip
def test_other_files_are_not_claimed(text: str) -> None:
    assert not BIBTEX.sniff(text.encode(), "x.bib")


def test_samples_of_other_formats_are_not_claimed() -> None:
    assert not [file for file in of_others("bibtex") if BIBTEX.sniff(file.read_bytes(), file.name)]
