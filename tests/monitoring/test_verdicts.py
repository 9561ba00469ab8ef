from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from monitoring.drift import measure_all
from monitoring.measurement import DriftRow, Limits, SegmentMeasurement, Sizes
from monitoring.samples import SegmentSample
from monitoring.settings import DriftSettings
from monitoring.verdicts import judge

SETTINGS = DriftSettings(replicates=60)
SIZES = {"small": 30, "middle": 80, "large": 160, "night": 110}
NEW_TASTE = (0.10, 0.12, 0.30, 0.11, 0.09, 0.07, 0.16, 0.05)
Shop = Callable[..., dict[str, SegmentSample]]


def _judged(shop: Shop, seed: int, now: dict[str, dict[str, Any]]) -> dict[str, tuple[str, str]]:
    verdicts = judge(measure_all(shop(SIZES, seed, SETTINGS, now), SETTINGS), SETTINGS)
    return {segment: (v.verdict, v.cause) for segment, v in verdicts.items()}


@pytest.mark.parametrize("seed", range(4))
def test_weeks_without_drift_raise_no_alarm_at_any_size(shop: Shop, seed: int) -> None:
    assert set(_judged(shop, seed, {}).values()) == {("no_drift", "none")}


def test_a_busy_week_in_which_everybody_buys_more_of_the_same_is_no_drift(shop: Shop) -> None:
    judged = _judged(shop, 40, {segment: {"rate": 1.6} for segment in SIZES})
    assert set(judged.values()) == {("no_drift", "none")}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("segment", ["small", "middle"])
def test_a_new_taste_in_one_segment_is_its_behaviour_and_the_others_stay_quiet(
    shop: Shop, seed: int, segment: str
) -> None:
    judged = _judged(shop, 10 + seed, {segment: {"taste": NEW_TASTE}})
    assert judged.pop(segment) == ("drift", "behaviour")
    assert set(judged.values()) == {("no_drift", "none")}


@pytest.mark.parametrize("change", [{"price": 17.0}, {"taste": NEW_TASTE}])
def test_a_move_of_everybody_is_the_catalogues(shop: Shop, change: dict[str, Any]) -> None:
    judged = _judged(shop, 20, dict.fromkeys(SIZES, change))
    assert set(judged.values()) == {("drift", "catalogue")}


def test_a_segment_that_moves_further_than_everybody_moves_by_its_own_behaviour(shop: Shop) -> None:
    now: dict[str, dict[str, Any]] = {segment: {"price": 17.0} for segment in SIZES}
    now["middle"]["taste"] = NEW_TASTE
    judged = _judged(shop, 30, now)
    assert judged.pop("middle") == ("drift", "behaviour")
    assert set(judged.values()) == {("drift", "catalogue")}


def _moved(distance: float, direction: float = 1.0) -> SegmentMeasurement:
    row = DriftRow(
        "price", "wasserstein", distance, Limits(0.2, 0.15, 0.1), "median", "10", "14", shift={"decile 5": direction}
    )
    return SegmentMeasurement((row,), Sizes(1000, 300, 90, 80))


NOTHING = SegmentMeasurement((), Sizes(0, 3, 0, 1))


def test_too_little_data_is_a_third_answer_with_its_numbers() -> None:
    verdict = judge({"s": NOTHING}, SETTINGS)["s"]
    assert (verdict.verdict, verdict.cause) == ("too_little_data", "none")
    assert "3 current rows of 1 users" in verdict.reason
    assert str(SETTINGS.min_rows_reference) in verdict.reason


def test_the_reason_names_column_distance_limit_and_move() -> None:
    reason = judge({"s": _moved(0.4)}, SETTINGS)["s"].reason
    assert "price 0.400 against 0.200, median 10 → 14" in reason


def test_an_opposite_move_is_not_a_common_one() -> None:
    verdicts = judge({"a": _moved(0.4), "b": _moved(0.4, -1), "c": _moved(0.4, -1)}, SETTINGS)
    assert {s: v.cause for s, v in verdicts.items()} == {"a": "behaviour", "b": "behaviour", "c": "behaviour"}


def test_segments_with_too_little_data_have_no_say_in_what_is_common() -> None:
    verdicts = judge({"a": _moved(0.4), "b": _moved(0.15), "c": NOTHING, "d": NOTHING}, SETTINGS)
    assert verdicts["a"].cause == "catalogue"


def test_with_one_segment_alone_nothing_is_common() -> None:
    assert judge({"a": _moved(0.4)}, SETTINGS)["a"].cause == "behaviour"


@pytest.mark.parametrize(
    ("earlier", "verdict"),
    [((), "no_drift"), ((False, False), "no_drift"), ((True, False, False), "no_drift"), ((True, False), "drift")],
)
def test_two_of_three_windows_must_have_moved(earlier: tuple[bool, ...], verdict: str) -> None:
    twice = replace(SETTINGS, k_of_n=(2, 3))
    answer = judge({"s": _moved(0.4)}, twice, {"s": earlier})["s"]
    assert answer.verdict == verdict
    assert answer.share_drifted == 1.0


def test_an_earlier_move_alone_is_no_alarm() -> None:
    twice = replace(SETTINGS, k_of_n=(2, 3))
    assert judge({"s": _moved(0.1)}, twice, {"s": (True, True)})["s"].verdict == "no_drift"


def test_a_share_of_columns_can_be_asked_for() -> None:
    quiet = replace(_moved(0.1).rows[0], feature="category")
    half = replace(_moved(0.4), rows=(*_moved(0.4).rows, quiet))
    assert judge({"s": half}, replace(SETTINGS, share=0.6))["s"].verdict == "no_drift"
    assert judge({"s": half}, replace(SETTINGS, share=0.5))["s"].verdict == "drift"


def test_a_trouble_is_named_in_the_reason() -> None:
    broken = replace(_moved(0.1), troubles=("device: missing 0 % → 100 %",))
    assert "not compared: device: missing 0 % → 100 %" in judge({"s": broken}, SETTINGS)["s"].reason
