"""Thresholds by replay: the factor that keeps a segment's false alarms within the budget, and what it still sees."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from monitoring.calibration.episodes import episodes, least_factor
from monitoring.calibration.past import Past
from monitoring.calibration.power import habits_of, smallest_shift
from monitoring.calibration.trace import Trace, trace
from monitoring.distances import Floats
from monitoring.settings import DriftSettings

YEAR = 365
# independent windows behind a power of 95 %: it is then known within three points
POWER_YEARS = 4


@dataclass(frozen=True)
class SegmentCalibration:
    """What the replays say of one segment.

    Args:
        users: in the newest current window.
        rows: in the newest current window.
        blocks: of past that were replayed.
        factor: what the limits that chance and the reference's own weeks set are multiplied by.
        false_alarms_per_year: episodes a year of made-up time, in which nothing moves, at that factor.
        uncalibrated: the same at factor 1.
        past_alarms: episodes in the past as it was, at that factor; above the budget it moved by itself.
        past_days: daily checks of that past.
        smallest_shift: the least share of events following everybody else's habits that is seen with
            ``calibration.power``; NaN: too small to tell.
        smallest_distance: the median of the largest distance at that shift.
        years: made-up years.
    """

    users: int
    rows: int
    blocks: int
    factor: float
    false_alarms_per_year: float
    uncalibrated: float
    past_alarms: int
    past_days: int
    smallest_shift: float
    smallest_distance: float
    years: int


def calibrate(
    pasts: Mapping[str, Past], settings: DriftSettings, advance: Callable[[str], None] = lambda _: None
) -> dict[str, SegmentCalibration]:
    """Calibrate every segment on its own past; equal pasts and settings give equal bits.

    Made-up years say how often chance alone alarms; the past as it was adds what really comes and goes without being
    drift: holidays, trends, new items. The factor satisfies both. ``advance`` is told of every finished segment.
    """
    done = {}
    for segment in sorted(pasts):
        others = [past for name, past in sorted(pasts.items()) if name != segment]
        done[segment] = calibrate_segment(pasts[segment], others, settings)
        advance(segment)
    return done


def calibrate_segment(past: Past, others: list[Past], settings: DriftSettings) -> SegmentCalibration:
    """Calibrate one segment; ``others`` are the habits that a shift goes towards."""
    s = settings.calibration
    needed, quiet = _made_up_years(past, settings)
    real = trace(past, past.as_it_was(), settings).needed(settings)
    allowed = s.safety * s.false_alarms_per_year
    chosen = max(
        least_factor(needed, _grid(settings), allowed * s.years, settings.current_days),
        least_factor([real], _grid(settings), allowed * len(real) / YEAR, settings.current_days),
    )
    seen = smallest_shift(quiet, habits_of(past, others), chosen, settings)
    return SegmentCalibration(
        users=past.people,
        rows=past.current_rows,
        blocks=past.blocks,
        factor=chosen,
        false_alarms_per_year=_a_year(needed, chosen, settings),
        uncalibrated=_a_year(needed, 1.0, settings),
        past_alarms=episodes(real > chosen, settings.current_days),
        past_days=len(real),
        smallest_shift=seen.share if seen else math.nan,
        smallest_distance=seen.distance if seen else math.nan,
        years=s.years,
    )


def _made_up_years(past: Past, settings: DriftSettings) -> tuple[list[Floats], list[Trace]]:
    days = YEAR + settings.reference_days + settings.current_days - 1
    needed, quiet = [], []
    for year in range(settings.calibration.years):
        checks = trace(past, past.made_up(days, np.random.default_rng((settings.seed, year))), settings)
        needed.append(checks.needed(settings)[:YEAR])
        if year < POWER_YEARS:
            quiet.append(checks.every(settings.current_days))
    return needed, quiet


def _a_year(needed: list[Floats], factor: float, settings: DriftSettings) -> float:
    return sum(episodes(one > factor, settings.current_days) for one in needed) / len(needed)


def _grid(settings: DriftSettings) -> Floats:
    low, high = settings.calibration.factors
    steps = round((high - low) / settings.calibration.factor_step)
    return np.round(low + settings.calibration.factor_step * np.arange(steps + 1), 6)
