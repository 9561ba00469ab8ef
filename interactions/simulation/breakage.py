"""Deliveries as they arrive when something is broken: lost, doubled, half empty, or with other words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from interactions.simulation.chance import stream
from interactions.simulation.drift import Drift
from interactions.simulation.scenario import Scenario


def broken_delivery(scenario: Scenario, day: date, rows: pa.Table) -> pa.Table:
    """What arrives on ``day`` of ``rows`` after the scripted breaks; the same rows where nothing is broken."""
    rng = stream(scenario.seed, "breaks", (day - scenario.start).days)
    for drift in scenario.drifts:
        if drift.kind in _BREAKS and (level := drift.level(day)) > 0:
            touched = pa.array(rng.random(rows.num_rows) < level)
            rows = _BREAKS[drift.kind](rows, touched, drift)
    return rows


def _lose(rows: pa.Table, touched: pa.Array, _: Drift) -> pa.Table:
    return rows.filter(pc.invert(touched))


def _double(rows: pa.Table, touched: pa.Array, _: Drift) -> pa.Table:
    again = rows.filter(touched)
    ids = pc.binary_join_element_wise(again["event_id"], pa.scalar("again"), "-")
    return pa.concat_tables([rows, _with_column(again, "event_id", ids)])


def _empty(rows: pa.Table, touched: pa.Array, drift: Drift) -> pa.Table:
    name = str(drift.column)
    return _with_column(rows, name, pc.if_else(touched, pa.scalar(None, rows.schema.field(name).type), rows[name]))


def _rename(rows: pa.Table, touched: pa.Array, drift: Drift) -> pa.Table:
    name = str(drift.column)
    renamed = pc.and_(touched, pc.fill_null(pc.equal(rows[name], str(drift.value)), False))
    return _with_column(rows, name, pc.if_else(renamed, pa.scalar(drift.to, pa.string()), rows[name]))


def _with_column(rows: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), values)


_BREAKS: Mapping[str, Callable[[pa.Table, pa.Array, Drift], pa.Table]] = {
    "missing_day": _lose,
    "doubled_day": _double,
    "null_column": _empty,
    "renamed_value": _rename,
}
