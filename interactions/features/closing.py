"""Closing the books: totals of all the days before a month's start, so that a new day need not read them again."""

from __future__ import annotations

from collections.abc import Callable
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


Keep = Callable[[str, "ir.Table"], "ir.Table"]
"""Takes the rows of a named expression and gives them back, perhaps out of a file that is written first."""


@dataclass(frozen=True)
class Closing:
    """Totals of everything before ``day``; they depend on those days' rollups and the half-lives alone.

    Users and items go by 32-bit numbers in it: what has millions of rows joins and groups by them at a fraction of the
    price of texts.

    Attributes:
        day: the first day that is not in the totals.
        users: a row a ``user_id``, with its number ``user`` (from 0 on): first and last day, days, weekend events,
            counters, money, decayed events as of ``day``.
        items: the same of ``item_id`` and its number ``item``.
        pairs: a row a ``user`` and ``item`` that met, with the number of ``days``.
        values: a row a ``user``, ``column`` and ``level`` (a device, channel or country), with the number of ``days``.
    """

    day: date
    users: ir.Table
    items: ir.Table
    pairs: ir.Table
    values: ir.Table


def closing_day(as_of: date) -> date:
    """The latest start of a month that lies at least :data:`OPEN_DAYS` before ``as_of``."""
    return (as_of - timedelta(days=OPEN_DAYS)).replace(day=1)


def as_it_is(_name: str, rows: ir.Table) -> ir.Table:
    """Keep nothing: the expression itself."""
    return rows


def close(
    user_daily: ir.Table, item_daily: ir.Table, day: date, settings: FeatureSettings, keep: Keep = as_it_is
) -> Closing:
    """The totals as Ibis expressions over the daily rollups, for any engine; ``keep`` sees the parts in order."""
    users, items = aged(user_daily, day), aged(item_daily, day)
    people = keep("users", _with_numbers(_totals(users, "user_id", USER_COUNTS, settings), "user_id", "user"))
    things = keep("items", _with_numbers(_totals(items, "item_id", ITEM_COUNTS, settings), "item_id", "item"))
    known = users.join(people.select("user_id", "user"), "user_id")
    # rows of one user beside each other: the next sums over users are then several times cheaper
    met = pairs(known, things).order_by(["user", "item"])
    return Closing(day, people, things, keep("pairs", met), keep("values", values(known)))


def pairs(days: ir.Table, items: ir.Table) -> ir.Table:
    """One row per ``user`` and ``item`` (a number of ``items``) that met, with the ``days`` on which they did."""
    met = days.mutate(item_id=days["items"].unnest()).select("user", "item_id")
    known = met.join(items.select("item_id", "item"), "item_id").select("user", "item")
    return known.group_by(["user", "item"]).aggregate(days=known.count())


def values(days: ir.Table) -> ir.Table:
    """One row per ``user``, list column and value in it, with the number of ``days`` on which it occurred."""
    import ibis

    columns = (days.mutate(column=ibis.literal(c), level=days[c].unnest()) for c in VALUE_COLUMNS)
    seen = ibis.union(*(rows.select("user", "column", "level") for rows in columns))
    return seen.group_by(["user", "column", "level"]).aggregate(days=seen.count())


def numbered(ids: ir.Table, closed: ir.Table, key: str, number: str) -> ir.Table:
    """The ``number`` of every ``key`` in ``closed`` or ``ids``: those of ``closed`` as they are, below 0 the others."""
    known = closed.select(key, number)
    others = _with_numbers(ids.select(key).distinct().anti_join(known, key), key, number)
    return known.union(others.mutate(**{number: (-1 - others[number]).cast("int32")}))


def _with_numbers(rows: ir.Table, key: str, number: str) -> ir.Table:
    import ibis

    return rows.mutate(**{number: ibis.row_number().over(ibis.window(order_by=rows[key])).cast("int32")})


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
        weekend=weekend(days).sum().cast("int64"),
        # engines sum integers into wider types, which files hold as floats
        **{name: days[name].sum().cast("int64") for name in counts},
        **{name: exact(days[name]).sum() for name in MONEY},
        **{name: exact(value).sum() for name, value in by_life.items()},
    )
