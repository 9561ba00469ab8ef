"""The confusion benchmark: its rules of reading, and its distances against Evidently's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.drift_confusion import confusion_of, diagonal
from benchmarks.drift_worlds import DAY, make_world
from benchmarks.plain_drift import without_evidently
from monitoring import drift
from monitoring.settings import DriftSettings


def frame(seed: int, mobile: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = 400
    return pd.DataFrame(
        {
            "user_id": rng.integers(0, 60, n).astype(str),
            "event_type": "view",
            "device": rng.choice(["mobile", "desktop"], n, p=[mobile, 1 - mobile]),
            "price": np.where(rng.random(n) < 0.1, np.nan, rng.lognormal(2 + mobile, 0.5, n)),
        }
    )


def test_the_plain_distances_are_evidentlys() -> None:
    settings = DriftSettings()
    sides = frame(1, 0.5), frame(2, 0.7)
    by_evidently = drift.measure(*sides, settings)
    with without_evidently():
        plain = drift.measure(*sides, settings)
    assert {row.feature for row in plain.rows} == {"event_type", "device", "price"}
    for row, other in zip(plain.rows, by_evidently.rows, strict=True):
        assert row.distance == pytest.approx(other.distance, abs=1e-9), row.feature
        assert (row.threshold, row.shift) == (other.threshold, other.shift)


def test_a_script_is_drawn_by_its_seed_and_happens_on_its_day() -> None:
    worlds = [make_world("renamed_value", seed) for seed in (3, 3)]
    pd.testing.assert_frame_equal(worlds[0].events, worlds[1].events)
    planted = worlds[0].drift
    assert planted is not None
    renamed = worlds[0].events["device"] == planted.to
    assert worlds[0].events.loc[renamed, "ts"].dt.date.min() >= DAY - pd.Timedelta(3, "D")


def test_a_season_and_nothing_are_recognised_by_silence() -> None:
    found = [
        ("none", "nothing"),
        ("season", "nothing"),
        ("season", "catalogue"),
        ("mix", "mix"),
        ("mix", "mix + taste"),
    ]
    confusion = confusion_of(found, ["none", "season", "mix"])
    assert list(confusion.columns) == ["nothing", "mix", "catalogue", "mix + taste"]
    assert confusion.loc["season"].to_dict() == {"nothing": 1, "mix": 0, "catalogue": 1, "mix + taste": 0}
    assert diagonal(confusion) == pytest.approx(3 / 5)
