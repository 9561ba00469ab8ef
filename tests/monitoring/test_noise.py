from __future__ import annotations

import numpy as np
import pytest

from monitoring.noise import Noise, draw_units, noise_floor
from monitoring.settings import ColumnRule, DriftSettings

RULE = ColumnRule("category", "categorical", 0.1)
SETTINGS = DriftSettings(replicates=200)


def _ceiling(users: np.ndarray, codes: np.ndarray, current_units: int) -> float:
    blocks = np.zeros(len(codes), dtype=np.int64)
    units = draw_units(users.astype(object), blocks, current_units, SETTINGS)
    noise = noise_floor(codes.astype(float), np.ones(len(codes), dtype=bool), units, RULE, len(codes))
    return noise.ceiling(0.01)


def test_fewer_current_users_mean_more_noise() -> None:
    rng = np.random.default_rng(0)
    users, codes = rng.integers(0, 200, 4000), rng.integers(0, 6, 4000)
    assert _ceiling(users, codes, 20) > 1.5 * _ceiling(users, codes, 200)


def test_events_of_one_user_that_resemble_each_other_mean_more_noise() -> None:
    users = np.repeat(np.arange(100), 20)
    own_taste, no_taste = users % 5, np.tile(np.arange(20) % 5, 100)
    assert _ceiling(users, own_taste, 100) > 3 * _ceiling(users, no_taste, 100)


def test_the_ceiling_is_exceeded_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    users = np.repeat(np.arange(150), 8)
    codes = (rng.random(1200)[:, None] > np.array([0.4, 0.7, 0.9])).sum(axis=1)
    units = draw_units(users.astype(object), np.zeros(1200, dtype=np.int64), 60, DriftSettings(replicates=2000))
    noise = noise_floor(codes.astype(float), np.ones(1200, dtype=bool), units, RULE, 480)
    exceeded = np.mean(np.sqrt(noise.squares) > noise.ceiling(0.05))
    assert exceeded == pytest.approx(0.05, abs=0.02)


def test_a_reference_whose_weeks_differ_has_a_higher_floor() -> None:
    users = np.tile(np.arange(50), 40).astype(object)
    blocks = np.repeat(np.arange(4), 500)
    everyone = np.ones(2000, dtype=bool)
    steady = np.tile(np.arange(4), 500).astype(float)
    uneven = np.where(blocks == 2, 0, steady).astype(float)
    units = draw_units(users, blocks, 50, SETTINGS)
    floors = [noise_floor(codes, everyone, units, RULE, 500).blocks for codes in (steady, uneven)]
    assert floors[0] == pytest.approx(0.0, abs=1e-6)
    assert floors[1] > 0.3


def test_a_column_that_never_varies_has_no_noise() -> None:
    assert Noise(np.zeros(10), 0.0).ceiling(1e-4) == 0.0
