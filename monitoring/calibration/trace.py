"""Daily checks over a sequence of days, all at once: distances and what explains them without drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitoring.calibration.past import ColumnPast, Days, Past
from monitoring.distances import Floats
from monitoring.noise import apart
from monitoring.settings import DriftSettings


@dataclass(frozen=True, eq=False)
class ColumnChecks:
    """One column in every check: counts of both windows, ``(checks, levels)``, and what explains a distance.

    ``noise``: the larger of what chance does and of how far the reference's own blocks lie apart, ``(checks,)``.
    """

    column: ColumnPast
    current: Floats
    reference: Floats
    noise: Floats

    def distances(self, share: float = 0.0, habit: Floats | None = None) -> Floats:
        """Current against reference, ``(checks,)``; with ``share`` of the current rows as in ``habit``."""
        current = self.current
        if habit is not None:
            current = (1 - share) * current + share * current.sum(axis=1, keepdims=True) * habit
        return np.nan_to_num(self.column.levels.distance(current, self.reference), nan=0.0)


@dataclass(frozen=True, eq=False)
class Trace:
    """One check a day, oldest first; ``enough``: whether both windows had rows enough, ``(checks,)``."""

    columns: tuple[ColumnChecks, ...]
    enough: NDArray[np.bool_]

    def every(self, days: int) -> Trace:
        """Only every so many checks, so that their current windows share no day."""
        thinned = [
            replace(x, current=x.current[::days], reference=x.reference[::days], noise=x.noise[::days])
            for x in self.columns
        ]
        return Trace(tuple(thinned), self.enough[::days])

    def ratios(self, share: float = 0.0, habits: Sequence[Floats] | None = None) -> Floats:
        """The factor that would have silenced each column of each check, ``(checks, columns)``.

        0 where a column moved less than is worth acting on: no factor makes it speak.
        """
        towards: Sequence[Floats | None] = habits or [None] * len(self.columns)
        return np.stack([_ratio(x, share, habit) for x, habit in zip(self.columns, towards, strict=True)], axis=1)

    def needed(self, settings: DriftSettings) -> Floats:
        """The factor that would have silenced each check, ``(checks,)``: its worst column's.

        With ``k_of_n`` a check speaks when it and k - 1 of the n - 1 before it moved.
        """
        alone = np.where(self.enough, self.ratios().max(axis=1), 0.0)
        k, n = settings.k_of_n
        padded = np.concatenate([np.zeros(n - 1), alone])
        ranked = np.sort(np.lib.stride_tricks.sliding_window_view(padded, n), axis=1)
        return np.asarray(np.minimum(alone, ranked[:, -k]))


def trace(past: Past, days: Days, settings: DriftSettings) -> Trace:
    """Check every day that has a whole reference and a whole current window before it.

    The reference slides with the current window, as it does behind a champion that is trained at least every
    ``current_days`` days.
    """
    now, before = _windows(days.rows, settings)
    columns = zip(past.columns, days.counts, strict=True)
    checks = tuple(_checks(column, counts, past, now, before, settings) for column, counts in columns)
    return Trace(checks, (now >= settings.min_rows_current) & (before >= settings.min_rows_reference))


def _ratio(x: ColumnChecks, share: float, habit: Floats | None) -> Floats:
    distances = x.distances(share, habit)
    return np.where(distances > x.column.rule.threshold, distances / np.maximum(x.noise, 1e-9), 0.0)


def _checks(
    column: ColumnPast, counts: Floats, past: Past, now: Floats, before: Floats, settings: DriftSettings
) -> ColumnChecks:
    current, reference = _windows(counts, settings)
    weekly = settings.block_margin * apart(_blocks(counts, settings), column.levels, now)
    # chance goes with 1 / rows of both sides: windows of other sizes have another floor
    sizes = (1 / np.maximum(now, 1) + 1 / np.maximum(before, 1)) / (1 / past.current_rows + 1 / past.reference_rows)
    return ColumnChecks(column, current, reference, np.maximum(column.chance * np.sqrt(sizes), weekly))


def _windows(counts: Floats, settings: DriftSettings) -> tuple[Floats, Floats]:
    """Sums over the current and the reference window of every check, ``(checks, ...)`` each."""
    middle, end = settings.reference_days, settings.reference_days + settings.current_days
    until = _until(counts)
    checks = len(until) - end
    return until[end:] - until[middle:][:checks], until[middle:][:checks] - until[:checks]


def _blocks(counts: Floats, settings: DriftSettings) -> Floats:
    """The reference of every check in blocks of ``current_days``, the newest first: ``(blocks, checks, levels)``."""
    length, until = settings.current_days, _until(counts)
    checks = len(until) - settings.reference_days - length
    ends = range(settings.reference_days, 0, -length)
    return np.stack([until[e:][:checks] - until[max(e - length, 0) :][:checks] for e in ends])


def _until(counts: Floats) -> Floats:
    return np.concatenate([np.zeros((1, *counts.shape[1:])), np.cumsum(counts, axis=0)])
