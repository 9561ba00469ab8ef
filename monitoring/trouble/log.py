"""The events as numbers: what every check of their soundness counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.distances import Floats
from warehouse import columns as c
from warehouse.windows import Window

Ints = NDArray[np.int64]
_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US


@dataclass(frozen=True, eq=False)
class Log:
    """The rows of ``frame`` (see `tessera.lake.LakeSource.watched`) inside ``span``."""

    frame: pd.DataFrame
    span: Window

    @classmethod
    def of(cls, events: pd.DataFrame, span: Window) -> Log:
        """The events inside ``span``."""
        inside = (events[c.TS] >= span.start_ts) & (events[c.TS] < span.end_ts)
        return cls(events if inside.all() else events[inside], span)

    @cached_property
    def micros(self) -> Ints:
        """When each event was, in microseconds since the span began."""
        began = int(self.span.start_ts.timestamp()) * 1_000_000
        micros = self.frame[c.TS].astype("datetime64[us, UTC]").astype("int64").to_numpy()
        return np.asarray(micros - began, dtype=np.int64)

    @cached_property
    def day(self) -> Ints:
        """The number of each event's day, 0 for the first of the span."""
        return self.micros // _DAY_US

    @cached_property
    def second(self) -> Ints:
        """Seconds since the span began."""
        return self.micros // 1_000_000

    @cached_property
    def hour(self) -> Ints:
        """Hours since the span began."""
        return self.micros // _HOUR_US

    @cached_property
    def rows(self) -> Ints:
        """How many events each day has."""
        return np.bincount(self.day, minlength=self.span.length).astype(np.int64)

    @cached_property
    def user(self) -> tuple[Ints, pd.Index]:
        """The code of each event's user, and the ids by code."""
        codes, names = pd.factorize(self.frame[c.USER], sort=False)
        return codes.astype(np.int64), pd.Index(names)

    def share(self, marked: NDArray[np.bool_], least_rows: int) -> Floats:
        """The share of marked events on every day; nan where a day has fewer than ``least_rows``."""
        counts = np.bincount(self.day[marked], minlength=self.span.length)
        return np.where(self.rows >= least_rows, counts / np.maximum(self.rows, 1), np.nan)

    def dates(self, days: Iterable[int]) -> tuple[date, ...]:
        """The dates of day numbers."""
        return tuple(self.span.start + timedelta(days=int(day)) for day in days)


def said(days: tuple[date, ...]) -> str:
    """Days in words: ``2026-03-04``, or ``2026-03-04 to 2026-03-06 (3 days)``."""
    return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]} ({len(days)} days)"
