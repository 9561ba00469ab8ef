from datetime import date, timedelta

import pytest

from interactions.features import FeatureSettings, rollup
from warehouse.store import TableMissingError
from warehouse.windows import Window


def _only(store, table="user_daily"):
    rows = store.read(table).to_pylist()
    assert len(rows) == 1
    return rows[0]


def test_a_day_counts_events_by_type_and_by_part_of_the_day(engine, store, make_event, fill) -> None:
    noon = make_event("u", "a")["ts"]
    fill(
        store,
        [
            make_event("u", "a"),
            make_event("u", "b", noon.replace(hour=23), "purchase", value=9.5),
            make_event("u", "b", noon.replace(hour=5), "coupon"),
            make_event("u", "b", noon.replace(hour=7), "rating", value=4.0),
        ],
    )
    rollup(engine, store, [noon.date()])
    row = _only(store)
    counts = {name: row[name] for name in ("events", "n_view", "n_purchase", "n_rating", "n_other", "n_return")}
    assert counts == {"events": 4, "n_view": 1, "n_purchase": 1, "n_rating": 1, "n_other": 1, "n_return": 0}
    assert [row[part] for part in ("night", "morning", "afternoon", "evening")] == [1, 1, 1, 1]
    assert (row["spend"], row["rating_sum"]) == (9.5, 4.0)
    assert row["items"] == ["a", "b"]


def test_session_ids_count_sessions_and_purchases_inside_one_make_a_basket(engine, store, make_event, fill) -> None:
    noon = make_event("u", "a")["ts"]
    rows = [
        make_event("u", "a", noon, session_id="x"),
        make_event("u", "b", noon + timedelta(hours=3), "purchase", session_id="x", value=1.0),
        make_event("u", "c", noon + timedelta(hours=3), "purchase", session_id="x", value=1.0),
        make_event("u", "d", noon, session_id="y"),
    ]
    fill(store, rows)
    rollup(engine, store, [noon.date()])
    row = _only(store)
    assert (row["sessions"], row["baskets"], row["session_seconds"]) == (2, 1, 3 * 3600)


def test_without_ids_a_pause_longer_than_the_gap_starts_a_session(engine, store, make_event, fill) -> None:
    noon = make_event("u", "a")["ts"]
    minutes = (0, 30, 61, 200)  # 0 and 30 belong together, 61 is 31 after, 200 far away
    fill(store, [make_event("u", f"i{m}", noon + timedelta(minutes=m)) for m in minutes])
    rollup(engine, store, [noon.date()])
    assert _only(store)["sessions"] == 3
    rollup(engine, store, [noon.date()], FeatureSettings(session_gap_minutes=60))
    assert _only(store)["sessions"] == 2


def test_a_session_ends_at_midnight(engine, store, make_event, fill) -> None:
    late = make_event("u", "a")["ts"].replace(hour=23, minute=59)
    window = fill(store, [make_event("u", "a", late), make_event("u", "b", late + timedelta(minutes=2))])
    rollup(engine, store, list(window))
    assert store.frame("user_daily")["sessions"].tolist() == [1, 1]


def test_devices_are_known_by_their_words_in_any_case(engine, store, make_event, fill) -> None:
    devices = ["Mobile", "iOS", "desktop", "iPad", "toaster", None]
    fill(store, [make_event("u", f"i{n}", device=d) for n, d in enumerate(devices)])
    rollup(engine, store, [make_event("u", "a")["ts"].date()])
    row = _only(store)
    assert [row[k] for k in ("mobile", "desktop", "tablet", "device_known")] == [2, 1, 1, 5]


def test_f3_the_same_days_rolled_up_twice_reversed_and_one_by_one_give_the_same_rows(
    engine, store, make_event, fill
) -> None:
    noon = make_event("u", "a")["ts"]
    window = fill(
        store,
        [
            make_event(f"u{n % 7}", f"i{n % 5}", noon + timedelta(days=n % 6, minutes=7 * n), value=0.1 * n)
            for n in range(120)
        ],
    )
    rollup(engine, store, list(window))
    once = store.content_hash("user_daily"), store.content_hash("item_daily")
    for day in reversed(list(window)):
        rollup(engine, store, [day])
    assert (store.content_hash("user_daily"), store.content_hash("item_daily")) == once


def test_many_events_are_rolled_up_in_parts(engine, store, make_event, fill, monkeypatch) -> None:
    noon = make_event("u", "a")["ts"]
    window = fill(store, [make_event("u", f"i{n}", noon + timedelta(days=n % 5)) for n in range(20)])
    rollup(engine, store, list(window))
    once, version = store.content_hash("user_daily"), store.snapshot("user_daily").version
    monkeypatch.setattr("interactions.features.rollups._EVENTS_AT_ONCE", 8)
    assert rollup(engine, store, list(window)) == (window,)
    assert store.content_hash("user_daily") == once
    # two days a part, the last alone
    assert store.snapshot("user_daily").version == version + 3


def test_days_that_follow_each_other_are_one_commit_and_others_are_left_alone(engine, store, make_event, fill) -> None:
    noon = make_event("u", "a")["ts"]
    fill(store, [make_event("u", "a", noon + timedelta(days=n)) for n in range(6)])
    day = noon.date()
    done = rollup(engine, store, [day + timedelta(days=n) for n in (4, 0, 1)])
    assert done == (Window(day, day + timedelta(days=2)), Window.day(day + timedelta(days=4)))
    assert store.dates("user_daily") == [day, day + timedelta(days=1), day + timedelta(days=4)]
    assert store.snapshot("user_daily").version == 1


def test_a_day_that_lost_its_events_becomes_empty(engine, store, make_event, fill) -> None:
    noon = make_event("u", "a")["ts"]
    window = fill(store, [make_event("u", "a", noon), make_event("u", "a", noon + timedelta(days=1))])
    rollup(engine, store, list(window))
    empty = store.read("interactions").slice(0, 0)
    store.replace("interactions", empty, Window.day(noon.date()))
    rollup(engine, store, list(window))
    assert store.frame("user_daily")["date"].tolist() == [noon.date() + timedelta(days=1)]


def test_a_lake_without_events_says_what_to_do(engine, store) -> None:
    with pytest.raises(TableMissingError, match="interactions"):
        rollup(engine, store, [date(2026, 1, 1)])


def test_f27_a_poisoned_value_does_not_stop_the_day(engine, store, make_event, fill) -> None:
    fill(store, [make_event("u", "a", kind="purchase", value=1e300), make_event("v", "a", kind="purchase", value=2.0)])
    rollup(engine, store, [make_event("u", "a")["ts"].date()])
    assert sorted(store.frame("user_daily")["spend"]) == [2.0, 1e11]
