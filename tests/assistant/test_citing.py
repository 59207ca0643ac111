"""Whether a passage supports a sentence: the same deterministic answer for right and wrong."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.citing import SupportCheck
from assistant.evidence import SentenceVectors
from store.library import Library
from store.paper import Paper
from tests.assistant.invented import (
    BEES,
    BEES_TOO,
    BELLS,
    CRANES,
    FERRYBENCH,
    FERRYING,
    LANTERN,
    LEDGERS,
    PAPERS,
    SEALS,
    passage,
    sentences_of,
)

SAME_SUBJECT = ({BEES.id, BEES_TOO.id}, {FERRYBENCH.id, FERRYING.id})


@pytest.fixture(scope="module")
def check(library: Library) -> SupportCheck:
    return SupportCheck(library, SentenceVectors(library))


def related(one: Paper, other: Paper) -> bool:
    return one is other or any({one.id, other.id} <= pair for pair in SAME_SUBJECT)


def test_a_sentence_of_the_abstract_is_always_supported_by_itself(check: SupportCheck) -> None:
    for paper, sentence in sentences_of(PAPERS):
        support = check.of(sentence, passage(paper))
        assert support.enough, sentence
        assert paper.abstract[slice(*support.span)] == sentence


def test_a_sentence_of_another_paper_is_never_supported(
    check: SupportCheck, library: Library
) -> None:
    own = sentences_of(PAPERS)
    vectors = library.embed([sentence for _, sentence in own])
    passages = [passage(paper) for paper in PAPERS]
    wrong = [
        (sentence, other.title)
        for (paper, sentence), vector in zip(own, vectors, strict=True)
        for other, support in zip(PAPERS, check.check(sentence, vector, passages), strict=True)
        if support.enough and not related(paper, other)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("sentence", "paper"),
    [
        ("On faded pages LedgerNet reads 94.2% of the characters correctly.", LEDGERS),
        ("LedgerNet correctly reads about 94% of the characters on faded pages.", LEDGERS),
        ("LedgerNet has nine million parameters and reads faded handwriting.", LEDGERS),
        ("Heap sort is outperformed by Lantern Sort with windows of 16 items or more.", LANTERN),
        ("Bells that cooled over a week bore 1.7 times the load.", BELLS),
        ("Plates in the fog layer lost 3.1% of their weight each year.", CRANES),
        ("Morning light does not help honeybees to find their hive.", BEES_TOO),
        ("Morning light helps honeybees to find their hive.", BEES),
        ("With the quiet drone at 40 metres the seals stayed in place.", SEALS),
    ],
)
def test_what_the_abstract_says_in_much_the_same_words_is_supported(
    check: SupportCheck, sentence: str, paper: Paper
) -> None:
    support = check.of(sentence, passage(paper))
    assert support.enough
    quoted = paper.abstract[slice(*support.span)]
    assert (paper, quoted) in sentences_of([paper])


@pytest.mark.parametrize(
    ("sentence", "paper"),
    [
        # a wrong figure
        ("On faded pages LedgerNet reads 84.2% of the characters correctly.", LEDGERS),
        ("LedgerNet correctly reads about 95% of the characters on faded pages.", LEDGERS),
        ("Plates in the fog layer lost 31% of their weight each year.", CRANES),
        ("Bells that cooled over a week bore three times the load.", BELLS),
        # denied, or not denied
        ("Morning light does not help honeybees to find their hive.", BEES),
        ("Morning light helps honeybees to find their hive.", BEES_TOO),
        ("LedgerNet was not trained on pages from two town archives.", LEDGERS),
        ("Seals fled when the quiet drone flew at 40 metres without a sound.", SEALS),
        # turned round
        ("Heap sort outperforms Lantern Sort on every stream with a window of 16 items.", LANTERN),
        # brought in from elsewhere
        ("LedgerNet was paid for by the Royal Office of Stationery.", LEDGERS),
        ("LedgerNet is based on a transformer with rotary embeddings.", LEDGERS),
        ("The moon is made of green cheese.", LEDGERS),
        ("Bell bronze melts at a thousand degrees in a furnace of brick.", BELLS),
    ],
)
def test_what_the_abstract_does_not_say_is_not_supported(
    check: SupportCheck, sentence: str, paper: Paper
) -> None:
    assert not check.of(sentence, passage(paper)).enough


@pytest.mark.parametrize("sentence", ["", "...", "the of and it", "42", "你好"])
def test_a_sentence_without_content_is_not_supported(check: SupportCheck, sentence: str) -> None:
    assert not check.of(sentence, passage(LEDGERS)).enough


def test_a_paper_without_an_abstract_supports_nothing(check: SupportCheck) -> None:
    empty = Paper(title="LedgerNet reads ledgers", abstract="")
    support = check.of("LedgerNet reads ledgers.", passage(empty))
    assert (support.enough, support.span) == (False, (0, 0))


def test_only_the_whole_sentence_counts_as_word_for_word(
    check: SupportCheck, library: Library
) -> None:
    paper = Paper(title="On tea", abstract="We could not show that green tea cures a cold at all.")
    assert not check.of("Green tea cures a cold.", passage(paper)).enough
    assert check.of("We could not show that green tea  cures a cold at all.", passage(paper)).enough


def test_each_passage_is_asked_for_itself(check: SupportCheck, library: Library) -> None:
    sentence = "LedgerNet reads 94.2% of the characters on faded pages correctly."
    passages = [passage(paper) for paper in (BELLS, LEDGERS, SEALS)]
    found = check.check(sentence, library.embed([sentence])[0], passages)
    assert [support.enough for support in found] == [False, True, False]
    assert found == check.check(sentence, library.embed([sentence])[0], passages)
    assert all(0 <= support.score <= 1 for support in found)


def test_vectors_are_made_again_when_an_abstract_has_changed(library: Library) -> None:
    vectors = SentenceVectors(library)
    before = Paper(id="x", title="Tea", abstract="Green tea is warm.")
    after = Paper(id="x", title="Tea", abstract="Black tea is hot. It is strong as well.")
    ((spans, rows),) = vectors.of([before])
    assert (len(spans), rows.shape) == (1, (1, 384))
    ((spans, again),) = vectors.of([after])
    assert (len(spans), again.shape) == (2, (2, 384))
    ((_, kept),) = vectors.of([after])
    assert np.array_equal(again, kept)
    assert vectors.of([]) == []


def test_vectors_are_the_same_from_many_threads(library: Library) -> None:
    from concurrent.futures import ThreadPoolExecutor

    shared = SentenceVectors(library)
    alone = SentenceVectors(library).of(PAPERS)
    orders = [[*PAPERS[start:], *PAPERS[:start]] for start in range(len(PAPERS))]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(shared.of, orders))
    for order, vectors in zip(orders, found, strict=True):
        for paper, (spans, rows) in zip(order, vectors, strict=True):
            wanted_spans, wanted = alone[PAPERS.index(paper)]
            assert spans == wanted_spans
            assert np.allclose(rows, wanted, atol=1e-4)
