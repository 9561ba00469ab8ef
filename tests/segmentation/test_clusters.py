from dataclasses import replace

import numpy as np
import pytest

from segmentation.clusters import cluster, merge_small, nearest


def _blobs(k: int, each: int = 60, seed: int = 3) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.vstack([random.normal(10 * n, 0.3, (each, 2)) for n in range(k)])


def test_k_is_the_number_of_groups_that_bootstraps_find_again(small) -> None:
    found = cluster(_blobs(3), small)
    assert len(found.centroids) == 3
    assert found.stability[3] == pytest.approx(1.0)
    assert found.silhouette > 0.9


def test_formless_points_stay_together_when_no_k_is_stable(small) -> None:
    points = np.random.default_rng(1).normal(size=(200, 8))
    assert len(cluster(points, replace(small, stability_floor=0.95)).centroids) == 1


def test_a_split_that_merging_would_undo_is_not_preferred_to_one_that_lasts(small) -> None:
    random = np.random.default_rng(2)
    points = np.vstack([random.normal((x, y), 0.3, (n, 2)) for x, y, n in ((0, 0, 150), (0, 6, 150), (40, 0, 15))])
    # the far 15 make k=2 perfectly stable, but they are too few for a segment
    assert len(cluster(points, replace(small, minimum_size=40)).centroids) == 3


def test_a_stable_k_is_kept_from_the_previous_fit(small) -> None:
    points = _blobs(4)
    start = np.stack([points[:120].mean(axis=0), points[120:].mean(axis=0)])
    assert len(cluster(points, small).centroids) == 4
    assert len(cluster(points, small, start).centroids) == 2


@pytest.mark.parametrize("points", [np.zeros((0, 2)), np.ones((1, 2)), np.ones((80, 2)), np.eye(2).repeat(30, axis=0)])
def test_f14_no_users_one_user_and_identical_users_are_survived(points, small) -> None:
    found = cluster(points, small)
    assert np.isfinite(found.centroids).all()
    assert 1 <= len(found.centroids) <= 2


def test_equal_points_give_equal_bits(small) -> None:
    assert cluster(_blobs(3), small).centroids.tobytes() == cluster(_blobs(3), small).centroids.tobytes()


def test_nearest_finds_the_nearest_and_its_distance() -> None:
    labels, distances = nearest(np.array([[0.0, 3.0], [9.0, 0.0]]), np.array([[0.0, 0.0], [10.0, 0.0]]))
    assert labels.tolist() == [0, 1]
    assert distances.tolist() == [3.0, 1.0]


def test_the_small_join_the_nearest_until_all_are_large_enough() -> None:
    centres = np.array([[0.0], [1.0], [10.0], [11.0]])
    assert merge_small(centres, np.array([50, 5, 6, 50]), [20] * 4) == (0, 0, 1, 1)
    assert merge_small(centres, np.array([50, 50, 50, 50]), [20] * 4) == (0, 1, 2, 3)
    assert merge_small(centres, np.array([1, 1, 1, 1]), [20] * 4) == (0, 0, 0, 0)
