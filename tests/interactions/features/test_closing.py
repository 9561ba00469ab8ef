"""Closed months in totals, open days one by one: the features of a full pass, whatever came in which order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interactions.features import FeatureSettings, compute_features, rollup
from interactions.features.closing import closing_day
from interactions.features.keeping import KEPT, kept_closing
from tests.interactions.features.conftest import Row, event, write_events
from warehouse.engine import duckdb_engine
from warehouse.store import Store
from warehouse.windows import Window, midnight

START, AS_OF = date(2026, 1, 20), date(2026, 4, 4)  # March is open, what is before it is closed
LENGTH = (AS_OF - START).days
Batch = tuple[int, list[tuple[int, int]]]

meetings = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=12)
batches = st.lists(st.tuples(st.integers(0, LENGTH - 1), meetings), min_size=2, max_size=3)


@pytest.mark.parametrize(
    ("as_of", "day"),
    [("2026-03-31", "2026-03-01"), ("2026-03-30", "2026-02-01"), ("2026-01-01", "2025-12-01")],
)
def test_thirty_days_stay_open_at_least(as_of: str, day: str) -> None:
    assert closing_day(date.fromisoformat(as_of)) == date.fromisoformat(day)


@settings(max_examples=2, deadline=None, derandomize=True)
@example([(70, [(0, 0), (1, 1)]), (0, [(0, 0), (0, 1)]), (40, [(0, 1), (1, 1), (2, 3)]), (0, [(1, 1), (0, 2)])])
@given(batches)
def test_days_in_any_order_and_late_ones_give_the_features_of_a_full_pass(delivered: list[Batch]) -> None:
    engine, arrived = duckdb_engine(threads=1), []
    with TemporaryDirectory() as folder:
        store, closings = Store(Path(folder) / "lake"), Path(folder) / "closings"
        for day, met in delivered:
            arrived += [_row(len(arrived) + n, *who, day) for n, who in enumerate(met)]
            window = write_events(store, [row for row in arrived if row["date"] == arrived[-1]["date"]])
            rollup(engine, store, list(window))
            kept_closing(engine, store, closing_day(AS_OF), FeatureSettings(), closings)
        after, full = (compute_features(engine, store, AS_OF, closings=kept) for kept in (closings, None))
    for increment, whole in zip(after, full, strict=True):
        pd.testing.assert_frame_equal(increment, whole, check_exact=True)
    _agree_with_a_naive_count(pd.DataFrame(arrived), *(frame.set_index(frame.columns[0]) for frame in full))


def _row(number: int, user: int, item: int, day: int) -> Row:
    kind = ("view", "purchase", "rating")[number % 3]
    when = midnight(START + timedelta(days=day)) + timedelta(minutes=number)
    kept = {"value": number * 0.01, "device": ("web", "ios")[item % 2], "event_id": f"e{number}"}
    return event(f"u{user}", f"i{item}", when, kind, **kept)


def _agree_with_a_naive_count(events: pd.DataFrame, users: pd.DataFrame, items: pd.DataFrame) -> None:
    by_user, by_item = events.groupby("user_id"), events.groupby("item_id")
    age = events["date"].map(lambda day: (AS_OF - day).days)
    life = events["event_type"].map(FeatureSettings().half_lives)
    decayed = (0.5 ** (age / life)).groupby(events["user_id"]).sum()
    np.testing.assert_allclose(users["decayed_events"], decayed, atol=1e-4)
    expected = {
        "events_total": by_user.size(),
        "events_30d": events[age <= 30].groupby("user_id").size().reindex(users.index, fill_value=0),
        "active_days": by_user["date"].nunique(),
        "items_distinct": by_user["item_id"].nunique(),
        "days_since_last": age.groupby(events["user_id"]).min(),
        "tenure_days": age.groupby(events["user_id"]).max(),
    }
    for name, counted in expected.items():
        assert users[name].astype(int).to_dict() == counted.to_dict(), name
    assert items["users_total"].astype(int).to_dict() == by_item["user_id"].nunique().to_dict()
    used = events.drop_duplicates(["user_id", "date", "device"]).groupby(["user_id", "device"]).size().unstack()
    assert users["main_device"].to_dict() == used.fillna(0).idxmax(axis="columns").to_dict()


def test_a_closing_is_computed_once_and_again_when_one_of_its_days_is_reopened(
    engine: Any, store: Store, tmp_path: Path, make_event: Callable[..., Row], fill: Callable[..., Window]
) -> None:
    day = date(2026, 3, 1)
    early = [make_event("u", "a", midnight(day) - timedelta(days=n)) for n in (1, 9)]

    def kept() -> set[str]:
        kept_closing(engine, store, day, FeatureSettings(), tmp_path / "closings")
        return {path.name for path in (tmp_path / "closings").iterdir() if path.is_dir()}

    rollup(engine, store, list(fill(store, [*early, make_event("u", "b", midnight(day))])))
    first = kept()
    rollup(engine, store, [day])
    assert kept() == first, "an open day changes nothing of what is closed"
    rollup(engine, store, [day - timedelta(days=9)])
    assert len(kept() - first) == 1


def test_closings_are_bounded_and_what_a_killed_task_left_is_no_harm(
    engine: Any, store: Store, tmp_path: Path, make_event: Callable[..., Row], fill: Callable[..., Window]
) -> None:
    rollup(engine, store, list(fill(store, [make_event("u", "a", midnight(START))])))
    closings, starts = tmp_path / "closings", [date(2026, month, 1) for month in range(2, 4 + KEPT)]
    for day in starts:
        kept_closing(engine, store, day, FeatureSettings(), closings)
    homes = sorted(path for path in closings.iterdir() if path.is_dir())
    assert [home.name[:10] for home in homes] == [day.isoformat() for day in starts[-KEPT:]]
    torn = homes[0].rename(homes[0].with_suffix(".aside"))
    (torn / "users.parquet").write_bytes(b"PAR1")
    closing = kept_closing(engine, store, starts[-KEPT], FeatureSettings(), closings)
    assert engine.to_pandas(closing.users)["events"].tolist() == [1]
