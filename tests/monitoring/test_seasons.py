"""A move that last year made too is no drift; any other is."""

from __future__ import annotations

from datetime import date

import pytest

from monitoring.measurement import DriftRow, Limits, SegmentMeasurement, Sizes
from monitoring.seasons import with_season, year_before
from monitoring.settings import DriftSettings
from monitoring.verdicts import judge
from warehouse.windows import Window

SETTINGS = DriftSettings()
SIZES = Sizes(1000, 500, 100, 80)
GARDEN = {"garden": 0.2, "books": -0.1, "kids": -0.1}


def measured(distance: float, shift: dict[str, float] = GARDEN) -> dict[str, SegmentMeasurement]:
    row = DriftRow(
        "category", "jensenshannon", distance, Limits(0.1, 0.05, 0.08), "garden", "10 %", "30 %", shift=shift
    )
    return {"a": SegmentMeasurement((row,), SIZES)}


def verdict(now: dict[str, SegmentMeasurement], then: dict[str, SegmentMeasurement]) -> str:
    return judge(with_season(now, then, SETTINGS), SETTINGS)["a"].verdict


def test_the_same_move_as_a_year_ago_is_the_season() -> None:
    assert judge(measured(0.3), SETTINGS)["a"].verdict == "drift"
    assert verdict(measured(0.3), measured(0.25)) == "no_drift"


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(measured(0.15), id="a smaller move then"),
        pytest.param(measured(0.3, {"books": 0.2, "garden": -0.2}), id="the other way then"),
        pytest.param({}, id="nobody there then"),
        pytest.param({"a": SegmentMeasurement((), SIZES)}, id="too little known of then"),
    ],
)
def test_any_other_move_stays_drift(then: dict[str, SegmentMeasurement]) -> None:
    assert verdict(measured(0.3), then) == "drift"


def test_a_move_must_exceed_last_years_by_its_limit() -> None:
    (row,) = with_season(measured(0.3), measured(0.05), SETTINGS)["a"].rows
    assert (row.limits.effect, row.threshold) == (0.1, pytest.approx(0.15))


def test_the_same_weeks_a_year_ago_fall_on_the_same_weekdays() -> None:
    window = Window.trailing(date(2026, 3, 1), 7)
    then = year_before(window)
    assert (then.start.weekday(), then.length) == (window.start.weekday(), 7)
    assert (window.start - then.start).days == 364
