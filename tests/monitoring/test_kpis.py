from __future__ import annotations

from datetime import date

import pandas as pd

from monitoring.kpis import KPI_COLUMNS, daily_kpis

EVENTS = pd.DataFrame(
    {
        "user_id": ["a", "a", "b", "c", "a", "x"],
        "event_type": ["view", "purchase", "view", "purchase", "purchase", "purchase"],
        "ts": pd.to_datetime(["2026-03-01T10:00Z"] * 4 + ["2026-03-02T10:00Z"] * 2),
        "price": [5.0, 5.0, 7.0, None, 9.0, 99.0],
    }
)
ASSIGNMENT = {"a": "s1", "b": "s1", "c": "s2"}


def test_key_figures_of_a_day_and_segment() -> None:
    kpis = daily_kpis(EVENTS, ASSIGNMENT)
    assert list(kpis.columns) == list(KPI_COLUMNS)
    first = kpis.iloc[0].to_dict()
    assert first == {
        "date": date(2026, 3, 1),
        "segment_id": "s1",
        "active_users": 2,
        "events": 3,
        "buyers": 1,
        "purchases": 1,
        "conversion": 0.5,
        "revenue": 5.0,
    }


def test_a_purchase_without_a_price_counts_without_revenue_and_unknown_users_are_left_out() -> None:
    kpis = daily_kpis(EVENTS, ASSIGNMENT).set_index(["date", "segment_id"])
    assert kpis.loc[(date(2026, 3, 1), "s2"), "revenue"] == 0.0
    assert kpis["revenue"].sum() == 14.0


def test_no_events_give_no_rows() -> None:
    assert daily_kpis(EVENTS.head(0), ASSIGNMENT).empty
