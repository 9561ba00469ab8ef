"""Hierarchical clustering: small groups join where joining costs least variance."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_MOST_POINTS: Final = 4_000  # every pair of them has a distance: 128 MB


def ward_centroids(points: Matrix, k: int, seed: int) -> Matrix:
    """The means of ``k`` clusters by Ward's criterion (JASA 1963), shape (k, width), in the order of their first point.

    At most 4,000 points, drawn by the seed, are joined: what belongs to whom is then told by the nearest mean, as
    with K-Means.

    Args:
        points: shape (users, width), at least ``k``.
        k: number of clusters, 2 or more.
        seed: of the draw.
    """
    from sklearn.cluster import AgglomerativeClustering

    some = points
    if len(points) > _MOST_POINTS:
        some = points[np.sort(np.random.default_rng(seed).choice(len(points), _MOST_POINTS, replace=False))]
    labels = AgglomerativeClustering(k, linkage="ward").fit_predict(some)
    firsts = sorted(range(k), key=lambda cluster: int(np.argmax(labels == cluster)))
    return np.stack([some[labels == cluster].mean(axis=0) for cluster in firsts])
