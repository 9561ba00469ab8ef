import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from interactions.features import (
    FeatureSettings,
    compute_features,
    export_features,
    feature_names,
    rollup,
    write_features,
)
from warehouse.windows import midnight

MONDAY = date(2026, 3, 2)


def _day(number: int, hour: int = 12):
    return midnight(MONDAY + timedelta(days=number)) + timedelta(hours=hour)


def _features(engine, store, window, as_of, chosen=None):
    rollup(engine, store, list(window), chosen)
    users, items = compute_features(engine, store, as_of, chosen)
    return users.set_index("user_id"), items.set_index("item_id")


@pytest.fixture
def shop(store, make_event, fill, fill_dimension):
    """Ann: 4 events on two days; Bob: signed up, silent; Cid: signs up tomorrow. Three items, one not out yet."""
    window = fill(
        store,
        [
            make_event("ann", "tea", _day(0, 20), "view", session_id="s", device="mobile", country="DE"),
            make_event("ann", "tea", _day(0, 21), "purchase", session_id="s", device="mobile", value=6.0),
            make_event("ann", "pot", _day(5, 9), "view", device="desktop", country="DE"),
            make_event("ann", "pot", _day(5, 10), "purchase", device="mobile", value=20.0),
            make_event("eve", "tea", _day(9, 3), "view"),
        ],
    )
    people = [("ann", -3), ("bob", 1), ("cid", 12)]
    fill_dimension(
        store, "users", [{"user_id": u, "signup_ts": _day(d), "gender": "f", "age_band": "25-34"} for u, d in people]
    )
    catalogue = [("tea", "drinks", 5.0, -30), ("pot", "kitchen", 20.0, 3), ("cup", "kitchen", 7.0, 11)]
    fill_dimension(
        store,
        "items",
        [{"item_id": i, "category": c, "price": p, "available_from": _day(d)} for i, c, p, d in catalogue],
    )
    return window


def test_a_users_features_are_what_a_person_counts_by_hand(engine, store, shop) -> None:
    users, _ = _features(engine, store, shop, MONDAY + timedelta(days=10))
    ann = users.loc["ann"]
    expected = {
        "events_total": 4,
        "events_1d": 0,
        "events_7d": 2,
        "active_days": 2,
        "days_since_last": 5,
        "tenure_days": 13,
        "items_distinct": 2,
        "purchases_total": 2,
        "spend_total": 26.0,
        "basket_mean": 13.0,
        "sessions_30d": 3,
        "share_evening": 0.5,
        "share_morning": 0.5,
        "share_weekend": 0.5,
        "share_mobile": 0.75,
        "price_mean": 12.5,
        "category_entropy": math.log(2),
    }
    found = {name: float(ann[name]) for name in expected}
    assert found == pytest.approx(expected, abs=1e-6)


def test_categories_of_a_user_are_the_commonest_and_those_delivered(engine, store, shop) -> None:
    ann = _features(engine, store, shop, MONDAY + timedelta(days=10))[0].loc["ann"]
    assert (ann["main_device"], ann["country"], ann["gender"], ann["age_band"]) == ("mobile", "DE", "f", "25-34")


def test_decay_halves_each_type_by_its_own_half_life(engine, store, shop) -> None:
    chosen = FeatureSettings(half_lives={"view": 1.0, "purchase": 5.0})
    users, _ = _features(engine, store, shop, MONDAY + timedelta(days=10), chosen)
    by_hand = 0.5**10 + 0.5 ** (10 / 5) + 0.5**5 + 0.5 ** (5 / 5)
    assert users.loc["ann", "decayed_events"] == pytest.approx(by_hand, abs=1e-5)


def test_an_items_features_are_what_a_person_counts_by_hand(engine, store, shop) -> None:
    _, items = _features(engine, store, shop, MONDAY + timedelta(days=10))
    tea = items.loc["tea"]
    expected = {"events_total": 3, "users_total": 2, "events_1d": 1, "age_days": 40, "price": 5.0}
    expected["conversion_30d"] = 0.5
    assert {n: float(tea[n]) for n in expected} == expected
    assert tea["trend"] == pytest.approx(math.log((1 / 7 + 0.1) / (3 / 30 + 0.1)))
    assert tea["category"] == "drinks"


def test_users_and_items_count_from_the_day_they_are_known(engine, store, shop) -> None:
    users, items = _features(engine, store, shop, MONDAY + timedelta(days=10))
    assert sorted(users.index) == ["ann", "bob", "eve"]
    assert users.loc["bob", "events_total"] == 0
    assert users.loc["bob", "tenure_days"] == 9
    assert math.isnan(users.loc["bob", "days_since_last"])
    assert sorted(items.index) == ["pot", "tea"]


def test_nothing_after_the_as_of_day_is_read(engine, store, shop, make_event, fill) -> None:
    as_of = MONDAY + timedelta(days=8)
    before = _features(engine, store, shop, as_of)
    past = store.read("interactions").to_pylist()
    future = [make_event("ann", f"new{n}", _day(8 + n), "purchase", value=1e6, country="FR") for n in range(5)]
    future += [make_event("zoe", "tea", _day(8, 0))]
    window = fill(store, past + future)
    after = _features(engine, store, window, as_of)
    for one, other in zip(before, after, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_f6_rows_in_another_order_give_the_same_bits(engine, store, make_event, fill) -> None:
    random = np.random.default_rng(11)
    hours = random.integers(0, 9 * 24, 300)
    rows = [
        make_event(f"u{h % 9}", f"i{h % 31}", _day(0, int(h)), "purchase", value=float(v), event_id=f"e{n}")
        for n, (h, v) in enumerate(zip(hours, random.lognormal(size=300), strict=True))
    ]
    as_of = MONDAY + timedelta(days=9)
    one = _features(engine, store, fill(store, rows), as_of)
    other = _features(engine, store, fill(store, rows[::-1]), as_of)
    for left, right in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(left, right, check_exact=True)


def test_category_shares_are_apart_and_sum_to_one(engine, store, shop) -> None:
    users, _ = _features(engine, store, shop, MONDAY + timedelta(days=10))
    shares = users.loc["ann"].filter(like="share_category_")
    assert shares.to_dict() == {"share_category_drinks": 0.5, "share_category_kitchen": 0.5}
    few, _ = compute_features(engine, store, MONDAY + timedelta(days=10), FeatureSettings(category_shares=1))
    assert [c for c in few.columns if c.startswith("share_category_")] == ["share_category_drinks"]


def test_without_dimensions_the_events_alone_give_features(engine, store, make_event, fill) -> None:
    window = fill(store, [make_event("u", "a", _day(0), "purchase", value=4.0, country="SE")])
    users, items = _features(engine, store, window, MONDAY + timedelta(days=1))
    assert (users.loc["u", "tenure_days"], users.loc["u", "country"]) == (1, "SE")
    assert items.loc["a", "price"] == 4.0
    assert set(feature_names("user")) <= set(users.columns)
    assert list(items.columns) == list(feature_names("item"))


def test_before_the_first_event_there_are_features_of_nobody(engine, store, make_event, fill) -> None:
    window = fill(store, [make_event("u", "a", _day(3))])
    users, items = _features(engine, store, window, MONDAY)
    assert users.empty
    assert items.empty
    assert list(users.columns) == list(feature_names("user"))


def test_f3_writing_a_date_twice_or_after_a_later_one_changes_nothing(engine, store, shop) -> None:
    rollup(engine, store, list(shop))
    early, late = MONDAY + timedelta(days=6), MONDAY + timedelta(days=10)
    for as_of in (early, late):
        write_features(engine, store, as_of)
    hashes = store.content_hash("user_features"), store.content_hash("item_features")
    for as_of in (late, early, early):
        write_features(engine, store, as_of)
    assert (store.content_hash("user_features"), store.content_hash("item_features")) == hashes
    assert store.dates("user_features") == [early, late]


def test_exported_features_are_the_computed_ones(engine, store, shop, tmp_path) -> None:
    as_of = MONDAY + timedelta(days=10)
    rollup(engine, store, list(shop))
    export_features(engine, store, as_of, (tmp_path / "users.parquet", tmp_path / "items.parquet"))
    exported = [pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("users", "items")]
    for frame, file in zip(compute_features(engine, store, as_of), exported, strict=True):
        pd.testing.assert_frame_equal(frame, file)
