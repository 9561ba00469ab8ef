"""The events of a long past, segment by segment and block by block, sampled as every check would sample them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

import pandas as pd

from monitoring.popularity import with_popularity
from monitoring.samples import BLOCK, draw
from monitoring.settings import DriftSettings
from warehouse import columns as c
from warehouse.windows import Window

DAYS_BACK: Final = "days_back"

Assigned = Callable[[date], "Mapping[str, str] | pd.Series[str]"]


def history_window(as_of: date, first_day: date, settings: DriftSettings) -> Window:
    """Whole blocks of ``current_days`` back from ``as_of``, each with a reference window of events before it.

    ``first_day``: of all events; popularity needs a past of its own. At most ``calibration.history_days``.
    """
    earliest = first_day + timedelta(days=settings.reference_days)
    days = min((as_of - earliest).days, settings.calibration.history_days)
    return Window.trailing(as_of, max(days // settings.current_days, 0) * settings.current_days)


def history_samples(
    events: pd.DataFrame, window: Window, assigned: Assigned, settings: DriftSettings
) -> dict[str, pd.DataFrame]:
    """Segment id to its events inside ``window``, with ``block`` (0 the newest) and ``days_back`` (0 the newest day).

    ``events`` begin ``reference_days`` before the window. Every block takes the assignment as of its own end and is
    sampled alone, as a current window is.
    """
    parts: dict[str, list[pd.DataFrame]] = {}
    for at, block in enumerate(window.blocks(settings.current_days)):
        for segment, rows in _sampled(events, block, assigned(block.end), settings).items():
            back = (pd.Timestamp(window.end_ts) - pd.Timedelta(1, "us") - rows[c.TS]).dt.days
            parts.setdefault(segment, []).append(rows.assign(**{BLOCK: at, DAYS_BACK: back}))
    return {segment: pd.concat(found, ignore_index=True) for segment, found in sorted(parts.items())}


def _sampled(
    events: pd.DataFrame, block: Window, assignment: Mapping[str, str] | pd.Series[str], settings: DriftSettings
) -> dict[str, pd.DataFrame]:
    nothing = Window(block.start, block.start)
    past = Window.trailing(block.start, settings.reference_days)
    near = events[(events[c.TS] >= past.start_ts) & (events[c.TS] < block.end_ts)]
    ranked = with_popularity(near, (nothing, block), settings)
    segment = ranked[c.USER].map(pd.Series(assignment, dtype=object))
    return {str(name): draw(part, block, settings) for name, part in ranked.groupby(segment)}
