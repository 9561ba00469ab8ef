from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from monitoring.quality import QualityEvidence, add_quality, measure_quality, quality_table
from monitoring.quality_settings import QualitySettings
from monitoring.verdicts import Verdict

SETTINGS = QualitySettings()
DAY = date(2026, 6, 1)
QUIET = Verdict("no_drift", "none", "all quiet", 0.0, 1000, 300, 80)


def _ndcg(mean: float, users: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    # most lists find nothing: a per-user NDCG is mostly zero
    return rng.beta(2, 3, users) * (rng.random(users) < mean * 2.5)


def _evidence(mean: float, users: int = 800, holdout: float = 0.1, seed: int = 0) -> QualityEvidence:
    return QualityEvidence(DAY, "tessera-s/3", "ndcg@10", _ndcg(mean, users, seed), None, holdout, 2000)


def test_lists_as_good_as_in_the_gate_are_no_alarm() -> None:
    assert not any(measure_quality(_evidence(0.1, seed=seed), SETTINGS).fallen for seed in range(200))


def test_half_of_the_quality_gone_is_an_alarm() -> None:
    found = [measure_quality(_evidence(0.05, seed=seed), SETTINGS) for seed in range(50)]
    assert np.mean([m.fallen for m in found]) > 0.9
    assert "in the gate (-" in found[0].reason


def test_a_fall_among_few_users_is_not_judged() -> None:
    m = measure_quality(_evidence(0.0, users=99), SETTINGS)
    assert (m.enough, m.fallen) == (False, False)
    assert "at least 100 are needed" in m.reason


def test_a_fall_within_the_noise_of_few_users_is_no_alarm() -> None:
    found = [measure_quality(_evidence(0.1, users=110, seed=seed), SETTINGS) for seed in range(200)]
    assert any(m.fall > SETTINGS.fall for m in found)
    assert not any(m.fallen for m in found)


def test_a_model_that_now_ranks_worse_than_its_parent_is_an_alarm_though_its_level_held() -> None:
    served = _ndcg(0.1, 800)
    better = replace(_evidence(0.1), served=served, parent=served + 0.02)
    assert measure_quality(better, SETTINGS).fallen
    assert "the parent" in measure_quality(better, SETTINGS).reason
    assert not measure_quality(replace(better, parent=served - 0.02), SETTINGS).fallen


def test_a_model_that_never_stood_in_the_gate_is_held_against_the_parent_alone() -> None:
    unknown = replace(_evidence(0.1), holdout=math.nan)
    assert not measure_quality(unknown, SETTINGS).fallen


@pytest.mark.parametrize("users", [0, 1])
def test_nobody_to_judge_by_is_said(users: int) -> None:
    m = measure_quality(_evidence(0.1, users=users), SETTINGS)
    assert not m.enough
    assert math.isnan(m.served.lower)


def test_a_fall_that_nothing_else_explains_is_a_cause_of_its_own() -> None:
    fallen = measure_quality(_evidence(0.02), SETTINGS)
    drifted = Verdict("drift", "behaviour", "category moved", 0.2, 1000, 300, 80)
    verdicts = add_quality({"a": QUIET, "b": QUIET, "c": drifted}, {"a": fallen, "c": fallen})
    assert {s: (v.verdict, v.cause) for s, v in verdicts.items()} == {
        "a": ("drift", "quality"),
        "b": ("no_drift", "none"),
        "c": ("drift", "behaviour"),
    }
    assert "ndcg@10" in verdicts["a"].reason
    assert verdicts["c"].reason.startswith("category moved; ndcg@10")


def test_the_rows_fit_their_table() -> None:
    frame = quality_table({"s": measure_quality(_evidence(0.1), SETTINGS)}, DAY)
    assert frame["lower"].isna().all()
    assert frame["served_lower"].iloc[0] < frame["served"].iloc[0] < frame["served_upper"].iloc[0]
