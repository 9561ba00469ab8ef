from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from benchmarks.drift import summary
from benchmarks.drift_year import SHARES, WatchedYear, _cut
from benchmarks.quiet_shop import END, quiet_shop


def test_the_figures_count_alarms_a_segment_and_year() -> None:
    rows = [{"checks": 364, "alarms": n, "alarms uncalibrated": 2 * n} for n in (1, 3)]
    power = [{f"{share:.0%}": min(1.0, share * scale) for share in SHARES} for scale in (1.0, 2.5)]
    delays = [{"share of events shifted": share, "median days": 3.0} for share in SHARES]
    figures = summary(WatchedYear(rows, power, delays))
    assert (figures["false_alarms"], figures["false_alarms_per_segment_year"]) == (4, 2.0)
    assert figures["power_at_stated_shift"] == pytest.approx(0.7)
    assert figures["segments_with_95_percent_power_at_it"] == 1


def test_a_cut_of_the_samples_counts_from_its_own_end() -> None:
    back = np.arange(70)
    cut = _cut(pd.DataFrame({"days_back": back, "block": back // 7}), 14, 28)
    assert sorted(cut["days_back"]) == list(range(28))
    assert (cut["block"] == cut["days_back"] // 7).all()


def test_a_quiet_shop_has_its_segments_and_nothing_scripted() -> None:
    shop = quiet_shop(4, 120, 21, 1)
    assert shop.assignment.nunique() == 4
    assert shop.scenario.drifts == ()
    assert shop.events["event_id"].is_unique
    assert shop.events["ts"].max() < pd.Timestamp(END, tz="UTC")
    assert shop.events["ts"].min() >= pd.Timestamp(END - timedelta(days=21), tz="UTC")
    assert {"category", "price", "paid", "device"} <= set(shop.events)
