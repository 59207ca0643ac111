"""Late interaction: a question held against papers and sentences word piece by word piece."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.late import ask, held, late_of_sentences, late_scores
from assistant.question import about_spans
from assistant.retrieval import HybridRetriever
from assistant.settings import AnswerSettings
from store.late import TITLE
from store.library import Library
from store.paper import Paper
from tests.assistant.invented import (
    BEES,
    BELLS,
    CRANES,
    LANTERN,
    LENSES,
    SEALS,
    SOURDOUGH,
    VINEYARD,
)
from tests.assistant.late_pieces import QUESTION, WIDTH, asked_for, axis, gathered, pieces, rows
from tests.store.making import stored_pieces

# --- papers -------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.lists(st.integers(0, 12), max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_paper_s_score_is_that_of_a_plain_double_loop(
    seed: int, length: int, lengths: list[int]
) -> None:
    random = np.random.default_rng(seed)
    weights = random.random(length)
    asked = asked_for(rows(length, random), *(weights / weights.sum()))
    papers = {f"p{n}": pieces(rows(count, random)) for n, count in enumerate(lengths)}
    expected = {
        name: sum(
            weight * max((float(row @ other) for other in paper.rows), default=0.0)
            for row, weight in zip(asked.rows, asked.weights.tolist(), strict=True)
        )
        for name, paper in papers.items()
    }
    found = late_scores(asked, papers)
    assert list(found) == list(expected)
    assert found == pytest.approx(expected, abs=1e-5)


def test_a_paper_that_holds_every_piece_scores_one_and_its_others_take_nothing_from_it() -> None:
    asked = asked_for(axis(0, 1), 0.9, 0.1)
    papers = {
        "all": pieces(axis(*range(20))),
        "most": pieces(axis(0)),
        "little": pieces(axis(1)),
        "none": pieces(axis(2)),
        "empty": pieces(axis()),
    }
    found = late_scores(asked, papers)
    assert found == pytest.approx({"all": 1, "most": 0.9, "little": 0.1, "none": 0, "empty": 0})


def test_nothing_asked_and_nobody_asked() -> None:
    assert late_scores(asked_for(axis(), 0.0), {"a": pieces(axis(1))}) == {"a": 0.0}
    assert late_scores(asked_for(axis(0)), {}) == {}
    assert late_scores(asked_for(axis(0)), {"a": pieces(axis())}) == {"a": 0.0}


def test_what_a_paper_holds_is_the_share_of_pieces_that_find_one_like_them() -> None:
    asked = asked_for(axis(0, 1, 2, 3), 0.4, 0.3, 0.2, 0.1)
    titled = pieces(axis(0, 1, 2), [TITLE, 0, 5])
    share, fresh = held(asked, titled)
    assert share == pytest.approx(0.9, abs=0.05)
    assert fresh == pytest.approx(0.5 / 0.6)  # the title leaves 0.3, 0.2 and 0.1 open
    share, fresh = held(asked, pieces(axis(0, 1, 2, 3), [TITLE] * 4))
    assert share == pytest.approx(1, abs=0.05)
    assert fresh == 0.5
    share, fresh = held(asked, pieces(axis(7)))
    assert share == pytest.approx(0, abs=0.05)
    assert fresh == 0
    half = (axis(0) + np.sqrt(3) * axis(1)) / 2
    assert held(asked_for(axis(0)), pieces(half)) == pytest.approx((0.5, 0.5))
    assert held(asked, pieces(axis())) == held(asked_for(axis(), 0.0), titled) == (0, 0)


# --- sentences ----------------------------------------------------------------------------------


def test_a_sentence_has_the_pieces_that_start_in_it() -> None:
    paper = pieces(axis(0, 1, 2), [0, 9, 10])
    found = late_of_sentences(asked_for(axis(0, 1, 2)), paper, [(0, 10), (10, 20), (20, 30)])
    assert [s.late for s in found] == pytest.approx([2 / 3, 1 / 3, 0])
    middle = (axis(0) + axis(1))[0] / np.sqrt(2)
    assert found[0].vector == pytest.approx(middle)
    assert found[1].vector == pytest.approx(axis(2)[0])
    assert not found[2].vector.any()


def test_news_is_what_the_title_does_not_say() -> None:
    paper = pieces(axis(0, 0, 1), [TITLE, 0, 10])
    again, new = late_of_sentences(asked_for(axis(0, 1)), paper, [(0, 5), (10, 15)])
    assert (again.late, again.news) == pytest.approx((0.5, 0))
    assert (new.late, new.news) == pytest.approx((0.5, 0.5))
    untitled = pieces(axis(0), [0])
    (alone,) = late_of_sentences(asked_for(axis(0)), untitled, [(0, 5)])
    assert alone.late == alone.news == 1


@given(st.lists(st.integers(-1, 60), min_size=1, max_size=40), st.integers(0, 2**32 - 1))
def test_sentences_are_scored_as_by_a_plain_loop(starts: list[int], seed: int) -> None:
    """Pieces come in any order and twice, as windows overlap; some stand between sentences."""
    random = np.random.default_rng(seed)
    paper, asked = pieces(rows(len(starts), random), starts), asked_for(rows(4, random))
    spans = [(0, 7), (8, 20), (25, 26), (30, 61)]
    cosines = asked.rows @ paper.rows.T
    title = [cosines[m][paper.starts == TITLE].max(initial=-1) for m in range(4)]
    titled = (paper.starts == TITLE).any()
    for (start, end), found in zip(spans, late_of_sentences(asked, paper, spans), strict=True):
        own = [i for i, at in enumerate(starts) if start <= at < end]
        best = [max((cosines[m][i] for i in own), default=0) for m in range(4)]
        news = [max(b - (t if titled else 0), 0) for b, t in zip(best, title, strict=True)]
        assert found.late == pytest.approx(asked.weights @ best, abs=1e-5)
        assert found.news == pytest.approx(asked.weights @ news if own else 0, abs=1e-5)


def test_sentences_without_pieces_or_a_question_score_nothing() -> None:
    for asked, paper in (
        (asked_for(axis(0)), pieces(axis())),
        (asked_for(axis(0)), pieces(axis(0), [TITLE])),
        (asked_for(axis(), 0.0), pieces(axis(0))),
    ):
        (found,) = late_of_sentences(asked, paper, [(0, 5)])
        assert (found.late, found.news) == (0, 0)
        assert found.vector.shape == (WIDTH,)
        assert not found.vector.any()
    assert late_of_sentences(asked_for(axis(0)), pieces(axis(0)), []) == []


@pytest.mark.parametrize(
    ("paper", "question", "words"),
    [
        (CRANES, "zinc primer", "zinc primer"),
        (CRANES, "the colour of the paint", "Paint colour"),
        (LANTERN, "Where is the source code available?", "source code"),
        (BELLS, "What do the grains look like under the microscope?", "microscope"),
        (SOURDOUGH, "starters carried to another country", "another country"),
        (VINEYARD, "a probe of two copper strips and a coin cell", "copper strips"),
        (SEALS, "How often are young pups missed?", "Pups"),
        (LENSES, "mercury-borne lenses of the muddy coast", "mercury-borne"),  # its second chunk
    ],
    ids=lambda given: given.title.split()[0] if isinstance(given, Paper) else None,
)
def test_the_sentence_that_holds_what_was_asked_for_is_nearest(
    library: Library, paper: Paper, question: str, words: str
) -> None:
    found = gathered(library, question, paper)
    assert words in max(found, key=lambda e: e.late).text


def test_evidence_is_gathered_in_passage_order_and_the_same_each_time(library: Library) -> None:
    found = gathered(library, QUESTION, SEALS, BEES, SEALS)
    assert [(e.passage, e.span) for e in found] == sorted((e.passage, e.span) for e in found)
    assert [e.text for e in found if e.passage == 0] == [e.text for e in found if e.passage == 2]
    again = gathered(library, QUESTION, SEALS, BEES, SEALS)
    assert [e.features for e in found] == [e.features for e in again]
    assert max(found, key=lambda e: e.late).passage == 1
    for e in found:
        assert e.features["late"] == e.late
        assert e.features["late_news"] >= 0
        assert np.linalg.norm(e.vector) == pytest.approx(1, abs=1e-4)
        assert e.text == (SEALS, BEES, SEALS)[e.passage].abstract[slice(*e.span)]


@pytest.mark.parametrize("abstract", ["", "?! ...", " \n", "the of and"])
def test_a_passage_that_says_nothing_is_no_trouble(library: Library, abstract: str) -> None:
    empty = Paper(title="Tea", abstract=abstract, id="tea")
    found = gathered(library, QUESTION, empty, BEES)
    assert {e.passage for e in found if e.text.strip("?!. \n")} >= {1}
    assert gathered(library, "", empty) is not None
    assert [i for i, *_ in stored_pieces(library.folder) if i == "tea"] == []


# --- a question ---------------------------------------------------------------------------------


def test_a_question_s_vector_is_that_of_the_embedder(library: Library) -> None:
    asked = ask(QUESTION, library)
    assert np.array_equal(asked.vector, library.embed_query(QUESTION))
    np.testing.assert_allclose(np.linalg.norm(asked.pieces.rows, axis=1), 1, atol=1e-5)
    assert asked.pieces.weights.sum() == pytest.approx(1)


def test_words_that_people_ask_with_count_for_less(library: Library) -> None:
    question = "Please tell me which zinc primer was used?"
    reading = library.read_query(question)[1]
    even = library.pieces.head.ask(reading, np.ones(len(reading.ids), np.float32)).weights
    weights = ask(question, library).pieces.weights
    about = about_spans(question)
    assert {question[start:end] for start, end in about} >= {"zinc", "primer"}
    for at, before, now in zip(reading.starts.tolist(), even, weights, strict=True):
        asks = not any(start <= at < end for start, end in about)
        assert now <= before if asks else now >= before


@pytest.mark.parametrize("question", ["", "???", "the of and", "Which ones?", "蜜蜂", "\ud83d"])
def test_a_question_without_content_is_asked_all_the_same(library: Library, question: str) -> None:
    asked = ask(question, library)
    assert len(asked.pieces.rows) == len(asked.pieces.weights)
    assert np.isfinite(asked.pieces.rows).all()
    assert len(HybridRetriever(library).search(question)) == AnswerSettings().top_k
