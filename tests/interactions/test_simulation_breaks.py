"""Scripted seasons, prices and broken deliveries are in the rows as the script says, and the truth tells of them."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from interactions.simulation import Drift, Scenario, ScenarioError, simulate
from interactions.simulation.catalogue import make_catalogue
from interactions.simulation.drifting import drifted_prices
from interactions.simulation.loading import parse_scenario, plain

CALM = dataclasses.replace(
    Scenario.demo(), users=300, items=100, events=9_000, days=21, drifts=(), bots=0.0, late=0.0, duplicates=0.0
)
DAY = CALM.end - timedelta(days=7)
NIGHT = timedelta(days=1)


def delivered(folder: Path, *drifts: Drift) -> pd.DataFrame:
    """All rows with ``date``, the day of their delivery."""
    simulate(folder, dataclasses.replace(CALM, drifts=drifts))
    files = sorted((folder / "events").glob("date=*/part.parquet"))
    days = [date.fromisoformat(file.parent.name.removeprefix("date=")) for file in files]
    parts = [pd.read_parquet(file).assign(date=day) for day, file in zip(days, files, strict=True)]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return delivered(tmp_path_factory.mktemp("calm"))


def test_a_missing_day_leaves_no_delivery_and_nothing_else_changes(tmp_path: Path, calm: pd.DataFrame) -> None:
    rows = delivered(tmp_path, Drift("missing_day", DAY, 1.0))
    pd.testing.assert_frame_equal(rows, calm[calm["date"] != DAY].reset_index(drop=True))


def test_half_a_day_can_be_missing(tmp_path: Path, calm: pd.DataFrame) -> None:
    rows = delivered(tmp_path, Drift("missing_day", DAY, 0.5))
    assert 0.35 < (rows["date"] == DAY).sum() / (calm["date"] == DAY).sum() < 0.65


def test_a_doubled_day_repeats_every_row_under_a_new_id(tmp_path: Path, calm: pd.DataFrame) -> None:
    rows = delivered(tmp_path, Drift("doubled_day", DAY, 1.0))
    again = rows[rows["event_id"].str.endswith("-again")].reset_index(drop=True)
    content = [name for name in calm if name != "event_id"]
    pd.testing.assert_frame_equal(again[content], calm[calm["date"] == DAY][content].reset_index(drop=True))
    assert rows["event_id"].is_unique
    assert len(rows) == len(calm) + len(again)


def test_a_null_column_is_empty_from_its_day_to_its_end(tmp_path: Path, calm: pd.DataFrame) -> None:
    rows = delivered(tmp_path, Drift("null_column", DAY, 1.0, column="device", until=DAY + 2 * NIGHT))
    broken = rows["date"].isin([DAY, DAY + NIGHT])
    assert rows.loc[broken, "device"].isna().all()
    assert rows.loc[~broken, "device"].equals(calm.loc[~broken, "device"])


def test_a_renamed_value_keeps_its_rows(tmp_path: Path, calm: pd.DataFrame) -> None:
    rows = delivered(tmp_path, Drift("renamed_value", DAY, 1.0, column="device", value="mobile", to="Mobile-App"))
    renamed = rows["device"] == "Mobile-App"
    assert renamed.equals((calm["device"] == "mobile") & (calm["date"] >= DAY))


def test_a_bot_wave_is_new_accounts_round_the_clock(tmp_path: Path, calm: pd.DataFrame) -> None:
    rows = delivered(tmp_path, Drift("bot_wave", DAY, 0.02, until=DAY + 3 * NIGHT))
    users = pd.read_parquet(tmp_path / "users.parquet").set_index("user_id")
    truth = pd.read_parquet(tmp_path / "truth" / "users.parquet").set_index("user_id")
    bots = truth.index[truth["bot"]]
    assert (len(bots), users.index.equals(truth.index)) == (6, True)
    wave = rows["user_id"].isin(bots)
    assert set(rows.loc[wave, "date"]) == {DAY, DAY + NIGHT, DAY + 2 * NIGHT}
    assert rows[wave].groupby(["date", "user_id"])["ts"].agg(lambda ts: ts.dt.hour.nunique()).min() >= 12
    assert (users.loc[bots, "signup_ts"] < pd.Timestamp(DAY, tz="UTC")).all()
    people = rows.loc[~wave, ["user_id", "item_id", "ts"]].sort_values(["ts", "user_id", "item_id"], ignore_index=True)
    usual = calm[["user_id", "item_id", "ts"]].sort_values(["ts", "user_id", "item_id"], ignore_index=True)
    pd.testing.assert_frame_equal(people, usual)


def test_a_price_shock_is_paid_and_makes_purchases_rarer(tmp_path: Path, calm: pd.DataFrame) -> None:
    rows = delivered(tmp_path, Drift("price_shock", DAY, 1.0, factor=1.5))
    prices = pd.read_parquet(tmp_path / "items.parquet").set_index("item_id")["price"]
    bought = rows[rows["event_type"] == "purchase"]
    paid = bought["value"] / prices.reindex(bought["item_id"]).to_numpy()
    after = bought["date"] >= DAY
    assert paid[after].median() == pytest.approx(1.5 * paid[~after].median(), rel=0.05)
    usual = calm[(calm["event_type"] == "purchase") & (calm["date"] >= DAY)]
    assert after.sum() < 0.85 * len(usual)


def test_a_price_shock_can_be_limited_to_items_and_categories_and_grow() -> None:
    scenario = dataclasses.replace(
        CALM, drifts=(Drift("price_shock", DAY, 0.5, categories={"books": 1}, ramp_days=2, factor=4.0),)
    )
    catalogue = make_catalogue(scenario)
    ratios = [drifted_prices(scenario, catalogue, day) / catalogue.price for day in (DAY - NIGHT, DAY, DAY + NIGHT)]
    assert [sorted(set(np.round(ratio, 6))) for ratio in ratios] == [[1.0], [1.0, 2.0], [1.0, 4.0]]


def test_a_season_comes_every_52_weeks_and_goes() -> None:
    season = Drift("season", date(2026, 6, 1), 0.4, categories={"garden": 1}, until=date(2026, 6, 8))
    levels = [season.level(day) for day in (date(2025, 6, 2), date(2025, 6, 9), date(2026, 6, 7), date(2026, 6, 8))]
    assert levels == [0.4, 0.0, 0.4, 0.0]
    assert season.level(date(2027, 5, 31)) == 0.4


def test_a_season_moves_what_everybody_chooses(tmp_path: Path, calm: pd.DataFrame) -> None:
    season = Drift("season", DAY, 0.9, categories={"garden": 1}, until=CALM.end)
    rows = delivered(tmp_path, season)
    categories = pd.read_parquet(tmp_path / "items.parquet").set_index("item_id")["category"]
    late = [frame[frame["date"] >= DAY]["item_id"].map(categories) for frame in (calm, rows)]
    assert (late[1] == "garden").mean() > (late[0] == "garden").mean() + 0.3


def test_the_truth_tells_of_every_break_and_can_be_simulated_again(tmp_path: Path) -> None:
    script = (
        Drift("renamed_value", DAY, 1.0, column="device", value="mobile", to="phone"),
        Drift("price_shock", DAY, 0.5, factor=1.2),
        Drift("taste", DAY, 0.5, "families", {"books": 1}),
    )
    simulate(tmp_path, dataclasses.replace(CALM, drifts=script))
    told = yaml.safe_load((tmp_path / "truth" / "drift.yaml").read_text())["drifts"]
    assert [set(one) & {"factor", "column", "value"} for one in told] == [{"column", "value"}, {"factor"}, set()]
    again = parse_scenario(yaml.safe_load((tmp_path / "truth" / "scenario.yaml").read_text()))
    assert again.drifts == script
    assert "factor" not in plain(script[2])


@pytest.mark.parametrize(
    ("drift", "said"),
    [
        (Drift("price_shock", DAY, 1.0), "factor"),
        (Drift("price_shock", DAY, 1.0, factor=1.0), "'factor'"),
        (Drift("season", DAY, 0.5, categories={"books": 1}), "until"),
        (Drift("season", DAY, 0.5, until=DAY + NIGHT), "categories"),
        (Drift("season", DAY, 0.5, categories={"books": 1}, until=DAY + timedelta(days=364)), "within the year"),
        (Drift("season", DAY, 0.5, "nobody", {"books": 1}, until=DAY + NIGHT), "nobody"),
        (Drift("null_column", DAY, 1.0), "column"),
        (Drift("null_column", DAY, 1.0, column="price"), "'column'"),
        (Drift("renamed_value", DAY, 1.0, column="device", value="fridge", to="freezer"), "'value'"),
        (Drift("renamed_value", DAY, 1.0, column="device", value="mobile"), "to"),
        (Drift("taste", DAY, 0.5, "families", factor=2.0), "without a meaning here"),
        (Drift("missing_day", DAY, 1.0, until=DAY), "'until'"),
    ],
)
def test_an_impossible_break_is_refused_by_its_field(drift: Drift, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        dataclasses.replace(CALM, drifts=(drift,))
