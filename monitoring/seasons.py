"""Moves that the same weeks of last year made too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from monitoring.directions import cosine
from monitoring.measurement import DriftRow, SegmentMeasurement
from monitoring.settings import DriftSettings
from warehouse.windows import Window

YEAR: Final = timedelta(weeks=52)


def year_before(window: Window) -> Window:
    """The same weeks a year ago, on the same weekdays."""
    return Window(window.start - YEAR, window.end - YEAR)


def with_season(
    measurements: Mapping[str, SegmentMeasurement],
    year_ago: Mapping[str, SegmentMeasurement],
    settings: DriftSettings,
) -> dict[str, SegmentMeasurement]:
    """The measurements, with what moved in the same direction a year ago allowed to move as far again.

    ``year_ago`` compares the windows of `year_before`. Where a column went the same way then, it must now exceed its
    distance of then by its limit; a move elsewhere is held against the limit alone. It can only silence: asking last
    year is worth its cost when something moved.
    """
    return {s: _held(m, year_ago[s], settings) if s in year_ago else m for s, m in measurements.items()}


def _held(now: SegmentMeasurement, then: SegmentMeasurement, settings: DriftSettings) -> SegmentMeasurement:
    before = {row.feature: row for row in then.rows}
    rows = tuple(_allowed(row, before[row.feature], settings) if row.feature in before else row for row in now.rows)
    return replace(now, rows=rows)


def _allowed(now: DriftRow, then: DriftRow, settings: DriftSettings) -> DriftRow:
    if cosine(now.shift, then.shift) < settings.common_direction:
        return now
    return replace(now, limits=replace(now.limits, weekly=then.distance + now.threshold))
