"""A simulated shop of many segments in which nothing drifts, as the monitor reads it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from interactions.simulation import Drift, PlantedSegment, Scenario, simulate
from monitoring.paid import with_paid
from warehouse import columns as c

END = date(2026, 6, 29)


@dataclass(frozen=True)
class QuietShop:
    """Events with category, price and ids (``event_id user_id item_id event_type ts …``), and who belongs where."""

    events: pd.DataFrame
    assignment: pd.Series
    scenario: Scenario


def quiet_shop(segments: int, users: int, days: int, seed: int, drifts: Sequence[Drift] = ()) -> QuietShop:
    """Simulate ``segments`` of unequal sizes (the largest three times the smallest) over ``days`` to ``END``.

    Seasons, weekdays, new items, trends, newcomers and people who leave go on all the time, as in the demo.
    """
    scenario = replace(
        Scenario.demo(),
        users=users,
        days=days,
        events=round(users * days * 0.8),
        segments=_many(Scenario.demo().segments, segments, seed),
        drifts=tuple(drifts),
        seed=seed,
    )
    with tempfile.TemporaryDirectory() as folder:
        return read_shop(simulate(Path(folder) / "shop", scenario).folder, scenario)


def read_shop(folder: Path, scenario: Scenario) -> QuietShop:
    """The events of a simulated folder, each kept once on the day it happened, with the catalogue's columns."""
    wanted = ["event_id", "user_id", "item_id", "event_type", "ts", "value", "device", "channel", "country"]
    events = pd.concat(
        [pd.read_parquet(file, columns=wanted) for file in sorted((folder / "events").glob("date=*/part.parquet"))],
        ignore_index=True,
    ).drop_duplicates(c.EVENT)
    items = pd.read_parquet(folder / "items.parquet").set_index(c.ITEM)
    for column in ("category", "price"):
        events[column] = items[column].reindex(events[c.ITEM]).to_numpy()
    people = pd.read_parquet(folder / "truth" / "users.parquet")
    return QuietShop(with_paid(events), people.set_index(c.USER)["segment"], scenario)


def first_day(events: pd.DataFrame) -> date:
    """The day of the first event."""
    day: date = events[c.TS].min().date()
    return day


def before(events: pd.DataFrame, as_of: date, days: int) -> pd.DataFrame:
    """The events of the ``days`` before ``as_of``."""
    end = pd.Timestamp(as_of, tz="UTC")
    return events[(events[c.TS] < end) & (events[c.TS] >= end - timedelta(days=days))]


def _many(planted: tuple[PlantedSegment, ...], count: int, seed: int) -> tuple[PlantedSegment, ...]:
    rng = np.random.default_rng(seed)
    shares = np.geomspace(1.0, 3.0, count)
    return tuple(_variant(planted[n % len(planted)], n, float(shares[n]), rng) for n in range(count))


def _variant(segment: PlantedSegment, number: int, share: float, rng: np.random.Generator) -> PlantedSegment:
    tastes = {name: weight * float(rng.lognormal(0, 0.5)) for name, weight in segment.categories.items()}
    return replace(segment, name=f"{segment.name}_{number:02d}", share=share, categories=tastes)
