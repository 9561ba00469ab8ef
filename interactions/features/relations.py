"""The relations that feature expressions read, all of them ending before the as-of day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from warehouse.engine import relation
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True)
class Rollups:
    """What features are computed from: two rollups before the as-of day, two dimensions."""

    user_daily: ir.Table
    item_daily: ir.Table
    users: ir.Table
    items: ir.Table


def open_rollups(engine: Any, store: Store, as_of: date) -> Rollups:
    """The rollups before ``as_of`` and the dimensions (empty ones where no source brought any).

    Raises:
        TableMissingError: when nothing was rolled up yet.
    """
    first = min([*store.dates("user_daily"), as_of])
    history = Window(first, as_of)
    return Rollups(
        relation(engine, store, store.snapshot("user_daily"), history),
        relation(engine, store, store.snapshot("item_daily"), history),
        _dimension(engine, store, "users"),
        _dimension(engine, store, "items"),
    )


def aged(daily: ir.Table, as_of: date) -> ir.Table:
    """Rollup rows before ``as_of`` with ``age`` in days (1: the day before)."""
    import ibis

    end = ibis.literal(as_of)
    past = daily.filter(daily.date < end)
    return past.mutate(age=end.epoch_days() - past.date.epoch_days())


def pairs(days: ir.Table) -> ir.Table:
    """One row per user and item that met, with the number of ``days`` on which they did."""
    met = days.select("user_id", item_id=days["items"].unnest())
    return met.group_by(["user_id", "item_id"]).aggregate(days=met.count())


def levels(days: ir.Table, column: str) -> ir.Table:
    """Per user the values of a list column, ranked by the days they occurred on (then by name)."""
    seen = days.select("user_id", level=days[column].unnest())
    return ranked(seen.group_by(["user_id", "level"]).aggregate(days=seen.count()))


def categories(met: ir.Table) -> ir.Table:
    """Per user the categories met, ranked by item-days."""
    known = met.filter(met.category.notnull()).select("user_id", "days", level="category")
    return ranked(known.group_by(["user_id", "level"]).aggregate(days=known["days"].sum()))


def ranked(counted: ir.Table) -> ir.Table:
    """Add ``share`` (of the user's days) and ``rank`` (0: the most) to ``user_id, level, days``."""
    import ibis

    whole = counted["days"].sum().over(ibis.window(group_by="user_id"))
    order = ibis.window(group_by="user_id", order_by=[counted["days"].desc(), counted.level])
    return counted.mutate(share=counted["days"].cast("float64") / whole, rank=ibis.row_number().over(order))


def catalogue(rollups: Rollups, as_of: date) -> ir.Table:
    """Every item that was listed or met before ``as_of``: price, category, ranks of price and popularity.

    ``price_rank`` is the percent rank inside the category, ``popularity_rank`` that of the events so far.
    """
    import ibis

    met = _met_items(aged(rollups.item_daily, as_of))
    listed = _listed(rollups.items, as_of)
    both = listed.outer_join(met, "item_id").mutate(item_id=ibis.coalesce(ibis._.item_id, ibis._.item_id_right))
    both = both.drop("item_id_right").mutate(
        price=ibis.coalesce(both.list_price, both.paid), available=ibis.coalesce(both.available, both.first_day)
    )
    return both.mutate(
        price_rank=_percent_rank(both, "price", "category"), popularity_rank=_percent_rank(both, "met", None)
    )


def _met_items(days: ir.Table) -> ir.Table:
    from interactions.features.expressions import exact_sum, ratio

    return days.group_by("item_id").aggregate(
        met=days.events.sum(), paid=ratio(exact_sum(days.spend), days.n_purchase.sum()), first_day=days.date.min()
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
