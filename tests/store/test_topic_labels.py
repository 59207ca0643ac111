"""Names of topics and the terms that titles share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.paper import Paper
from store.topic_labels import Stems, label_groups, shared_terms
from store.words import WordIndex
from tests.store.making import invented, record


@pytest.fixture(scope="module")
def stems(tmp_path_factory: pytest.TempPathFactory) -> Stems:
    return WordIndex(tmp_path_factory.mktemp("words")).stems


def papers(*texts: str) -> list[Paper]:
    return [record(f"Note {n}", text, "a.txt", n) for n, text in enumerate(texts, 1)]


TIDES = papers(*["We propose to measure the spring tides of a harbour with RLHF."] * 3)
BREAD = papers(*["We show novel results on sourdough bread and on deep reinforcement baking."] * 3)


def test_a_label_is_made_of_the_words_of_its_group_alone(stems: Stems) -> None:
    tides, bread = label_groups([TIDES, BREAD], stems)
    assert "spring tides" in tides.text.lower()
    assert "harbour" in tides.text
    assert "sourdough bread" in bread.text.lower()
    for word in ("propose", "novel", "results", "show"):
        assert word not in f"{tides.text} {bread.text}".lower()
    assert tides.words[0].lower() == tides.text.split(", ")[0].lower()


def test_acronyms_keep_their_capitals_and_titles_lose_theirs(stems: Stems) -> None:
    group = [
        record(f"RLHF And Harbour Cranes {n}", "With RLHF we tune harbour cranes.", "a.txt", n)
        for n in range(1, 4)
    ]
    (label,) = label_groups([group], stems)
    assert "RLHF" in label.text
    assert "harbour cranes" in label.text.lower()
    assert "Harbour Cranes" not in label.text


def test_part_of_a_longer_term_is_written_as_the_whole(stems: Stems) -> None:
    group = papers(*["Then deep reinforcement learning bakes, and an oven is hot."] * 3)
    (label,) = label_groups([group], stems)
    assert "deep reinforcement learning" in label.text.lower()


def test_no_stem_stands_twice_in_a_label_and_no_term_in_two(stems: Stems) -> None:
    groups = [invented(12, seed=seed, sentences=4) for seed in range(1, 7)]
    labels = label_groups(groups, stems)
    terms = [term.lower() for label in labels for term in label.text.split(", ")]
    assert len(terms) == len(set(terms))
    for label in labels:
        own = [stem for term in label.text.split(", ") for stem in stems(term)]
        assert len(own) == len(set(own))


def test_papers_without_a_word_have_a_label(stems: Stems) -> None:
    labels = label_groups([papers("…", "we propose"), papers("")], stems)
    assert all(label.text for label in labels)
    assert len({label.text for label in labels}) == 2


@given(st.lists(st.lists(st.text(max_size=60), min_size=1, max_size=4), max_size=4))
def test_any_text_gives_one_label_a_group(groups: list[list[str]]) -> None:
    labels = label_groups([papers(*texts) for texts in groups], str.split)
    assert len(labels) == len(groups)
    assert all(label.text and "\n" not in label.text for label in labels)


def test_terms_that_titles_share_come_with_their_papers() -> None:
    one, two, three = (
        record(title, "Then mobile robots, and Gaussian processes.", "a.txt", n)
        for n, title in enumerate(
            ("Mobile Robot Navigation at Night", "The Mobile Robots of Arlen", "Sourdough"), 1
        )
    )
    assert shared_terms([one, two, three], 5) == [("mobile robots", (one, two))]
