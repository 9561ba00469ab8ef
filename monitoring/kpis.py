"""Daily key figures per segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from warehouse import columns as c

KPI_COLUMNS: Final = (c.DATE, c.SEGMENT, "active_users", "events", "buyers", "purchases", "conversion", "revenue")


def daily_kpis(events: pd.DataFrame, assignment: Mapping[str, str] | pd.Series) -> pd.DataFrame:
    """Active users, events, buyers, purchases, conversion and revenue per UTC day and segment.

    ``events``: ``user_id event_type ts`` and, for revenue, ``price`` (of one purchase, in the shop's currency).
    ``conversion`` is buyers / active users; ``revenue`` is the sum of ``price`` over purchases, without returns.
    Users without a segment are left out. Sorted by date, then segment.
    """
    known = events.assign(
        **{
            c.DATE: events[c.TS].dt.date,
            c.SEGMENT: events[c.USER].map(pd.Series(assignment, dtype=object)),
            "bought": events[c.TYPE] == "purchase",
            "paid": _paid(events),
        }
    ).dropna(subset=[c.SEGMENT])
    days = known.groupby([c.DATE, c.SEGMENT], sort=True)
    figures = days.agg(
        active_users=(c.USER, "nunique"), events=(c.USER, "size"), purchases=("bought", "sum"), revenue=("paid", "sum")
    )
    buyers = known[known["bought"]].groupby([c.DATE, c.SEGMENT])[c.USER].nunique()
    figures["buyers"] = buyers.reindex(figures.index, fill_value=0)
    figures["conversion"] = figures["buyers"] / figures["active_users"]
    return figures.reset_index()[list(KPI_COLUMNS)]


def _paid(events: pd.DataFrame) -> pd.Series:
    if c.PRICE not in events:
        return pd.Series(0.0, index=events.index)
    return events[c.PRICE].where(events[c.TYPE] == "purchase", 0.0).fillna(0.0).astype("float64")
