"""How small a change of habits the daily checks still see, and how soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitoring.calibration.past import ColumnPast, Days, Past
from monitoring.calibration.trace import Trace, trace
from monitoring.distances import Floats
from monitoring.settings import DriftSettings


@dataclass(frozen=True)
class Power:
    """How often a shift is seen.

    Args:
        share: of the current window's rows that follow other habits.
        detected: share of the windows, each wholly shifted, in which some column crosses its limit.
        distance: the median over windows of the largest distance of a column.
    """

    share: float
    detected: float
    distance: float


def habits_of(past: Past, others: Sequence[Past]) -> list[Floats]:
    """What everybody else does, per column of ``past`` as shares of its levels.

    Each of ``others`` weighs by its rows. Where nobody else has a column, all its levels are equally frequent. The
    pasts must have been counted together (`monitoring.calibration.counting`).
    """
    return [_habit(column, others) for column in past.columns]


def power(traces: Sequence[Trace], habits: Sequence[Floats], factor: float, share: float) -> Power:
    """The power at ``factor`` against ``share`` of the rows following ``habits``.

    ``traces``: of quiet times, thinned (`Trace.every`). The shifted rows follow the habits exactly: their own chance
    is left out, which below a third of the rows changes the spread by a tenth at most.
    """
    enough = np.concatenate([one.enough for one in traces])
    ratios = np.concatenate([one.ratios(share, habits).max(axis=1) for one in traces])[enough]
    distances = [_largest(one, habits, share) for one in traces]
    if not len(ratios):
        return Power(share, 0.0, float("nan"))
    return Power(share, float((ratios > factor).mean()), float(np.median(np.concatenate(distances)[enough])))


def smallest_shift(
    traces: Sequence[Trace], habits: Sequence[Floats], factor: float, settings: DriftSettings
) -> Power | None:
    """The smallest share of rows that is seen with ``settings.calibration.power``; ``None``: too small to tell."""
    step = settings.calibration.shift_step
    for share in np.arange(step, 1 + step / 2, step):
        reached = power(traces, habits, factor, float(share))
        if reached.detected >= settings.calibration.power:
            return reached
    return None


def delay(past: Past, days: Days, start: int, factor: float, s: DriftSettings) -> int | None:
    """Days from ``start``, the first shifted day of ``days``, to the first alarm; ``None``: not in a reference window.

    1: the check of the very next morning. Whole windows must lie before ``start`` and a reference window after it.
    """
    # the first of these checks is the last one without a shifted day
    window = days.between(start - s.reference_days - s.current_days, start + s.reference_days)
    alarms = np.flatnonzero(trace(past, window, s).needed(s)[1:] > factor)
    return int(alarms[0]) + 1 if len(alarms) else None


def _largest(one: Trace, habits: Sequence[Floats], share: float) -> Floats:
    pairs = zip(one.columns, habits, strict=True)
    return np.asarray(np.max([checks.distances(share, habit) for checks, habit in pairs], axis=0))


def _habit(column: ColumnPast, others: Sequence[Past]) -> Floats:
    same = [x for past in others for x in past.columns if x.rule == column.rule]
    total = np.sum([x.total for x in same], axis=0) if same else np.ones(column.levels.count)
    return np.asarray(total / total.sum(), dtype=np.float64)
