from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wasserstein_distance

from monitoring.coding import code
from monitoring.distances import jensen_shannon
from monitoring.drift import measure, measure_all
from monitoring.measurement import SegmentMeasurement
from monitoring.samples import SegmentSample
from monitoring.settings import ColumnRule, DriftSettings

SETTINGS = DriftSettings(replicates=40)


@pytest.fixture(scope="module")
def sample(shop: Callable[..., dict[str, SegmentSample]]) -> SegmentSample:
    return shop({"s": 60}, 0, SETTINGS, {"s": {"mobile": 0.7}})["s"]


def _row(m: SegmentMeasurement, feature: str) -> float:
    return next(row.distance for row in m.rows if row.feature == feature)


def test_the_distances_are_evidentlys_and_equal_to_the_ones_of_the_noise_floor(sample: SegmentSample) -> None:
    measured = measure(sample.reference, sample.current, SETTINGS)
    sides = [side["category"].value_counts().sort_index() for side in (sample.reference, sample.current)]
    left, right = (side.to_numpy(dtype=float) for side in sides)
    assert _row(measured, "category") == pytest.approx(float(jensen_shannon(left, right)), abs=1e-9)
    before, after = np.log1p(sample.reference["price"]), np.log1p(sample.current["price"])
    expected = wasserstein_distance(before, after) / np.std(before)
    assert _row(measured, "price") == pytest.approx(expected, abs=1e-9)


def test_equal_inputs_give_equal_measurements_whatever_the_order_of_rows(sample: SegmentSample) -> None:
    first = measure(sample.reference, sample.current, SETTINGS)
    again = measure(sample.reference.sample(frac=1, random_state=1), sample.current, SETTINGS)
    assert first == measure(sample.reference, sample.current, SETTINGS)
    assert [r.distance for r in again.rows] == pytest.approx([r.distance for r in first.rows], abs=1e-12)
    assert first.snapshot.json() == measure(sample.reference, sample.current, SETTINGS).snapshot.json()


def test_pictures_are_drawn_only_of_a_segment_that_moved(sample: SegmentSample) -> None:
    from evidently.core.report import Snapshot

    quiet = measure(sample.reference, sample.reference, SETTINGS)
    moved = measure(sample.reference, sample.current.assign(device="watch"), SETTINGS)
    assert moved.drifted
    pages = [m.snapshot.get_html_str(as_iframe=False) for m in (quiet, moved)]
    assert [page.count("DATA DISTRIBUTION") > 0 for page in pages] == [False, True]
    kinds = {metric["config"]["type"] for m in (quiet, moved) for metric in m.snapshot.dict()["metrics"]}
    assert kinds == {"evidently:metric_v2:ValueDrift"}
    again = Snapshot.load_dict(json.loads(json.dumps(quiet.snapshot.dump_dict(), default=str)))
    assert [m["value"] for m in again.dict()["metrics"]] == [row.distance for row in quiet.rows]


def test_a_window_compared_with_itself_has_not_moved(sample: SegmentSample) -> None:
    measured = measure(sample.reference, sample.reference, SETTINGS)
    assert max(row.distance for row in measured.rows) == pytest.approx(0.0, abs=1e-7)
    assert not measured.drifted


def test_the_words_say_what_moved_before_and_after() -> None:
    rule = ColumnRule("category", "categorical", 0.1)
    before, after = pd.Series(["Garden"] * 12 + ["Books"] * 88), pd.Series(["Garden"] * 31 + ["Books"] * 69)
    coded = code(before, after, rule, 30)
    assert (coded.subject, coded.before, coded.after) in {("Garden", "12 %", "31 %"), ("Books", "88 %", "69 %")}


def test_rare_categories_are_counted_together() -> None:
    labels = pd.Series([f"c{n:03d}" for n in range(100)] + ["top"] * 50)
    coded = code(labels, labels, ColumnRule("category", "categorical", 0.1), 10)
    assert coded.reference.nunique() == 11
    assert "(other)" in set(coded.reference)


def test_an_hour_is_compared_in_bands_of_four() -> None:
    coded = code(
        pd.Series([0, 3, 4, 23]), pd.Series([1, 2, 5, 20]), ColumnRule("hour", "categorical", 0.1, "hours"), 30
    )
    assert list(coded.reference) == ["00–04 h", "00–04 h", "04–08 h", "20–24 h"]


@pytest.mark.parametrize("rows", [0, 1, 30])
def test_too_few_rows_are_not_measured(sample: SegmentSample, rows: int) -> None:
    measured = measure(sample.reference, sample.current.head(rows), SETTINGS)
    assert not measured.enough
    assert measured.snapshot is None
    assert measure(sample.reference.head(rows), sample.current, SETTINGS).rows == ()


def test_too_few_users_are_not_measured(sample: SegmentSample) -> None:
    few = sample.current.assign(user_id="one")
    assert not measure(sample.reference, few, SETTINGS).enough


@pytest.mark.parametrize("value", [None, np.nan, np.inf])
def test_a_column_gone_null_is_a_trouble_and_not_a_drift(sample: SegmentSample, value: object) -> None:
    broken = sample.current.assign(price=value)
    measured = measure(sample.reference, broken, SETTINGS)
    assert "price" not in {row.feature for row in measured.rows}
    assert any("price: missing 0 % → 100 %" in trouble for trouble in measured.troubles)


def test_columns_that_a_shop_never_fills_are_not_spoken_of(sample: SegmentSample) -> None:
    both = (sample.reference, sample.current)
    measured = measure(*(side.assign(category=None, price=5.0).drop(columns="device") for side in both), SETTINGS)
    assert {"hour", "event_type"} <= {row.feature for row in measured.rows}
    assert not {"price", "device"} & {row.feature for row in measured.rows}
    assert measured.troubles == ()


@pytest.mark.parametrize(("payers", "compared"), [(19, ["category"]), (20, ["paid", "category"])])
def test_a_number_of_fewer_users_than_a_segment_needs_is_not_compared(
    sample: SegmentSample, payers: int, compared: list[str]
) -> None:
    paid = (ColumnRule("paid", "numerical", 0.3), *SETTINGS.columns[:1])
    sides = [paid_by(sample.reference, 40), paid_by(sample.current, payers)]
    measured = measure(*sides, replace(SETTINGS, columns=paid, missing_change=1.0))
    assert [row.feature for row in measured.rows] == compared
    assert measured.troubles == ()


def paid_by(side: pd.DataFrame, users: int) -> pd.DataFrame:
    """So many users' rows have a number that varies, all others none."""
    payers = sorted(side["user_id"].unique())[:users]
    return side.assign(paid=np.where(side["user_id"].isin(payers), np.arange(len(side)) % 7 / 7.0, np.nan))


def test_a_column_that_stops_being_constant_or_goes_away_is_a_trouble(sample: SegmentSample) -> None:
    reference, current = sample.reference.assign(price=5.0), sample.current.drop(columns="device")
    measured = measure(reference, current, SETTINGS)
    assert [trouble.split(":")[0] for trouble in measured.troubles] == ["price", "device"]
    assert "category" in {row.feature for row in measured.rows}


def test_nothing_but_null_columns_is_too_little_data(sample: SegmentSample) -> None:
    only = replace(SETTINGS, columns=(ColumnRule("price", "numerical", 0.1),))
    sides = [side.assign(price=np.nan) for side in (sample.reference, sample.current)]
    assert not measure(*sides, only).enough


def test_some_nulls_are_compared_as_a_value_of_their_own(sample: SegmentSample) -> None:
    holes = sample.current.assign(category=sample.current["category"].where(np.arange(len(sample.current)) % 8 != 0))
    measured = measure(sample.reference, holes, SETTINGS)
    movers = next(row.movers for row in measured.rows if row.feature == "category")
    assert "(missing)" in {mover.value for mover in movers}


def test_more_segments_judged_together_need_a_longer_way(sample: SegmentSample) -> None:
    alone, among_many = (measure(sample.reference, sample.current, SETTINGS, n) for n in (1, 100))
    assert all(a.limits.chance <= b.limits.chance for a, b in zip(alone.rows, among_many.rows, strict=True))
    assert alone.rows[0].limits.chance < among_many.rows[0].limits.chance


def test_the_rows_fit_their_table(sample: SegmentSample) -> None:
    frame = measure_all({"s": sample}, SETTINGS)["s"].frame(date(2026, 3, 1), "s")
    assert frame["feature"].iloc[0] == "category"
    assert (frame["drifted"] == (frame["distance"] > frame["threshold"])).all()
    assert frame["before"].str.contains("%|median").all()
