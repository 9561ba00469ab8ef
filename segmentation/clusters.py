"""Clusters in a band, by K-Means or Ward: how many, how stable, how separate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from segmentation.settings import SegmentationSettings
from segmentation.ward import ward_centroids

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]

_NEARLY_AS_STABLE: Final = 0.05
_HYSTERESIS: Final = 0.1
_TO_SPLIT: Final = 0.2
_ROWS_AT_ONCE: Final = 4096  # a megabyte of differences: stays in the processor's own memory


@dataclass(frozen=True)
class Clustering:
    """Centroids of one band, shape (k, width), and what was measured while choosing k."""

    centroids: Matrix
    stability: dict[int, float]
    silhouette: float | None


def cluster(points: Matrix, settings: SegmentationSettings, start: Matrix | None = None) -> Clustering:
    """Cluster the points of one band.

    Args:
        points: shape (users, width).
        settings: range of k, stability floor, samples, seed.
        start: centroids to begin from, shape (k, width): k stays theirs while it is stable.

    k is the largest whose bootstrap stability is above the floor and within 0.05 of the best, among those with two
    clusters or more of ``minimum_size`` (the others would be merged into one); one cluster when there is no such k,
    or when all points are the same.
    """
    from threadpoolctl import threadpool_limits

    # one thread: sums in another order would end in other bits
    with threadpool_limits(limits=1):
        sample = _sample(points, settings.fit_sample, settings.seed)
        few = _sample(points, settings.stability_sample, settings.seed + 1)
        limit = len(np.unique(few, axis=0)) if few.size else 1
        least = settings.minimum_size * len(few) / max(1, len(points))
        k, stability = _choose(few, limit, settings, 0 if start is None else len(start), least)
        if k <= 1:
            return Clustering(_middle(points), stability, None)
        begin = start if start is not None and len(start) == k else None
        centroids = _fit(sample, k, settings, settings.seed, begin)
        return Clustering(centroids, stability, _silhouette(few, centroids))


def nearest(points: Matrix, centroids: Matrix) -> tuple[Labels, Matrix]:
    """The nearest centroid of each point and the distance to it; ties go to the lower number."""
    labels, squared = np.zeros(len(points), dtype=np.int64), np.zeros(len(points))
    for start in range(0, len(points), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        away = np.stack([((points[rows] - centre) ** 2).sum(axis=1) for centre in centroids], axis=1)
        labels[rows] = away.argmin(axis=1)
        squared[rows] = away.min(axis=1)
    return labels, np.sqrt(squared)


def merge_small(centroids: Matrix, sizes: Labels, required: Sequence[int]) -> tuple[int, ...]:
    """Which group each cluster ends in: the smallest that is too small joins the nearest, until none is.

    Args:
        centroids: shape (k, width).
        sizes: users of each cluster.
        required: least size of each cluster; a group needs what the least demanding of its clusters does.
    """
    groups = {n: [n] for n in range(len(centroids))}
    while len(groups) > 1:
        small = [g for g, m in groups.items() if sizes[m].sum() < min(required[n] for n in m)]
        if not small:
            break
        smallest = min(small, key=lambda g: (sizes[groups[g]].sum(), g))
        members = groups.pop(smallest)
        target = _nearest_group(centroids, sizes, groups, members)
        groups[target] = groups[target] + members
    home = {member: number for number, g in enumerate(sorted(groups)) for member in groups[g]}
    return tuple(home[n] for n in range(len(centroids)))


def _nearest_group(centroids: Matrix, sizes: Labels, groups: dict[int, list[int]], members: list[int]) -> int:
    here = _centre(centroids, sizes, members)
    away = {g: float(((_centre(centroids, sizes, m) - here) ** 2).sum()) for g, m in groups.items()}
    return min(away, key=lambda g: (away[g], g))


def _choose(
    points: Matrix, limit: int, settings: SegmentationSettings, previous: int, least: float
) -> tuple[int, dict[int, float]]:
    if 1 < previous <= limit:
        kept = _stability(points, previous, settings)
        if kept >= settings.stability_floor - _HYSTERESIS:
            return previous, {previous: kept}
    low, high = settings.k_range
    most = min(high, limit - 1, len(points) // 2)
    measured = {k: _stability(points, k, settings) for k in range(max(2, low), most + 1)}
    # a band that was whole is split only for a clearly stable k: segments must not come and go with the noise
    floor = min(0.98, settings.stability_floor + (_TO_SPLIT if previous == 1 else 0.0))
    useful = {k: value for k, value in measured.items() if _large_clusters(points, k, settings, least) >= 2}
    bar = max(floor, max(useful.values(), default=0.0) - _NEARLY_AS_STABLE)
    return max((k for k, value in useful.items() if value >= bar), default=1), measured


def _large_clusters(points: Matrix, k: int, settings: SegmentationSettings, least: float) -> int:
    sizes = np.bincount(nearest(points, _fit(points, k, settings, settings.seed))[0], minlength=k)
    return int((sizes >= least).sum())


def _stability(points: Matrix, k: int, settings: SegmentationSettings) -> float:
    """Mean adjusted Rand index of clusterings of bootstraps against that of all points (Hennig 2007)."""
    from sklearn.metrics import adjusted_rand_score

    whole, _ = nearest(points, _fit(points, k, settings, settings.seed))
    random = np.random.default_rng(settings.seed + k)
    scores = []
    for number in range(settings.bootstraps):
        drawn = random.integers(0, len(points), len(points))
        again, _ = nearest(points, _fit(points[drawn], k, settings, settings.seed + 1 + number))
        scores.append(float(adjusted_rand_score(whole, again)))
    return float(np.mean(scores))


def _fit(points: Matrix, k: int, settings: SegmentationSettings, seed: int, start: Matrix | None = None) -> Matrix:
    """The centroids of ``k`` clusters by the method of the settings; ``start`` is K-Means' alone."""
    if settings.method == "ward":
        return ward_centroids(points, k, seed)
    return _kmeans(points, k, seed, start)


def _kmeans(points: Matrix, k: int, seed: int, start: Matrix | None) -> Matrix:
    import warnings

    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # fewer distinct points than k in a bootstrap: its score tells
        warnings.simplefilter("ignore", ConvergenceWarning)
        begin: Any = "k-means++" if start is None else start
        model = KMeans(k, init=begin, n_init=10 if start is None else 1, random_state=seed, max_iter=200)
        return np.asarray(model.fit(points).cluster_centers_, dtype=np.float64)


def _silhouette(points: Matrix, centroids: Matrix) -> float | None:
    from sklearn.metrics import silhouette_score

    labels, _ = nearest(points, centroids)
    return float(silhouette_score(points, labels)) if 1 < len(np.unique(labels)) < len(points) else None


def _sample(points: Matrix, most: int, seed: int) -> Matrix:
    if len(points) <= most:
        return points
    chosen: Matrix = points[np.sort(np.random.default_rng(seed).choice(len(points), most, replace=False))]
    return chosen


def _middle(points: Matrix) -> Matrix:
    return points.mean(axis=0, keepdims=True) if len(points) else np.zeros((1, points.shape[1]))


def _centre(centroids: Matrix, sizes: Labels, members: list[int]) -> Matrix:
    weights = np.maximum(sizes[members], 1).astype(np.float64)
    centre: Matrix = np.average(centroids[members], axis=0, weights=weights)
    return centre
