"""Question and paper read together, with the model that the package carries."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Passage, Scores
from assistant.engine import CitedQueryEngine
from assistant.evidence import Evidence, SentenceTexts, gather
from assistant.late import ask
from assistant.question import terms_of
from assistant.refusal import shipped_model
from assistant.together import (
    FOLDER,
    QUESTION,
    SENTENCE,
    SENTENCES,
    TITLE,
    Judgement,
    Reader,
    retold,
)
from assistant.together import page as page_of
from store.library import Library
from store.minilm import WINDOW, ModelMissing
from store.paper import Paper
from tests.assistant.invented import BEES, BELLS, CRANES, evidence

WASHED = "Where did a zinc primer halve the loss of steel?"


def gathered(
    library: Library, question: str, *papers: Paper
) -> tuple[list[Passage], list[Evidence]]:
    passages = [Passage(paper, Scores(0.5)) for paper in papers]
    found = gather(
        question,
        ask(question, library),
        terms_of(question, library),
        passages,
        SentenceTexts(library),
        library,
    )
    return passages, found


def test_a_paper_that_answers_is_told_from_one_that_does_not(library: Library) -> None:
    passages, found = gathered(library, WASHED, BELLS, CRANES, BEES)
    bells, cranes, bees = Reader().judge(WASHED, passages, found, library)
    assert cranes.answers > max(bells.answers, bees.answers)


def test_the_sentence_that_answers_is_told_from_the_others(library: Library) -> None:
    passages, found = gathered(library, WASHED, CRANES)
    (read,) = Reader().judge(WASHED, passages, found, library)
    assert len(read.sentences) == SENTENCES
    start, end = max(read.sentences, key=lambda span: read.sentences[span])
    assert CRANES.abstract[start:end].startswith("A zinc primer halved the loss")


def test_a_paper_is_judged_the_same_whatever_stands_beside_it(library: Library) -> None:
    alone = Reader().judge(WASHED, *gathered(library, WASHED, CRANES), library)
    among = Reader().judge(WASHED, *gathered(library, WASHED, BELLS, CRANES), library)
    assert alone[0] == among[1]


def test_a_paper_without_an_abstract_is_judged_by_its_title(library: Library) -> None:
    bare = replace(CRANES, abstract="")
    (read,) = Reader().judge(WASHED, [Passage(bare, Scores(0.5))], [], library)
    assert read.sentences == {}
    assert np.isfinite(read.answers)


def test_a_long_text_is_read_as_far_as_the_model_sees(library: Library) -> None:
    long = Paper(title="Cranes " * 300, abstract="Steel " * 3000 + ".", sources=CRANES.sources)
    spans = [(0, 9000), (9000, 18000)]
    rows = [
        replace(evidence(0, n, telling=1.0), span=s, text=long.abstract[slice(*s)])
        for n, s in enumerate(spans)
    ]
    (read,) = Reader().judge("Why? " * 900, [Passage(long, Scores(0.5))], rows, library)
    assert set(read.sentences) == set(spans)


def test_all_that_is_read_at_most_fits_the_model() -> None:
    longest = page_of([1] * QUESTION, [1] * TITLE, [[1] * SENTENCE] * SENTENCES, [0.0] * SENTENCES)
    assert len(longest.ids) == len(longest.parts) <= WINDOW


def test_a_missing_model_is_told(tmp_path: Path, library: Library) -> None:
    with pytest.raises(ModelMissing, match=r"model\.onnx is missing"):
        Reader(tmp_path).judge(WASHED, *gathered(library, WASHED, CRANES), library)


def test_missing_heads_are_told(tmp_path: Path, library: Library) -> None:
    shutil.copy(FOLDER / "model.onnx", tmp_path)
    with pytest.raises(ModelMissing, match=r"heads\.npz is missing"):
        Reader(tmp_path).judge(WASHED, *gathered(library, WASHED, CRANES), library)


def rows(*telling: Sequence[float]) -> list[Evidence]:
    """The sentences of papers, each ten characters from the next."""
    return [
        replace(evidence(number, place, telling=one), span=(10 * place, 10 * place + 9))
        for number, own in enumerate(telling)
        for place, one in enumerate(own)
    ]


def test_sentences_that_were_read_swap_how_telling_they_are() -> None:
    given = rows((9.0, 4.0, 3.0, 7.0), (5.0, 6.0))
    read = Judgement(0.0, {given[0].span: -1.0, given[1].span: 5.0, given[3].span: 2.0})
    assert [e.telling for e in retold(given, [read])] == [4.0, 9.0, 3.0, 7.0, 5.0, 6.0]


@given(
    st.lists(
        st.lists(st.floats(-5, 5, allow_nan=False), min_size=1, max_size=5), min_size=1, max_size=5
    ),
    st.integers(0, 5),
)
def test_nothing_is_lost_whatever_is_read(telling: list[list[float]], read: int) -> None:
    given = rows(*telling)
    judged = [
        Judgement(0.0, {e.span: -e.telling for e in given if e.passage == number})
        for number in range(min(read, len(telling)))
    ]
    found = retold(given, judged)
    assert [(e.passage, e.span) for e in found] == [(e.passage, e.span) for e in given]
    for number, own in enumerate(telling):
        now = [e.telling for e in found if e.passage == number]
        assert sorted(now) == sorted(own)


def test_what_the_reader_says_counts_for_the_confidence(library: Library) -> None:
    found = CitedQueryEngine(library).find(WASHED)
    model = shipped_model()
    more, less = (
        model.confidence({**found.features, "answers": found.features["answers"] + by})
        for by in (1, -1)
    )
    assert more > model.confidence(found.features) > less
