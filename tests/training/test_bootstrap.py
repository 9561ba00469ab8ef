from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.bootstrap import bootstrap_difference, interval, p_value


def windows(gain: float = 0.0, users: int = 50, seed: int = 1) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(gain, 0.1, users + 10 * n) for n in range(3)]


def test_equal_seeds_give_equal_bits_and_other_seeds_others() -> None:
    assert np.array_equal(bootstrap_difference(windows(), 200, 4), bootstrap_difference(windows(), 200, 4))
    assert not np.array_equal(bootstrap_difference(windows(), 200, 4), bootstrap_difference(windows(), 200, 5))


@given(st.floats(-1, 1))
@settings(max_examples=10, deadline=None)
def test_a_constant_difference_is_certain(value: float) -> None:
    draws = bootstrap_difference([np.full(20, value)] * 3, 50, 0)
    assert np.allclose(draws, value)


def test_the_draws_lie_around_the_mean_over_all_users() -> None:
    values = windows(0.3, users=400)
    draws = bootstrap_difference(values, 2000, 0)
    assert draws.mean() == pytest.approx(np.concatenate(values).mean(), abs=0.005)


def test_one_window_spreads_as_the_standard_error_says() -> None:
    values = windows(users=900)[0]
    draws = bootstrap_difference([values], 4000, 0)
    assert draws.std() == pytest.approx(values.std() / np.sqrt(len(values)), rel=0.06)


def test_windows_that_differ_spread_as_three_independent_numbers_would() -> None:
    values = [np.full(50, level) for level in (-0.1, 0.0, 0.4)]
    draws = bootstrap_difference(values, 20_000, 0)
    unbiased = np.std([-0.1, 0.0, 0.4], ddof=1) / np.sqrt(3)
    assert draws.std() == pytest.approx(unbiased, rel=0.03)


@given(st.integers(30, 400), st.floats(0.01, 0.4), st.floats(-0.05, 0.05))
@settings(max_examples=40, deadline=None)
def test_the_lower_bound_is_above_a_threshold_exactly_when_its_p_value_is_small_enough(
    resamples: int, alpha: float, threshold: float
) -> None:
    draws = bootstrap_difference(windows(0.01), resamples, 2)
    assert (interval(draws, alpha)[0] > threshold) == (p_value(draws, threshold) <= alpha + 1e-12)


def test_too_few_draws_for_the_level_claim_nothing() -> None:
    assert interval(np.arange(10.0), 0.01) == (-np.inf, np.inf)
