"""Makes Airflow's SQLite wait for its turn instead of answering "database is locked" at once.

Python's sqlite3 opens no transaction for a ``SAVEPOINT``, so what Airflow nests begins by reading and later wants to
write; where another process wrote in between, SQLite refuses at once, whatever the timeout, and what was released
before stays committed: a backfill of 30 days was left half created. A savepoint inside ``BEGIN IMMEDIATE`` waits.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Self


class _Cursor(sqlite3.Cursor):
    """Opens a writing transaction before the first savepoint."""

    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        if sql.startswith("SAVEPOINT") and not self.connection.in_transaction:
            super().execute("BEGIN IMMEDIATE")
        return super().execute(sql, parameters)


class _Connection(sqlite3.Connection):
    """Hands out those cursors."""

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


CONNECT_ARGS = {"factory": _Connection, "isolation_level": "IMMEDIATE"}
