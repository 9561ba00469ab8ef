"""From daily checks to alarms as a person counts them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitoring.distances import Floats


def episodes(alarms: NDArray[np.bool_], quiet_days: int) -> int:
    """How many times daily checks began to alarm: an alarm within ``quiet_days`` of the last one is the same episode.

    Windows of so many days share days, so one odd day makes them all speak.
    """
    days = np.flatnonzero(alarms)
    return int((np.diff(days, prepend=-quiet_days - 1) > quiet_days).sum()) if len(days) else 0


def least_factor(needed: list[Floats], grid: Floats, allowed: float, quiet_days: int) -> float:
    """The least factor of the rising ``grid`` from which on all replays together have at most ``allowed`` episodes.

    ``needed``: from `Trace.needed`, a replay an entry. The largest factor of the grid where none is enough.
    """
    counts = np.array([sum(episodes(one > factor, quiet_days) for one in needed) for factor in grid])
    # two alarms that a higher factor takes apart count twice: from the right, so that no larger factor is worse
    fits = np.flip(np.logical_and.accumulate(np.flip(counts <= allowed)))
    place = int(np.argmax(fits)) if fits.any() else len(grid) - 1
    return float(grid[place])
