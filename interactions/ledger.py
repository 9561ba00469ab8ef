"""The account of each delivery day."""

from __future__ import annotations

import dataclasses
import datetime
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from interactions.resolution import Scope
from interactions.staging import Staging
from warehouse.schemas import TABLES


@dataclass(frozen=True)
class LedgerRow:
    """What one delivery day brought and what became of it; ``conflicts`` are part of ``quarantined``."""

    date: datetime.date
    received: int
    accepted: int
    quarantined: int
    duplicates: int
    late: int
    reopened: tuple[datetime.date, ...]
    conflicts: int


def ledger_rows(staging: Staging, scope: Scope) -> tuple[LedgerRow, ...]:
    """The accounts of the delivery days in ``scope``, also of those that brought nothing."""
    valid = dict(staging.rows("SELECT date, count(*) FROM known GROUP BY date"))
    invalid = dict(staging.rows("SELECT date, count(*) FROM invalid GROUP BY date"))
    lost = {(day, same): n for day, same, n in staging.rows("SELECT date, same, count(*) FROM losers GROUP BY ALL")}
    late = {day: (rows, days) for day, rows, days in staging.rows(_LATE)}
    return tuple(_row(day, valid, invalid, lost, late) for day in scope.delivery_days)


_LATE = (
    "SELECT d.date, count(*), list_sort(list_distinct(list(d.event_date))) FROM delivered d "
    "ANTI JOIN losers l ON l.date = d.date AND l.source = d.source AND l.line = d.line "
    "WHERE d.event_date < d.date GROUP BY d.date"
)


def _row(day: datetime.date, valid: Any, invalid: Any, lost: Any, late: Any) -> LedgerRow:
    delivered, refused = valid.get(day, 0), invalid.get(day, 0)
    duplicates, conflicts = lost.get((day, True), 0), lost.get((day, False), 0)
    rows, reopened = late.get(day, (0, ()))
    return LedgerRow(
        date=day,
        received=delivered + refused,
        accepted=delivered - duplicates - conflicts,
        quarantined=refused + conflicts,
        duplicates=duplicates,
        late=rows,
        reopened=tuple(reopened),
        conflicts=conflicts,
    )


def ledger_table(rows: tuple[LedgerRow, ...]) -> pa.Table:
    """The rows as the table ``ingest_ledger`` keeps them."""
    schema = TABLES["ingest_ledger"].schema
    return pa.Table.from_pylist([dataclasses.asdict(row) for row in rows], schema=schema)
