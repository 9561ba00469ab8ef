"""A small lake of hand-made events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from warehouse.engine import duckdb_engine
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

Row = dict[str, Any]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday


def event(user: str, item: str, ts: datetime = NOON, kind: str = "view", **fields: Any) -> Row:
    """One row of ``interactions``; what is not given is null."""
    blank = dict.fromkeys(TABLES["interactions"].schema.names)
    unique = f"{user}-{item}-{kind}-{ts.isoformat()}"
    known = {"user_id": user, "item_id": item, "event_type": kind, "ts": ts, "date": ts.date(), "event_id": unique}
    return {**blank, **known, **fields}


def write_events(store: Store, rows: Iterable[Row]) -> Window:
    """Make ``rows`` the whole of ``interactions``; returns the days they span."""
    table = pa.Table.from_pylist(list(rows), schema=TABLES["interactions"].schema)
    days = table.column("date").to_pylist()
    window = Window(min(days), max(days) + timedelta(days=1))
    store.replace("interactions", table, window)
    return window


def write_dimension(store: Store, name: str, rows: Iterable[Row]) -> None:
    """Replace ``users`` or ``items``; what is not given is null."""
    blank = dict.fromkeys(TABLES[name].schema.names)
    store.replace(name, pa.Table.from_pylist([{**blank, **row} for row in rows], schema=TABLES[name].schema))


@pytest.fixture(scope="session")
def engine() -> Any:
    return duckdb_engine(threads=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "lake")


@pytest.fixture
def make_event() -> Callable[..., Row]:
    return event


@pytest.fixture
def fill() -> Callable[[Store, Iterable[Row]], Window]:
    return write_events


@pytest.fixture
def fill_dimension() -> Callable[[Store, str, Iterable[Row]], None]:
    return write_dimension
