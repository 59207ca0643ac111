"""The reader of saved listing pages: layouts, dates, what is refused, odd characters."""

from __future__ import annotations

from contextlib import suppress
from datetime import date as Date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Source
from store.readers.base import Origin, Reader, ReaderError
from store.readers.pages import ListingPage, NotAListingPage
from tests.steps import steps
from tests.store.listing import LAYOUTS, ONE, SAVED, TODAY, TWO, outcomes, page, papers, texts
from tests.store.make_pages import Fake, Layout, title, write

# Layouts


def test_reads_a_whole_record() -> None:
    reader: Reader = ListingPage(TODAY)
    text = page("Boats", ONE, "  • 3 authors\n·\nSep 16, 2024 5")
    assert reader.sniff(text.encode(), "page.txt")
    assert list(reader.read(text.encode(), Origin("page.txt"))) == [
        Paper(
            title="Boats",
            abstract=ONE,
            author_count=3,
            date=Date(2024, 9, 16),
            upvotes=5,
            sources=(Source("page.txt", 1, 7),),
        )
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Do boats count? A harbour's view of things",
        "Is it so?",
        "Counting: boats, bridges and the rest",
        "p-adic boats",
        "3D boats of 2023",
        "new boats for old harbours",
        "Subscribe to boats: a survey",
        "Subscribers of harbours",
        "Boats vs. bridges! Again",
        "Daily Papers",
        "Models",
        "May the boats be counted",
        "On boats " + "and the many bridges under which they must pass " * 9,
    ],
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_titles_of_all_kinds(name: str, layout: Layout) -> None:
    records = [Fake("Bridges", (TWO,)), Fake(" ".join(name.split()), (ONE,)), Fake("Tides", (TWO,))]
    expected = [(record.title, record.abstract) for record in records]
    assert texts(write(records, layout)) == expected


@pytest.mark.parametrize("name", ["Subscribe to boats: a survey", "new boats for old harbours"])
def test_a_first_title_keeps_a_word_of_the_site(name: str) -> None:
    assert texts(page(name, ONE)) == [(name, ONE)]


def test_the_button_is_taken_off_the_first_title() -> None:
    header = "Get trending papers in your email inbox!\n"
    assert texts(f"{header}SubscribeBoats\n{ONE}\nBridges\n{TWO}")[0] == ("Boats", ONE)
    assert texts(f"{header}Subscribep-adic boats\n{ONE}")[0] == ("p-adic boats", ONE)
    assert texts(f'{header}Subscribe"Boats"\n{ONE}')[0] == ('"Boats"', ONE)
    # This header has its button, so the word is the title's.
    assert texts(page("SubscribeNet", ONE))[0] == ("SubscribeNet", ONE)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_abstracts_of_all_kinds(layout: Layout) -> None:
    records = [
        Fake("Short", ("We count boats, and we count them twice.",)),
        Fake("A title much longer than all that is said of it, as happens", (ONE[:52] + ".",)),
        Fake("With an address", (ONE + " Code: https://example.org/boats",)),
        Fake("With a glued address", (ONE + " It is athttps://example.org/boats",)),
        Fake("Without a full stop", (TWO[:-1],)),
        Fake("With a question at its end", (ONE + " But who counts the counters?",)),
        Fake("Whole", (TWO,)),
    ]  # fmt: skip
    assert texts(write(records, layout)) == [(r.title, r.abstract) for r in records]


def test_wrapped_lines_are_joined() -> None:
    wrapped = page(
        "Boats and\nbridges", ONE.replace(" ", "\n"), "Tides", TWO.replace(" and", "\n and")
    )
    assert texts(wrapped) == [("Boats and bridges", ONE), ("Tides", TWO)]


def test_a_footer_ends_a_record_of_several_paragraphs() -> None:
    footer = "  • 3 authors\n·\nJun 2, 2022"
    text = page("Boats", ONE, "This is short.", TWO, footer, "Bridges", TWO, footer)
    assert texts(text) == [("Boats", f"{ONE} This is short. {TWO}"), ("Bridges", TWO)]


def test_records_without_footers_between_others() -> None:
    footer = "  • 3 authors\n·\nJun 2, 2022"
    text = page("A", ONE, footer, "B", TWO, "C?", ONE, "D", TWO, footer, "E", ONE)
    found = papers(text)
    assert [(p.title, p.author_count) for p in found] == [
        ("A", 3), ("B", None), ("C?", None), ("D", 3), ("E", None),
    ]  # fmt: skip


def test_a_title_with_a_full_stop_stays_a_title_where_titles_and_abstracts_alternate() -> None:
    text = page("Boats", TWO, "All you need is boats.", f"{ONE} {TWO}", "Bridges", ONE)
    assert [name for name, _ in texts(text)] == ["Boats", "All you need is boats.", "Bridges"]


def test_titles_with_full_stops_where_each_line_is_a_title_or_an_abstract() -> None:
    records = [Fake(f"Counting boats of type {i}, and then some.", (ONE,)) for i in range(4)]
    records.insert(2, Fake("Bridges", (TWO,)))
    assert texts(write(records, "lines")) == [(r.title, r.abstract) for r in records]


def test_empty_lines_between_records_or_astray() -> None:
    records = [(f"Boats of type {i}", ONE) for i in range(9)]
    blocks = [f"{name}\n{abstract}" for name, abstract in records]
    assert texts(page(*blocks)) == records
    assert texts(page("\n".join(blocks))) == records
    astray = (
        "\n".join(blocks)
        .replace("4\n", "4\n\n")
        .replace("\nBoats of type 7", "\n\nBoats of type 7")
    )
    assert texts(page(astray)) == records


@pytest.mark.parametrize(
    "record",
    [
        Fake("Is it so?", ("Boats sway and then they sway a lot.", f"{TWO} {ONE}"), 3, width=80),
        Fake(
            f"Who counts boats in a harbour {'full of boats ' * 3}and how?", (TWO,) * 3, 3, width=46
        ),
    ],
)
def test_wrapped_lines_in_several_paragraphs(record: Fake) -> None:
    assert texts(write([record], "footers")) == [(record.title, record.abstract)]


@pytest.mark.parametrize(
    ("footer", "authors", "organisation", "date", "upvotes"),
    [
        ("  • 1 authors\n·\nNov 22, 2023", 1, None, Date(2023, 11, 22), None),
        ("  • 1 author\n·\nNov 22, 2023 1,204", 1, None, Date(2023, 11, 22), 1204),
        ("• 12 authors\n\n·\n\nNov 22, 2023 7", 12, None, Date(2023, 11, 22), 7),
        ("• 12 authors\n·\nNov 22, 2023\n7", 12, None, Date(2023, 11, 22), 7),
        ("  • tencent Tencent\n·\nNov 22, 2023", None, "Tencent", Date(2023, 11, 22), None),
        ("tencent Tencent\n·\nNov 22, 2023", None, "Tencent", Date(2023, 11, 22), None),
        ("  • lab A Lab Inc.\n·\nNov 22, 2023", None, "A Lab Inc.", Date(2023, 11, 22), None),
        ("  • Acme\n·\nNovember 22, 2023", None, "Acme", Date(2023, 11, 22), None),
        ("  • 12 authors", 12, None, None, None),
        ("  • some-lab Some Lab", None, "Some Lab", None, None),
        ("·\nNov 22, 2023 3", None, None, Date(2023, 11, 22), 3),
        ("  • 4 authors\n·\nFeb 30, 2023 8", 4, None, None, 8),
        ("  • 4 authors\n·\nFeb 29, 2023", 4, None, None, None),
        ("  • 4 authors\n·\nMay 0, 2023", 4, None, None, None),
        ("  • 4 authors\n·\nMay 1, 0000", 4, None, None, None),
        ("  • 4 authors\n·\n3 days ago", 4, None, None, None),
        ("  • 4 authors\n·\nMay 1, 2099 2", 4, None, None, 2),
    ],
)  # fmt: skip
def test_footers(
    footer: str,
    authors: int | None,
    organisation: str | None,
    date: Date | None,
    upvotes: int | None,
) -> None:
    first, second = papers(page("Boats", ONE, footer, "Bridges", TWO))
    assert (first.title, first.abstract) == ("Boats", ONE)
    assert (first.author_count, first.organisation) == (authors, organisation)
    assert (first.date, first.upvotes, first.date_inferred) == (date, upvotes, False)
    assert (second.title, second.abstract, second.date) == ("Bridges", TWO, None)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_page_needs_no_header(layout: Layout) -> None:
    records = [Fake("Boats", (ONE,), authors=3), Fake("Bridges", (TWO,))]
    text = write(records, layout, header=False)
    assert ListingPage(TODAY).sniff(text.encode(), "page.txt")
    assert texts(text) == [("Boats", ONE), ("Bridges", TWO)]


def test_links_at_the_foot_of_the_site_are_no_records() -> None:
    foot = "Previous\n\n1\n\n2\n\nNext\n\nCompany\n\nTOS"
    assert texts(page("Boats", ONE, foot)) == [("Boats", ONE)]


def test_several_pages_in_one_file() -> None:
    first = page("Boats", ONE, "  • 3 authors\n·\nMay 1", "B", TWO, "·\nMay 1, 2021", day="Nov 5")
    second = page("Tides", TWO, "·\nMay 1", "D", ONE, "·\nMay 1, 2023", day="Jun 7")
    found = papers(f"{first}\n{second}")
    assert [p.title for p in found] == ["Boats", "B", "Tides", "D"]
    assert [p.date and p.date.year for p in found] == [2022, 2021, 2024, 2023]
    assert [p.sources[0].position for p in found] == [1, 2, 3, 4]


# Dates


def dated(*days: str, saved: Date | None = None, day: str = "Nov 5") -> list[tuple[str, bool]]:
    records = [part for i, d in enumerate(days) for part in (f"Boats {i}", ONE, f"·\n{d}")]
    found = papers(page(*records, day=day), saved)
    return [(str(paper.date), paper.date_inferred) for paper in found]


def test_a_day_takes_the_year_behind_the_newest_printed_one() -> None:
    assert dated("Feb 3", "May 1, 2021", "Nov 5", "May 1, 2023 7") == [
        ("2024-02-03", True), ("2021-05-01", False), ("2024-11-05", True), ("2023-05-01", False),
    ]  # fmt: skip


def test_a_day_behind_the_page_s_own_is_from_the_year_before() -> None:
    assert dated("Dec 28", "Jan 2", "May 1, 2022", day="Jan 4") == [
        ("2022-12-28", True), ("2023-01-02", True), ("2022-05-01", False),
    ]  # fmt: skip


def test_no_day_lies_in_the_future() -> None:
    # Today is the first of March 2026, so the page can't be from November 2026.
    assert dated("Feb 3", "May 1, 2025") == [("2025-02-03", True), ("2025-05-01", False)]
    assert dated("Feb 3", "Apr 9", "May 1, 2025", day="Daily Papers") == [
        ("2026-02-03", True), ("2025-04-09", True), ("2025-05-01", False),
    ]  # fmt: skip
    assert dated("Feb 3", saved=Date(2031, 1, 1)) == [("2026-02-03", False)]


def test_the_day_of_the_save_settles_the_year() -> None:
    assert dated("Feb 3", "Nov 20", "May 1, 2020", saved=SAVED) == [
        ("2025-02-03", False), ("2024-11-20", False), ("2020-05-01", False),
    ]  # fmt: skip


def test_a_year_in_the_header_settles_it_too() -> None:
    assert dated("Feb 3", "May 1, 2020", day="Nov 5, 2023")[0] == ("2023-02-03", False)


def test_without_any_year_there_is_no_date_but_upvotes() -> None:
    (paper,) = papers(page("Boats", ONE, "  • 3 authors\n·\nApr 13 2"))
    assert (paper.date, paper.date_inferred, paper.upvotes) == (None, False, 2)


def test_the_29th_of_february_needs_its_year() -> None:
    assert dated("Feb 29", "May 1, 2023")[0] == ("2024-02-29", True)
    assert dated("Feb 29", "May 1, 2022")[0] == ("None", False)


# What is no listing page


SCENE = (
    "Chapter 1",
    "The boat left late.",
    "Nobody had counted it. It was small, and it was grey,\nand it was gone.",
    '"Gone?" she said.',
    '"Gone," he said, "like the last one."',
)
NOVEL = "\n\n".join(SCENE * 40)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\n\t\n",
        NOVEL,
        NOVEL.replace("\n\n", "\n"),
        "The boat left late and nobody had counted it. " * 999,
        '{"title": "Boats", "abstract": "We count boats."}\n' * 50,
        '[\n  {\n    "title": "Boats",\n    "abstract": "We count boats."\n  }\n]\n',
        f"<!doctype html>\n<title>Boats</title>\n\n{page('Boats', ONE, '• 3 authors')}",
        f"From: a@example.org\nSubject: boats\n\nDear Ann,\n\n{ONE}\n\nBest wishes,\nBo\n",
        f"Dear Ann\n\n{ONE}\n\nBest wishes\n",
        f"# Boats\n\n{ONE}\n\n## Bridges\n\n{TWO}\n\n## Tides\n\n{ONE}\n",
        f"@article{{boats,\n  title = {{Boats}},\n  abstract = {{{ONE}}},\n}}\n\n" * 5,
        f"title,abstract\nBoats,{ONE}\nBridges,{TWO}\n",
        "def count(boats):\n    return len(boats)\n\n\nclass Boat:\n    pass\n",
        "Boats\n\nbridges\n\ntides\n",
        "1\n" * 50_000,
        page(),
        "Get trending papers in your email inbox!\n\nSubscribe",
    ],
)
def test_other_files_are_refused(text: str) -> None:
    assert not ListingPage(TODAY).sniff(text.encode(), "some/notes.txt")
    with pytest.raises(NotAListingPage) as caught:
        ListingPage(TODAY).read(text.encode(), Origin("some/notes.txt"))
    assert str(caught.value) == (
        "notes.txt is no listing page: expected the text of a saved page of papers, each a title "
        "with its abstract under it."
    )


def test_wrapped_prose_under_a_header_is_refused_and_not_guessed_at() -> None:
    prose = "\n".join(f"{TWO[:40]}\n{ONE[:45]}\n{TWO[20:64]}" for _ in range(30))
    with pytest.raises(NotAListingPage):
        outcomes(f"Get trending papers in your email inbox!\n{prose}")


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda t: t.encode("utf-8", "replace")))
@settings(max_examples=300, deadline=None)
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    for tried in (data, page("Boats", ONE).encode() + data, data + page("Boats", ONE).encode()):
        try:
            found = outcomes(tried)
        except ReaderError:
            continue
        assert found


# Odd characters


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\xa0", " "),
        ("\u2028", " "),
        ("\u2029", " "),
        ("\x85", " "),
        ("\x0b", " "),
        ("\x0c", " "),
        ("\x1c", " "),
        ("  \t ", " "),
        ("\x00", ""),
        ("\u200d", "\u200d"),
        ("é", "é"),
        ("\\'e", "\\'e"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_odd_characters_split_nothing(written: str, read: str) -> None:
    text = page(f"Boats{written}and", f"{ONE}{written}More.", "Bridges", TWO)
    assert texts(text) == [(f"Boats{read}and", f"{ONE}{read}More."), ("Bridges", TWO)]


def test_a_form_feed_between_blocks_is_an_empty_line() -> None:
    assert texts(page("Boats", ONE, "Tides", TWO).replace("\n\n", "\n\x0c\n")) == [
        ("Boats", ONE),
        ("Tides", TWO),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_other_encodings(encoding: str) -> None:
    text = page("Boats déjà vus", ONE, "  • 3 authors\n·\nMay 1, 2023 2", "Bridges", TWO)
    first, _ = papers(text.encode(encoding))
    assert (first.title, first.author_count, first.upvotes) == ("Boats déjà vus", 3, 2)


def test_a_damaged_character_leaves_the_footers_alone() -> None:
    records = [
        part for i in range(5) for part in (f"Boats {i}", ONE, "  • 3 authors\n·\nMay 1, 2023")
    ]
    data = page(*records).encode().replace(b"harbour", b"harb\xed\xa0\x80our", 1)
    assert [paper.author_count for paper in papers(data)] == [3] * 5


# Speed


@pytest.mark.parametrize(
    "unit",
    [b"a", b"a b. ", b"\n", b"a\n", b" \n", b"\xc2\xb7\n", b"Nov 5\n", b"\xe2\x80\xa2 x\n\n", b")",
     b"new\n", b"Some title\n\nAnd some abstract that says a little more.\n\n"],
)  # fmt: skip
def test_large_pages_take_linear_time(unit: bytes) -> None:
    def read(size: int) -> None:
        data = page("Boats", ONE).encode() + b"\n\n" + unit * (size // len(unit))
        with suppress(ReaderError):
            outcomes(data)

    assert steps(lambda: read(80_000)) <= 5 * steps(lambda: read(20_000))
    read(1_000_000)  # a tenth of the largest page there is to fear; in C, too, nothing grows


def test_a_long_page_keeps_its_records() -> None:
    random = Random(7)
    records = [Fake(f"{i} {title(random)}", (f"{i} {ONE}",)) for i in range(3000)]
    assert len(papers(write(records, "blocks"))) == len(records)
