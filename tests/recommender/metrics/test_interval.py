import numpy as np
import pytest

from recommender.metrics import interval, interval_of


def test_the_interval_of_a_mean_is_as_wide_as_its_standard_error_says() -> None:
    values = np.random.default_rng(1).normal(0.2, 0.3, 800)
    found = interval(values)
    error = values.std() / np.sqrt(len(values))
    assert found.value == pytest.approx(values.mean())
    assert found.upper - found.lower == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_equal_seeds_give_equal_bits() -> None:
    values = np.random.default_rng(2).random(50)
    assert interval(values) == interval(values)
    assert interval(values) != interval(values, seed=8)


def test_users_without_a_value_take_no_part() -> None:
    assert interval([1.0, np.nan, 1.0]).users == 2


@pytest.mark.parametrize("values", [[], [0.5], [np.nan]])
def test_fewer_than_two_users_allow_no_interval(values: list[float]) -> None:
    found = interval(values)
    assert np.isnan(found.lower)
    assert np.isnan(found.upper)


def test_an_aggregate_is_centred_at_what_was_measured() -> None:
    codes = np.random.default_rng(3).integers(0, 400, 300)
    found = interval_of(lambda rows: float(len(np.unique(codes[rows]))), 300)
    assert found.lower < found.value < found.upper, "a plain percentile interval would lie below the value"
