"""How popular an event's item was before the event, measured alike in every window."""

from __future__ import annotations

import pandas as pd

from monitoring.settings import DriftSettings
from warehouse import columns as c
from warehouse.windows import Window

POPULARITY = "popularity"


def with_popularity(events: pd.DataFrame, windows: tuple[Window, Window], settings: DriftSettings) -> pd.DataFrame:
    """The events of both windows with ``popularity``: the share of past events on items no more popular than theirs.

    "Past" is ``reference_days`` before each block of ``current_days``, so ``events`` should begin that long before the
    reference. Counting inside the reference instead would make every current window look less popular: the reference's
    favourites are partly favourites by chance. 1 is the most popular item, 0 one not seen before.
    """
    blocks = [block for window in windows for block in window.blocks(settings.current_days)]
    return pd.concat([_ranked(events, block, settings.reference_days) for block in blocks], ignore_index=True)


def _ranked(events: pd.DataFrame, block: Window, days: int) -> pd.DataFrame:
    past = _inside(events, Window.trailing(block.start, days))
    counts = past[c.ITEM].value_counts()
    share = counts.groupby(counts).sum().sort_index().cumsum() / max(len(past), 1)
    now = _inside(events, block)
    return now.assign(**{POPULARITY: now[c.ITEM].map(counts.map(share)).fillna(0.0).astype("float64")})


def _inside(events: pd.DataFrame, window: Window) -> pd.DataFrame:
    return events[(events[c.TS] >= window.start_ts) & (events[c.TS] < window.end_ts)]
