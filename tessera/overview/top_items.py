"""What the users of a segment turn to more than everybody does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tessera.overview.tables import EVENT_DAYS, Tables

if TYPE_CHECKING:
    import pandas as pd

READ = ("interactions", "segment_assignments")
__all__ = ["EVENT_DAYS", "TopItem", "top_items"]


@dataclass(frozen=True)
class TopItem:
    """An item: how many of the segment's users met it, and how many times as often as users do on average (lift)."""

    item_id: str
    title: str
    users: int
    share: float
    lift: float


def top_items(tables: Tables, segment_id: str, most: int = 10) -> tuple[TopItem, ...]:
    """The items whose share of the segment's users lies furthest above their share of all users.

    The share counts users with an event in the last ``EVENT_DAYS`` days. Ordering by the excess of the share, not by
    the lift, keeps items out that one user met.
    """
    counted = tables.made("top items", READ, lambda: _counted(tables))
    if counted is None or segment_id not in counted.people:
        return ()
    mine = counted.met[counted.met["segment_id"] == segment_id]
    share, overall = mine["users"] / counted.people[segment_id], mine["everybody"] / sum(counted.people.values())
    best = mine.assign(share=share, lift=share / overall, excess=share - overall)
    best = best.sort_values(["excess", "users", "item_id"], ascending=[False, False, True]).head(most)
    titles = tables.made("titles", ("items",), tables.titles)
    columns = ("item_id", "users", "share", "lift")
    return tuple(
        TopItem(str(item), titles.get(str(item)) or "", int(users), float(share), float(lift))
        for item, users, share, lift in zip(*(best[name] for name in columns), strict=True)
    )


@dataclass(frozen=True)
class _Counted:
    """Distinct users: ``met`` has ``segment_id item_id users everybody``, ``people`` is by segment."""

    met: pd.DataFrame
    people: dict[str, int]


def _counted(tables: Tables) -> _Counted | None:
    days, met = tables.days("segment_assignments"), tables.events().drop_duplicates()
    if not days or met.empty:
        return None
    both = met.merge(tables.assigned(days[-1]), on="user_id")
    people = both.groupby("segment_id")["user_id"].nunique()
    counted = both.groupby(["segment_id", "item_id"], as_index=False).size().rename(columns={"size": "users"})
    counted["everybody"] = counted.groupby("item_id")["users"].transform("sum")
    return _Counted(counted, {str(segment): int(users) for segment, users in people.items()})
