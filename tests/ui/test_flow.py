"""Text that is wrapped while it comes."""

from __future__ import annotations

import textwrap

from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from tests.ui.screens import screen, written
from ui.flow import Flow, hang

words = st.text("abcdefgh-.", min_size=1, max_size=9)
pieces = st.lists(st.lists(words, min_size=1, max_size=12).map(" ".join), min_size=1, max_size=6)


@given(pieces, st.integers(10, 40))
def test_pieces_flow_as_one_paragraph_wherever_one_ends(texts: list[str], columns: int) -> None:
    to = screen(columns)
    flow = Flow(to)
    for text in texts:
        flow.write(Text(text))
    flow.end()
    whole = " ".join(texts)
    expected = textwrap.wrap(whole, columns, break_long_words=False, break_on_hyphens=False)
    assert written(to).splitlines() == expected


@given(pieces)
def test_a_pipe_gets_a_paragraph_as_one_line(texts: list[str]) -> None:
    to = screen(None)
    flow = Flow(to)
    for text in texts:
        flow.write(Text(text))
    flow.end()
    assert written(to) == " ".join(texts) + "\n"


def test_a_mark_never_begins_a_line() -> None:
    for columns in range(12, 60):
        to = screen(columns)
        flow = Flow(to)
        flow.write(Text("It is off by nine minutes at spring tides. [1] Nobody minds. [2][3]"))
        flow.end()
        assert not any(line.startswith("[") for line in written(to).splitlines())


def test_wide_characters_count_for_the_two_columns_they_take() -> None:
    to = screen(10)
    flow = Flow(to)
    for _ in range(4):
        flow.write(Text("潮時計"))  # six columns, so that no two fit
    flow.end()
    assert written(to).splitlines() == ["潮時計"] * 4


def test_a_style_stays_with_its_words() -> None:
    to = screen(20, styled=True)
    flow = Flow(to)
    flow.write(Text.assemble("It is ", ("bold", "bold"), " so"))
    assert "\x1b[1mbold\x1b[0m" in written(to)


def test_a_hanging_text_begins_each_line_below_its_first() -> None:
    to = screen(30)
    hang(to, "  [1] ", Text("Tide Clocks for Harbours without a Gauge"))
    assert written(to).splitlines() == [
        "  [1] Tide Clocks for Harbours",
        "      without a Gauge",
    ]
    to = screen(None)
    hang(to, "  [1] ", Text("Tide Clocks for Harbours without a Gauge"))
    assert written(to) == "  [1] Tide Clocks for Harbours without a Gauge\n"
