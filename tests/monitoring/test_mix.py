from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from monitoring.mix import Flow, measure_mix
from monitoring.settings import DriftSettings
from monitoring.verdicts import judge_mix

SETTINGS = DriftSettings()


def _assigned(shares: list[float], users: int, seed: int) -> pd.DataFrame:
    segments = np.random.default_rng(seed).choice([f"s{n}" for n in range(len(shares))], users, p=shares)
    return pd.DataFrame({"user_id": [f"u{n}" for n in range(users)], "segment_id": segments})


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("users", [60, 500, 5000])
def test_a_redraw_of_the_same_sizes_is_no_drift(seed: int, users: int) -> None:
    shares = [0.5, 0.3, 0.2]
    mix = measure_mix(_assigned(shares, users, seed), _assigned(shares, users, seed + 100), SETTINGS)
    assert judge_mix(mix, SETTINGS).verdict == "no_drift"


def test_a_third_of_the_users_moving_is_drift_of_the_mix_and_says_where_they_went() -> None:
    before = _assigned([0.6, 0.2, 0.2], 900, 1)
    gone = (before["segment_id"] == "s0") & (before.index % 2 == 0)
    after = before.assign(segment_id=before["segment_id"].where(~gone, "s2"))
    mix = measure_mix(before, after, SETTINGS)
    verdict = judge_mix(mix, SETTINGS)
    assert (verdict.verdict, verdict.cause) == ("drift", "mix")
    assert mix.flows == (Flow("s0", "s2", int(gone.sum())),)
    assert f"from s0 to s2 ({gone.sum()} users)" in verdict.reason


def test_newcomers_are_counted_apart_from_movers() -> None:
    before, after = _assigned([0.5, 0.5], 100, 2), _assigned([0.5, 0.5], 125, 2).iloc[25:]
    mix = measure_mix(before, after, SETTINGS)
    assert mix.new_share == pytest.approx(0.25)
    assert sum(size[1] for size in mix.sizes) == 100


@pytest.mark.parametrize("users", [0, 1, 10])
def test_a_handful_of_users_is_too_little_data(users: int) -> None:
    mix = measure_mix(_assigned([1.0], users, 0), _assigned([0.0, 1.0], users, 0), SETTINGS)
    assert judge_mix(mix, SETTINGS).verdict == "too_little_data"
