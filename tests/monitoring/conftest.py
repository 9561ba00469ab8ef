"""A small shop whose users have tastes of their own, so that events of one user resemble each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import pandas as pd
import pytest

from monitoring.samples import SegmentSample, plan_windows, segment_samples
from monitoring.settings import DriftSettings
from warehouse.windows import Window

AS_OF = date(2026, 3, 1)
TASTE = (0.28, 0.22, 0.15, 0.11, 0.09, 0.07, 0.05, 0.03)


def shop_events(
    segment: str,
    window: Window,
    seed: int,
    *,
    users: int = 100,
    rate: float = 0.7,
    taste: Sequence[float] = TASTE,
    price: float = 12.0,
    mobile: float = 0.5,
) -> pd.DataFrame:
    """``rate`` events a user and day; a user's own taste and favourite device hold over all windows of a segment."""
    persons = np.random.default_rng([sum(map(ord, segment)), users])
    quirks = persons.gamma(np.asarray(taste).mean() * 40, 1.0, (users, len(taste)))
    shares = quirks * np.asarray(taste)
    shares /= shares.sum(axis=1, keepdims=True)
    favourite = persons.beta(4 * mobile, 4 * (1 - mobile), users)
    hour = persons.normal(15, 3, users)
    activity = persons.gamma(2.0, 0.5, users)
    rng = np.random.default_rng([seed, window.start.toordinal()])
    day, user = np.nonzero(counts := rng.poisson(rate * activity, (window.length, users)))
    times = counts[day, user]
    day, user = np.repeat(day, times), np.repeat(user, times)
    n = len(day)
    category = (rng.random((n, 1)) > shares[user].cumsum(axis=1)).sum(axis=1).clip(0, len(taste) - 1)
    hours = rng.normal(hour[user], 2.5).clip(0, 23.9)
    start = pd.Timestamp(window.start_ts)
    return pd.DataFrame(
        {
            "event_id": [f"{segment}-{seed}-{window.start}-{i}" for i in range(n)],
            "user_id": [f"{segment}-u{u}" for u in user],
            "item_id": "item",
            "event_type": rng.choice(["view", "add_to_cart", "purchase"], n, p=[0.8, 0.13, 0.07]),
            "ts": start + pd.to_timedelta(day, unit="D") + pd.to_timedelta(np.round(hours * 3600), unit="s"),
            "category": np.array([f"category {i}" for i in range(len(taste))])[category],
            "price": np.round(rng.lognormal(np.log(price), 0.5, n), 2),
            "device": np.where(rng.random(n) < favourite[user], "mobile", "desktop"),
            "channel": "web",
            "country": "DE",
            "popularity": rng.lognormal(3, 1, n),
        }
    )


Shop = Callable[..., dict[str, SegmentSample]]


def build_samples(
    segments: dict[str, int], seed: int, settings: DriftSettings, now: dict[str, dict[str, object]] | None = None
) -> dict[str, SegmentSample]:
    """Samples of ``segments`` (name → users); ``now`` changes the shop in the current window, by segment."""
    windows = plan_windows(AS_OF, settings)
    frames = []
    for name, users in segments.items():
        frames.append(shop_events(name, windows[0], seed, users=users))
        frames.append(shop_events(name, windows[1], seed, users=users, **(now or {}).get(name, {})))  # type: ignore[arg-type]
    events = pd.concat(frames, ignore_index=True)
    assignment = pd.Series({u: u.rsplit("-u", 1)[0] for u in events["user_id"].unique()})
    return segment_samples(events, windows, (assignment, assignment), settings)


@pytest.fixture(scope="session")
def shop() -> Shop:
    return build_samples


@pytest.fixture(scope="session")
def events_of() -> Callable[..., pd.DataFrame]:
    return shop_events
