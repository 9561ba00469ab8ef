from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from monitoring.calibration import calibrate, count_pasts, history_samples, history_window
from monitoring.calibration.episodes import episodes, least_factor
from monitoring.calibration.past import Past
from monitoring.calibration.power import delay, habits_of, power, smallest_shift
from monitoring.calibration.trace import trace
from monitoring.calibration_settings import CalibrationSettings
from monitoring.drift import measure
from monitoring.samples import plan_windows, segment_samples
from monitoring.settings import DriftSettings
from warehouse.windows import Window

AS_OF = date(2026, 3, 1)
FEW = CalibrationSettings(years=4)
SETTINGS = DriftSettings(replicates=60, calibration=FEW)
OTHER_TASTE = (0.03, 0.05, 0.07, 0.09, 0.11, 0.15, 0.22, 0.28)


@pytest.fixture(scope="module")
def events(events_of: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    span = Window.trailing(AS_OF, 15 * 7)
    small, large = events_of("small", span, 1, users=40), events_of("large", span, 1, users=160, taste=OTHER_TASTE)
    return pd.concat([small, large], ignore_index=True).drop(columns="popularity")


@pytest.fixture(scope="module")
def assignment(events: pd.DataFrame) -> pd.Series:
    return pd.Series({u: u.rsplit("-u", 1)[0] for u in events["user_id"].unique()})


@pytest.fixture(scope="module")
def pasts(events: pd.DataFrame, assignment: pd.Series) -> dict[str, Past]:
    window = history_window(AS_OF, events["ts"].min().date(), SETTINGS)
    assert window == Window.trailing(AS_OF, 11 * 7)
    return count_pasts(history_samples(events, window, lambda _: assignment, SETTINGS), SETTINGS)


def test_the_replay_of_the_past_measures_what_the_monitor_measures(
    events: pd.DataFrame, assignment: pd.Series, pasts: dict[str, Past]
) -> None:
    windows = plan_windows(AS_OF, SETTINGS)
    sample = segment_samples(events, windows, (assignment, assignment), SETTINGS)["large"]
    measured = {row.feature: row for row in measure(sample.reference, sample.current, SETTINGS, segments=2).rows}
    newest = trace(pasts["large"], pasts["large"].as_it_was(), SETTINGS)
    for checks in newest.columns:
        feature = checks.column.rule.name
        if feature in measured:
            assert checks.distances()[-1] == pytest.approx(measured[feature].distance, rel=0.1, abs=0.005)
            weekly, chance = measured[feature].limits.weekly, measured[feature].limits.chance
            assert checks.noise[-1] == pytest.approx(max(weekly, chance), rel=0.1)


def test_a_made_up_year_moves_nobody_but_keeps_what_a_user_is(pasts: dict[str, Past]) -> None:
    past = pasts["small"]
    days = past.made_up(365, np.random.default_rng(0))
    category = next(n for n, column in enumerate(past.columns) if column.rule.name == "category")
    first, last = (side.sum(axis=0) for side in np.array_split(days.counts[category], 2))
    assert first / first.sum() == pytest.approx(last / last.sum(), abs=0.05)
    assert days.rows.mean() == pytest.approx(past.as_it_was().rows.mean(), rel=0.1)


def test_equal_pasts_give_equal_calibrations(pasts: dict[str, Past]) -> None:
    assert calibrate(pasts, SETTINGS) == calibrate(pasts, SETTINGS)


def test_the_factor_keeps_the_budget_and_a_larger_budget_never_needs_a_larger_one(pasts: dict[str, Past]) -> None:
    strict, loose = (
        calibrate(pasts, replace(SETTINGS, calibration=replace(FEW, false_alarms_per_year=budget)))
        for budget in (0.5, 12.0)
    )
    for segment in pasts:
        assert strict[segment].false_alarms_per_year <= 0.5
        assert loose[segment].factor <= strict[segment].factor
        assert loose[segment].false_alarms_per_year >= strict[segment].false_alarms_per_year


def test_a_large_segment_sees_smaller_shifts_than_a_small_one(pasts: dict[str, Past]) -> None:
    found = calibrate(pasts, SETTINGS)
    assert found["large"].smallest_shift < 0.6
    assert not found["large"].smallest_shift >= found["small"].smallest_shift


def test_what_nobody_could_see_is_too_small_to_tell(pasts: dict[str, Past]) -> None:
    quiet = [trace(pasts["small"], pasts["small"].as_it_was(), SETTINGS)]
    habits = habits_of(pasts["small"], [pasts["large"]])
    assert smallest_shift(quiet, habits, 100.0, SETTINGS) is None


def test_power_grows_with_the_shift_and_falls_with_the_factor(pasts: dict[str, Past]) -> None:
    past = pasts["large"]
    quiet = [trace(past, past.as_it_was(), SETTINGS)]
    habits = habits_of(past, [pasts["small"]])
    grown = [power(quiet, habits, 1.0, share).detected for share in (0.0, 0.3, 0.6, 1.0)]
    assert grown == sorted(grown)
    assert (grown[0], grown[-1]) == (pytest.approx(0.0, abs=0.05), 1.0)
    assert power(quiet, habits, 2.0, 0.3).detected <= grown[1]


def test_a_whole_shift_is_seen_within_a_window_and_none_is_never_seen(pasts: dict[str, Past]) -> None:
    past = pasts["large"]
    days, habits = past.as_it_was(), habits_of(past, [pasts["small"]])
    seen = delay(past, days.shifted(1.0, habits, 40), 40, 1.0, SETTINGS)
    assert seen is not None
    assert 1 <= seen <= SETTINGS.current_days
    assert delay(past, days, 40, 1.5, SETTINGS) is None


def test_too_short_a_past_is_not_calibrated(events: pd.DataFrame, assignment: pd.Series) -> None:
    short = Window.trailing(AS_OF, 5 * 7)
    assert count_pasts(history_samples(events, short, lambda _: assignment, SETTINGS), SETTINGS) == {}
    assert history_window(AS_OF, AS_OF, SETTINGS).length == 0


def test_alarms_within_a_window_of_each_other_are_one_episode() -> None:
    days = np.zeros(60, dtype=bool)
    days[[3, 4, 9, 30, 50]] = True
    assert episodes(days, 7) == 3
    assert episodes(np.zeros(60, dtype=bool), 7) == 0


def test_the_least_factor_holds_for_every_larger_one() -> None:
    needed = [np.array([0.0] * 10 + [2.0, 0.5, 2.0] + [0.0] * 10)]
    grid = np.arange(0.25, 3.0, 0.25)
    assert least_factor(needed, grid, 0.0, 1) == 2.0
    assert least_factor(needed, grid, 1.0, 1) == 2.0  # between .5 and 2 it is two episodes: a lower one is no answer
    assert least_factor([needed[0] * 10], grid, 0.0, 1) == grid[-1]


def test_k_of_n_needs_moves_on_several_days(pasts: dict[str, Past]) -> None:
    checks = trace(pasts["small"], pasts["small"].as_it_was(), SETTINGS)
    alone = checks.needed(SETTINGS)
    both = checks.needed(replace(SETTINGS, k_of_n=(2, 2)))
    assert both[1:] == pytest.approx(np.minimum(alone[1:], alone[:-1]))
    assert both[0] == 0.0


@pytest.mark.parametrize(
    "wrong", [{"false_alarms_per_year": 0}, {"safety": 2}, {"years": 1}, {"factors": (2, 1)}, {"shift_step": 0}]
)
def test_impossible_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="found"):
        CalibrationSettings(**wrong)  # type: ignore[arg-type]


def test_a_shift_that_is_never_seen_is_nan_in_the_calibration(pasts: dict[str, Past]) -> None:
    blind = replace(SETTINGS, calibration=replace(FEW, factors=(50.0, 50.0)))
    assert math.isnan(calibrate(pasts, blind)["small"].smallest_shift)
