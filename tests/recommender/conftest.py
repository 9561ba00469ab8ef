"""A small world in memory: users with tastes, items with words, events in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recommender.settings import RankerSettings, SpineSettings
from recommender.source import FrameSource
from recommender.spine import Spine
from warehouse.windows import Window

START = date(2026, 1, 1)
AS_OF = date(2026, 3, 2)
SMALL = SpineSettings(
    candidates=15,
    order="ranker",
    lifts=("gender", "device"),
    ranker=RankerSettings(trees=15, minimum_leaf=10, minimum_users=20),
).with_parameters("als", factors=8, iterations=4)


@dataclass(frozen=True, eq=False)
class World(FrameSource):
    """Features are counted from events before the day asked for."""

    def users(self, as_of: date) -> pd.DataFrame:
        return self._with_counts(self.people, "user_id", as_of)

    def items(self, as_of: date) -> pd.DataFrame:
        return self._with_counts(self.catalogue, "item_id", as_of)

    def _with_counts(self, frame: pd.DataFrame, key: str, as_of: date) -> pd.DataFrame:
        past = self.log[self.log["ts"] < pd.Timestamp(as_of, tz="UTC")]
        counts = past.groupby(key).size().rename("events_total").reset_index()
        return frame.merge(counts, on=key, how="left")


def world(users: int = 150, items: int = 60, events_per_user: int = 25, seed: int = 3, plain: bool = False) -> World:
    """Users like one of three categories four times in five; ``plain`` leaves out every optional column."""
    rng = np.random.default_rng(seed)
    taste = rng.integers(0, 3, users)
    kind = np.arange(items) % 3
    rows: list[dict[str, Any]] = []
    for user in range(users):
        liked = np.flatnonzero(kind == taste[user])
        for _ in range(int(rng.poisson(events_per_user))):
            item = int(rng.choice(liked)) if rng.random() < 0.8 else int(rng.integers(items))
            second = int(rng.integers((AS_OF - START).days * 86_400))
            rows.append({"user_id": f"u{user:04d}", "item_id": f"i{item:03d}", "second": second})
    log = pd.DataFrame(rows)
    log["ts"] = pd.Timestamp(START, tz="UTC") + pd.to_timedelta(log.pop("second"), unit="s")
    log["event_type"], log["weight"], log["positive"] = "click", 1.0, True
    log["session_id"], log["price"] = None, np.nan
    catalogue = pd.DataFrame({"item_id": [f"i{n:03d}" for n in range(items)]})
    people = pd.DataFrame({"user_id": [f"u{n:04d}" for n in range(users)]})
    if not plain:
        words = [["boots trail walking", "novel paper story", "lamp light table"][n] for n in kind]
        catalogue["title"] = [f"{word} {n}" for n, word in enumerate(words)]
        catalogue["category"] = [["Outdoor|Shoes", "Books", "Home"][n] for n in kind]
        catalogue["brand"] = [f"b{n % 5}" for n in range(items)]
        catalogue["price"] = 5.0 + kind * 20 + rng.random(items)
        people["gender"] = rng.choice(["f", "m"], users)
    return World(log.sort_values("ts", ignore_index=True), catalogue, people, Window(START, AS_OF))


@pytest.fixture(scope="session")
def small_world() -> World:
    return world()


@pytest.fixture(scope="session")
def as_of() -> date:
    return AS_OF


@pytest.fixture(scope="session")
def small_settings() -> SpineSettings:
    return SMALL


@pytest.fixture(scope="session")
def make_world() -> Any:
    return world


@pytest.fixture(scope="session")
def spine(small_world: World) -> Spine:
    """Fitted a week before the world ends, so that tests have a holdout."""
    return Spine.fit(small_world, AS_OF - timedelta(days=7), SMALL)


@pytest.fixture(scope="session")
def world_history(spine: Spine, small_world: World) -> Any:
    return spine.history(small_world.log, spine.as_of)
