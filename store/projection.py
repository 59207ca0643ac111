"""Vectors as places on a map, and as groups of neighbours. The same vectors give the same map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.float32]

_SEED = 20
_LEAST = 6  # points that t-SNE can make something of
_PARTS = 50  # dimensions that are kept; the rest is mostly noise, and time


def project(vectors: Rows) -> Rows:
    """Places of vectors in the plane, shape (n, 2), each coordinate from 0 to 1.

    By t-SNE on cosines, from the first two principal components; a handful of vectors stand
    evenly on a circle.
    """
    count = len(vectors)
    if count < 2:
        return np.full((count, 2), 0.5, np.float32)
    if count < _LEAST or np.allclose(vectors, vectors[0]):
        angles = 2 * np.pi * np.arange(count) / count
        circle = 0.5 + 0.35 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return np.asarray(circle, np.float32)
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    tsne = TSNE(
        perplexity=min(30.0, (count - 1) / 3),
        metric="cosine",
        init="pca",
        max_iter=600,
        random_state=_SEED,
        n_jobs=1,
    )
    # Threads add up in any order, and t-SNE blows the difference up; one also leaves the other
    # cores to whoever asks questions meanwhile.
    with threadpool_limits(1):
        places = tsne.fit_transform(_reduced(vectors))
    return _in_square(places)


def group(vectors: Rows) -> NDArray[np.int64]:
    """The number of the group that each vector is in, shape (n,), the largest group first.

    k-means on the unit vectors; there are more groups where there are more vectors.
    """
    count = len(vectors)
    groups = groups_for(count)
    if groups < 2 or np.allclose(vectors, vectors[0]):
        return np.zeros(count, np.int64)
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        found = KMeans(groups, n_init=4, random_state=_SEED).fit_predict(_reduced(vectors))
    sizes = np.bincount(found, minlength=groups)
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty(groups, np.int64)
    rank[order] = np.arange(groups)
    return np.asarray(rank[found], np.int64)


def groups_for(count: int) -> int:
    """How many groups are worth telling apart: 1 for 5 papers, 12 for 400, 24 at most."""
    return int(min(24, max(1, round(0.6 * count**0.5)))) if count >= 8 else min(count, 1)


def _reduced(vectors: Rows) -> Rows:
    """Unit vectors in their first principal components."""
    from sklearn.decomposition import PCA

    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    unit = vectors / lengths
    if min(unit.shape) <= _PARTS:
        return np.asarray(unit, np.float32)
    parts = PCA(_PARTS, svd_solver="covariance_eigh").fit_transform(unit)
    return np.asarray(parts, np.float32)


def _in_square(places: Rows) -> Rows:
    """Places scaled into the unit square, each axis by itself."""
    low, high = places.min(axis=0), places.max(axis=0)
    return np.asarray((places - low) / np.maximum(high - low, 1e-9), np.float32)
