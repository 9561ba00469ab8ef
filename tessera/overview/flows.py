"""Where the users of a segment came from and where others went, between two assigned days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from tessera.overview.tables import Tables

APART = timedelta(days=7)
NOWHERE = ""


@dataclass(frozen=True)
class Flows:
    """Users of one segment between two days: ``(segment_id, users)``, largest first; an empty id is outside."""

    before: date
    after: date
    stayed: int
    came: tuple[tuple[str, int], ...]
    went: tuple[tuple[str, int], ...]


def flows(tables: Tables, segment_id: str) -> Flows | None:
    """Between the newest assigned day and the one a week before it, or ``None`` where there is no earlier day."""
    days = tables.days("segment_assignments")
    if len(days) < 2:
        return None
    before = max((day for day in days if day <= days[-1] - APART), default=days[0])
    counted = tables.made("flows", ("segment_assignments",), lambda: _counted(tables, before, days[-1]))
    came = {s: n for (s, t), n in counted.items() if t == segment_id and s != t}
    went = {t: n for (s, t), n in counted.items() if s == segment_id and s != t}
    return Flows(before, days[-1], counted.get((segment_id, segment_id), 0), _largest(came), _largest(went))


def _counted(tables: Tables, before: date, after: date) -> dict[tuple[str, str], int]:
    """Users by segment before and after."""
    left, right = tables.assigned(before), tables.assigned(after)
    both = left.merge(right, on="user_id", how="outer", suffixes=("_before", "_after")).fillna(NOWHERE)
    sizes = both.groupby(["segment_id_before", "segment_id_after"], as_index=False).size()
    return {(str(s), str(t)): int(n) for s, t, n in sizes.itertuples(index=False)}


def _largest(users: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(users.items(), key=lambda pair: (-pair[1], pair[0])))
