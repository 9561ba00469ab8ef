"""A world whose two segments like different items while single histories are too short to show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from recommender.settings import RankerSettings, SpineSettings
from training.gate import GateSettings
from training.settings import BacktestSettings, EvaluationSettings, HeadSettings, TrainingSettings
from warehouse.windows import Window, midnight

START, AS_OF = date(2026, 1, 1), date(2026, 2, 26)
SETTINGS = TrainingSettings(
    spine=SpineSettings(
        candidates=20, order="ranker", ranker=RankerSettings(seeds=(1,), trees=10, minimum_leaf=20)
    ).with_parameters("als", factors=8, iterations=3),
    backtest=BacktestSettings(holdout_days=7, gate_windows=3, tune_windows=1),
    evaluation=EvaluationSettings(users_per_fold=400),
    gate=GateSettings(minimum_users=150, resamples=400),
    head=HeadSettings(trials=40, half_lives=(60.0,), passes=1),
)


@dataclass(frozen=True, eq=False)
class PlantedWorld:
    """A TrainingSource; segment ``a`` is odd users, ``b`` even ones."""

    log: pd.DataFrame
    people: pd.DataFrame
    catalogue: pd.DataFrame
    micros: np.ndarray
    last: date = AS_OF

    def events(self, window: Window) -> pd.DataFrame:
        low, high = (int(midnight(day).timestamp()) for day in (window.start, window.end))
        return self.log[(self.micros >= low) & (self.micros < high)].reset_index(drop=True)

    def users(self, as_of: date) -> pd.DataFrame:
        return self.people

    def items(self, as_of: date) -> pd.DataFrame:
        return self.catalogue

    def span(self) -> Window:
        return Window(START, self.last)

    def assignments(self, as_of: date) -> pd.Series:
        known = self.events(Window(START, as_of))["user_id"].unique()
        segments = ["a" if int(user[1:]) % 2 else "b" for user in known]
        return pd.Series(segments, index=pd.Index(known, dtype=object))


def planted_world(users: int = 1500, items: int = 120, contrast: float = 30.0, seed: int = 5) -> PlantedWorld:
    """``contrast`` 1: nothing planted; above: how much more a segment likes its own half of the items."""
    rng = np.random.default_rng(seed)
    base = rng.pareto(2.0, items) + 0.3
    own = np.arange(items) % 2
    days = (AS_OF - START).days
    count = users * 4
    user = rng.integers(0, users, count)
    chances = [base * np.where(own == group, contrast, 1.0) for group in (0, 1)]
    item = np.empty(count, dtype=np.int64)
    for group in (0, 1):
        rows = user % 2 == group
        item[rows] = rng.choice(items, int(rows.sum()), p=chances[group] / chances[group].sum())
    seconds = np.sort(rng.integers(0, days * 86_400, count)) + int(midnight(START).timestamp())
    log = pd.DataFrame({"user_id": [f"u{n:04d}" for n in user], "item_id": [f"i{n:03d}" for n in item]})
    log["ts"] = pd.to_datetime(seconds, unit="s", utc=True)
    log = log.assign(event_type="click", weight=1.0, positive=True, session_id=None, price=9.0)
    people = pd.DataFrame({"user_id": [f"u{n:04d}" for n in range(users)]})
    catalogue = pd.DataFrame({"item_id": [f"i{n:03d}" for n in range(items)], "price": 9.0})
    catalogue = catalogue.assign(title="thing", category="all", brand="x", text="")
    return PlantedWorld(log, people, catalogue, seconds)
