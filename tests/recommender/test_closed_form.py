"""EASE against what defines it: a ridge regression of every item on the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.closed_form import ease_weights, largest


def _likes(seed: int, users: int = 40, items: int = 5) -> NDArray[np.float64]:
    return (np.random.default_rng(seed).random((users, items)) < 0.5).astype(np.float64)


def _regressed(gram: NDArray[np.float64], penalty: NDArray[np.float64], item: int) -> NDArray[np.float64]:
    others = np.delete(np.arange(len(gram)), item)
    left = gram[np.ix_(others, others)] + np.diag(penalty[others])
    return np.asarray(np.linalg.solve(left, gram[others, item]))


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.3, 0.7]), st.sampled_from([0.0, -0.25, -0.5]))
@settings(max_examples=25, deadline=None)
def test_each_column_is_the_ridge_regression_of_its_item_on_the_others(
    seed: int, dropout: float, exponent: float
) -> None:
    x = _likes(seed)
    weights = ease_weights(sparse.csr_matrix(x), 2.0, dropout, exponent)
    gram = x.T @ (np.maximum(x.sum(axis=1, keepdims=True), 1) ** exponent * x)
    # dropout punishes the weight of a common item more (Steck 2020)
    penalty = 2.0 + dropout / (1 - dropout) * np.diag(gram)
    for item in range(5):
        np.testing.assert_allclose(np.delete(weights[:, item], item), _regressed(gram, penalty, item), atol=1e-4)
        assert weights[item, item] == 0


def test_catalogues_beyond_one_block_agree_with_double_precision() -> None:
    profile = sparse.random(300, 1100, density=0.02, format="csr", random_state=np.random.default_rng(2))
    profile.data[:] = 1
    weights = ease_weights(sparse.csr_matrix(profile), 20.0, 0.0, 0.0)
    inverse = np.linalg.inv((profile.T @ profile).toarray() + 20.0 * np.eye(1100))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(weights, expected, atol=1e-4)


def test_a_regularisation_too_weak_is_refused_with_advice() -> None:
    twins = sparse.csr_matrix(np.ones((30, 3)))
    with pytest.raises(ValueError, match="ten times as much"):
        ease_weights(twins, 1e-9)


def test_the_largest_weights_are_kept_whatever_their_sign() -> None:
    weights = np.array([[0, -5, 1, 2], [3, 0, -1, 2], [0, 0, 0, 7]], dtype=np.float32)
    expected = [[0, -5, 0, 2], [3, 0, 0, 2], [0, 0, 0, 7]]
    np.testing.assert_array_equal(largest(weights, 2).toarray(), expected)
    np.testing.assert_array_equal(largest(weights, 9).toarray(), weights)
