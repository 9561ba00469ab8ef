"""Users of planted groups: rhythm, device, money and history differ, taste does not matter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from segmentation import SegmentationSettings

NOISE = ("days_since_last", "session_events_mean", "price_mean", "popularity_bias")
SMALL = SegmentationSettings(minimum_size=40, k_range=(2, 4), bootstraps=6, stability_sample=300)


def planted_users(users: int = 450, seed: int = 0) -> pd.DataFrame:
    """A third evening phone users who spend much, a third morning desktop users who spend little, a third new."""
    random = np.random.default_rng(seed)
    group = np.arange(users) % 3
    evening, new = group == 0, group == 2
    events = np.where(new, random.integers(0, 3, users), random.integers(20, 200, users)).astype(float)
    share = np.clip(np.where(evening, 0.8, 0.1) + random.normal(0, 0.05, users), 0, 1)
    return pd.DataFrame(
        {
            "user_id": [f"u{n:05d}" for n in range(users)],
            "events_total": events,
            "share_evening": np.where(new, np.nan, share),
            "share_morning": np.where(new, np.nan, 1 - share),
            "share_mobile": np.where(new, np.nan, np.clip(share + random.normal(0, 0.05, users), 0, 1)),
            "spend_total": np.where(new, 0.0, np.exp(np.where(evening, 6.0, 3.0) + random.normal(0, 0.3, users))),
            "tenure_days": 100.0,
            # noise in families of their own: a further split of a group would not be found again
            **{name: np.where(new, np.nan, random.normal(5, 1, users)) for name in NOISE},
            "country": "DE",
            "top_category": np.where(random.random(users) < 0.5, "books", "games"),
        }
    )


@pytest.fixture
def planted() -> Callable[..., pd.DataFrame]:
    return planted_users


@pytest.fixture
def small() -> SegmentationSettings:
    return SMALL


@pytest.fixture
def as_of() -> date:
    return date(2026, 3, 2)
