"""Closing the books: totals of all the days before a month's start, so that a new day need not read them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from interactions.features.expressions import aged, decayed_events, exact
from interactions.features.settings import FeatureSettings
from warehouse.schemas import DAILY_TOTALS, USER_DAY

if TYPE_CHECKING:
    import ibis.expr.types as ir

OPEN_DAYS: Final = 30
"""So many days stay open at least: the longest window of a feature, and room for events that come late."""

VALUE_COLUMNS: Final = ("devices", "channels", "countries")
MONEY: Final = ("spend", "rating_sum")
ITEM_COUNTS: Final = tuple(name for name in DAILY_TOTALS if name not in MONEY)
USER_COUNTS: Final = (*ITEM_COUNTS, *(name for name in USER_DAY if name not in ("items", *VALUE_COLUMNS)))


@dataclass(frozen=True)
class Closing:
    """Totals of everything before ``day``; they depend on those days' rollups and the half-lives alone.

    Attributes:
        day: the first day that is not in the totals.
        users: a row a user: first and last day, days, weekend events, counters, money, decayed events as of ``day``.
        items: the same of items.
        pairs: a row a user and item that met, with the number of ``days``.
        values: a row a user, ``column`` and ``level`` (a device, channel or country), with the number of ``days``.
    """

    day: date
    users: ir.Table
    items: ir.Table
    pairs: ir.Table
    values: ir.Table


def closing_day(as_of: date) -> date:
    """The latest start of a month that lies at least :data:`OPEN_DAYS` before ``as_of``."""
    return (as_of - timedelta(days=OPEN_DAYS)).replace(day=1)


def close(user_daily: ir.Table, item_daily: ir.Table, day: date, settings: FeatureSettings) -> Closing:
    """The totals as Ibis expressions over the daily rollups, for any engine."""
    users, items = aged(user_daily, day), aged(item_daily, day)
    return Closing(
        day,
        _totals(users, "user_id", USER_COUNTS, settings),
        _totals(items, "item_id", ITEM_COUNTS, settings),
        # rows of one user beside each other: the next sums over users are then several times cheaper
        pairs(users).order_by(["user_id", "item_id"]),
        values(users),
    )


def pairs(days: ir.Table) -> ir.Table:
    """One row per user and item that met, with the number of ``days`` on which they did."""
    met = days.select("user_id", item_id=days["items"].unnest())
    return met.group_by(["user_id", "item_id"]).aggregate(days=met.count())


def values(days: ir.Table) -> ir.Table:
    """One row per user, list column and value in it, with the number of ``days`` on which it occurred."""
    import ibis

    seen = ibis.union(*(days.select("user_id", column=ibis.literal(c), level=days[c].unnest()) for c in VALUE_COLUMNS))
    return seen.group_by(["user_id", "column", "level"]).aggregate(days=seen.count())


def weekend(days: ir.Table) -> Any:
    """A row's events where it lies on a Saturday or Sunday, else 0."""
    import ibis

    return ibis.ifelse(days.date.day_of_week.index() >= 5, days.events, 0)


def _totals(days: ir.Table, key: str, counts: tuple[str, ...], settings: FeatureSettings) -> ir.Table:
    by_life = decayed_events(days, settings)
    return days.group_by(key).aggregate(
        first_day=days.date.min(),
        last_day=days.date.max(),
        days=days.count(),
        weekend=weekend(days).sum(),
        **{name: days[name].sum() for name in counts},
        **{name: exact(days[name]).sum() for name in MONEY},
        **{name: exact(value).sum() for name, value in by_life.items()},
    )
