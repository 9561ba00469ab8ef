from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.bootstrap import Differences


def differences(*windows: np.ndarray, shared: bool = False) -> Differences:
    """``shared``: the first user of every window is one person, and so on; else nobody is in two windows."""
    counts = [len(values) for values in windows]
    user = np.concatenate([np.arange(n) for n in counts]) if shared else np.arange(sum(counts))
    window = np.repeat(np.arange(len(windows)), counts)
    return Differences(np.concatenate(windows), window, user)


def noise(gain: float = 0.0, users: int = 50, seed: int = 1) -> Differences:
    rng = np.random.default_rng(seed)
    return differences(*(rng.normal(gain, 0.1, users + 10 * n) for n in range(3)))


def test_equal_seeds_give_equal_bits_and_other_seeds_others() -> None:
    assert np.array_equal(noise().draws(200, 4), noise().draws(200, 4))
    assert not np.array_equal(noise().draws(200, 4), noise().draws(200, 5))


@given(st.floats(-1, 1))
@settings(max_examples=10, deadline=None)
def test_a_constant_difference_is_certain(value: float) -> None:
    constant = differences(*[np.full(20, value)] * 3)
    assert np.allclose(constant.draws(50, 0), value)
    assert constant.estimate(50, 0).bounds(0.05) == pytest.approx((value, value), abs=1e-9)


def test_no_difference_at_all_proves_nothing() -> None:
    estimate = differences(*[np.zeros(20)] * 3).estimate(50, 0)
    assert estimate.bounds(0.05) == (0.0, 0.0)
    assert estimate.p_value(0.0) == 1.0


def test_the_draws_lie_around_the_mean_over_all_users() -> None:
    rows = noise(0.3, users=400)
    assert rows.draws(2000, 0).mean() == pytest.approx(rows.values.mean(), abs=0.005)


def test_one_window_spreads_as_the_standard_error_says() -> None:
    values = np.random.default_rng(2).normal(0, 0.1, 900)
    estimate = differences(values).estimate(4000, 0)
    assert estimate.error == pytest.approx(values.std() / np.sqrt(len(values)), rel=0.06)
    assert estimate.freedom == pytest.approx(899)


def test_windows_that_differ_spread_as_three_independent_numbers_would() -> None:
    levels = (-0.1, 0.0, 0.4)
    estimate = differences(*(np.full(50, level) for level in levels)).estimate(20_000, 0)
    assert estimate.error == pytest.approx(np.std(levels, ddof=1) / np.sqrt(3), rel=0.03)
    assert estimate.freedom == pytest.approx(2)


def test_a_window_of_few_users_hardly_counts() -> None:
    rng = np.random.default_rng(4)
    three = [rng.normal(0.01, 0.05, 400) for _ in range(3)]
    known = differences(*three).estimate(4000, 0)
    more = differences(*three, rng.normal(0.01, 0.05, 8)).estimate(4000, 0)
    assert more.error == pytest.approx(known.error, rel=0.1)
    assert more.freedom == pytest.approx(known.freedom, rel=0.1)


def test_windows_that_differ_are_read_by_a_t_test_of_their_means() -> None:
    from scipy.stats import ttest_1samp

    levels = np.array([0.1, 0.2, 0.4])
    p_value = differences(*(np.full(50, level) for level in levels)).estimate(20_000, 0).p_value(0.0)
    assert p_value == pytest.approx(ttest_1samp(levels, 0.0, alternative="greater").pvalue, rel=0.1)


def test_users_who_are_alike_in_all_windows_count_once() -> None:
    values = np.random.default_rng(3).normal(0, 0.1, 400)
    together = differences(values, values, values, shared=True).estimate(4000, 0)
    apart = differences(values, values, values).estimate(4000, 0)
    assert together.error == pytest.approx(values.std() / np.sqrt(400), rel=0.06)
    assert apart.error == pytest.approx(together.error / np.sqrt(3), rel=0.06)


def test_the_error_is_what_the_variances_of_windows_and_users_say() -> None:
    rng = np.random.default_rng(5)
    rows = differences(*(rng.normal(level, 0.1, 300) for level in (0.0, 0.01, 0.02)), shared=True)
    means = np.array([rows.values[rows.window == code].mean() for code in range(3)])
    within = np.bincount(rows.user, weights=rows.values - means[rows.window])
    expected = np.sqrt(means.var(ddof=1) / 3 + (within**2).sum() / len(rows.values) ** 2)
    assert rows.estimate(20_000, 0).error == pytest.approx(expected, rel=0.03)


@given(st.integers(30, 400), st.floats(0.01, 0.4), st.floats(-0.05, 0.05))
@settings(max_examples=40, deadline=None)
def test_the_lower_bound_is_above_a_threshold_exactly_when_its_p_value_is_small_enough(
    resamples: int, alpha: float, threshold: float
) -> None:
    estimate = noise(0.01).estimate(resamples, 2)
    assert (estimate.bounds(alpha)[0] > threshold) == (estimate.p_value(threshold) < alpha)


def _pass_rate(shift: float, alpha: float, cases: int = 1500) -> float:
    """How often three windows of equal recipes that shift together by ``shift`` pass."""
    passed = 0
    for case in range(cases):
        rng = np.random.default_rng((99, case))
        rows = differences(*(rng.normal(rng.normal(0, shift), 0.05, 60) for _ in range(3)))
        passed += rows.estimate(100, case).bounds(alpha)[0] > 0
    return passed / cases


@pytest.mark.parametrize("shift", [0.0, 0.0065, 0.05])
def test_windows_that_shift_together_pass_no_more_often_than_the_level(shift: float) -> None:
    # shifts of none, one and eight standard errors of a window's mean; three binomial deviations of leeway
    assert _pass_rate(shift, alpha=0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1500)
