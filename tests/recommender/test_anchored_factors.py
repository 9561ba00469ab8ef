"""Item factors moved towards some users, held by everybody's."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.anchored_factors import anchored_factors

Factors = NDArray[np.float32]


def _case(seed: int, users: int = 9, items: int = 7, size: int = 3) -> tuple[Factors, Factors, sparse.csr_matrix]:
    rng = np.random.default_rng(seed)
    anchor = rng.normal(size=(items, size)).astype(np.float32)
    people = rng.normal(size=(users, size)).astype(np.float32)
    likes = (rng.random((users, items)) < 0.3) * rng.uniform(1, 5, (users, items))
    return anchor, people, sparse.csr_matrix(likes.astype(np.float32))


@given(st.integers(0, 100), st.sampled_from([0.1, 1.0, 8.0]))
@settings(max_examples=25, deadline=None)
def test_every_liked_item_solves_its_own_weighted_ridge(seed: int, weight: float) -> None:
    anchor, people, likes = _case(seed)
    moved = anchored_factors(anchor, people, likes, weight)
    ridge = np.trace(people.T @ people) / anchor.shape[1] / weight
    dense = likes.toarray()
    for item in range(len(anchor)):
        if not dense[:, item].any():
            np.testing.assert_array_equal(moved[item], anchor[item])
            continue
        confidence = np.where(dense[:, item] > 0, dense[:, item], 1.0)
        wanted = dense[:, item] > 0
        left = (people.T * confidence) @ people + ridge * np.eye(anchor.shape[1])
        right = people.T @ (confidence * wanted) + ridge * anchor[item]
        np.testing.assert_allclose(moved[item], np.linalg.solve(left, right), rtol=2e-3, atol=2e-3)


def test_weight_zero_or_nobody_moves_nothing() -> None:
    anchor, people, likes = _case(1)
    assert anchored_factors(anchor, people, likes, 0.0) is anchor
    assert anchored_factors(anchor, people * 0, likes, 1.0) is anchor


def test_a_lighter_weight_stays_closer_to_the_anchor() -> None:
    anchor, people, likes = _case(2)
    distance = [np.abs(anchored_factors(anchor, people, likes, w) - anchor).sum() for w in (0.001, 0.1, 1.0, 10.0)]
    assert distance == sorted(distance)
