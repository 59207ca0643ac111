"""Runs are compared over the questions that they share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval.comparing import compare, markdown, paired
from eval.recording import Each, Run
from tests.eval.making import a_run


def run(name: str, each: Each) -> Run:
    return replace(a_run(), name=name, each=each)


def test_the_same_run_differs_in_nothing() -> None:
    values = [0.1, 0.9, 0.4, 0.0, 1.0]
    found = paired(values, values)
    assert found.difference == found.low == found.high == 0
    assert found.p == 1


def test_a_clear_gain_is_above_chance() -> None:
    before = [n % 7 / 10 for n in range(60)]
    after = [value + 0.2 + n % 3 / 100 for n, value in enumerate(before)]
    found = paired(before, after)
    assert found.difference == pytest.approx(0.21)
    assert 0.19 < found.low < 0.21 < found.high < 0.23
    assert found.p < 0.001


def test_as_many_ups_as_downs_are_chance() -> None:
    found = paired([0.0, 1.0] * 20, [1.0, 0.0] * 20)
    assert found.low < 0 < found.high
    assert found.p > 0.9


def test_it_is_the_pairs_that_count() -> None:
    easy_and_hard = [0.0, 1.0] * 20
    assert paired(easy_and_hard, [value + 0.01 for value in easy_and_hard]).low > 0


def test_the_same_values_give_the_same_interval() -> None:
    before, after = [0.1, 0.2, 0.7, 0.4], [0.3, 0.1, 0.8, 0.9]
    assert paired(before, after) == paired(before, after)


@pytest.mark.parametrize(("before", "after"), [([1.0], [1.0]), ([1.0, 0.0], [1.0])])
def test_a_single_pair_tells_nothing(before: list[float], after: list[float]) -> None:
    with pytest.raises(ValueError, match="at least two"):
        paired(before, after)


def test_what_moved_most_is_told_first() -> None:
    before = run("old", {"q1": {"rr": 1.0}, "q2": {"rr": 0.0}, "q3": {"rr": 0.5}, "q4": {"rr": 1}})
    after = run("new", {"q1": {"rr": 0.2}, "q2": {"rr": 1.0}, "q3": {"rr": 0.6}, "q4": {"rr": 1}})
    found = compare(before, after).movements["rr"]
    assert (found.better, found.worse) == (2, 1)
    assert [i for i, _, _ in found.most_gained] == ["q2", "q3"]
    assert found.most_lost == (("q1", 1.0, 0.2),)


def test_other_questions_are_left_out_and_counted() -> None:
    before = run("old", {i: {"rr": 1.0} for i in ("q1", "q2", "q3")})
    after = run("new", {i: {"rr": 1.0} for i in ("q2", "q3", "q4", "q5")})
    found = compare(before, after)
    assert found.measures["rr"].questions == 2
    assert "2 are in both" in found.notes[0]
    assert "1 are in old only, 2 in new only" in found.notes[0]
    assert found.notes[0] in markdown(found)


def test_a_measure_of_one_shared_question_is_named_and_left_out() -> None:
    before = run("old", {"q1": {"rr": 1.0, "hit@1": 1.0}, "q2": {"rr": 0.0}})
    found = compare(before, replace(before, name="new"))
    assert list(found.measures) == ["rr"]
    assert "hit@1" in found.notes[-1]


def test_settings_that_differ_are_told() -> None:
    before = run("old", {"q1": {"rr": 1.0}, "q2": {"rr": 0.0}})
    after = replace(before, settings={"answer": {"top_k": 9}})
    assert "Settings: top_k 8 → 9." in compare(before, after).notes
