"""Two small models fitted by plain gradient descent: which sentence, and whether to answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def fit_choice(
    groups: Sequence[tuple[Array, NDArray[np.bool_]]], penalty: float = 1.0, steps: int = 800
) -> Array:
    """A conditional logit: weights under which the right rows of each group get the most of a
    softmax over the group.

    Args:
        groups: (features of shape (rows, features), which rows are right) for each group.
        penalty: of the squared weights (L2).

    Returns:
        Weights of shape (features,).
    """
    weights = np.zeros(groups[0][0].shape[1])
    for _ in range(steps):
        gradient = -penalty * weights / len(groups)
        for rows, right in groups:
            scores = rows @ weights
            share = np.exp(scores - scores.max())
            share /= share.sum()
            wanted = share * right
            wanted /= wanted.sum() + 1e-12
            gradient += (wanted - share) @ rows / len(groups)
        weights += 2.0 * gradient
    return weights


def fit_logistic(
    rows: Array,
    labels: NDArray[np.bool_],
    counts: Array | None = None,
    penalty: float = 3.0,
    steps: int = 4000,
) -> tuple[Array, float]:
    """Logistic regression on standardised features, both classes counting the same.

    `counts` is what each row counts for within its class, 1 where it is None.

    No weight is below zero: every feature is made so that more of it speaks for an answer, and
    a few hundred questions must not teach otherwise.

    Returns:
        (weights, bias) for the features as they come, not standardised.
    """
    mean, spread = rows.mean(0), rows.std(0) + 1e-9
    x = np.c_[(rows - mean) / spread, np.ones(len(rows))]
    y = labels.astype(float)
    counts = np.ones(len(rows)) if counts is None else counts
    halves = np.where(labels, counts[labels].sum(), counts[~labels].sum())
    each = 0.5 * counts / halves * len(y)
    weights = np.zeros(x.shape[1])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-(x @ weights)))
        step = x.T @ (each * (y - p)) / len(y)
        step[:-1] -= penalty * weights[:-1] / len(y)
        weights += step
        weights[:-1] = np.maximum(weights[:-1], 0.0)
    scaled = weights[:-1] / spread
    return scaled, float(weights[-1] - scaled @ mean)
