"""Sessions inside a day: by session id where there is one, else split at pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir


def sessions_of(events: ir.Table, gap_minutes: float) -> ir.Table:
    """Per user and day: ``sessions``, ``baskets`` (sessions with a purchase) and ``session_seconds``.

    A session never spans midnight UTC: days are rolled up on their own, so a session id seen on two days
    counts once on each.
    """
    keys = ["date", "user_id", "session_id"]
    numbered = _numbered(events, keys, gap_minutes)
    spans = numbered.group_by([*keys, "run"]).aggregate(
        seconds=numbered.second.max() - numbered.second.min(),
        bought=(numbered.event_type == "purchase").any().cast("int64"),
    )
    return spans.group_by(["date", "user_id"]).aggregate(
        sessions=spans.count(), baskets=spans.bought.sum(), session_seconds=spans.seconds.sum()
    )


def _numbered(events: ir.Table, keys: list[str], gap_minutes: float) -> ir.Table:
    import ibis

    # whole seconds: DuckDB gives fractions where Ibis promises an integer
    seconds = events.select(*keys, "event_id", "event_type", second=events.ts.truncate("s").epoch_seconds())
    # the event id breaks ties, so that both passes see the same order
    order = ibis.window(group_by=keys, order_by=["second", "event_id"])
    pause = seconds.second - seconds.second.lag().over(order)
    # an id says where a session ends; only events without one are split at pauses
    split = (seconds.session_id.isnull() & (pause > gap_minutes * 60)).fill_null(False)
    marked = seconds.mutate(split=split.cast("int64"))
    running = ibis.cumulative_window(group_by=keys, order_by=["second", "event_id"])
    return marked.mutate(run=marked.split.sum().over(running))
