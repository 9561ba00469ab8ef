from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from warehouse.engine import duckdb_engine, relation
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

DAY = date(2026, 3, 1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "lake")
    rows = [
        {"date": DAY + timedelta(days=n), "user_id": "u", "ts": datetime(2026, 3, 1 + n, 23, 59, 59, 5, tzinfo=UTC)}
        for n in range(3)
    ]
    table = pa.Table.from_pylist(rows, schema=TABLES["interactions"].schema)
    store.replace("interactions", table, Window.trailing(DAY + timedelta(days=3), 3))
    return store


def test_a_relation_reads_only_its_window(store: Store) -> None:
    found = relation(duckdb_engine(), store, "interactions", Window.day(DAY)).execute()

    assert found["date"].astype(str).tolist() == ["2026-03-01"]


def test_instants_come_out_as_utc_with_microseconds(store: Store) -> None:
    found = relation(duckdb_engine(), store, "interactions").order_by("ts").execute()

    assert found["ts"].iloc[0].isoformat() == "2026-03-01T23:59:59.000005"


def test_an_empty_window_has_the_columns_of_the_table(store: Store) -> None:
    whole = relation(duckdb_engine(), store, "interactions")
    empty = relation(duckdb_engine(), store, "interactions", Window(DAY, DAY))

    assert empty.count().execute() == 0
    assert dict(empty.schema().items()) == {n: whole.schema()[n] for n in empty.columns}


def test_a_snapshot_is_read_as_it_was(store: Store) -> None:
    named = store.snapshot("interactions")
    store.replace("interactions", TABLES["interactions"].schema.empty_table(), Window.day(DAY))

    assert relation(duckdb_engine(), store, named).count().execute() == 3
    assert relation(duckdb_engine(), store, "interactions").count().execute() == 2
