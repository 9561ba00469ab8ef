from __future__ import annotations

from dataclasses import replace

import numpy as np

from segmentation.clusters import cluster, nearest
from segmentation.ward import ward_centroids


def _blobs(each: int = 60) -> np.ndarray:
    random = np.random.default_rng(3)
    return np.vstack([random.normal(10 * n, 0.3, (each, 2)) for n in range(3)])


def test_groups_that_lie_apart_are_found() -> None:
    centroids = ward_centroids(_blobs(), 3, seed=0)
    np.testing.assert_allclose(centroids, [[0, 0], [10, 10], [20, 20]], atol=0.2)


def test_a_large_crowd_is_told_by_a_sample_and_the_nearest_mean() -> None:
    points = _blobs(each=2_000)
    labels, _ = nearest(points, ward_centroids(points, 3, seed=0))
    assert labels.tolist() == np.arange(3).repeat(2_000).tolist()


def test_hierarchical_clusters_are_chosen_by_stability_like_others(small) -> None:
    found = cluster(_blobs(), replace(small, method="ward"))
    assert len(found.centroids) == 3
    assert found.centroids.tobytes() == cluster(_blobs(), replace(small, method="ward")).centroids.tobytes()
