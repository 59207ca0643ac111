"""What the reader counts for beside the refusal's trees, and where the threshold then stands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assistant.refusal import FEATURES, RefusalModel, shipped_model
from assistant.trees import Trees
from eval.calibrate import Case, calibrate, share_of_reading
from eval.questions import Question

# The trees say the feature's sign, and nothing finer.
SIGN = Trees(("dense",), 0.0, [[[0, 0.0, 1, 2], [-1.0], [1.0]]])


def case(answer: bool, dense: float, answers: float | None = None) -> Case:
    question = Question("q", "tune", "detail", "Why?", ("a paper",) if answer else ())
    features = dict.fromkeys(FEATURES, 0.0) | {"dense": dense}
    return Case(question, features | ({} if answers is None else {"answers": answers}), answer)


def test_a_reader_that_knows_better_counts_and_one_that_is_mostly_wrong_does_not() -> None:
    draw = np.random.default_rng(0)
    answer = draw.random(400) < 0.5
    trees_right = np.where(draw.random(400) < 0.7, answer, ~answer)
    knows = [
        case(a, 1.0 if t else -1.0, 30.0 if a else -30.0)
        for a, t in zip(answer, trees_right, strict=True)
    ]
    turned = [
        case(a, 1.0 if t else -1.0, -1.0 if a else 1.0)
        for a, t in zip(answer, trees_right, strict=True)
    ]
    assert share_of_reading([knows], SIGN) > 0
    sure = [case(a, 1.0 if t else -1.0, 2.5 if a else -2.5)
            for a, t in zip(answer, trees_right, strict=True)]  # fmt: skip
    assert share_of_reading([sure], SIGN) * 2.5 > 1  # so much that it outweighs the trees
    assert share_of_reading([turned], SIGN) == 0.0
    assert share_of_reading([turned, knows], SIGN) > 0  # in the mean of both


def test_where_nothing_was_read_the_reader_counts_for_nothing() -> None:
    unread = [case(True, 1.0), case(False, -1.0)]
    assert share_of_reading([unread], SIGN) == 0.0
    assert share_of_reading([], SIGN) == 0.0
    assert share_of_reading([[case(True, 1.0, 2.0)]], SIGN) == 0.0  # of one kind alone


def test_the_bias_lets_one_threshold_do_for_questions_that_were_read_and_not() -> None:
    """A reader whose log-odds all lie low is no reason to refuse more."""
    trees = shipped_model().trees
    draw = np.random.default_rng(1)
    cases = []
    for number in range(600):
        answer = number % 2 == 0
        features = {name: float(draw.random()) for name in FEATURES}
        says = draw.normal(-6.0 if answer else -8.0, 1.0)
        kind, papers = ("detail", ("a paper",)) if answer else ("near-miss", ())
        question = Question("q", "tune", kind, "Why?", papers)
        cases.append(Case(question, features | {"answers": says}, answer))
    unread = [
        replace(one, features={name: one.features[name] for name in FEATURES}) for one in cases
    ]
    with_reader, without = (
        calibrate([], [given[:300]], [given[300:]])["model"] for given in (cases, unread)
    )
    assert with_reader["threshold"] == without["threshold"]
    assert without["reading"] == {"answers": 0.0, "bias": 0.0}
    model = RefusalModel(trees, with_reader["threshold"], with_reader["reading"])
    answered, wrongly = (
        np.mean([model.confidence(c.features) >= model.threshold for c in cases if c.answer == one])
        for one in (True, False)
    )
    assert answered > 0.7 > 0.3 > wrongly
    assert answered == pytest.approx(1 - wrongly, abs=0.12)
