from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from monitoring.popularity import with_popularity
from monitoring.samples import plan_windows
from monitoring.settings import DriftSettings

SETTINGS = DriftSettings()
WINDOWS = plan_windows(date(2026, 3, 1), SETTINGS)


def _events(items: np.ndarray, seed: int = 0) -> pd.DataFrame:
    start = pd.Timestamp("2025-12-28", tz="UTC")
    hours = np.random.default_rng(seed).integers(0, 63 * 24, len(items))
    return pd.DataFrame({"item_id": items, "ts": start + pd.to_timedelta(hours, unit="h")})


def test_the_most_popular_item_is_one_and_an_unseen_one_nothing() -> None:
    events = _events(np.array(["top"] * 3000 + ["rare"] * 300))
    newcomer = pd.DataFrame({"item_id": ["new"], "ts": [pd.Timestamp("2026-02-25", tz="UTC")]})
    ranked = with_popularity(pd.concat([events, newcomer]), WINDOWS, SETTINGS).groupby("item_id")["popularity"]
    assert ranked.min()["top"] == 1.0
    assert ranked.max()["rare"] == pytest.approx(0.09, abs=0.03)
    assert ranked.max()["new"] == 0.0


def test_both_windows_are_measured_alike_so_that_favourites_by_chance_do_not_look_like_drift() -> None:
    items = np.random.default_rng(1).integers(0, 400, 8000).astype(str)
    ranked = with_popularity(_events(items), WINDOWS, SETTINGS)
    current = ranked["ts"] >= WINDOWS[1].start_ts
    gap = ranked.loc[~current, "popularity"].mean() - ranked.loc[current, "popularity"].mean()
    assert abs(gap) < 0.1 * ranked["popularity"].std() + 0.02


def test_every_event_of_the_windows_is_kept_once_and_no_other() -> None:
    events = _events(np.array(["a"] * 500))
    inside = events[(events["ts"] >= WINDOWS[0].start_ts) & (events["ts"] < WINDOWS[1].end_ts)]
    assert len(with_popularity(events, WINDOWS, SETTINGS)) == len(inside)
