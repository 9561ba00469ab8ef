"""Events since the snapshot, in memory: what a user just saw is not recommended again."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock

import pandas as pd

from warehouse.columns import ITEM, TS, TYPE, USER, WEIGHT
from warehouse.windows import midnight

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class RecentEvent:
    """One event as the models take it; ``ts`` in UTC."""

    user_id: str
    item_id: str
    event_type: str
    ts: datetime
    weight: float


class RecentEvents:
    """The newest events of the users who were active last, bounded in both directions.

    Args:
        users: how many users are remembered; the longest silent one is forgotten first.
        events_per_user: how many events of one user; a flood of one user's events costs nobody else.
    """

    def __init__(self, users: int = 100_000, events_per_user: int = 200) -> None:
        self._limit = users
        self._events_per_user = events_per_user
        self._by_user: OrderedDict[str, deque[RecentEvent]] = OrderedDict()
        self._lock = Lock()

    def add(self, events: Sequence[RecentEvent]) -> None:
        """Remember events."""
        with self._lock:
            for event in events:
                kept = self._by_user.setdefault(event.user_id, deque(maxlen=self._events_per_user))
                kept.append(event)
                self._by_user.move_to_end(event.user_id)
            while len(self._by_user) > self._limit:
                self._by_user.popitem(last=False)

    def of(self, user_id: str, since: date) -> list[RecentEvent]:
        """The user's events on or after ``since`` (a snapshot as of that day holds the older ones)."""
        with self._lock:
            kept = list(self._by_user.get(user_id, ()))
        return [event for event in kept if event.ts >= midnight(since)]

    def forget_before(self, day: date) -> None:
        """Drop what a snapshot as of ``day`` already holds."""
        with self._lock:
            for user_id, kept in list(self._by_user.items()):
                left = deque((e for e in kept if e.ts >= midnight(day)), maxlen=self._events_per_user)
                if left:
                    self._by_user[user_id] = left
                else:
                    del self._by_user[user_id]


def as_frame(events: Sequence[RecentEvent], before: datetime) -> pd.DataFrame:
    """The events with the columns ``user_id item_id event_type ts weight``; later ones are moved before ``before``."""
    frame = pd.DataFrame(
        [(e.user_id, e.item_id, e.event_type, min(e.ts, before - _INSTANT), e.weight) for e in events],
        columns=[USER, ITEM, TYPE, TS, WEIGHT],
    )
    return frame.astype({USER: "str", ITEM: "str", TYPE: "str", WEIGHT: "float32", TS: "datetime64[us, UTC]"})
