from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.cases import Case
from benchmarks.gate import _reaching
from benchmarks.size import _crossing


def drawn(case: Case, cases: int = 40) -> np.ndarray:
    rngs = (np.random.default_rng(seed) for seed in range(cases))
    return np.array([case.draw(rng).values.mean() for rng in rngs])


def test_a_case_has_the_effect_and_the_deviation_that_it_says() -> None:
    case = Case(effect=0.01, users=4000, deviation=0.05, alike=0.3)
    rows = case.draw(np.random.default_rng(1))
    assert rows.values.mean() == pytest.approx(0.01, abs=0.002)
    assert rows.values.std() == pytest.approx(0.05, rel=0.05)
    assert len(rows.values) == pytest.approx(4000 * 3 * 0.6, rel=0.03)


def test_one_users_differences_resemble_one_another_as_much_as_asked() -> None:
    rows = Case(users=6000, windows=2, alike=0.4, presence=1.0).draw(np.random.default_rng(2))
    first, second = (rows.values[rows.window == window] for window in (0, 1))
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.4, abs=0.08)


def test_windows_that_shift_spread_the_mean() -> None:
    calm, shifting = (drawn(Case(users=300, shift=shift)).std() for shift in (0.0, 0.02))
    assert shifting > 3 * calm


def test_the_gate_can_read_a_case() -> None:
    frame = Case(users=50).evaluation(np.random.default_rng(3))
    assert list(frame.columns) == ["fold", "user_id", "parent", "challenger"]
    assert not frame.duplicated(["fold", "user_id"]).any()


@pytest.mark.parametrize(
    ("gains", "said"),
    [
        ([-10.0, -5.0, -1.0], "above 1,000"),
        ([1.0, 2.0, 3.0], "below 10"),
        ([-10.0, -10.0, 10.0], "about 316"),
        ([5.0, -10.0, 10.0], "about 316"),
    ],
)
def test_the_break_even_is_where_the_gain_becomes_positive_and_stays_so(gains: list[float], said: str) -> None:
    assert _crossing(pd.Series([10, 100, 1000]), pd.Series(gains)) == said


def test_the_users_needed_are_read_off_the_curve() -> None:
    users, power = np.array([100.0, 400.0, 1600.0]), np.array([0.1, 0.6, 1.0])
    assert _reaching(users, power) == 800
    assert _reaching(users, power / 2) is None
