"""Sentences and their marks out of what a model writes, however it comes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.marks import Drafted, drafted_sentences, numbers_of
from tests.steps import steps

# Pieces of texts as models write them, the unruly ones first.
PIECES = st.sampled_from(
    [
        "[", "]", "[1", "[1]", "[2, 3]", "[1][2]", "[1-3]", "【1】", "【2†source】", "[[3]]", "[17",
        "[2017]", "[0, 1]", "[Abstract 2]", "[1](https://a.example/b)", "(", ")", "(see [1])", "<",
        "<b>", "</b>", "<br/>", "<|end|>", "<think>", "</think>", "<start_of_turn>model", "**", "`",
        " ", "  ", "\n", "\n\n", "\n- ", "\n2. ", "\t", ".", ". ", "! ", "? ", "...", ", ", ": ",
        "e.g. ", "et al. ", "Fig. 3 ", "3.5", "U.S. ", "The method works", "It is quicker",
        " shows that", "According to ", "Lantern Sort", "é", "\u2028", "🙂", "References:\n",
        "x" * 170,
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=80)


def drafted(text: str) -> list[Drafted]:
    return list(drafted_sentences([text]))


def bare(text: str) -> list[str]:
    return [sentence.text for sentence in drafted(text)]


def marks(text: str) -> list[tuple[int, ...]]:
    return [sentence.marks for sentence in drafted(text)]


def shown(text: str) -> list[str]:
    return [sentence.marked(lambda number: f"[{number}]") for sentence in drafted(text)]


# --- it makes no difference how the text comes ------------------------------------------------


@given(text=TEXTS, cuts=st.lists(st.integers(0, 400), max_size=12))
@example(text="It works well. [1] It is quick.[2]", cuts=[16])
@example(text="A method (call it X. It is new) works [1]. It is quick [2].", cuts=[21])
@example(text="It works <b>well</b>. So it is [1].", cuts=[10, 11, 12])
def test_pieces_give_the_same_sentences_as_the_whole(text: str, cuts: list[int]) -> None:
    ends = sorted({min(cut, len(text)) for cut in cuts})
    pieces = [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]
    whole = drafted(text)
    assert list(drafted_sentences(pieces)) == whole
    assert list(drafted_sentences(text)) == whole  # one character at a time


@given(text=TEXTS)
def test_marks_stand_inside_their_sentence_and_name_real_numbers(text: str) -> None:
    for sentence in drafted(text):
        assert any(c.isalnum() for c in sentence.text)
        assert sentence.text == sentence.text.strip()
        assert "\n" not in sentence.text
        for place, numbers in sentence.places:
            assert 0 <= place <= len(sentence.text)
            assert numbers
            assert min(numbers) > 0


WORDS = st.lists(st.sampled_from(["bees", "find", "Home", "light", "Dawn", "9%"]), min_size=3)


@given(sentences=st.lists(st.tuples(WORDS, st.sampled_from(["", " [1]", " [2][3]"])), max_size=6))
def test_no_word_of_a_plain_text_is_lost_or_added(sentences: list[tuple[list[str], str]]) -> None:
    text = " ".join(f"Then {' '.join(words)} in the hive{mark}." for words, mark in sentences)
    assert " ".join(bare(text)).split() == re.sub(r"\s?\[\d\]", "", text).split()
    assert len(bare(text)) == len(sentences)


def test_a_sentence_comes_as_soon_as_the_next_has_begun() -> None:
    taken = []

    def pieces() -> Iterator[str]:
        for piece in ("The bees fly home [1]", ". ", "The ", "hive ", "is far [2]."):
            taken.append(piece)
            yield piece

    first = next(drafted_sentences(pieces()))
    assert first.text == "The bees fly home."
    assert taken[-1] in ("The ", "hive ")


# --- marks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("[1]", (1,)),
        ("[1, 2]", (1, 2)),
        ("[1,2;4]", (1, 2, 4)),
        ("[1][2]", (1, 2)),
        ("[1] [2]", (1, 2)),
        ("[1], [2]", (1, 2)),
        ("[1 and 3]", (1, 3)),
        ("[1-3]", (1, 2, 3)),
        ("[2–4]", (2, 3, 4)),
        ("[3-1]", (1, 2, 3)),
        ("[2-90]", (2, 90)),
        ("[2][1][2]", (2, 1)),
        ("[12]", (12,)),
        ("【1】", (1,)),
        ("【2†source】", (2,)),
        ("[[2]]", (2,)),
        ("[ 1 ]", (1,)),
        ("[Abstract 2]", (2,)),
        ("[passage 1, passage 3]", (1, 3)),
        ("[#2]", (2,)),
        ("[^2]", (2,)),
        ("[1](https://a.example/b_c)", (1,)),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "form", ["The bees fly home {}.", "The bees fly home. {}", "The bees {} fly."]
)
def test_marks_are_read_and_taken_out(form: str, written: str, numbers: tuple[int, ...]) -> None:
    assert bare(form.format(written)) == [form.replace(" {}", "")]
    assert marks(form.format(written)) == [numbers]


@pytest.mark.parametrize(
    "text",
    [
        "The survey [2017] counted bees.",
        "The figures [1999, 2004] are old.",
        "All values are in [0, 1] here.",
        "The matrix [0] is empty here.",
        "The list [a, b] has two letters.",
        "The set [1.5, 2.5] is closed here.",
        "The bees [sic] fly home again.",
        "The years [2017-2019] were warm.",
        "An open bracket [1 stays as it is.",
        "The interval [-1, 1] holds them all.",
    ],
)
def test_numbers_in_brackets_that_are_no_marks_stay(text: str) -> None:
    assert bare(text) == [text]
    assert marks(text) == [()]


def test_a_mark_behind_the_full_stop_belongs_to_the_sentence_before() -> None:
    for text in (
        "The bees fly home. [1] The hive is not far. [2][3]",
        "The bees fly home.[1] The hive is not far.[2][3]",
        "The bees fly home [1]. The hive is not far [2][3].",
        "The bees fly home.\n[1]\nThe hive is not far. [2, 3]",
    ):
        assert bare(text) == ["The bees fly home.", "The hive is not far."], text
        assert marks(text) == [(1,), (2, 3)], text


def test_a_line_that_begins_with_marks_has_them_before_its_sentences() -> None:
    text = "[1] The bees fly home. [2] The hive is far.\nThe dawn is late [3]."
    assert marks(text) == [(1,), (2,), (3,)]


def test_a_mark_that_is_a_noun_keeps_its_place() -> None:
    text = "According to [1], bees fly home. [2] shows that the hive is far."
    assert shown(text) == ["According to [1], bees fly home.", "[2] shows that the hive is far."]


def test_marks_can_be_renumbered_and_dropped() -> None:
    (sentence,) = drafted("The bees [4] fly home [9][2].")
    assert sentence.marked(lambda number: {4: "[1]", 2: "[2]"}.get(number, "")) == (
        "The bees [1] fly home [2]."
    )
    assert sentence.marked(lambda number: "") == "The bees fly home."


@given(st.lists(st.integers(1, 99), min_size=1, max_size=6))
def test_numbers_are_kept_in_order_each_once(numbers: list[int]) -> None:
    written = "".join(f"[{number}]" for number in numbers)
    assert numbers_of(written) == tuple(dict.fromkeys(numbers))


# --- the form of the text ---------------------------------------------------------------------


@pytest.mark.parametrize("bullet", ["- ", "* ", "• ", "1. ", "2) ", "## ", "- **"])
def test_bullets_and_headings_are_taken_off_and_open_a_paragraph(bullet: str) -> None:
    sentences = drafted(f"{bullet}The bees fly home [1].\n{bullet}The hive is far [2].")
    assert [s.text for s in sentences] == ["The bees fly home.", "The hive is far."]
    assert [s.marks for s in sentences] == [(1,), (2,)]
    assert [s.opens_paragraph for s in sentences] == [False, True]


def test_a_number_at_the_beginning_of_a_sentence_is_no_bullet() -> None:
    assert bare("600 bees were released. 12 came back late.") == [
        "600 bees were released.",
        "12 came back late.",
    ]


def test_a_full_stop_behind_a_mark_ends_a_sentence_whatever_comes_next() -> None:
    text = "The bees fly home [1]. sailors built the moon [1]. iPhones hum, too."
    assert bare(text) == ["The bees fly home.", "sailors built the moon.", "iPhones hum, too."]
    assert bare("Bees (of cave 2 [1]) fly, e.g. [1] home.") == ["Bees (of cave 2) fly, e.g. home."]


def test_a_sentence_does_not_end_inside_a_bracket() -> None:
    text = "The bees fly (we saw it. It was dawn) all the way home [1]. The hive is far."
    whole = ["The bees fly (we saw it. It was dawn) all the way home.", "The hive is far."]
    assert bare(text) == whole
    never_closed = "The bees fly (we saw it. " + "They were quick and went on. " * 8
    assert bare(never_closed)[0] == "The bees fly (we saw it."


def test_a_text_of_fixed_width_is_not_cut_at_its_lines() -> None:
    assert bare("The bees fly\nhome at dawn [1].\nThe hive is far.") == [
        "The bees fly home at dawn.",
        "The hive is far.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<p>The <b>bees</b> fly home [1].</p>",
        "<s>The bees fly home [1].</s>",
        "The bees fly home [1].<|end|>",
        "The bees fly home [1].<end_of_turn>\n<start_of_turn>user\nWhat else?",
        "<|im_start|>assistant\nThe bees fly home [1].<|im_end|>",
        "[INST]The bees fly home [1].[/INST]",
        "<<SYS>>The bees fly home [1].<</SYS>>",
        '<span class="x" id=y>The bees</span> fly home [1].',
        "**The bees** fly home [1].",
        "The `bees` fly home [1].",
        "<think>They ask of bees. [2]\nHm.</think>\n\nThe bees fly home [1].",
        "<thinking> I <b>know</b> </thinking>The bees fly home [1].<think>So?",
        "<!-- note. Well. -->The bees fly home [1].",
        "The bees fly home [1].\n\nReferences:\n[1] Bees. A study.\n[2] Bells.",
        "The bees fly home [1].\n\n**Sources**\n1. Bees",
    ],
)
def test_what_a_model_leaks_is_taken_out(text: str) -> None:
    assert bare(text) == ["The bees fly home."]
    assert marks(text) == [(1,)]


@pytest.mark.parametrize(
    "text",
    [
        "A loss of p < 0.05 and n > 30 was seen.",
        "If a<b and c>d then e.",
        "x <- 3 and y -> 4 hold.",
    ],
)
def test_signs_of_comparison_are_no_markup(text: str) -> None:
    assert bare(text) == [text]


@pytest.mark.parametrize("text", ["", " \n ", "...", "[1]", "<br>", "<think>all of it", "- \n- "])
def test_a_text_without_words_has_no_sentences(text: str) -> None:
    assert drafted(text) == []


def test_a_thought_that_never_ends_is_no_answer() -> None:
    assert bare("The bees fly home. <think>" + "But why? " * 50) == ["The bees fly home."]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 3000,
        "[1," * 2000,
        "[1" + "1" * 3000,
        "[1] " * 500,
        "<a " * 1000,
        "<think>" + "hm " * 5000,
        "(a. B " * 200,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    assert steps(lambda: drafted(4 * text)) <= 8 * steps(lambda: drafted(text))
    drafted(5 * text)
