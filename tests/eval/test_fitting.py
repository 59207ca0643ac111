"""Boosted trees are carried as scikit-learn fits them, and rise where they must."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.trees import chance
from eval.fitting import fit_trees

NAMES = ("held", "words")


def test_trees_tell_two_kinds_apart_and_never_fall_in_what_speaks_for_an_answer() -> None:
    draw = np.random.default_rng(0)
    values = draw.random((600, 2))
    # Beyond 0.8 the labels turn round, which a feature that must rise may not learn.
    labels = ((values[:, 0] > 0.5) & (values[:, 0] < 0.8)) | (values[:, 1] > 0.9)
    rows = [dict(zip(NAMES, row, strict=True)) for row in values.tolist()]
    trees = fit_trees(rows, labels, np.ones(600), NAMES, frozenset({"held"}))
    free = fit_trees(rows, labels, np.ones(600), NAMES, frozenset())
    more, less = ({"held": held, "words": 0.2} for held in (0.7, 0.3))
    assert chance(trees.raw(more)) > 0.5 > chance(trees.raw(less))
    ladder = [trees.raw({"held": step / 50, "words": 0.2}) for step in range(51)]
    assert ladder == sorted(ladder)
    loose = [free.raw({"held": step / 50, "words": 0.2}) for step in range(51)]
    assert loose != sorted(loose)


def test_what_counts_for_nothing_teaches_nothing() -> None:
    rows = [{"held": float(n % 2), "words": 0.0} for n in range(200)]
    turned = [{"held": float(n % 2 == 0), "words": 0.0} for n in range(200)]
    labels = np.array([bool(n % 2) for n in range(200)] * 2)
    counts = np.array([1.0] * 200 + [0.0] * 200)
    trees = fit_trees([*rows, *turned], labels, counts, NAMES, frozenset())
    assert chance(trees.raw(rows[1])) > 0.9
    assert chance(trees.raw(rows[0])) == pytest.approx(1 - chance(trees.raw(rows[1])), abs=0.05)
