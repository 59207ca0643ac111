"""Papers as LlamaIndex nodes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store.chunking import chunk, read_spans, windows, write_spans
from store.embedding import MiniLM
from store.minilm import WINDOW
from store.sentences import split_sentences
from tests.steps import steps
from tests.store.making import invented, record


def count_words(text: str) -> int:
    return len(text.split())


# --- windows over sentences -----------------------------------------------------------------

_lengths = st.lists(st.integers(0, 60), min_size=1, max_size=40)
_rooms = st.integers(1, 100)


@given(_lengths, _rooms)
@example([10, 10, 10, 10, 1], 40)
def test_windows_cover_every_sentence_in_order_and_each_brings_a_new_one(
    lengths: list[int], room: int
) -> None:
    ranges = windows(lengths, room)
    assert ranges[0][0] == 0
    assert ranges[-1][1] == len(lengths)
    for (first, past), (next_first, next_past) in pairwise(ranges):
        assert first < next_first <= past < next_past


@given(_lengths, _rooms)
def test_a_window_keeps_to_its_room_unless_one_sentence_alone_is_longer(
    lengths: list[int], room: int
) -> None:
    for first, past in windows(lengths, room):
        assert sum(lengths[first:past]) <= room or past - first == 1


@given(_lengths, _rooms)
def test_neighbours_share_one_sentence_wherever_the_second_has_room_for_it(
    lengths: list[int], room: int
) -> None:
    for (_, past), (first, next_past) in pairwise(windows(lengths, room)):
        shared = past - first
        assert shared in (0, 1)
        if not shared:  # the sentence before would have filled the window, alone or nearly so
            assert lengths[past - 1] + sum(lengths[past:next_past]) > room or (
                lengths[past - 1] >= sum(lengths) / -(-sum(lengths) // room)
            )


def test_what_fits_is_one_window() -> None:
    assert windows([10, 10, 10], 30) == [(0, 3)]
    assert windows([40], 30) == [(0, 1)]


def test_windows_are_of_about_equal_length() -> None:
    assert windows([10] * 7, 60) == [(0, 4), (3, 7)]


def test_a_sentence_longer_than_the_room_stands_alone() -> None:
    assert windows([10, 90, 10], 30) == [(0, 1), (1, 2), (2, 3)]


def test_windows_over_very_many_sentences_take_no_time_to_speak_of() -> None:
    assert len(windows([20] * 100_000, 240)) < 100_000 / 10
    few, many = (steps(lambda n=n: windows([20] * n, 240)) for n in (2_000, 8_000))  # type: ignore[misc]
    assert many <= 5 * few


# --- nodes ----------------------------------------------------------------------------------

ABSTRACT = "We watch tides for a year. The harbour is small. Boats rise, and nobody minds."


def test_an_abstract_that_fits_is_one_node_with_its_title() -> None:
    (node,) = chunk(record(abstract=ABSTRACT, year=2021), count_words)
    assert node.text == f"Tides in small harbours\n{ABSTRACT}"
    assert node.metadata["year"] == 2021
    assert node.metadata["kind"] == "abstract"
    assert (node.metadata["start"], node.metadata["end"]) == (0, len(ABSTRACT))


def test_a_node_is_named_after_its_paper_and_number() -> None:
    (paper,) = invented(1, sentences=40)
    nodes = chunk(paper, count_words, 64)
    assert len(nodes) > 1
    assert [node.node_id for node in nodes] == [f"{paper.id}#{n}" for n in range(len(nodes))]
    assert {node.metadata["paper_id"] for node in nodes} == {paper.id}
    assert {node.ref_doc_id for node in nodes} == {paper.id}


@pytest.mark.parametrize("sentences", [1, 3, 40])
def test_each_node_holds_its_sentences_word_for_word_behind_the_title(sentences: int) -> None:
    (paper,) = invented(1, sentences=sentences)
    seen: list[tuple[int, int]] = []
    for node in chunk(paper, count_words, 64):
        meta = node.metadata
        assert node.text == f"{paper.title}\n{paper.abstract[meta['start'] : meta['end']]}"
        spans = read_spans(meta["sentences"])
        assert (meta["start"], meta["end"]) == (spans[0][0], spans[-1][1])
        seen += [span for span in spans if span not in seen]
    assert seen == split_sentences(paper.abstract)


def test_neighbouring_nodes_share_a_sentence() -> None:
    (paper,) = invented(1, sentences=40)
    covered = [read_spans(n.metadata["sentences"]) for n in chunk(paper, count_words, 64)]
    assert len(covered) > 2
    assert all(before[-1] == after[0] for before, after in pairwise(covered))


def test_nodes_fit_the_window_of_the_embedder_with_title_and_marks() -> None:
    embedder = MiniLM()
    for paper in invented(20, sentences=45):
        nodes = chunk(paper, embedder.count_tokens)
        assert len(nodes) > 1
        assert all(embedder.count_tokens(node.text) + 2 <= WINDOW for node in nodes)


@pytest.mark.parametrize(("pieces", "nodes"), [(WINDOW - 3, 1), (WINDOW - 2, 2)])
def test_an_abstract_is_cut_as_soon_as_it_is_one_piece_too_long(pieces: int, nodes: int) -> None:
    counter = MiniLM().count_tokens
    abstract = f"{'tide ' * (pieces - 4)}tide. End."
    assert (counter("tide"), counter(abstract)) == (1, pieces)
    assert len(chunk(record("tide", abstract), counter)) == nodes


def test_a_title_longer_than_the_window_leaves_some_room_for_the_abstract() -> None:
    long_titled = record("tide " * 300, ABSTRACT * 10)
    nodes = chunk(long_titled, count_words, 64)
    assert 16 > len(nodes) > 1  # of thirty sentences
    assert all(count_words(n.text) - 300 <= 16 for n in nodes)


@pytest.mark.parametrize("abstract", ["", "   ", "word"])
def test_a_paper_with_hardly_an_abstract_is_one_node(abstract: str) -> None:
    (node,) = chunk(record(abstract=abstract), count_words)
    assert node.text == f"Tides in small harbours\n{abstract}"


def test_nothing_of_the_metadata_is_embedded_or_shown_to_a_model() -> None:
    from llama_index.core.schema import MetadataMode

    (node,) = chunk(record(abstract=ABSTRACT), count_words)
    for mode in (MetadataMode.EMBED, MetadataMode.LLM):
        assert node.get_content(metadata_mode=mode) == node.text


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6))))
def test_spans_are_read_as_they_were_written(spans: list[tuple[int, int]]) -> None:
    assert read_spans(write_spans(spans)) == spans
