"""Sessions inside a day: by session id where there is one, else split at pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

_KEYS = ["date", "user_id"]


def sessions_of(events: ir.Table, gap_minutes: float) -> ir.Table:
    """Per user and day: ``sessions``, ``baskets`` (sessions with a purchase) and ``session_seconds``.

    A session never spans midnight UTC: days are rolled up on their own, so a session id seen on two days
    counts once on each.
    """
    known = _spans(_timed(events.filter(events.session_id.notnull())), ["session_id"])
    # an id says where a session ends; only events without one are split at pauses, which needs them in order
    split = _spans(_numbered(_timed(events.filter(events.session_id.isnull())), gap_minutes), ["run"])
    spans = known.union(split)
    return spans.group_by(_KEYS).aggregate(
        sessions=spans.count(), baskets=spans.bought.sum(), session_seconds=spans.seconds.sum()
    )


def _timed(events: ir.Table) -> ir.Table:
    # whole seconds: DuckDB gives fractions where Ibis promises an integer
    return events.select(*_KEYS, "session_id", "event_id", "event_type", second=events.ts.truncate("s").epoch_seconds())


def _spans(events: ir.Table, session: list[str]) -> ir.Table:
    spans = events.group_by([*_KEYS, *session]).aggregate(
        seconds=events.second.max() - events.second.min(), bought=(events.event_type == "purchase").any().cast("int64")
    )
    return spans.drop(*session)


def _numbered(events: ir.Table, gap_minutes: float) -> ir.Table:
    import ibis

    # the event id breaks ties, so that both passes see the same order
    order = ibis.window(group_by=_KEYS, order_by=["second", "event_id"])
    pause = events.second - events.second.lag().over(order)
    marked = events.mutate(split=(pause > gap_minutes * 60).fill_null(False).cast("int64"))
    running = ibis.cumulative_window(group_by=_KEYS, order_by=["second", "event_id"])
    return marked.mutate(run=marked.split.sum().over(running))
