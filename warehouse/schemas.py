"""The schema and partitioning of every table in the lake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

UTC_MICROS: Final = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class TableSpec:
    """A table: its Arrow schema and the columns that a step replaces it by (empty: replaced whole).

    ``open`` tables accept further columns (features grow without a change here); the others refuse them.
    """

    name: str
    schema: pa.Schema
    partition: tuple[str, ...] = ()
    open: bool = False


def _schema(**fields: pa.DataType) -> pa.Schema:
    return pa.schema(list(fields.items()))


_S, _F, _I, _D, _B = pa.string(), pa.float64(), pa.int64(), pa.date32(), pa.bool_()

EVENT_FIELDS: Final[dict[str, pa.DataType]] = {
    "user_id": _S,
    "item_id": _S,
    "event_type": _S,
    "ts": UTC_MICROS,
    "value": _F,
    "event_id": _S,
    "session_id": _S,
    "device": _S,
    "channel": _S,
    "country": _S,
    "context": _S,
}

_LISTS: Final = pa.list_(_S)
_COUNTED: Final = ("view", "click", "add_to_cart", "wishlist", "purchase", "return", "rating", "dwell", "other")
_COUNTERS: Final = ("events", *(f"n_{name}" for name in _COUNTED))
_USER_COUNTERS: Final = ("night", "morning", "afternoon", "evening", "mobile", "desktop", "tablet", "device_known")

DAILY_TOTALS: Final[dict[str, pa.DataType]] = {**dict.fromkeys(_COUNTERS, _I), "spend": _F, "rating_sum": _F}
USER_DAY: Final[dict[str, pa.DataType]] = {
    **dict.fromkeys(_USER_COUNTERS, _I),
    **dict.fromkeys(("items", "devices", "channels", "countries"), _LISTS),
    **dict.fromkeys(("sessions", "baskets", "session_seconds"), _I),
}

_SPECS: Final = (
    # what each delivery day brought, after validation; interactions are rebuilt from it
    TableSpec("deliveries", _schema(date=_D, event_date=_D, line=_I, source=_S, **EVENT_FIELDS), ("date",)),
    # deduplicated events, one partition per UTC day of the event
    TableSpec("interactions", _schema(date=_D, **EVENT_FIELDS), ("date",)),
    TableSpec("quarantine", _schema(date=_D, reason=_S, field=_S, source=_S, line=_I, payload=_S), ("date",)),
    # one row per delivery day: accepted + quarantined + duplicates = received
    TableSpec(
        "ingest_ledger",
        _schema(date=_D, received=_I, accepted=_I, quarantined=_I, duplicates=_I, late=_I, reopened=pa.list_(_D)),
        ("date",),
    ),
    TableSpec(
        "users",
        _schema(
            user_id=_S,
            signup_ts=UTC_MICROS,
            gender=_S,
            age_band=_S,
            occupation=_S,
            income_band=_S,
            country=_S,
            attributes=_S,
        ),
    ),
    TableSpec(
        "items",
        _schema(
            item_id=_S,
            title=_S,
            category=_S,
            brand=_S,
            price=_F,
            text=_S,
            available_from=UTC_MICROS,
            embedding=pa.list_(pa.float32()),
        ),
    ),
    TableSpec("user_daily", _schema(date=_D, user_id=_S, **DAILY_TOTALS, **USER_DAY), ("date",)),
    TableSpec("item_daily", _schema(date=_D, item_id=_S, **DAILY_TOTALS, users=_I), ("date",)),
    TableSpec("user_features", _schema(as_of=_D, user_id=_S), ("as_of",), open=True),
    TableSpec("item_features", _schema(as_of=_D, item_id=_S), ("as_of",), open=True),
    # the segmentation fitted at `as_of`: one row per living segment
    TableSpec(
        "segments",
        _schema(as_of=_D, segment_id=_S, name=_S, band=_S, users=_I, centroid=pa.list_(_F), profile=_S, model=_S),
        ("as_of",),
    ),
    TableSpec(
        "segment_lineage",
        _schema(as_of=_D, segment_id=_S, event=_S, other_id=_S, users=_I, detail=_S),
        ("as_of",),
    ),
    # who belonged where at `as_of`; fitted_as_of names the segmentation used
    TableSpec(
        "segment_assignments",
        _schema(as_of=_D, user_id=_S, segment_id=_S, band=_S, distance=_F, fitted_as_of=_D),
        ("as_of",),
    ),
    # one row per living segment: its share of the trials and its effective settings (JSON)
    TableSpec(
        "tuning_budget",
        _schema(
            as_of=_D,
            segment_id=_S,
            name=_S,
            users=_I,
            value=_F,
            trials=_I,
            floor=_I,
            ceiling=_I,
            total=_I,
            settings=_S,
            patterns=_LISTS,
        ),
        ("as_of",),
    ),
    # one row per gate decision; segment_id "global" for the parent
    TableSpec(
        "gate_decisions",
        _schema(
            as_of=_D,
            segment_id=_S,
            strategy=_S,
            verdict=_S,
            reason=_S,
            users=_I,
            windows=_I,
            metric=_S,
            parent=_F,
            challenger=_F,
            difference=_F,
            lower=_F,
            upper=_F,
            margin=_F,
            p_value=_F,
            placebo=_F,
            control=_F,
            model_version=_S,
            parent_version=_S,
            promoted=_B,
            detail=_S,
        ),
        ("as_of", "segment_id"),
    ),
    TableSpec(
        "recommendations",
        _schema(as_of=_D, user_id=_S, rank=_I, item_id=_S, score=_F, layer=_S, segment_id=_S, model_version=_S),
        ("as_of",),
    ),
    TableSpec(
        "drift_measurements",
        _schema(
            as_of=_D,
            segment_id=_S,
            feature=_S,
            method=_S,
            distance=_F,
            threshold=_F,
            drifted=_B,
            before=_S,
            after=_S,
            rows_reference=_I,
            rows_current=_I,
        ),
        ("as_of",),
    ),
    # per calibrated segment: what the limits of its columns are multiplied by, and the smallest shift still seen
    TableSpec(
        "drift_calibration",
        _schema(
            as_of=_D,
            segment_id=_S,
            users=_I,
            rows=_I,
            blocks=_I,
            factor=_F,
            budget=_F,
            false_alarms_per_year=_F,
            uncalibrated=_F,
            past_alarms=_I,
            past_days=_I,
            smallest_shift=_F,
            smallest_distance=_F,
            years=_I,
            seed=_I,
        ),
        ("as_of",),
    ),
    # how well the lists published on day `published` ranked what the segment's users then liked
    TableSpec(
        "quality_measurements",
        _schema(
            as_of=_D,
            segment_id=_S,
            published=_D,
            model_version=_S,
            metric=_S,
            users=_I,
            served=_F,
            served_lower=_F,
            served_upper=_F,
            parent=_F,
            difference=_F,
            lower=_F,
            upper=_F,
            holdout=_F,
            fall=_F,
            enough=_B,
            fallen=_B,
            reason=_S,
        ),
        ("as_of",),
    ),
    TableSpec(
        "drift_verdicts",
        _schema(
            as_of=_D,
            segment_id=_S,
            verdict=_S,
            cause=_S,
            reason=_S,
            share_drifted=_F,
            rows_reference=_I,
            rows_current=_I,
            users=_I,
            reference=_S,
            report=_S,
            # what the day is judged by again: the champion's as-of (null: none) and the tables' Delta versions (JSON)
            champion_as_of=_D,
            snapshots=_S,
        ),
        ("as_of",),
    ),
    # what was decided about every verdict that asks for something; segment_id "all" for the mix of segments
    TableSpec(
        "drift_actions",
        _schema(
            as_of=_D,
            segment_id=_S,
            cause=_S,
            policy=_S,
            action=_S,
            reason=_S,
            predicted_seconds=_F,
            predicted_trials=_I,
            run_id=_S,
            cooldown_until=_D,
        ),
        ("as_of",),
    ),
)

TABLES: Final[dict[str, TableSpec]] = {spec.name: spec for spec in _SPECS}
