"""Word pieces as rows of 96 numbers: read, kept in 4 bits, and read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from store.embedding import MiniLM
from store.late import TITLE, AskedPieces, LateHead, Pieces, Rows
from store.minilm import DIMENSIONS, Reading

WIDTH = 96
VOCABULARY = 50
SILENT, TELLING, RARE = 7, 8, 9  # ids of word pieces


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> LateHead:
    """A head that hands through the first 96 of a state's numbers, so that a row is known."""
    path = tmp_path_factory.mktemp("head") / "late.npz"
    through = np.eye(DIMENSIONS, WIDTH, dtype=np.float16)
    telling = np.ones(VOCABULARY, np.uint8)
    telling[SILENT] = 0
    weights = np.ones(VOCABULARY, np.float16)
    weights[SILENT], weights[RARE] = 0, 3
    np.savez(path, document=through, question=through, weights=weights, telling=telling)
    return LateHead(path)


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


def reading(rows: Rows, ids: list[int] | None = None, starts: list[int] | None = None) -> Reading:
    """A text whose pieces have these rows, a space between them and each one letter long."""
    states = np.zeros((len(rows), DIMENSIONS), np.float32)
    states[:, :WIDTH] = rows
    return Reading(
        np.zeros(DIMENSIONS, np.float32),
        np.array(ids or [TELLING] * len(rows), np.int64),
        np.array(starts or range(0, 2 * len(rows), 2), np.int64),
        states,
    )


def units(count: int, seed: int = 0) -> Rows:
    rows = np.random.default_rng(seed).standard_normal((count, WIDTH)).astype(np.float32)
    unit: Rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def back(head: LateHead, *chunks: Reading, title: int = 0) -> Pieces:
    (found,) = head.decode([head.join([head.encode(chunk, title, 0) for chunk in chunks])])
    return found


def cosines(rows: Rows, others: Rows) -> NDArray[np.float32]:
    found: NDArray[np.float32] = np.einsum("ij,ij->i", rows, others)
    return found


# --- kept in four bits --------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_a_row_comes_back_as_near_as_four_bits_allow(head: LateHead, seed: int, count: int) -> None:
    rows = units(count, seed)
    found = back(head, reading(rows)).rows
    assert found.shape == rows.shape
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert cosines(rows, found).min() > 0.97  # the least of 20,000 such rows was 0.980


@given(arrays(np.float32, (3, WIDTH), elements=st.floats(-1, 1, width=32)))
@settings(max_examples=100, deadline=None)
def test_no_number_of_a_row_is_off_by_more_than_half_a_level(head: LateHead, given: Rows) -> None:
    given[:, 0] = 1  # so that no row is nothing
    rows = given / np.linalg.norm(given, axis=1, keepdims=True)
    found = back(head, reading(rows)).rows
    # Decoded rows have length 1; the number that was the greatest was 7 levels long.
    levels = 7 * found / np.abs(found).max(axis=1, keepdims=True)
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-3)
    assert np.abs(levels - 7 * rows / np.abs(rows).max(axis=1, keepdims=True)).max() <= 0.5 + 1e-3


def test_a_real_text_comes_back_too(minilm: MiniLM) -> None:
    shipped = LateHead()
    text = "A zinc primer halved the rust of harbour cranes, measured at 3.1% a year."
    (read,) = minilm.read([text], lambda _, reading: reading)
    telling = shipped._learnt["telling"][read.ids].astype(bool)
    rows = read.states[telling] @ shipped._document
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = back(shipped, read)
    assert cosines(rows, found.rows).min() > 0.96
    words = ("zinc", "primer", "halved", "rust", "harbour", "cranes", "measured", "year")
    assert {text.index(word) for word in words} <= {at + 1 for at in found.starts.tolist()}


def test_a_row_takes_fifty_bytes(head: LateHead) -> None:
    assert len(head.join([head.encode(reading(units(11)), 0, 0)])) == 11 * (WIDTH // 2 + 2)


def test_papers_are_decoded_together_as_apart(head: LateHead) -> None:
    codes = [head.join([head.encode(reading(units(n, n)), 3, 0)]) for n in (5, 0, 1, 8)]
    together = head.decode(codes)
    for code, found in zip(codes, together, strict=True):
        (alone,) = head.decode([code])
        assert np.array_equal(found.rows, alone.rows)
        assert np.array_equal(found.starts, alone.starts)
    assert [len(found.rows) for found in together] == [5, 0, 1, 8]
    assert head.decode([]) == []


def test_chunks_are_joined_in_their_order(head: LateHead) -> None:
    rows = units(7)
    found = back(head, reading(rows[:3]), reading(rows[3:]), title=1)
    assert cosines(rows, found.rows).min() > 0.97
    assert found.starts.tolist() == [TITLE, 0, 2, TITLE, 0, 2, 4]


# --- where pieces start -------------------------------------------------------------------------


def test_starts_are_in_the_abstract_and_those_of_the_title_are_marked(head: LateHead) -> None:
    # "ab cd\nef gh": the title is five characters long, the chunk stands at 100.
    read = reading(units(4), starts=[0, 3, 6, 9])
    (found,) = head.decode([head.join([head.encode(read, 5, 100)])])
    assert found.starts.tolist() == [TITLE, TITLE, 100, 103]


def test_a_start_beyond_what_two_bytes_hold_is_not_taken_for_the_title(head: LateHead) -> None:
    read = reading(units(3), starts=[0, 2, 90_000])
    (found,) = head.decode([head.join([head.encode(read, 1, 0)])])
    assert found.starts.tolist() == [TITLE, 0, 0xFFFE]


def test_pieces_that_say_nothing_are_left_out_unless_there_are_no_others(head: LateHead) -> None:
    rows = units(3)
    found = back(head, reading(rows, [TELLING, SILENT, TELLING]), title=1)
    assert found.starts.tolist() == [TITLE, 2]
    assert cosines(rows[[0, 2]], found.rows).min() > 0.97
    assert len(back(head, reading(rows, [SILENT] * 3)).rows) == 3


def test_a_text_without_pieces_has_none(head: LateHead, minilm: MiniLM) -> None:
    assert back(head, reading(units(0))).rows.shape == (0, WIDTH)
    (read,) = minilm.read([" \n"], lambda _, reading: reading)
    for learnt in (head, LateHead()):
        found = back(learnt, read)
        assert (found.rows.shape, found.starts.shape) == ((0, WIDTH), (0,))
        asked = learnt.ask(read, np.zeros(0, np.float32))
        assert (asked.rows.shape, asked.weights.shape) == ((0, WIDTH), (0,))


# --- a question's pieces ------------------------------------------------------------------------


def asked(head: LateHead, ids: list[int], counts: list[float]) -> AskedPieces:
    return head.ask(reading(units(len(ids)), ids), np.array(counts, np.float32))


def test_what_a_question_s_pieces_count_for_is_one_in_all(head: LateHead) -> None:
    found = asked(head, [TELLING, RARE, SILENT], [1, 1, 1])
    assert found.weights.tolist() == [0.25, 0.75, 0]
    found = asked(head, [TELLING, RARE], [1, 1 / 3])
    assert found.weights == pytest.approx([0.5, 0.5])
    assert cosines(found.rows, units(2)) == pytest.approx([1, 1])


def test_all_pieces_of_a_question_that_says_nothing_count_alike(head: LateHead) -> None:
    assert asked(head, [SILENT, SILENT], [1, 1]).weights.tolist() == [0.5, 0.5]
    assert asked(head, [TELLING, TELLING], [0, 0]).weights.tolist() == [0.5, 0.5]


# --- what the model gives -----------------------------------------------------------------------

TEXTS = [
    "",
    "?!",
    "Wind and rain.",
    "A \ud83d surrogate and 🐝 bees in Éire.",
    "Long " + "and longer " * 400,
    "x" * 30_000,
]


@pytest.mark.parametrize("threads", [1, 3])
def test_reading_gives_the_very_vector_of_embedding(threads: int) -> None:
    model = MiniLM(threads=threads)
    read = model.read(TEXTS, lambda place, reading: (place, reading))
    assert [place for place, _ in read] == list(range(len(TEXTS)))
    assert np.array_equal(np.stack([r.vector for _, r in read]), model.embed(TEXTS))


def test_a_reading_has_a_state_for_every_piece_and_none_for_the_marks(minilm: MiniLM) -> None:
    for text, read in zip(TEXTS, minilm.read(TEXTS, lambda _, reading: reading), strict=True):
        offsets = minilm.piece_offsets(text)[:254]
        assert read.starts.tolist() == [start for start, _ in offsets]
        assert read.ids.shape == (len(offsets),)
        assert read.states.shape == (len(offsets), DIMENSIONS)


def test_the_shipped_head_is_for_the_shipped_model(minilm: MiniLM) -> None:
    shipped = LateHead()
    words = minilm._model.tokenizer.get_vocab_size()
    assert shipped._document.shape == shipped._question.shape == (DIMENSIONS, WIDTH)
    assert shipped._weights.shape == shipped._learnt["telling"].shape == (words,)
    assert np.isfinite(shipped._document).all()
    assert np.isfinite(shipped._question).all()
    assert (shipped._weights >= 0).all()


def test_a_head_s_file_is_opened_when_it_is_needed(tmp_path: Path) -> None:
    missing = LateHead(tmp_path / "late.npz")
    with pytest.raises(FileNotFoundError):
        missing.decode([])
