from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.metrics import coverage, gini, novelty, popularity_lift, recommendation_popularity
from recommender.metrics.exposure import _gini

MET = np.array([10, 5, 1, 0, 0, 0, 0, 0])


def test_popularity_is_the_mean_share_of_users_who_met_the_items(eight: Any) -> None:
    values = recommendation_popularity(eight.lists("ab", "d", ""), MET, 10)
    assert values.tolist() == pytest.approx([0.75, 0.0, np.nan], nan_ok=True)


def test_lift_compares_the_list_with_the_own_history(eight: Any) -> None:
    history = eight.history({"u": "b", "v": "ab"}).of_users(np.array(["u", "v", "stranger"]))
    values = popularity_lift(eight.lists("a", "b", "a"), history.weights, MET)
    assert values.tolist() == pytest.approx([10 / 5 - 1, 5 / 7.5 - 1, np.nan], nan_ok=True)


def test_novelty_is_the_surprise_in_bits(eight: Any) -> None:
    values = novelty(eight.lists("a", "d", "ad", ""), MET, 10)
    assert values.tolist() == pytest.approx([0.0, np.log2(11), np.log2(11) / 2, np.nan], nan_ok=True)


def test_coverage_is_the_share_of_the_catalogue_shown(eight: Any) -> None:
    found = coverage(eight.lists("ab", "bc", "cd"), 8)
    assert found.value == 0.5
    assert found.lower <= 0.5 <= found.upper
    assert found.users == 3


def test_gini_is_zero_for_equal_exposure_and_high_for_one_item(eight: Any) -> None:
    assert gini(eight.lists("abcd", "efgh"), 8).value == pytest.approx(0.0)
    assert gini(eight.lists("a", "a"), 8).value == pytest.approx(7 / 8)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=12).filter(any))
def test_gini_is_half_the_relative_mean_difference(amounts: list[int]) -> None:
    mean = np.mean(amounts)
    naive = np.mean([abs(a - b) for a in amounts for b in amounts]) / (2 * mean)
    assert _gini(np.array(amounts)) == pytest.approx(naive)
