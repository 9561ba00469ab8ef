"""Daily rollups: one row per user and day, one row per item and day, the only input of the features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from interactions.features.expressions import exact_sum
from interactions.features.sessions import sessions_of
from interactions.features.settings import COUNTED_TYPES, OTHER_TYPE, FeatureSettings
from warehouse.engine import relation
from warehouse.store import Store
from warehouse.windows import Window

if TYPE_CHECKING:
    import ibis.expr.types as ir

_DAY_PARTS = {"night": 0, "morning": 6, "afternoon": 12, "evening": 18}
_PART_HOURS = 6
_EVENTS_AT_ONCE = 1_000_000


def rollup(
    engine: Any, store: Store, days: Sequence[date], settings: FeatureSettings | None = None
) -> tuple[Window, ...]:
    """Replace the ``user_daily`` and ``item_daily`` partitions of ``days`` by what ``interactions`` now says.

    Days that follow each other are computed together, as many as have a million events, and replaced in one commit
    per table. A day without events becomes empty.

    Returns:
        The windows replaced, oldest first.
    """
    chosen = settings or FeatureSettings()
    windows = tuple(_contiguous(days))
    for window in windows:
        for part in _parts(engine, store, window):
            events = relation(engine, store, store.snapshot("interactions"), part)
            store.replace("user_daily", engine.to_pyarrow(user_rollup(events, chosen)), part)
            store.replace("item_daily", engine.to_pyarrow(item_rollup(events, chosen)), part)
    return windows


def _parts(engine: Any, store: Store, window: Window) -> Iterator[Window]:
    """Whole days of ``window``, as many together as have a bounded number of events: results are held in memory."""
    events = relation(engine, store, store.snapshot("interactions"), window)
    counted = engine.to_pyarrow(events.group_by("date").aggregate(events=events.count())).to_pylist()
    sizes = {row["date"]: row["events"] for row in counted}
    start, gathered = window.start, 0
    for day in window:
        gathered += sizes.get(day, 0)
        after = day + timedelta(days=1)
        if gathered >= _EVENTS_AT_ONCE or after == window.end:
            yield Window(start, after)
            start, gathered = after, 0


def user_rollup(events: ir.Table, settings: FeatureSettings) -> ir.Table:
    """Events in, one row per user and day out."""
    flagged = _flagged(events, settings)
    counts = flagged.group_by(["date", "user_id"]).aggregate(
        **_totals(flagged),
        **{part: flagged[part].sum() for part in (*_DAY_PARTS, *settings.devices)},
        device_known=flagged.device.count(),
        items=_distinct(flagged.item_id),
        devices=_distinct(flagged.device),
        channels=_distinct(flagged.channel),
        countries=_distinct(flagged.country),
    )
    joined = counts.left_join(sessions_of(flagged, settings.session_gap_minutes), ["date", "user_id"])
    return joined.drop("date_right", "user_id_right")


def item_rollup(events: ir.Table, settings: FeatureSettings) -> ir.Table:
    """Events in, one row per item and day out."""
    flagged = _flagged(events.filter(events.item_id.notnull()), settings)
    return flagged.group_by(["date", "item_id"]).aggregate(**_totals(flagged), users=flagged.user_id.nunique())


def _flagged(events: ir.Table, settings: FeatureSettings) -> ir.Table:
    device, hour = events.device.lower(), events.ts.hour()
    flags = {name: device.isin(words).fill_null(False).cast("int64") for name, words in settings.devices.items()}
    flags |= {p: ((hour >= start) & (hour < start + _PART_HOURS)).cast("int64") for p, start in _DAY_PARTS.items()}
    return events.mutate(device=device, **flags)


def _totals(events: ir.Table) -> dict[str, Any]:
    kind, value = events.event_type, events.value
    counters = {f"n_{name}": (kind == name).sum() for name in COUNTED_TYPES}
    counters[f"n_{OTHER_TYPE}"] = kind.notin(COUNTED_TYPES).sum()
    return {
        "events": events.count(),
        **counters,
        "spend": exact_sum(value, kind == "purchase").coalesce(0.0),
        "rating_sum": exact_sum(value, kind == "rating").coalesce(0.0),
    }


def _distinct(column: Any) -> Any:
    # sorted, so that the same events give the same bytes whatever the order of rows
    return column.collect(distinct=True, where=column.notnull()).sort()


def _contiguous(days: Sequence[date]) -> Iterator[Window]:
    ordered = sorted(set(days))
    starts = [d for d in ordered if d - timedelta(days=1) not in set(ordered)]
    ends = [d for d in ordered if d + timedelta(days=1) not in set(ordered)]
    return (Window(start, end + timedelta(days=1)) for start, end in zip(starts, ends, strict=True))
