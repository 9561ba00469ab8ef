"""The calibration step: every segment's past, replayed; and what the monitor takes from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd

from monitoring.calibration import SegmentCalibration, calibrate, count_pasts, history_samples, history_window
from monitoring.calibration.table import calibration_table
from monitoring.trouble import find_troubles, without_suspects, without_trouble
from tessera.errors import NotReadyError
from tessera.lake import LakeSource
from tessera.membership import Membership
from tessera.settings import Settings
from warehouse.store import Store
from warehouse.windows import Window


def calibrate_segments(
    store: Store, settings: Settings, as_of: date, advance: Callable[[str], None] = lambda _: None
) -> dict[str, SegmentCalibration]:
    """Calibrate every segment on what lies before ``as_of``, and write the table ``drift_calibration``.

    Segments with too little past are left out: their limits stay as they are. Broken data is healed as the monitor
    heals it. ``advance`` is told of each finished segment.

    Raises:
        NotReadyError: the whole lake is too short to be replayed.
    """
    source = LakeSource(store, settings)
    window = history_window(as_of, source.span().start, settings.drift)
    least = settings.drift.calibration.least_blocks * settings.drift.current_days
    if window.length < least:
        raise NotReadyError(
            f"{window.length} days before {as_of} can be replayed; at least {least} are needed, after "
            f"{settings.drift.reference_days} days that popularity is counted on: calibrate later"
        )
    found = calibrate(count_pasts(_samples(store, settings, source, window), settings.drift), settings.drift, advance)
    store.replace("drift_calibration", calibration_table(found, as_of, settings.drift), Window.day(as_of))
    return found


def load_calibration(store: Store, as_of: date) -> dict[str, float]:
    """Segment id to the factor of its limits, from the newest calibration as of ``as_of`` or before; empty: none."""
    day = store.newest_date("drift_calibration", as_of)
    if day is None:
        return {}
    rows = store.frame("drift_calibration", window=Window.day(day), columns=["segment_id", "factor"])
    return {str(s): float(factor) for s, factor in zip(rows["segment_id"], rows["factor"], strict=True)}


def _samples(store: Store, settings: Settings, source: LakeSource, window: Window) -> dict[str, pd.DataFrame]:
    span = Window(Window.trailing(window.start, settings.drift.reference_days).start, window.end)
    events = source.watched(span)
    troubles = find_troubles(events, span, settings.drift.trouble)
    membership = Membership(store, settings, source, window.end)
    # days before the first fit take the segmentation in force: the replay is of today's segments
    return history_samples(
        without_trouble(events, troubles),
        window,
        lambda day: without_suspects(membership.at(day), troubles),
        settings.drift,
    )
