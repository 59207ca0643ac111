"""Sentences as offsets into an abstract."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.sentences import split_sentences


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


# Texts like those that are hard: marks, brackets, capitals and gaps in any order.
_parts = st.sampled_from(
    [
        *"aZé9.!?()[]\"'”,:/ \n\t",
        ". ",
        "? ",
        "e.g. ",
        "et al. ",
        "Fig. 3",
        "3.14",
        "models.The next ",
    ]
)
_texts = st.one_of(st.text(), st.lists(_parts, max_size=60).map("".join))


@given(_texts)
def test_every_character_but_white_space_is_in_exactly_one_sentence(text: str) -> None:
    covered = [0] * len(text)
    for start, end in split_sentences(text):
        for at in range(start, end):
            covered[at] += 1
    for at, character in enumerate(text):
        assert covered[at] <= 1
        assert covered[at] == 1 or character.isspace()


@given(_texts)
def test_sentences_come_in_order_and_begin_and_end_with_a_character(text: str) -> None:
    past = 0
    for start, end in split_sentences(text):
        assert past <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        past = end


@given(_texts)
def test_a_text_without_a_mark_is_one_sentence(text: str) -> None:
    plain = text.translate(str.maketrans(".!?", ",,,"))
    assert sentences(plain) == ([plain.strip()] if plain.strip() else [])


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_nothing_has_no_sentences(text: str) -> None:
    assert split_sentences(text) == []


@pytest.mark.parametrize(
    "parts",
    [
        ["We count birds in spring.", "They are fewer each year."],
        ["Why do bridges hum in the wind?", "We record forty of them."],
        ["Nobody expected this result!", "We explain it with heat."],
        ["We call the method “slow listening.”", "It needs no labels."],
        ["It is small (under a megabyte).", "It runs on a watch."],
        ["The gain is 12.5% on average.", "On rivers it is 3.1 points."],
        ["Accuracy rises to 91.", "2024 was the driest year."],
        ["All maps are kept at https://example.org/a.b?c=d.", "We hope they help."],
        ["We thank the readers, editors, etc.", "The data are open."],
        ["The first line ends here.\n", "The second begins below."],
    ],
)
def test_a_mark_and_a_gap_end_a_sentence(parts: list[str]) -> None:
    assert sentences(" ".join(parts)) == [part.strip() for part in parts]


@pytest.mark.parametrize(
    "text",
    [
        "Some insects, e.g. Bees and wasps, see polarised light.",
        "The second rule, i.e. No repetition, is the stricter one.",
        "We extend the work of Miller et al. Their data were smaller.",
        "The loss falls quickly, cf. Table 2 and Fig. 3 of the appendix.",
        "Our bound is tight, see Eq. 4 for the proof of the claim.",
        "The estimate of J. S. Baker holds for all rivers of the north.",
        "The estimate of J.S. Baker holds for all rivers of the north.",
        "We test sparse vs. Dense maps on seven rivers.",
        "The error is 0.5 at 3.14 radians and version 2.0 of the tool.",
        "Code is at https://example.org/Some.Thing now and stays there.",
        "The samples are i.i.d. Gaussian in every one of the rooms.",
        "We study ducks (as in Sect. 4. See there for more) on a lake.",
        "It took ... 30 years to build the bridge over the river.",
        "We ask if bees can count? no, but wasps can.",
    ],
)
def test_a_mark_inside_a_sentence_does_not_end_it(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "We train three models.The largest wins on each task.",
            ["We train three models.", "The largest wins on each task."],
        ),
        (
            "The gap closes (see below).However, one lake stays dry.",
            ["The gap closes (see below).", "However, one lake stays dry."],
        ),
        (
            "Can a river be heard?We put microphones under ice.",
            ["Can a river be heard?", "We put microphones under ice."],
        ),
    ],
)
def test_sentences_whose_gap_was_lost_are_parted(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


def test_a_fragment_of_a_few_letters_stays_with_the_sentence_behind_it() -> None:
    assert sentences("Really? We asked four hundred divers.") == [
        "Really? We asked four hundred divers."
    ]


@pytest.mark.parametrize(
    "unit", ["a. B", "(", ". ", "x", "?!", " ", "We stop.And ", "A. ", "abc.Def,"]
)
def test_long_texts_take_time_in_proportion_to_their_length(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    began = time.perf_counter()
    split_sentences(text)
    assert time.perf_counter() - began < 5
