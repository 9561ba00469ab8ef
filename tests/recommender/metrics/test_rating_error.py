import numpy as np
import pytest

from recommender.metrics import RatingErrors


def test_errors_are_means_over_ratings() -> None:
    users = np.array(["u", "v", "u"], dtype=object)
    errors = RatingErrors.of(users, np.array([3.0, 4.0, 1.0]), np.array([5.0, 4.0, 2.0]))
    assert errors.users.tolist() == ["u", "v"]
    assert errors.rmse.value == pytest.approx(np.sqrt((4 + 0 + 1) / 3))
    assert errors.mae.value == pytest.approx((2 + 0 + 1) / 3)


def test_intervals_enclose_the_value() -> None:
    rng = np.random.default_rng(4)
    actual = rng.integers(1, 6, 600).astype(float)
    errors = RatingErrors.of(rng.integers(0, 60, 600).astype(object), np.full(600, 3.0), actual)
    assert errors.rmse.lower < errors.rmse.value < errors.rmse.upper
    assert errors.mae.lower < errors.mae.value < errors.mae.upper


def test_a_missing_prediction_is_refused() -> None:
    with pytest.raises(ValueError, match="found 1 without"):
        RatingErrors.of(np.array(["u"], dtype=object), np.array([np.nan]), np.array([1.0]))
