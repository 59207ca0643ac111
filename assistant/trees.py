"""Gradient-boosted decision trees as the package carries them: numbers, and a walk through each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# (feature's number, limit, node where it is at most the limit, node where it is above), or a
# leaf: (value,).
Node = Sequence[float]


@dataclass(frozen=True, slots=True)
class Trees:
    """A sum of trees over named features.

    Friedman, "Greedy function approximation: a gradient boosting machine" (2001); fitted by
    scikit-learn's HistGradientBoostingClassifier, which isn't needed to use them.
    """

    features: tuple[str, ...]
    base: float
    trees: Sequence[Sequence[Node]]

    def raw(self, features: Mapping[str, float]) -> float:
        """The log-odds. Raises KeyError where a feature is missing."""
        row = [features[name] for name in self.features]
        total = self.base
        for tree in self.trees:
            node = tree[0]
            while len(node) > 1:
                which, limit, left, right = node
                node = tree[int(left if row[int(which)] <= limit else right)]
            total += node[0]
        return total


def chance(log_odds: float) -> float:
    """Log-odds as a share from 0 to 1."""
    return 1 / (1 + math.exp(-max(min(log_odds, 30.0), -30.0)))
