"""A lake of simulated events at a size of choice, for the benchmarks of scale; kept in a folder, made only once.

Rows go from the simulation's daily files straight into the table ``interactions`` (nothing is late or sent twice):
ingesting has a benchmark of its own and is not what is measured here.
"""

from __future__ import annotations

import dataclasses
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.reporting import say
from interactions.simulation import Scenario, simulate
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

_ROWS_PER_COMMIT = 2_000_000
DAYS = 365


def scenario(events: int, users: int, items: int) -> Scenario:
    """The demo's segments over a year; every event is delivered once, on its day."""
    return dataclasses.replace(
        Scenario.demo(), days=DAYS, events=events, users=users, items=items, late=0.0, duplicates=0.0
    )


def simulated_lake(folder: Path, events: int, users: int, items: int) -> Store:
    """The store under ``folder/lake`` with interactions, users and items; what is there already is used again."""
    store, done = Store(folder / "lake"), folder / "complete"
    if done.exists():
        return store
    say(f"simulating {events:,} events of {users:,} users on {items:,} items")
    asked = scenario(events, users, items)
    simulate(folder / "simulated", asked)
    for window, rows in _commits(folder / "simulated" / "events", asked.window):
        store.replace("interactions", rows, window)
    for table in ("users", "items"):
        store.replace(table, _dimension(table, folder / "simulated" / f"{table}.parquet"))
    done.touch()
    say("events are in the lake")
    return store


def _commits(folder: Path, window: Window) -> Iterator[tuple[Window, pa.Table]]:
    """Whole days, as many together as make one commit."""
    waiting: list[tuple[date, pa.Table]] = []
    for day in window:
        waiting.append((day, _day(folder, day)))
        if sum(len(rows) for _, rows in waiting) >= _ROWS_PER_COMMIT or day + timedelta(days=1) == window.end:
            yield Window(waiting[0][0], day + timedelta(days=1)), pa.concat_tables([rows for _, rows in waiting])
            waiting = []


def _day(folder: Path, day: date) -> pa.Table:
    rows = pq.ParquetFile(folder / f"date={day}" / "part.parquet").read()
    return rows.append_column("date", pa.array([day] * len(rows), pa.date32()))


def _dimension(table: str, file: Path) -> pa.Table:
    rows, schema = pq.ParquetFile(file).read(), TABLES[table].schema
    columns = [rows[f.name] if f.name in rows.column_names else pa.nulls(len(rows), f.type) for f in schema]
    return pa.table(columns, names=schema.names).cast(schema)


def in_its_folder(measure: Callable[[Path, Namespace], object], arguments: Namespace) -> None:
    """Measure in ``arguments.folder``, which keeps the lake, or in a temporary one."""
    if arguments.folder:
        measure(arguments.folder, arguments)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), arguments)
