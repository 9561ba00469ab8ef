"""Simulated shops with one scripted change each, as the monitor reads them: watched events and assignments.

Everything that a script leaves open is drawn by its seed: whom it happens to, where tastes go, how strong it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from interactions.simulation import Drift, Scenario, simulate
from interactions.simulation.drift import YEAR
from interactions.simulation.words import CATEGORIES
from monitoring.paid import with_paid

END = date(2026, 6, 29)
AFTER = 7  # days that are simulated from the change on
BEFORE = 60  # days before it: a champion's reference and what was popular before that
DAY = END - timedelta(days=AFTER)
BLUR = 0.1  # users whom the segmentation puts into a random segment
_BASE = dataclasses.replace(
    Scenario.demo(), end=END, days=BEFORE + AFTER, users=1800, items=400, events=90_000, drifts=()
)
_WATCHED = ["event_id", "user_id", "item_id", "event_type", "ts", "value", "device", "channel", "country"]


@dataclass(frozen=True)
class World:
    """One simulated shop: ``events`` as `tessera.lake.LakeSource.watched` gives them, and who is who."""

    drift: Drift | None
    events: pd.DataFrame
    people: pd.DataFrame

    def assigned(self, day: date) -> pd.Series[str]:
        """User id to segment id, as a segmentation knows it on ``day`` from the events before."""
        column = "segment" if day <= DAY else "segment_at_end"
        known = self._first_seen < pd.Timestamp(day, tz="UTC")
        chosen: pd.Series[str] = self.people.loc[known, column]
        return chosen

    @cached_property
    def _first_seen(self) -> pd.Series[pd.Timestamp]:
        return self.events.groupby("user_id")["ts"].min().reindex(self.people.index)


def make_world(kind: str, seed: int) -> World:
    """Simulate a shop to which ``kind`` happens on :data:`DAY` (``none``: nothing does).

    A season has come before: the same people are simulated in the same weeks of the year before, too.
    """
    drift = None if kind == "none" else _SCRIPTS[kind](np.random.default_rng([20261122, seed]))
    scenario = dataclasses.replace(_BASE, seed=seed, drifts=(drift,) if drift else ())
    if drift is None or drift.kind != "season":
        return World(drift, *_simulated(scenario))
    earlier, _ = _simulated(_a_year_before(scenario, drift))
    events, people = _simulated(scenario)
    return World(drift, pd.concat([earlier, events], ignore_index=True), people)


def _a_year_before(scenario: Scenario, season: Drift) -> Scenario:
    last = dataclasses.replace(season, day=season.day - YEAR, until=season.until and season.until - YEAR)
    return dataclasses.replace(scenario, end=scenario.end - YEAR, drifts=(last,))


def _simulated(scenario: Scenario) -> tuple[pd.DataFrame, pd.DataFrame]:
    with TemporaryDirectory() as folder:
        simulate(folder, scenario)
        return _watched(Path(folder)), _people(Path(folder), scenario.seed)


def _watched(folder: Path) -> pd.DataFrame:
    files = sorted((folder / "events").glob("date=*/part.parquet"))
    rows = pd.concat([pd.read_parquet(file, columns=_WATCHED) for file in files], ignore_index=True)
    rows = rows.drop_duplicates("event_id", ignore_index=True)
    known = pd.read_parquet(folder / "items.parquet").set_index("item_id")[["category", "price"]]
    watched = with_paid(rows.join(known, on="item_id"))
    texts: list[str] = watched.select_dtypes("str").columns.tolist()
    return watched.astype(dict.fromkeys(texts, object))  # faster to read again and again than Arrow's strings


def _people(folder: Path, seed: int) -> pd.DataFrame:
    people = pd.read_parquet(folder / "truth" / "users.parquet").set_index("user_id")[["segment", "segment_at_end"]]
    rng = np.random.default_rng([seed, 1])
    blurred = rng.random(len(people)) < BLUR
    anywhere = pd.Series(rng.choice(sorted(people["segment"].unique()), len(people)), index=people.index)
    return pd.DataFrame({name: segment.mask(blurred, anywhere) for name, segment in people.items()})


def _uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 2)


def _segment(rng: np.random.Generator) -> str:
    return str(rng.choice(_BASE.names))


def _goal(rng: np.random.Generator) -> Mapping[str, float]:
    return {str(name): 1.0 for name in rng.choice(list(CATEGORIES), 3, replace=False)}


def _taste(rng: np.random.Generator) -> Drift:
    number = int(rng.integers(len(_BASE.segments)))
    own = _BASE.segments[number].categories
    others = [name for name in CATEGORIES if name not in own]
    goal = {str(name): 1.0 for name in rng.choice(others, 3, replace=False)}
    return Drift("taste", DAY, _uniform(rng, 0.5, 0.9), _BASE.names[number], goal)


def _mix(rng: np.random.Generator) -> Drift:
    source, target = (str(name) for name in rng.choice(_BASE.names, 2, replace=False))
    return Drift("mix", DAY, _uniform(rng, 0.7, 0.9), source, to=target)


def _catalogue(rng: np.random.Generator) -> Drift:
    return Drift("catalogue", DAY, _uniform(rng, 0.5, 0.9), categories=_goal(rng))


def _price_shock(rng: np.random.Generator) -> Drift:
    return Drift("price_shock", DAY, _uniform(rng, 0.8, 1.0), factor=float(rng.choice([0.7, 0.75, 1.25, 1.3, 1.4])))


def _season(rng: np.random.Generator) -> Drift:
    until = DAY + timedelta(days=int(rng.integers(14, 28)))
    return Drift("season", DAY, _uniform(rng, 0.3, 0.6), categories=_goal(rng), until=until)


def _bot_wave(rng: np.random.Generator) -> Drift:
    return Drift("bot_wave", DAY, round(float(rng.uniform(0.004, 0.02)), 4))


def _missing_day(rng: np.random.Generator) -> Drift:
    return Drift("missing_day", DAY, _uniform(rng, 0.8, 1.0))


def _doubled_day(rng: np.random.Generator) -> Drift:
    return Drift("doubled_day", DAY, _uniform(rng, 0.5, 1.0))


def _null_column(rng: np.random.Generator) -> Drift:
    column = str(rng.choice(["device", "channel", "country"]))
    return Drift("null_column", DAY, _uniform(rng, 0.5, 1.0), column=column)


def _renamed_value(rng: np.random.Generator) -> Drift:
    value = str(rng.choice(["mobile", "desktop", "tablet"]))
    return Drift("renamed_value", DAY, 1.0, column="device", value=value, to=f"{value.capitalize()}-App")


_SCRIPTS: Mapping[str, Callable[[np.random.Generator], Drift]] = {
    "taste": _taste,
    "mix": _mix,
    "catalogue": _catalogue,
    "price_shock": _price_shock,
    "season": _season,
    "bot_wave": _bot_wave,
    "missing_day": _missing_day,
    "doubled_day": _doubled_day,
    "null_column": _null_column,
    "renamed_value": _renamed_value,
}
KINDS = ("none", *_SCRIPTS)
