"""The flat file of vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core.schema import TextNode

from store.matrix import Matrix, Vectors
from store.vectors import VectorIndex

UNIT = np.eye(8, dtype=np.float32)


def stored(matrix: Matrix) -> dict[str, bytes]:
    ids, rows = matrix.take(matrix.ids())
    return {i: row.tobytes() for i, row in zip(ids, rows, strict=True)}


def nearest(matrix: Matrix, vector: Vectors, limit: int) -> list[tuple[str, float]]:
    return matrix.nearest(vector, limit, matrix.places(matrix.ids()))


def test_vectors_come_back_to_the_last_bit_also_when_opened_again(tmp_path: Path) -> None:
    given = np.random.default_rng(1).standard_normal((5000, 8)).astype(np.float32)
    ids = [f"p{i}#0" for i in range(5000)]
    matrix = Matrix(tmp_path)
    matrix.add(ids[:10], given[:10])
    matrix.add(ids[5:], given[5:])
    expected = {i: row.tobytes() for i, row in zip(ids, given, strict=True)}
    assert stored(matrix) == expected
    matrix.close()
    again = Matrix(tmp_path)
    assert stored(again) == expected
    assert again.take(["nobody", "p3#0"])[0] == ["p3#0"]
    assert again.take(["nobody"])[0] == Matrix(tmp_path / "empty").take(["p3#0"])[0] == []


def test_the_nearest_are_by_cosine_whatever_their_length(tmp_path: Path) -> None:
    matrix = Matrix(tmp_path)
    matrix.add(["a", "b", "c"], np.stack([UNIT[0] * 3, UNIT[0] + UNIT[1], UNIT[2] * 0.1]))
    for opened in (matrix, Matrix(tmp_path)):
        found = nearest(opened, UNIT[0] * 7, 2)
        assert [i for i, _ in found] == ["a", "b"]
        assert [cosine for _, cosine in found] == pytest.approx([1.0, 0.5**0.5])
    assert nearest(matrix, UNIT[2], 50)[0][0] == "c"
    assert len(nearest(matrix, UNIT[2], 50)) == 3
    assert nearest(matrix, UNIT[2], 0) == []


def test_what_is_removed_is_gone_and_its_room_is_given_back(tmp_path: Path) -> None:
    matrix = Matrix(tmp_path)
    ids = [f"p{i}" for i in range(9000)]
    matrix.add(ids, np.tile(UNIT[0], (9000, 1)))
    size = (tmp_path / "matrix.f32").stat().st_size
    places = matrix.places(["p1", "p8999"])
    matrix.remove([*ids[:8900], "nobody"])
    assert len(matrix) == 100
    assert [i for i, _ in matrix.nearest(UNIT[0], 5, places)] == ["p1", "p8999"]
    matrix.add(["p1"], UNIT[1:2])
    matrix.close()
    again = Matrix(tmp_path)
    assert len(again) == 101
    assert stored(again)["p1"] == UNIT[1].tobytes()
    assert (tmp_path / "matrix.f32").stat().st_size < size


@pytest.mark.parametrize("cut", [1, 3, 9])
def test_a_write_that_was_broken_off_is_as_if_it_never_came(tmp_path: Path, cut: int) -> None:
    matrix = Matrix(tmp_path)
    matrix.add(["first#0", "second#0"], UNIT[:2])
    matrix.close()
    names = tmp_path / "matrix.ids"
    names.write_bytes(names.read_bytes()[:-cut])
    again = Matrix(tmp_path)
    assert again.ids() == ["first#0"]
    again.add(["second#0"], UNIT[3:4])
    assert stored(Matrix(tmp_path)) == {"first#0": UNIT[0].tobytes(), "second#0": UNIT[3].tobytes()}


@pytest.mark.parametrize("damage", ["", "x\n+a\n", "8\n+a\n+b\n+c\n"])
def test_files_that_make_no_sense_are_empty(tmp_path: Path, damage: str) -> None:
    (tmp_path / "matrix.ids").write_text(damage)
    assert len(Matrix(tmp_path)) == 0


_steps = st.lists(
    st.tuples(st.sampled_from("+-o"), st.lists(st.sampled_from("abcdefgh"), max_size=4)),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(_steps)
def test_it_holds_what_came_and_did_not_go(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, list[str]]]
) -> None:
    folder = tmp_path_factory.mktemp("matrix")
    matrix, expected = Matrix(folder), dict[str, bytes]()
    for number, (what, ids) in enumerate(steps, 1):
        if what == "+":
            unique = list(dict.fromkeys(ids))
            rows = np.tile(UNIT[0] * number, (len(unique), 1))
            matrix.add(unique, rows)
            expected = {i: rows[0].tobytes() for i in unique} | expected
        elif what == "-":
            matrix.remove(ids)
            expected = {i: row for i, row in expected.items() if i not in ids}
        else:
            matrix.close()
            matrix = Matrix(folder)
        assert stored(matrix) == expected


@pytest.mark.parametrize("lost", ["matrix", "some", "chroma"])
def test_it_is_brought_level_with_chroma_when_opened(tmp_path: Path, lost: str) -> None:
    def node(name: str) -> TextNode:
        return TextNode(id_=name, text=name, metadata={"paper_id": name[0]})

    index = VectorIndex(tmp_path / "vectors", "one", tmp_path / "matrix")
    index.add([node("a#0"), node("b#0"), node("b#1")], UNIT[:3])
    index.close()
    if lost == "matrix":
        (tmp_path / "matrix" / "matrix.ids").unlink()
    elif lost == "some":
        Matrix(tmp_path / "matrix").remove(["b#0"])
    else:
        Matrix(tmp_path / "matrix").add(["c#0"], UNIT[3:4])
    again = VectorIndex(tmp_path / "vectors", "one", tmp_path / "matrix")
    found = again.vectors(["a#0", "b#0", "b#1", "c#0"])
    assert {i: row.tobytes() for i, row in found.items()} == {
        name: UNIT[n].tobytes() for n, name in enumerate(["a#0", "b#0", "b#1"])
    }
    assert again.search(UNIT[1], 5, ["a#0", "b#0"]) == [("b#0", 1.0), ("a#0", 0.0)]
    again.remove(["b"])
    assert list(again.vectors(["a#0", "b#0"])) == ["a#0"]
    again.close()


def test_the_chunks_of_papers_are_found_by_their_numbers(tmp_path: Path) -> None:
    matrix = Matrix(tmp_path)
    matrix.add(["a#0", "b#0", "a#1", "a#10"], np.stack([UNIT[0], UNIT[1], UNIT[2], UNIT[0]]))
    places = matrix.places_of(["b", "nobody", "a"])
    assert places.ids == ["b#0", "a#0", "a#1"]
    assert [i for i, _ in matrix.nearest(UNIT[2], 1, places)] == ["a#1"]
