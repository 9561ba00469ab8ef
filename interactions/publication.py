"""Write a run's tables: few commits, interactions first, so that a run that is killed is mended by running it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from interactions.resolution import Scope, conflicts_of, interactions_of
from interactions.staging import DELIVERED, Staging
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

Query = Callable[[date, date], str]


def publish(
    store: Store, staging: Staging, scope: Scope, window: Window, ledger: pa.Table, rows_per_commit: int
) -> None:
    """Replace exactly what ``scope`` names.

    ``deliveries`` come after ``interactions``: what a run must rebuild is read off the deliveries that it replaces,
    so these must stand until the rebuilding is done.
    """
    counts = dict(staging.rows("SELECT event_date, count(*) FROM known GROUP BY event_date"))
    for part in _parts(scope.event_days, store.dates("interactions"), counts, rows_per_commit):
        store.replace("interactions", staging.table(interactions_of(part.start, part.end)), part)
    if not store.exists("interactions"):  # nothing arrived yet: readers find an empty table, not none
        store.replace("interactions", TABLES["interactions"].schema.empty_table(), window)
    arrivals = dict(staging.rows("SELECT date, count(*) FROM valid GROUP BY date"))
    for part in _parts(tuple(window), (), arrivals, rows_per_commit):
        store.replace("deliveries", staging.table(_valid_of(part.start, part.end)), part)
    for part in _parts(scope.delivery_days, store.dates("ingest_ledger"), {}, rows_per_commit):
        store.replace("quarantine", staging.table(_refused_of(part.start, part.end)), part)
        store.replace("ingest_ledger", _between(ledger, part), part)


def _parts(days: tuple[date, ...], written: Iterable[date], rows: dict[date, int], limit: int) -> list[Window]:
    """Windows that cover ``days`` and no other day that holds rows, each of at most about ``limit`` rows."""
    parts: list[Window] = []
    others = sorted({*written, *rows} - set(days))
    size = 0
    for day in days:
        size += rows.get(day, 0)
        joins = parts and size <= limit and not any(parts[-1].end <= other < day for other in others)
        if joins:
            parts[-1] = Window(parts[-1].start, day + timedelta(days=1))
        else:
            parts.append(Window.day(day))
            size = rows.get(day, 0)
    return parts


def _valid_of(low: date, high: date) -> str:
    order = "date, source, line"
    inside = f"date >= DATE '{low}' AND date < DATE '{high}'"
    return f"SELECT {', '.join(DELIVERED)} FROM valid WHERE {inside} ORDER BY {order}"


def _refused_of(low: date, high: date) -> str:
    inside = f"date >= DATE '{low}' AND date < DATE '{high}'"
    return f"SELECT * FROM invalid WHERE {inside} UNION ALL {conflicts_of(low, high)} ORDER BY date, source, line"


def _between(rows: pa.Table, part: Window) -> pa.Table:
    return rows.filter(pc.and_(pc.greater_equal(rows["date"], part.start), pc.less(rows["date"], part.end)))
