"""The relations that feature expressions read, all of them ending before the as-of day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from interactions.features.closing import (
    ITEM_COUNTS,
    MONEY,
    USER_COUNTS,
    Closing,
    Keep,
    as_it_is,
    numbered,
    pairs,
    values,
    weekend,
)
from interactions.features.expressions import aged, decayed_events, exact, exact_sum, half_lives, halved, ratio
from interactions.features.settings import FeatureSettings
from warehouse.engine import relation
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

if TYPE_CHECKING:
    import ibis.expr.types as ir

_EXACT_TOTAL = "decimal(38, 6)"


@dataclass(frozen=True)
class Rollups:
    """What features are computed from: two rollups before the as-of day, two dimensions."""

    user_daily: ir.Table
    item_daily: ir.Table
    users: ir.Table
    items: ir.Table


@dataclass(frozen=True)
class Past:
    """Everything before ``as_of``: what is closed in totals, the days since then one by one.

    Attributes:
        as_of: the day that nothing here reaches.
        people: every ``user_id`` with an event and the number ``user`` by which the relations below know it.
        user_days, item_days: a row of all closed days and a row a day since: ``age`` of its last day, ``first_day``,
            ``days``, ``weekend``, counters, exact ``spend``, ``rating_sum`` and ``decayed`` events.
        pairs: users and items that met on a closed day, with ``days``.
        later: users and items that met on an open day, with ``days`` and whether the pair is ``fresh``.
        values: per user, ``column`` and ``level`` the ``days`` (closed and open ones apart).
        catalogue: every item listed or met: its number ``item``, price, category, ranks of price and popularity.
        users: the dimension.
    """

    as_of: date
    people: ir.Table
    user_days: ir.Table
    item_days: ir.Table
    pairs: ir.Table
    later: ir.Table
    values: ir.Table
    catalogue: ir.Table
    users: ir.Table

    @property
    def met(self) -> ir.Table:
        """Users and items that met, with ``days``: a pair of closed and open days has two rows, one ``fresh``."""
        import ibis

        columns = ["user", "item", "days", "fresh"]
        closed = self.pairs.mutate(fresh=ibis.literal(True))
        return closed.select(*columns).union(self.later.select(*columns))

    @property
    def first_met(self) -> ir.Table:
        """Users and items that ever met, a row each."""
        return self.pairs.select("user", "item").union(self.later.filter(self.later.fresh).select("user", "item"))


def open_rollups(engine: Any, store: Store, window: Window) -> Rollups:
    """The rollups of a window and the dimensions (empty ones where no source brought any).

    Raises:
        TableMissingError: when nothing was rolled up yet.
    """
    return Rollups(
        relation(engine, store, store.snapshot("user_daily"), window),
        relation(engine, store, store.snapshot("item_daily"), window),
        _dimension(engine, store, "users"),
        _dimension(engine, store, "items"),
    )


def past(rollups: Rollups, closing: Closing, as_of: date, settings: FeatureSettings, keep: Keep = as_it_is) -> Past:
    """The closed totals and the open days of ``rollups`` (closed days among them are left out) put together.

    What several relations read goes through ``keep``, which may put it into a file.
    """
    user_daily, item_daily = (
        aged(daily.filter(daily.date >= closing.day), as_of) for daily in (rollups.user_daily, rollups.item_daily)
    )
    item_days = _both(closing.items, item_daily, ("item_id", ITEM_COUNTS), (closing.day, as_of), settings)
    listed = _catalogue(_listed(rollups.items, as_of), _met_items(item_days))
    catalogue = keep("catalogue", listed.join(numbered(listed, closing.items, "item_id", "item"), "item_id"))
    people = keep("people", numbered(user_daily, closing.users, "user_id", "user"))
    days = user_daily.join(people, "user_id")
    met, seen = keep("met", pairs(days, catalogue)), keep("seen", values(days))
    return Past(
        as_of,
        people,
        _both(closing.users, days, ("user", USER_COUNTS), (closing.day, as_of), settings),
        item_days,
        closing.pairs,
        keep("later", _later(closing.pairs, met)),
        closing.values.union(seen),
        catalogue,
        rollups.users,
    )


def _both(
    closed: ir.Table,
    days: ir.Table,
    columns: tuple[str, tuple[str, ...]],
    between: tuple[date, date],
    settings: FeatureSettings,
) -> ir.Table:
    import ibis

    (key, counts), (day, as_of) = columns, between
    names = (key, "first_day", "age", "days", "weekend", *counts, *MONEY, "decayed")
    lives = enumerate(half_lives(settings))
    decayed = sum(closed[f"decayed_{n}"].cast("float64") * halved((as_of - day).days, life) for n, life in lives)
    totals = closed.mutate(age=ibis.literal(as_of).epoch_days() - closed.last_day.epoch_days(), decayed=decayed)
    each = sum(decayed_events(days, settings).values())
    one_by_one = days.mutate(first_day=days.date, days=ibis.literal(1), weekend=weekend(days), decayed=each)
    return _typed(totals.select(*names), counts).union(_typed(one_by_one.select(*names), counts))


def _typed(rows: ir.Table, counts: tuple[str, ...]) -> ir.Table:
    # an engine sums integers into what it likes; a union needs one type
    whole = {name: rows[name].cast("int64") for name in ("age", "days", "weekend", *counts)}
    return rows.mutate(**whole, **{name: exact(rows[name]).cast(_EXACT_TOTAL) for name in (*MONEY, "decayed")})


def _later(closed: ir.Table, met: ir.Table) -> ir.Table:
    import ibis

    keys = ["user", "item"]
    known = closed.semi_join(met, keys).select(*keys, known=ibis.literal(True))
    both = met.left_join(known, keys)
    return both.select(*keys, "days", fresh=both.known.isnull())


def items_met(past: Past) -> ir.Table:
    """Users and items that ever met, a row each, with exact ``price``, ``price_rank`` and ``popularity_rank``."""
    numbers = ("price", "price_rank", "popularity_rank")
    # made exact once an item, not once a pair
    listed = past.catalogue.select("item", **{name: exact(past.catalogue[name]) for name in numbers})
    return past.first_met.join(listed, "item").select("user", "item", *numbers)


def _catalogue(listed: ir.Table, met: ir.Table) -> ir.Table:
    """``price_rank`` is the percent rank inside the category, ``popularity_rank`` that of the events so far."""
    import ibis

    both = listed.outer_join(met, "item_id").mutate(item_id=ibis.coalesce(ibis._.item_id, ibis._.item_id_right))
    both = both.drop("item_id_right").mutate(
        price=ibis.coalesce(both.list_price, both.paid), available=ibis.coalesce(both.available, both.first_day)
    )
    return both.mutate(
        price_rank=_percent_rank(both, "price", "category"), popularity_rank=_percent_rank(both, "met", None)
    )


def _met_items(days: ir.Table) -> ir.Table:
    return days.group_by("item_id").aggregate(
        met=days.events.sum(), paid=ratio(exact_sum(days.spend), days.n_purchase.sum()), first_day=days.first_day.min()
    )


def _listed(items: ir.Table, as_of: date) -> ir.Table:
    import ibis

    # an item listed without a date belongs to the catalogue from the start
    available = items.available_from.date()
    known = items.filter(items.available_from.isnull() | (available < ibis.literal(as_of)))
    return known.select("item_id", "category", "brand", list_price="price", available=available)


def _percent_rank(table: ir.Table, column: str, group: str | None) -> Any:
    import ibis

    window = ibis.window(group_by=[*([group] if group else []), table[column].notnull()], order_by=table[column])
    return ibis.ifelse(table[column].notnull(), table[column].percent_rank().over(window), ibis.null())


def _dimension(engine: Any, store: Store, name: str) -> ir.Table:
    import ibis

    if store.exists(name):
        return relation(engine, store, store.snapshot(name))
    empty = ibis.memtable(TABLES[name].schema.empty_table())
    return empty.cast({c: "timestamp(6)" for c, kind in empty.schema().items() if kind.is_timestamp()})
