"""Bounded samples of a segment's events that do not depend on the order of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.settings import DriftSettings
from warehouse import columns as c
from warehouse.windows import Window

BLOCK: Final = "block"
HOUR: Final = "hour"


@dataclass(frozen=True)
class SegmentSample:
    """One segment's events in the reference and in the current window, as `measure` takes them."""

    reference: pd.DataFrame
    current: pd.DataFrame


def plan_windows(as_of: date, settings: DriftSettings, champion_as_of: date | None = None) -> tuple[Window, Window]:
    """The reference window and the current window of a monitoring run, which never overlap.

    The reference is the end of the champion's training window, cut to where the current window begins; without a
    champion it is simply what came before.
    """
    current = Window.trailing(as_of, settings.current_days)
    end = current.start if champion_as_of is None else min(champion_as_of, current.start)
    return Window.trailing(end, settings.reference_days), current


def draw(events: pd.DataFrame, window: Window, settings: DriftSettings) -> pd.DataFrame:
    """A seeded sample of the events inside ``window``: at most ``sample_rows``, at most ``user_rows`` a user and block.

    Rows are chosen by the hash of ``event_id``, so equal events give the equal sample whatever their order. Adds
    ``hour`` (0-23, UTC) and ``block`` (0 = the newest ``current_days`` of the window, 1 = those before, ...).
    The bound per user keeps one bot from speaking for a whole segment.

    Raises:
        KeyError: if ``event_id``, ``user_id`` or ``ts`` is absent.
    """
    _require(events)
    inside = events[(events[c.TS] >= window.start_ts) & (events[c.TS] < window.end_ts)]
    dated = inside.assign(**{HOUR: inside[c.TS].dt.hour, BLOCK: _blocks(inside[c.TS], window, settings.current_days)})
    shuffled = dated.iloc[_hash_order(dated, settings.seed)]
    nth = shuffled.groupby([c.USER, BLOCK], sort=False).cumcount()
    return shuffled[nth < settings.user_rows].head(settings.sample_rows).reset_index(drop=True)


def segment_samples(
    events: pd.DataFrame,
    windows: tuple[Window, Window],
    assignments: tuple[Mapping[str, str] | pd.Series, Mapping[str, str] | pd.Series],
    settings: DriftSettings,
) -> dict[str, SegmentSample]:
    """Per segment, its sample of the reference and of the current window.

    ``windows`` and ``assignments`` are (reference, current); each window takes the assignment (user_id → segment_id)
    made at its own end, since a segment such as "new" has other people in it every month. Segments of either
    assignment appear; one that has no events on a side gets an empty frame there.
    """
    sides = [_by_segment(events, w, a, settings) for w, a in zip(windows, assignments, strict=True)]
    nothing = draw(events.head(0), windows[0], settings)
    names = sorted({str(name) for side in assignments for name in pd.Series(side).dropna().unique()})
    return {name: SegmentSample(*(side.get(name, nothing) for side in sides)) for name in names}


def _by_segment(
    events: pd.DataFrame, window: Window, assignment: Mapping[str, str] | pd.Series, settings: DriftSettings
) -> dict[str, pd.DataFrame]:
    inside = events[(events[c.TS] >= window.start_ts) & (events[c.TS] < window.end_ts)]
    segment = inside[c.USER].map(pd.Series(assignment, dtype=object))
    return {str(name): draw(part, window, settings) for name, part in inside.groupby(segment)}


def _require(events: pd.DataFrame) -> None:
    absent = sorted({c.EVENT, c.USER, c.TS} - set(events.columns))
    if absent:
        raise KeyError(f"a sample needs event_id, user_id and ts; absent: {absent}; found {list(events.columns)}")


def _blocks(ts: pd.Series[pd.Timestamp], window: Window, days: int) -> pd.Series[int]:
    age = pd.Timestamp(window.end_ts) - ts - pd.Timedelta(1, "us")
    return (age.dt.total_seconds() // (days * 86_400)).astype("int64")


def _hash_order(events: pd.DataFrame, seed: int) -> NDArray[np.int64]:
    names = events[c.EVENT].astype(str).to_numpy(dtype=object)
    digest = pd.util.hash_array(names, hash_key=f"{seed % 10**16:016d}", categorize=False)
    order = np.argsort(digest, kind="stable")
    # names decide between equal digests; sorting a million of them is the dearest part, and hardly ever needed
    tied = (np.diff(digest[order]) == 0).any()
    return np.lexsort((names.astype(str), digest)) if tied else order
