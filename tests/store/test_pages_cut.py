"""Listing pages that were cut off, and any page at all: the reader's property tests."""

from __future__ import annotations

from datetime import date as Date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected
from store.readers.page_layout import ending
from store.readers.pages import NotAListingPage
from tests.store.listing import LAYOUTS, ONE, SAVED, TWO, outcomes, page, papers, texts
from tests.store.make_pages import Fake, Layout, fakes, write


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_title_at_the_end_is_rejected(layout: Layout) -> None:
    text = write([Fake("Boats", (ONE,)), Fake("Bridges", (TWO,))], layout)
    whole, rejected = outcomes(text[: -len(TWO)])
    assert isinstance(whole, Paper)
    assert isinstance(rejected, Rejected)
    assert rejected.text == "Bridges"
    assert rejected.source.position == 2
    assert "the page ends after this title" in rejected.why


@pytest.mark.parametrize("layout", LAYOUTS)
def test_half_an_abstract_at_the_end_is_rejected(layout: Layout) -> None:
    text = write([Fake("Boats", (ONE,)), Fake("Bridges", (TWO,))], layout)
    whole, rejected = outcomes(text[:-9])
    assert isinstance(whole, Paper)
    assert isinstance(rejected, Rejected)
    assert rejected.text.startswith("Bridges\n")
    assert "as 1 of the 1 others" in rejected.why


@pytest.mark.parametrize(
    "rest", ["  •", "  • 12", "  • 12 aut", "  • z-org Z", "  • z-org Z.", "  • z-org Z.z"]
)
def test_half_a_footer_at_the_end_leaves_the_record(rest: str) -> None:
    whole, cut = papers(page("Boats", ONE, "  • 3 authors", "Bridges", TWO, rest))
    assert (whole.author_count, cut.author_count, cut.organisation) == (3, None, None)
    assert cut.abstract == TWO


def test_an_open_abstract_at_the_end_is_whole_where_others_end_so_too() -> None:
    assert texts(page("Boats", ONE[:-1], "Tides", ONE, "Bridges", TWO[:-1]))[-1] == (
        "Bridges",
        TWO[:-1],
    )


def test_an_open_abstract_is_whole_with_an_empty_line_behind_it() -> None:
    assert texts(page("Boats", ONE, "Bridges", TWO[:-1]) + "\n\n")[-1] == ("Bridges", TWO[:-1])


def test_a_title_without_an_abstract_is_rejected_and_shifts_nothing() -> None:
    footer = "  • 3 authors\n·\nJun 2, 2022"
    for text in (
        page("Boats", ONE, "Lost", "Bridges", TWO, "Tides", ONE),
        page("Boats", ONE, footer, "Lost", footer, "Bridges", TWO, footer, "Tides", ONE),
        page("Boats", ONE, footer, "Lost", "Bridges", TWO, footer, "Tides", ONE, footer),
    ):
        found = outcomes(text)
        assert [p.title for p in found if isinstance(p, Paper)] == ["Boats", "Bridges", "Tides"]
        assert [(r.text, r.source.position) for r in found if isinstance(r, Rejected)] == [
            ("Lost", 2)
        ]


def check_cut(data: bytes, records: list[Fake], layout: Layout) -> None:
    """What a cut page may give: whole records, and for the cut one nothing or a rejection.

    A cut behind a full stop can't be seen, nor what is missing of a footer.
    """
    try:
        found = outcomes(data, SAVED)
    except NotAListingPage:
        return
    whole = [outcome for outcome in found if isinstance(outcome, Paper)]
    assert len(found) - len(whole) <= 1
    for paper, record in zip(whole[:-1], records, strict=False):
        assert_same(paper, record, layout)
    if whole:
        paper, record = whole[-1], records[len(whole) - 1]
        assert paper.title == record.title
        assert record.abstract.startswith(paper.abstract)
        assert paper.abstract == record.abstract or ending(paper.abstract) != "open"


def assert_same(paper: Paper, record: Fake, layout: Layout) -> None:
    assert (paper.title, paper.abstract) == (record.title, record.abstract)
    if layout != "footers":
        return
    organisation = record.organisation[1] if record.organisation else None
    assert (paper.author_count, paper.organisation) == (record.authors, organisation)
    assert (paper.date, paper.upvotes) == (record.date, record.upvotes)


# With this record before it nothing hides that a page has footers.
FIRST = Fake("First of all", (ONE,), authors=3, date=Date(2024, 1, 2))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_page_cut_at_any_byte(layout: Layout) -> None:
    records = [
        Fake("Boats", (ONE, "It is short.", TWO), authors=3, date=Date(2024, 5, 1), upvotes=12),
        Fake("τ-bridges: who sways?", ("Ça va, as they say of bridges.",),
             organisation=("x-y", "X Y"), date=Date(2025, 5, 1), year_shown=False),
        Fake("Tides", (TWO,), width=40),
    ]  # fmt: skip
    data = write([FIRST, *records], layout).encode()
    for end in range(len(data)):
        check_cut(data[:end], [FIRST, *records], layout)


# Properties


@pytest.mark.parametrize("layout", LAYOUTS)
@given(st.data())
@settings(max_examples=120, deadline=None)
def test_any_page_is_read_as_it_was_written(layout: Layout, data: st.DataObject) -> None:
    records = data.draw(st.lists(fakes(SAVED), min_size=1, max_size=8))
    end = data.draw(st.sampled_from(["\n", "\n\n", "\n \n\t\n"]))
    found = papers(write(records, layout) + end, SAVED)
    assert len(found) == len(records)
    for paper, record in zip(found, records, strict=True):
        assert_same(paper, record, layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@given(st.data())
@settings(max_examples=120, deadline=None)
def test_any_page_can_be_cut(layout: Layout, data: st.DataObject) -> None:
    records = [FIRST, *data.draw(st.lists(fakes(SAVED), min_size=1, max_size=5))]
    whole = write(records, layout).encode()
    check_cut(whole[: data.draw(st.integers(0, len(whole)))], records, layout)
