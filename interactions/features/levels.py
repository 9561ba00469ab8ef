"""Which of a few texts (a device, a channel, a country, a category) users meet, and which of them most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from interactions.features.closing import Keep, as_it_is
from interactions.features.relations import Past

if TYPE_CHECKING:
    import ibis.expr.types as ir

CATEGORY: Final = "category"
_PLACES = 2**31  # more than there are texts


@dataclass(frozen=True)
class Levels:
    """Values met, by user: texts are few, so rows are grouped and compared by the ``place`` of a text among them.

    Attributes:
        rows: a row a ``user``, ``column`` and ``level`` in it, with its ``days``. ``rank`` is highest for the level of
            most days, among equals for the first one by name: no two levels of a user and column have the same.
        names: ``column``, ``level`` and its ``place``.
    """

    rows: ir.Table
    names: ir.Table

    def commonest(self, columns: Sequence[str]) -> ir.Table:
        """A row a ``user`` with the level of the highest rank of each of ``columns``, as ``_main_…``."""
        of, names = self.rows["column"], self.names
        highest = {column: self.rows["rank"].max(where=of == column) for column in columns}
        found = self.rows.group_by("user").aggregate(**highest)
        for column in columns:
            level = names.filter(names["column"] == column).select("place", **{f"_main_{column}": "level"})
            found = found.mutate(place=found[column] % _PLACES).left_join(level, "place").drop("place", "place_right")
        return found.drop(*columns)


def values_met(past: Past) -> Levels:
    """The devices, channels and countries of users, by days."""
    keys = ["column", "level"]
    names = _placed(past.values.select(keys).distinct())
    return _ranked(past.values.join(names, keys).select("user", "place", "days"), names)


def categories_met(past: Past, keep: Keep = as_it_is) -> Levels:
    """The categories of users, by days on which items of them were met, each item's own."""
    import ibis

    listed = past.catalogue.select("item", column=ibis.literal(CATEGORY), level="category")
    names = _placed(listed.filter(listed.level.notnull()).select("column", "level").distinct())
    placed = listed.join(names, "level").select("item", "place")
    ranked = _ranked(past.met.join(placed, "item").select("user", "place", "days"), names)
    return Levels(keep("by_category", ranked.rows), names)


def compared(counted: ir.Table) -> ir.Table:
    """Add ``share``: a level's part of all days of its user."""
    whole = counted.group_by("user").aggregate(whole=counted["days"].sum())
    both = counted.join(whole, "user")
    return both.select("user", "level", share=both["days"].cast("float64") / both.whole)


def _placed(names: ir.Table) -> ir.Table:
    import ibis

    backwards = ibis.window(order_by=[ibis.desc(names["column"]), ibis.desc(names.level)])
    return names.mutate(place=ibis.row_number().over(backwards).cast("int64"))


def _ranked(met: ir.Table, names: ir.Table) -> Levels:
    days = met.group_by(["user", "place"]).aggregate(days=met["days"].sum().cast("int64"))
    both = days.join(names, "place")
    rank = (both["days"] * _PLACES + both.place).cast("int64")
    return Levels(both.select("user", "column", "level", "days", rank=rank), names)
