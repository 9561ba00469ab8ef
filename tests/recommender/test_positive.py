"""Scores of any sign become proposals without losing their order."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recommender.generators.positive import positive
from recommender.history import History
from recommender.matrices import csr
from recommender.vocabulary import Vocabulary

TRAINED = np.array([True, True, False, True])


def _history() -> History:
    """The first user liked something, the second returned something, the third did nothing."""
    weights = csr(np.array([1.0, -1.0], np.float32), np.array([0, 1]), np.array([0, 1, 2, 2]), (3, 4))
    ages = csr(np.ones(2, np.float32), np.array([0, 1]), np.array([0, 1, 2, 2]), (3, 4))
    return History(Vocabulary.of("uvw"), Vocabulary.of("abcd"), weights, ages, date(2026, 3, 1))


@given(arrays.arrays(np.float32, (3, 4), elements=st.floats(-8, 8, width=16)))
def test_order_and_distances_of_trained_items_stay(scores: np.ndarray) -> None:
    lifted = positive(scores, TRAINED, _history())
    np.testing.assert_allclose(np.diff(lifted[0, TRAINED]), np.diff(scores[0, TRAINED]), atol=1e-4)
    assert lifted.min() >= 0


def test_untrained_items_and_users_who_like_nothing_score_zero() -> None:
    lifted = positive(np.full((3, 4), -5.0, np.float32) + np.arange(4, dtype=np.float32), TRAINED, _history())
    assert lifted.tolist() == [[0, 1, 0, 3], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_a_model_that_knows_no_item_proposes_none() -> None:
    assert (positive(np.ones((3, 4), np.float32), np.zeros(4, np.bool_), _history()) == 0).all()
