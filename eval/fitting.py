"""Two small models: which sentence, by plain gradient descent, and whether to answer, by trees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.trees import Trees

Array = NDArray[np.float64]


def fit_choice(
    groups: Sequence[tuple[Array, NDArray[np.bool_]]],
    penalty: float = 1.0,
    steps: int = 800,
    given: Array | None = None,
    free: NDArray[np.bool_] | None = None,
) -> Array:
    """A conditional logit: weights under which the right rows of each group get the most of a
    softmax over the group.

    Args:
        groups: (features of shape (rows, features), which rows are right) for each group.
        penalty: of the squared weights (L2).
        given: weights to begin with, zeros where there are none.
        free: which of the weights are fitted, all where it isn't told; the others stay as given.

    Returns:
        Weights of shape (features,).
    """
    count = groups[0][0].shape[1]
    weights = np.zeros(count) if given is None else given.copy()
    fitted = np.ones(count) if free is None else free.astype(float)
    for _ in range(steps):
        gradient = -penalty * weights / len(groups)
        for rows, right in groups:
            scores = rows @ weights
            share = np.exp(scores - scores.max())
            share /= share.sum()
            wanted = share * right
            wanted /= wanted.sum() + 1e-12
            gradient += (wanted - share) @ rows / len(groups)
        weights += 2.0 * gradient * fitted
    return weights


def fit_trees(
    rows: Sequence[Mapping[str, float]],
    labels: NDArray[np.bool_],
    counts: Array,
    features: Sequence[str],
    rising: Set[str],
) -> Trees:
    """Boosted trees, both classes counting the same.

    `counts` is what each row counts for within its class. More of a feature in `rising` never
    lowers the sum, whatever the rows say.

    Raises RuntimeError if scikit-learn keeps its trees in another form than this reads.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    x = np.array([[row[name] for name in features] for row in rows])
    halves = np.where(labels, counts[labels].sum(), counts[~labels].sum())
    model = HistGradientBoostingClassifier(
        max_iter=100,
        max_leaf_nodes=6,
        learning_rate=0.06,
        l2_regularization=5.0,
        min_samples_leaf=30,
        early_stopping=False,
        random_state=0,
        monotonic_cst=[int(name in rising) for name in features],
    )
    model.fit(x, labels, sample_weight=0.5 * counts / halves * len(labels))
    trees = Trees(
        tuple(features),
        round(float(model._baseline_prediction.ravel()[0]), 5),
        [[_node(node) for node in one.nodes] for (one,) in model._predictors],
    )
    ours = [trees.raw(row) for row in rows]
    if not np.allclose(ours, model.decision_function(x), atol=0.01):
        raise RuntimeError("These trees aren't those that scikit-learn fitted.")
    return trees


def _node(node: Any) -> list[float]:
    if node["is_leaf"]:
        return [round(float(node["value"]), 5)]
    limit = float(node["num_threshold"])
    return [int(node["feature_idx"]), limit, int(node["left"]), int(node["right"])]
