"""Item-item weights moved towards some users, held by everybody's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.anchored_weights import anchored_weights

Dense = NDArray[np.float32]


def _case(users: int, items: int, seed: int) -> tuple[Dense, sparse.csr_matrix]:
    rng = np.random.default_rng(seed)
    start = rng.normal(0, 0.2, (items, items)).astype(np.float32)
    np.fill_diagonal(start, 0)
    likes = (rng.random((users, items)) < 0.4) * rng.uniform(0.5, 1.5, (users, items))
    return start, sparse.csr_matrix(likes.astype(np.float32))


def _by_columns(start: Dense, profile: sparse.csr_matrix, weight: float) -> NDArray[np.float64]:
    """The same problem, one item at a time, its own row left out."""
    x = profile.toarray().astype(np.float64)
    ridge = (x**2).sum() / (x.sum(axis=0) > 0).sum() / weight
    moved = start.astype(np.float64).copy()
    for item in range(x.shape[1]):
        others = np.arange(x.shape[1]) != item
        left = x[:, others].T @ x[:, others] + ridge * np.eye(others.sum())
        moved[others, item] += np.linalg.solve(left, x[:, others].T @ (x[:, item] - x @ start[:, item]))
    return moved


@given(st.sampled_from([(5, 12), (40, 8)]), st.integers(0, 50), st.sampled_from([0.1, 1.0, 10.0]))
@settings(max_examples=20, deadline=None)
def test_the_correction_is_the_ridge_regression_of_every_item_on_the_others(
    shape: tuple[int, int], seed: int, weight: float
) -> None:
    start, profile = _case(*shape, seed)
    liked = np.flatnonzero(np.asarray(profile.sum(axis=0)).ravel())
    inside = np.ix_(liked, liked)
    moved = anchored_weights(start, profile, weight)
    expected = _by_columns(start[inside], sparse.csr_matrix(profile[:, liked]), weight)
    np.testing.assert_allclose(np.asarray(moved)[inside], expected, atol=2e-4)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_weight_zero_or_nobody_moves_nothing(kind: type) -> None:
    start, profile = _case(6, 10, 1)
    weights = kind(start)
    assert anchored_weights(weights, profile, 0.0) is weights
    assert anchored_weights(weights, sparse.csr_matrix((6, 10), dtype=np.float32), 1.0) is weights


def test_sparse_weights_move_like_dense_ones() -> None:
    start, profile = _case(6, 10, 2)
    moved = anchored_weights(sparse.csr_matrix(start), profile, 0.5)
    assert sparse.issparse(moved)
    np.testing.assert_allclose(moved.toarray(), anchored_weights(start, profile, 0.5), atol=1e-6)


def test_items_that_nobody_of_the_segment_likes_stay() -> None:
    start, profile = _case(6, 10, 3)
    alone = profile.toarray()
    alone[:, 4:] = 0
    moved = np.asarray(anchored_weights(start, sparse.csr_matrix(alone), 1.0))
    np.testing.assert_array_equal(moved[4:], start[4:])
    np.testing.assert_array_equal(moved[:, 4:], start[:, 4:])


def test_a_lighter_weight_stays_closer_to_the_anchor() -> None:
    start, profile = _case(30, 12, 4)
    distance = [np.abs(np.asarray(anchored_weights(start, profile, w)) - start).sum() for w in (0.01, 0.1, 1.0, 10.0)]
    assert distance == sorted(distance)
    assert distance[0] < 0.2 * distance[-1]
