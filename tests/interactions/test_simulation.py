"""The simulator as a whole, on small scenarios: what it writes, and that the truth holds in it."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from interactions.simulation import Scenario, Truth, load_scenario, simulate
from warehouse.schemas import EVENT_FIELDS

SMALL = dataclasses.replace(Scenario.demo(), users=900, items=400, events=45_000, days=56, drifts=(), bots=0.01)
TINY = dataclasses.replace(SMALL, users=60, items=40, events=1_500, days=6, late=0.1, duplicates=0.05)


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return simulate(tmp_path_factory.mktemp("small"), SMALL)


@pytest.fixture(scope="module")
def events(truth: Truth) -> pd.DataFrame:
    return deliveries(truth.folder).drop_duplicates("event_id")


def deliveries(folder: Path) -> pd.DataFrame:
    """All delivered rows with the day of their folder as ``delivered``."""
    files = sorted((folder / "events").glob("date=*/part.parquet"))
    days = [pd.read_parquet(file).assign(delivered=file.parent.name.removeprefix("date=")) for file in files]
    return pd.concat([day.astype({"value": float}) for day in days], ignore_index=True)


def described(events: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Events with their user's planted segment and their item's facts."""
    users = pd.read_parquet(folder / "truth" / "users.parquet")
    items = pd.read_parquet(folder / "items.parquet")
    return events.merge(users, on="user_id").merge(items, on="item_id")


def test_equal_scenarios_give_equal_bytes_and_another_seed_other_rows(tmp_path: Path) -> None:
    for name, scenario in {"a": TINY, "b": TINY, "c": dataclasses.replace(TINY, seed=8)}.items():
        simulate(tmp_path / name, scenario)
    files = [file.relative_to(tmp_path / "a") for file in sorted((tmp_path / "a").rglob("*.parquet"))]
    assert len(files) == TINY.days + 4
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)
    assert deliveries(tmp_path / "a")["ts"].tolist() != deliveries(tmp_path / "c")["ts"].tolist()


def test_a_second_simulation_replaces_the_first_and_foreign_events_are_left_alone(tmp_path: Path) -> None:
    simulate(tmp_path, TINY)
    simulate(tmp_path, dataclasses.replace(TINY, days=3))
    assert len(list((tmp_path / "events").iterdir())) == 3
    (tmp_path / "truth" / "scenario.yaml").unlink()
    with pytest.raises(FileExistsError, match="another folder"):
        simulate(tmp_path, TINY)


def test_every_day_has_a_delivery_in_the_plain_event_schema(truth: Truth) -> None:
    for day in truth.window:
        schema = pq.read_schema(truth.folder / "events" / f"date={day}" / "part.parquet")
        assert {field.name: field.type for field in schema} == EVENT_FIELDS


def test_the_target_is_met_within_a_tenth(truth: Truth) -> None:
    assert truth.events == pytest.approx(SMALL.events, rel=0.10)


def test_the_summary_counts_what_was_written(truth: Truth) -> None:
    rows = deliveries(truth.folder)
    assert truth.events == len(rows)
    assert truth.duplicates == rows.duplicated("event_id").sum() > 0
    happened = rows["ts"].dt.strftime("%Y-%m-%d")
    assert truth.late == ((happened < rows["delivered"]) & ~rows.duplicated("event_id")).sum() > 0
    assert sum(truth.segments.values()) == truth.users == SMALL.users


def test_nothing_is_delivered_before_it_happens_and_second_copies_are_equal(truth: Truth) -> None:
    rows = deliveries(truth.folder)
    assert (rows["ts"].dt.strftime("%Y-%m-%d") <= rows["delivered"]).all()
    copies = rows[rows.duplicated("event_id", keep=False)].drop(columns="delivered")
    assert len(copies.drop_duplicates()) == copies["event_id"].nunique()


def test_nobody_acts_before_signing_up_and_nothing_is_seen_before_it_is_on_sale(
    truth: Truth, events: pd.DataFrame
) -> None:
    users = pd.read_parquet(truth.folder / "users.parquet")
    items = pd.read_parquet(truth.folder / "items.parquet")
    rows = events.merge(users[["user_id", "signup_ts"]], on="user_id").merge(items, on="item_id")
    assert len(rows) == len(events)
    assert (rows["ts"] >= rows["signup_ts"]).all()
    assert (rows["ts"] >= rows["available_from"]).all()


def test_the_funnel_narrows_and_its_values_have_their_units(events: pd.DataFrame) -> None:
    counts = events["event_type"].value_counts()
    funnel = [counts[name] for name in ("view", "click", "add_to_cart", "purchase", "rating", "return")]
    assert funnel == sorted(funnel, reverse=True)
    values = events.groupby("event_type")["value"]
    assert values.apply(lambda v: v.notna().all())[["purchase", "return", "rating", "dwell"]].all()
    assert not values.apply(lambda v: v.notna().any())[["view", "click", "add_to_cart", "wishlist"]].any()
    assert set(events.loc[events["event_type"] == "rating", "value"]) <= {1, 2, 3, 4, 5}
    assert (events["value"].dropna() > 0).all()


def test_every_purchase_has_a_cart_before_it_and_every_return_a_purchase(events: pd.DataFrame) -> None:
    first = events.pivot_table(index=["user_id", "item_id"], columns="event_type", values="ts", aggfunc="min")
    bought = first[first["purchase"].notna()]
    # carts of the day before the period's end may be delivered too late to be seen
    assert (bought["add_to_cart"] < bought["purchase"]).mean() > 0.98
    returned = first[first["return"].notna()]
    assert (returned["purchase"] < returned["return"]).mean() > 0.98


def test_history_lengths_spread_from_newcomers_to_regulars(events: pd.DataFrame) -> None:
    lengths = events.groupby("user_id")["event_id"].size()
    assert lengths.quantile(0.1) < 10 < 100 < lengths.quantile(0.9)


def test_popularity_is_unequal_but_not_degenerate(events: pd.DataFrame) -> None:
    views = events[events["event_type"] == "view"]["item_id"].value_counts()
    top = views.head(SMALL.items // 10).sum() / views.sum()
    assert 0.3 < top < 0.7
    assert len(views) > 0.9 * SMALL.items


def test_segments_differ_in_taste(truth: Truth, events: pd.DataFrame) -> None:
    rows = described(events, truth.folder)
    shares = pd.crosstab(rows["segment"], rows["category"], normalize="index")
    for segment in SMALL.segments:
        favourite = max(segment.categories, key=lambda name: segment.categories[name])
        assert shares[favourite].idxmax() == segment.name


def test_users_of_a_segment_differ_from_one_another_in_a_lasting_way(truth: Truth, events: pd.DataFrame) -> None:
    """How a user's categories depart from the segment's in the first half tells how they do in the second."""
    rows = described(events, truth.folder).query("not bot and event_type == 'view'")
    early = rows["ts"] < pd.Timestamp(truth.window.start_ts) + pd.Timedelta(days=28)
    halves = [pd.crosstab(half["user_id"], half["category"]) for half in (rows[early], rows[~early])]
    busy = halves[0].index[halves[0].sum(axis=1) >= 20].intersection(halves[1].index[halves[1].sum(axis=1) >= 20])
    first, second = (half.loc[busy].div(half.loc[busy].sum(axis=1), axis=0) for half in halves)
    segment = rows.drop_duplicates("user_id").set_index("user_id")["segment"][busy]
    typical = first.groupby(segment).transform("mean")
    assert len(busy) > 50
    own, still = (first - typical).to_numpy().ravel(), (second - typical).to_numpy().ravel()
    assert np.corrcoef(own, still)[0, 1] > 0.3


def test_segments_can_be_found_from_what_is_not_taste(truth: Truth, events: pd.DataFrame) -> None:
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    seen = events.assign(hour=events["ts"].dt.hour // 6)
    shares = [pd.crosstab(seen["user_id"], seen[name], normalize="index") for name in ("hour", "device", "channel")]
    users = pd.read_parquet(truth.folder / "truth" / "users.parquet").query("not bot").set_index("user_id")
    facts = pd.read_parquet(truth.folder / "users.parquet").set_index("user_id")[["country", "age_band", "occupation"]]
    features = pd.concat([*shares, pd.get_dummies(facts).astype(float)], axis=1).reindex(users.index).dropna()
    found = KMeans(5, n_init=10, random_state=0).fit_predict(features.to_numpy())
    assert adjusted_rand_score(users.loc[features.index, "segment"], found) > 0.6


def test_bots_are_flagged_in_the_truth_only(truth: Truth) -> None:
    users = pd.read_parquet(truth.folder / "users.parquet")
    assert "bot" not in users.columns
    bots = pd.read_parquet(truth.folder / "truth" / "users.parquet").query("bot")
    assert len(bots) == truth.bots == 9
    assert set(bots["user_id"]) <= set(users["user_id"])


def test_the_week_and_the_season_move_the_volume_only_mildly(events: pd.DataFrame) -> None:
    daily = events.groupby(events["ts"].dt.date).size()
    weekly = daily.rolling(7).sum().dropna().iloc[7:]
    assert weekly.pct_change(7).abs().max() < 0.25


def test_items_carry_the_words_of_their_category_and_style(truth: Truth) -> None:
    items = pd.read_parquet(truth.folder / "items.parquet")
    assert all(row.category in row.text and row.brand in row.title for row in items.itertuples())
    assert items["item_id"].is_unique
    assert (items["price"] > 0).all()
    assert items["category"].nunique() == 12


def test_the_truth_can_be_read_back(truth: Truth) -> None:
    assert load_scenario(truth.folder / "truth" / "scenario.yaml") == SMALL
    script = yaml.safe_load((truth.folder / "truth" / "segments.yaml").read_text())
    assert [one["name"] for one in script["segments"]] == list(truth.segments)


def test_progress_ends_with_the_last_day(tmp_path: Path) -> None:
    said: list[str] = []
    truth = simulate(tmp_path, TINY, said.append)
    assert said == [f"simulated 6 of 6 days, {truth.events:,} events"]


def test_a_leap_day_and_one_single_day_are_ordinary(tmp_path: Path) -> None:
    one = dataclasses.replace(TINY, end=date(2028, 3, 1), days=1, events=200, newcomers=0.0)
    assert simulate(tmp_path, one).events > 0
    assert [path.name for path in (tmp_path / "events").iterdir()] == ["date=2028-02-29"]
