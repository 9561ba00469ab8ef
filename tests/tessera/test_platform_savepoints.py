from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tessera.platform.savepoints import CONNECT_ARGS


def nested_write(database: Path, **options: Any) -> int:
    """Read inside a savepoint, let somebody else write, then write: what Airflow does when it creates a backfill."""
    connection = sqlite3.connect(database, timeout=10, **options)
    cursor = connection.cursor()
    cursor.execute("SAVEPOINT one")
    cursor.execute("SELECT count(*) FROM runs").fetchone()
    rival = threading.Thread(target=write, args=(database,))
    rival.start()
    time.sleep(0.3)
    cursor.execute("INSERT INTO runs VALUES (1)")
    cursor.execute("RELEASE one")
    connection.commit()
    rival.join()
    return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])


def write(database: Path) -> None:
    connection = sqlite3.connect(database, timeout=10)
    connection.execute("INSERT INTO runs VALUES (2)")
    connection.commit()
    connection.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "airflow.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")  # readers and a writer at once, as Airflow sets it
    connection.execute("CREATE TABLE runs (n INTEGER)")
    connection.commit()
    connection.close()
    return path


def test_a_savepoint_that_reads_and_then_writes_waits_for_its_turn(database: Path) -> None:
    assert nested_write(database, **CONNECT_ARGS) == 2


def test_without_it_sqlite_refuses_at_once(database: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        nested_write(database)
