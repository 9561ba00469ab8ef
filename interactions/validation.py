"""Which rows are events, and why the others are not: a pandera schema over each batch, whole columns at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.rules import IngestRules
from interactions.schema import VALUED, EventType, Reason
from warehouse.schemas import EVENT_FIELDS, TABLES

if TYPE_CHECKING:
    import pandas as pd

_DAY_MICROS: Final = 86_400_000_000
_KEYS: Final = ("user_id", "item_id", "event_id")
_SHORT: Final = ("session_id", "device", "channel", "country")
REJECTED_SCHEMA: Final = TABLES["quarantine"].schema


@dataclass(frozen=True)
class Validated:
    """A batch told apart: events, and rows for the quarantine."""

    accepted: pa.Table
    rejected: pa.Table


def validate(batch: pa.Table, rules: IngestRules) -> Validated:
    """Split a batch of :meth:`interactions.sources.Source.batches` by ``rules``.

    Every row lands on exactly one side; a refused row names the first thing that is wrong with it.
    """
    batch = _positive_refunds(batch)
    reason, field = _reading_problems(batch)
    for number, (found, where) in _findings(batch, rules).items():
        if reason[number] is None:
            reason[number], field[number] = found, where
    bad = np.array([one is not None for one in reason], dtype=np.bool_)
    accepted = batch.filter(pa.array(~bad)).select(["date", "source", "line", *EVENT_FIELDS])
    return Validated(accepted, _rejected(batch.filter(pa.array(bad)), reason[bad], field[bad], rules))


def _reading_problems(batch: pa.Table) -> tuple[Any, Any]:
    reason = batch["problem"].to_numpy()
    field = batch["problem_field"].to_numpy()
    return reason.astype(object), field.astype(object)


def _findings(batch: pa.Table, rules: IngestRules) -> dict[int, tuple[str, str]]:
    """The first finding per row number, in the order of the schema's columns and checks."""
    from pandera.errors import SchemaErrors

    try:
        _event_schema(rules).validate(_checkable(batch), lazy=True)
    except SchemaErrors as errors:
        return _first_per_row(errors.failure_cases, rules)
    return {}


def _first_per_row(cases: pd.DataFrame, rules: IngestRules) -> dict[int, tuple[str, str]]:
    order = {name: place for place, name in enumerate(_event_schema(rules).columns)}
    ranked = cases.assign(place=cases["column"].map(order), check_number=cases["check_number"].fillna(-1))
    first = ranked.sort_values(["index", "place", "check_number"]).drop_duplicates("index")
    names = first["check"].where(first["check"] != "not_nullable", Reason.MISSING_KEY.value)
    names = names.where(first["column"] != "needed", Reason.MISSING_VALUE.value)
    fields = first["column"].replace({"needed": "value", "finite": "value", "age": "ts"})
    return {int(n): (str(c), str(f)) for n, c, f in zip(first["index"], names, fields, strict=True)}


def _checkable(batch: pa.Table) -> pd.DataFrame:
    """The columns that are checked, and derived ones: an event's age, its value where one is needed."""
    frame: pd.DataFrame = batch.select([*_KEYS, "event_type", *_SHORT, "context", "value"]).to_pandas()
    ends = pc.add(batch["date"].cast(pa.timestamp("us")), pa.scalar(timedelta(days=1)))
    stamps = batch["ts"].cast(pa.timestamp("us"))
    # in microseconds: in whole seconds an instant of the next midnight could pass as today's
    frame["age"] = pc.subtract(ends.cast(pa.int64()), stamps.cast(pa.int64())).to_pandas()
    frame["needed"] = frame["value"].where(frame["event_type"].isin(VALUED), 0.0)
    # asked of Arrow, because to pandas no value and not-a-number are the same
    frame["finite"] = pc.fill_null(pc.is_finite(batch["value"]), True).to_pandas()
    return frame


def _positive_refunds(batch: pa.Table) -> pa.Table:
    """A refund may be booked with either sign; at rest it is the amount given back."""
    refund = pc.fill_null(pc.equal(batch["event_type"], EventType.RETURN.value), False)
    value = pc.if_else(refund, pc.abs(batch["value"]), batch["value"])
    return batch.set_column(batch.column_names.index("value"), "value", value)


@lru_cache(maxsize=8)
def _event_schema(rules: IngestRules) -> Any:
    import pandera.pandas as pandera

    # own functions: a built-in check reports its arguments and not its name
    def check(holds: Callable[[Any], Any], reason: Reason) -> Any:
        return pandera.Check(holds, name=reason.value)

    def text(limit: int, nullable: bool = True) -> Any:
        return pandera.Column(checks=check(lambda text: text.str.len() <= limit, Reason.OVERSIZED), nullable=nullable)

    oldest = rules.max_late_days * _DAY_MICROS
    known = check(lambda kind: kind.isin(rules.event_types), Reason.UNKNOWN_TYPE)
    future = check(lambda age: age > 0, Reason.IN_FUTURE)
    old = check(lambda age: age <= oldest, Reason.TOO_LATE)
    finite = check(lambda finite: finite, Reason.NOT_FINITE)
    negative = check(lambda value: ~(value < 0), Reason.NEGATIVE)
    return pandera.DataFrameSchema(
        {
            "user_id": text(rules.max_key_chars, nullable=False),
            "item_id": text(rules.max_key_chars, nullable=False),
            "event_id": text(rules.max_key_chars),
            "event_type": pandera.Column(checks=known, nullable=False),
            "age": pandera.Column(checks=[future, old], nullable=False),
            "finite": pandera.Column(checks=finite),
            "value": pandera.Column(checks=negative, nullable=True),
            "needed": pandera.Column(nullable=False),
            **{name: text(rules.max_field_chars) for name in _SHORT},
            "context": text(rules.max_context_chars),
        }
    )


def _rejected(rows: pa.Table, reason: Any, field: Any, rules: IngestRules) -> pa.Table:
    payload = [_payload(row)[: rules.max_payload_chars] for row in rows.to_pylist()]
    columns = [rows["date"], pa.array(reason, pa.string()), pa.array(field, pa.string()), rows["source"], rows["line"]]
    return pa.table([*columns, pa.array(payload, pa.string())], schema=REJECTED_SCHEMA)


def _payload(row: dict[str, Any]) -> str:
    import json

    if row["raw"] is not None:
        return str(row["raw"])
    return json.dumps({name: row[name] for name in EVENT_FIELDS if row[name] is not None}, default=str, sort_keys=True)
