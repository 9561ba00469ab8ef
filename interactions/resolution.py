"""Which delivered row stands for each event: the first delivery of an ``event_id`` wins, whatever order days came in.

A row is *accepted*, a *duplicate* (its id came before, with the same payload) or a *conflict* (with another payload).
All three follow from the set of deliveries alone, so any order of runs ends in the same tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa

from interactions.schema import Reason
from interactions.staging import FINGERPRINT, Staging
from warehouse.schemas import EVENT_FIELDS
from warehouse.windows import Window

_EVENT: Final = ", ".join(EVENT_FIELDS)
_IN_SCOPE: Final = "(event_date IN (FROM event_days) OR date IN (FROM delivery_days))"
# ids that came more than once and have a row that this run rewrites
_REPEATED: Final = f"SELECT event_id FROM known GROUP BY event_id HAVING count(*) > 1 AND bool_or({_IN_SCOPE})"
_NEEDED: Final = f"SELECT DISTINCT date FROM known WHERE {_IN_SCOPE} OR event_id IN (FROM repeated)"
_SAME_ROW: Final = "l.date = d.date AND l.source = d.source AND l.line = d.line"


@dataclass(frozen=True)
class Scope:
    """What a run has to rewrite: event days of ``interactions``, delivery days of the ledger and the quarantine."""

    event_days: tuple[date, ...]
    delivery_days: tuple[date, ...]


def resolve(staging: Staging, window: Window) -> Scope:
    """Make the table ``losers`` (rows that an earlier delivery of their id pushes out) and say what changes."""
    run = staging.engine.execute
    run(
        "CREATE TABLE resent AS SELECT date, event_date FROM others "
        "SEMI JOIN (SELECT event_id FROM valid UNION SELECT event_id FROM before) USING (event_id)"
    )
    scope = _scope(staging, window)
    run(f"CREATE TABLE repeated AS {_REPEATED}")
    staging.open_days(day for day in staging.days(_NEEDED) if day not in window)
    run(
        f"CREATE TABLE losers AS SELECT date, source, line, payload = first_value(payload) OVER first AS same "
        f"FROM (SELECT *, {FINGERPRINT} AS payload FROM delivered SEMI JOIN repeated USING (event_id)) "
        "WINDOW first AS (PARTITION BY event_id ORDER BY date, source, line) "
        "QUALIFY row_number() OVER first > 1"
    )
    return scope


def _scope(staging: Staging, window: Window) -> Scope:
    touched = "SELECT event_date FROM valid UNION SELECT event_date FROM before UNION SELECT event_date FROM resent"
    event_days = staging.days(touched)
    delivery_days = sorted({*window, *staging.days("SELECT DISTINCT date FROM resent")})
    for name, days in (("event_days", event_days), ("delivery_days", delivery_days)):
        staging.engine.register("listed", pa.table({"day": pa.array(days, pa.date32())}))
        staging.engine.execute(f"CREATE TABLE {name} AS SELECT * FROM listed")
        staging.engine.unregister("listed")
    return Scope(tuple(event_days), tuple(delivery_days))


def winners(column: str, low: date, high: date) -> str:
    """The query of accepted rows with ``column`` (``date`` or ``event_date``) in ``[low, high)``."""
    return (
        f"SELECT d.* FROM delivered d ANTI JOIN losers l ON {_SAME_ROW} "
        f"WHERE d.{column} >= DATE '{low}' AND d.{column} < DATE '{high}'"
    )


def interactions_of(low: date, high: date) -> str:
    """The query of ``interactions`` with event days in ``[low, high)``."""
    return f"SELECT event_date AS date, {_EVENT} FROM ({winners('event_date', low, high)}) ORDER BY date, ts, event_id"


def conflicts_of(low: date, high: date) -> str:
    """The query of quarantine rows for conflicting ids delivered in ``[low, high)``."""
    payload = ", ".join(f"{name} := {name}" for name in EVENT_FIELDS)
    return (
        f"SELECT d.date, '{Reason.CONFLICTING_ID.value}' AS reason, 'event_id' AS field, d.source, d.line, "
        f"to_json(struct_pack({payload}))::VARCHAR AS payload "
        f"FROM delivered d JOIN losers l ON {_SAME_ROW} AND NOT l.same "
        f"WHERE d.date >= DATE '{low}' AND d.date < DATE '{high}'"
    )
