"""PDFs as papers: what is printed on the first pages."""

from __future__ import annotations

import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected
from store.readers.base import Origin, ReaderError
from store.readers.pdf import Pdf
from tests.store.make_pdf import LEFT, RIGHT, TOP, column, pdf

SAMPLES = Path(__file__).parent.parent / "samples"
TITLE = column(LEFT, TOP, 18, "Counting Gulls by Ear")
AUTHORS = column(LEFT, TOP - 40, 11, "Ada Quill and Ole Brandt", "doi: 10.5555/gulls.1")
ABSTRACT = [
    "A microphone on a pier counts gulls as well as a person does. We com-",
    "pare both over one summer, and find state-of-",
    "the-art counts. A state-of-the-art count needs one microphone.",
]
JOINED = (
    "A microphone on a pier counts gulls as well as a person does. We compare both over one "
    "summer, and find state-of-the-art counts. A state-of-the-art count needs one microphone."
)
BODY = ["Gulls have been counted for long, and", "by many people in many places, with care."] * 6


def read(data: bytes) -> Paper | Rejected:
    [record] = Pdf().read(data, Origin("a.pdf"))
    return record


def paper(data: bytes) -> Paper:
    record = read(data)
    assert isinstance(record, Paper), record
    return record


def one_column(*, heading: str = "Abstract", after: str = "1 Introduction") -> bytes:
    return pdf([
        *TITLE, *AUTHORS,
        *column(LEFT, 640, 12, heading), *column(LEFT, 620, 10, *ABSTRACT),
        *column(LEFT, 570, 12, after), *column(LEFT, 550, 10, *BODY),
    ])  # fmt: skip


@pytest.mark.parametrize("heading", ["Abstract", "ABSTRACT", "A B S T R A C T", "Summary."])
@pytest.mark.parametrize("after", ["1 Introduction", "I. INTRODUCTION", "Keywords: gulls, ears"])
def test_an_abstract_goes_from_its_heading_to_the_next(heading: str, after: str) -> None:
    found = paper(one_column(heading=heading, after=after))
    assert (found.title, found.abstract) == ("Counting Gulls by Ear", JOINED)
    assert found.doi == "10.5555/gulls.1"


def test_two_columns_are_read_one_after_the_other() -> None:
    narrow = [
        "Abstract—A microphone on a pier counts",
        "gulls as well as a person does, and",
        "all",
    ]
    found = paper(
        pdf([
            *TITLE, *column(LEFT, 640, 9, *narrow), *column(LEFT, 200, 9, "the other counts"),
            *column(RIGHT, 640, 9, "that we compared over one summer agree.", "Index Terms—gulls"),
            *column(RIGHT, 590, 10, "I. INTRODUCTION", *BODY),
        ])
    )  # fmt: skip
    assert found.abstract == (
        "A microphone on a pier counts gulls as well as a person does, and all the other counts "
        "that we compared over one summer agree."
    )


def test_an_abstract_may_go_on_behind_the_page() -> None:
    pages = [
        [*TITLE, *column(LEFT, 640, 10, "Abstract", *ABSTRACT[:2])],
        [*column(LEFT, TOP, 10, ABSTRACT[2]), *column(LEFT, 700, 12, "1 Introduction", *BODY)],
    ]
    assert paper(pdf(*pages)).abstract == JOINED


def test_the_documents_title_counts_if_it_is_printed() -> None:
    page = [
        *column(LEFT, TOP, 22, "Gull Letters and Notes"), *column(LEFT, 690, 14, "Counting Gulls"),
        *column(LEFT, 640, 10, "Abstract", *ABSTRACT),
    ]  # fmt: skip
    assert paper(pdf(page, info={"Title": "Counting gulls"})).title == "Counting gulls"
    for wrong in ("Microsoft Word - gulls.doc", "untitled", "An Older Paper", "gulls.tex"):
        assert paper(pdf(page, info={"Title": wrong})).title == "Gull Letters and Notes"


def test_authors_are_taken_if_all_are_printed() -> None:
    page = [*TITLE, *AUTHORS, *column(LEFT, 640, 10, "Abstract", *ABSTRACT)]
    told = pdf(page, info={"Author": "Ada Quill; Ole Brandt"})
    assert paper(told).authors == ("Ada Quill", "Ole Brandt")
    for wrong in ("admin", "Ada Quill; Somebody Else"):
        assert paper(pdf(page, info={"Author": wrong})).authors == ()


def test_arxivs_stamp_gives_id_and_day() -> None:
    stamp = column(LEFT, 770, 9, "arXiv:2404.05678v2 [cs.SD] 8 Apr 2024")
    found = paper(pdf([*stamp, *TITLE, *column(LEFT, 640, 10, "Abstract", *ABSTRACT)]))
    assert (found.arxiv_id, str(found.date)) == ("2404.05678", "2024-04-08")
    assert found.title == "Counting Gulls by Ear"


def test_without_an_abstract_it_is_rejected_with_what_was_read() -> None:
    record = read(pdf([*TITLE, *AUTHORS, *column(LEFT, 600, 12, "1 Introduction", *BODY)]))
    assert isinstance(record, Rejected)
    assert record.why.startswith("no abstract was found on its first pages")
    assert record.text == "Counting Gulls by Ear"
    assert "10.5555/gulls.1" in record.fields


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (pdf([*TITLE, *AUTHORS], encrypted=True), "password"),
        (pdf([], []), "text recognition"),
        (b"%PDF-1.4\n1 0 obj\n<<", "can't be read"),
        (one_column()[:400], "can't be read|text recognition"),
        (pdf([*TITLE], contents=zlib.compress(b"0" * (70 << 20))), "more work"),
        (pdf([*TITLE], contents=zlib.compress(b"BT /F1 9 Tf (aaaaaaaaaa) Tj ET " * 5_000)),
         "more work"),
    ],
    ids=["locked", "pictures", "broken", "cut", "bomb", "letters"],
)  # fmt: skip
def test_what_holds_no_readable_text_is_an_error_in_a_sentence(data: bytes, why: str) -> None:
    with pytest.raises(ReaderError, match=why):
        read(data)


@given(st.lists(st.sampled_from("gulls count tides slowly with care over summers".split()), min_size=20, max_size=60))  # fmt: skip  # noqa: E501, SIM905
@settings(max_examples=15, deadline=None)
def test_what_is_printed_is_read(words: list[str]) -> None:
    lines = [" ".join(words[n : n + 10]) for n in range(0, len(words), 10)]
    found = paper(pdf([*TITLE, *column(LEFT, 640, 10, "Abstract", *lines, "1 Introduction")]))
    assert found.abstract == " ".join(words)


@given(data=st.binary(max_size=60), cut=st.integers(0, 300), at=st.integers(0, 3000))
@settings(max_examples=60, deadline=None)
def test_nothing_else_is_raised(data: bytes, cut: int, at: int) -> None:
    whole = (SAMPLES / "pdf" / "gulls.pdf").read_bytes()
    with suppress(ReaderError):
        list(Pdf().read(whole[:at] + data + whole[at + cut :], Origin("a.pdf")))


def test_files_of_others_are_not_claimed() -> None:
    for path in SAMPLES.glob("*/*"):
        claimed = Pdf().sniff(path.read_bytes()[:65_536], path.name)
        assert claimed == (path.parent.name == "pdf"), path
    assert not Pdf().sniff(b"PDF files begin with %PDF-1.4.", "notes.pdf")
