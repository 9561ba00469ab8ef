"""Which delivered row stands for each event: the first delivery of an ``event_id`` wins, whatever order days came in.

A row is *accepted*, a *duplicate* (its id came before, with the same payload) or a *conflict* (with another payload).
All three follow from the set of deliveries alone, so any order of runs ends in the same tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from interactions.schema import Reason
from interactions.staging import FINGERPRINT, Staging
from warehouse.schemas import EVENT_FIELDS
from warehouse.windows import Window

_EVENT: Final = ", ".join(EVENT_FIELDS)
_SAME_ROW: Final = "l.date = d.date AND l.source = d.source AND l.line = d.line"


@dataclass(frozen=True)
class Scope:
    """What a run has to rewrite: event days of ``interactions``, delivery days of the ledger and the quarantine."""

    event_days: tuple[date, ...]
    delivery_days: tuple[date, ...]


def resolve(staging: Staging, window: Window) -> Scope:
    """Make the table ``losers`` (rows that an earlier delivery of their id pushes out) and say what changes."""
    staging.engine.execute(
        "CREATE TABLE repeated AS SELECT event_id FROM delivered GROUP BY event_id HAVING count(*) > 1"
    )
    staging.engine.execute(
        f"CREATE TABLE losers AS SELECT date, source, line, payload = first_value(payload) OVER first AS same "
        f"FROM (SELECT *, {FINGERPRINT} AS payload FROM delivered SEMI JOIN repeated USING (event_id)) "
        "WINDOW first AS (PARTITION BY event_id ORDER BY date, source, line) "
        "QUALIFY row_number() OVER first > 1"
    )
    staging.engine.execute(
        "CREATE TABLE resent AS SELECT date, event_date FROM elsewhere "
        "SEMI JOIN (SELECT event_id FROM valid UNION SELECT event_id FROM before) USING (event_id)"
    )
    touched = "UNION SELECT event_date FROM ".join(["SELECT event_date FROM valid ", "before ", "resent"])
    return Scope(
        event_days=tuple(staging.days(touched)),
        delivery_days=tuple(sorted({*window, *staging.days("SELECT DISTINCT date FROM resent")})),
    )


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
