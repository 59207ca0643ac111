"""The words of a question: those that carry it, their weights, and what it wants."""

from __future__ import annotations

import pytest

from assistant.question import asked_about, asks_for_several, content_words, terms_of, tidy
from store.library import Library


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What does the paper say about honeybees?", ["honeybees"]),
        ("Why doesn't it help? Isn't zinc better?", ["zinc", "better"]),
        ("So how’s the FerryBench-2 score?", ["FerryBench-2", "score"]),
        ("C++ or GPT-4.5?", ["C++", "GPT-4.5"]),
        ("what is it about?", []),
        ("", []),
        ("什么是蜜蜂", ["什么是蜜蜂"]),
    ],
)
def test_the_words_that_a_question_is_about(question: str, words: list[str]) -> None:
    assert asked_about(question) == words


def test_a_question_without_such_words_is_taken_by_all_of_them() -> None:
    assert content_words("what is it about?") == ["what", "is", "it", "about"]
    assert content_words("honeybees?") == ["honeybees"]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Why\n\tso ? ", "Why so ?"),
        ("a\x00b\x1b[31m", "a b [31m"),
        ("\ud800 bees", "bees"),
        ("می‌خواهم", "می‌خواهم"),  # a joiner is part of the word
        ("", ""),
    ],
)
def test_a_question_is_tidied(raw: str, clean: str) -> None:
    assert tidy(raw) == clean


def test_rare_words_weigh_more_and_unknown_ones_most(library: Library) -> None:
    terms = terms_of("Do zebras and honeybees measure LedgerNet?", library)
    stems = {word: library.words.stems(word)[0] for word in ("zebras", "honeybees", "LedgerNet")}
    weights = {word: terms.weights[stem] for word, stem in stems.items()}
    assert weights["zebras"] > weights["LedgerNet"] > weights["honeybees"] > 0
    assert terms.unknown == {stems["zebras"]}
    assert terms.names == {stems["LedgerNet"]}


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Does Chroma store GPT-4 vectors?", ["Chroma", "GPT-4"]),
        ("Honeybees at dawn?", []),
        ("What are ResNets?", ["ResNets"]),
        ("what is sourdough", []),
    ],
)
def test_names_are_words_written_as_names(
    library: Library, question: str, names: list[str]
) -> None:
    expected = {stem for name in names for stem in library.words.stems(name)}
    assert terms_of(question, library).names == expected


def test_what_is_asked_for_stands_behind_the_question_word(library: Library) -> None:
    assert terms_of("How many honeybees find hives?", library).asked == {"honeybe", "hive"}
    assert terms_of("Do honeybees find hives?", library).asked == frozenset()


def test_coverage_is_the_share_of_the_weight(library: Library) -> None:
    terms = terms_of("honeybees zebras", library)
    stems = set(library.words.stems("honeybees zebras"))
    assert terms.coverage(stems) == pytest.approx(1)
    assert terms.coverage(set()) == 0
    one = set(library.words.stems("zebras"))
    assert terms.coverage(one) + terms.coverage(stems - one) == pytest.approx(1)
    assert terms_of("", library).coverage(stems) == 0


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Which papers study honeybees?", True),
        ("work on bell bronze", True),
        ("soil moisture sensors", True),
        ("Is there any work on seals?", True),
        ("How do honeybees find their hive?", False),
        ("What is Lantern Sort?", False),
        ("Tell me about Lantern Sort", False),
        ("Explain Lantern Sort please", False),
        ("What can my papers tell me about bell bronze?", True),
        ("summarize bell bronze", True),
        ("Does slow cooling make bronze tougher?", False),
    ],
)
def test_an_overview_is_told_from_a_question(question: str, several: bool) -> None:
    assert asks_for_several(question) is several
