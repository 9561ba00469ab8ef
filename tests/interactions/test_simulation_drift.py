"""The scripted drift is in the rows: where it was planted, from its day on, and nowhere else."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from interactions.simulation import Drift, Scenario, simulate
from interactions.simulation.catalogue import make_catalogue
from interactions.simulation.drifting import drifted_popularity, moved_users
from interactions.simulation.population import make_population

CALM = dataclasses.replace(Scenario.demo(), users=1500, items=300, events=70_000, days=28, drifts=(), bots=0.0)
LAST_WEEK = CALM.end - timedelta(days=7)
TASTE = Drift("taste", LAST_WEEK, 0.8, "families", {"sports": 1}, {"premium": 1})
MIX = Drift("mix", LAST_WEEK, 0.5, "families", to="collectors")
NIGHT = 0
CATALOGUE = Drift("catalogue", LAST_WEEK, 0.6, categories={"sports": 1})


def shares(folder: Path, column: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The shares of ``column`` in the views of each planted segment, before the last week and in it."""
    rows = pd.concat(pd.read_parquet(file) for file in (folder / "events").glob("date=*/part.parquet"))
    rows = rows[rows["event_type"] == "view"].merge(pd.read_parquet(folder / "truth" / "users.parquet"), on="user_id")
    rows = rows.merge(pd.read_parquet(folder / "items.parquet"), on="item_id")
    rows = rows.assign(part_of_day=rows["ts"].dt.hour // 6)
    now = rows["ts"] >= pd.Timestamp(LAST_WEEK, tz="UTC")
    tables = [pd.crosstab(part["segment"], part[column], normalize="index") for part in (rows[~now], rows[now])]
    return tables[0], tables[1].reindex(columns=tables[0].columns, fill_value=0.0)


def moved(folder: Path, column: str) -> pd.Series:
    """The total variation distance between the two shares of ``column``, a segment a row."""
    before, after = shares(folder, column)
    return (after - before).abs().sum(axis=1) / 2


def simulated(folder: Path, *drifts: Drift) -> Path:
    return simulate(folder, dataclasses.replace(CALM, drifts=drifts)).folder


def test_without_a_script_no_segment_moves(tmp_path: Path) -> None:
    assert moved(simulated(tmp_path), "category").max() < 0.15


def test_a_taste_drift_moves_its_segment_and_only_that(tmp_path: Path) -> None:
    distance = moved(simulated(tmp_path, TASTE), "category")
    assert distance["families"] > 0.4
    assert distance.drop("families").max() < 0.15


def test_the_demo_moves_the_bargain_hunters_in_its_last_week_and_nobody_else(tmp_path: Path) -> None:
    distance = moved(simulate(tmp_path, Scenario.demo()).folder, "category")
    assert distance["bargain_hunters"] > 0.4
    assert distance.drop("bargain_hunters").max() < 0.1


def test_a_taste_drift_leaves_the_past_as_it_was(tmp_path: Path) -> None:
    calm, drifting = simulated(tmp_path / "calm"), simulated(tmp_path / "drifting", TASTE)
    for day in CALM.window:
        files = [folder / "events" / f"date={day}" / "part.parquet" for folder in (calm, drifting)]
        same = pd.read_parquet(files[0]).equals(pd.read_parquet(files[1]))
        assert same == (day < LAST_WEEK), day


def test_a_mix_drift_moves_users_with_their_rhythm(tmp_path: Path) -> None:
    folder = simulated(tmp_path, MIX)
    users = pd.read_parquet(folder / "truth" / "users.parquet")
    gone = users.query("segment == 'families'")["segment_at_end"].value_counts(normalize=True)
    assert gone.to_dict() == pytest.approx({"families": 0.5, "collectors": 0.5}, abs=0.01)
    assert users.query("segment != 'families'").eval("segment == segment_at_end").all()
    before, after = shares(folder, "part_of_day")
    assert after.loc["families", NIGHT] > before.loc["families", NIGHT] + 0.1
    assert abs(after.loc["commuters", NIGHT] - before.loc["commuters", NIGHT]) < 0.05


def test_a_catalogue_drift_moves_everybody(tmp_path: Path) -> None:
    assert moved(simulated(tmp_path, CATALOGUE), "category").min() > 0.3


def test_a_catalogue_drift_deals_popularity_anew_and_ends() -> None:
    back = dataclasses.replace(CATALOGUE, until=LAST_WEEK + timedelta(days=2))
    scenario = dataclasses.replace(CALM, drifts=(back,))
    catalogue = make_catalogue(scenario)
    day = LAST_WEEK + timedelta(days=1)
    plainly = drifted_popularity(CALM, catalogue, day)
    dealt = drifted_popularity(scenario, catalogue, day)
    assert (dealt != plainly).any()
    assert ((dealt > 0) == (plainly > 0)).all()
    after = LAST_WEEK + timedelta(days=2)
    assert (drifted_popularity(scenario, catalogue, after) == drifted_popularity(CALM, catalogue, after)).all()


def test_movers_keep_who_they_are_and_move_on_their_day_only() -> None:
    scenario = dataclasses.replace(CALM, drifts=(MIX,))
    before = make_population(scenario)
    assert moved_users(scenario, before, date(2026, 6, 2)) is before
    after = moved_users(scenario, before, LAST_WEEK)
    assert (before.names, before.age, before.country) == (after.names, after.age, after.country)
    stayed = before.segment == after.segment
    assert (before.rate[stayed] == after.rate[stayed]).all()
    assert (before.categories[stayed] == after.categories[stayed]).all()
