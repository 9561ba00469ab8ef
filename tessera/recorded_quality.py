"""The quality of a day that was measured before, read back: its lists and its parent are not asked for again."""

from __future__ import annotations

from datetime import date
from typing import Any

from monitoring.quality import Interval, QualityMeasurement
from warehouse.store import Store
from warehouse.windows import Window


def recorded_quality(store: Store, as_of: date) -> dict[str, QualityMeasurement]:
    """The rows of ``quality_measurements`` as of a day, by segment id; none where nothing was measured."""
    if not store.exists("quality_measurements"):
        return {}
    rows = store.frame("quality_measurements", window=Window.day(as_of)).sort_values("segment_id").to_dict("records")
    return {str(row["segment_id"]): _measured({str(name): value for name, value in row.items()}) for row in rows}


def _measured(row: dict[str, Any]) -> QualityMeasurement:
    plain = ("published", "model_version", "metric", "users", "parent", "holdout", "fall", "enough", "fallen", "reason")
    return QualityMeasurement(
        **{name: row[name] for name in plain},
        served=Interval(row["served"], row["served_lower"], row["served_upper"]),
        difference=Interval(row["difference"], row["lower"], row["upper"]),
    )
