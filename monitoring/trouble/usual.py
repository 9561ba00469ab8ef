"""What was usual on the healthy days before, and which days leave it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitoring.distances import Floats
from monitoring.trouble_settings import TroubleSettings

_MEMORY = 28  # healthy days that count as usual
_SIGMA = 1.4826  # the median absolute deviation of a normal distribution is its sigma over this
_LEAST_SPREAD = 0.01


def jumps(shares: Floats, jump: float, settings: TroubleSettings) -> list[int]:
    """The days on which a share rose by more than ``jump``, and by more than it varies, over the healthy days before.

    ``shares`` has one entry a day, nan where a day has too few rows. A day that jumped teaches nothing about what is
    usual, so a lasting break stays a break for as long as healthy days are remembered.
    """
    healthy: list[float] = []
    found = []
    for day, share in enumerate(shares):
        if np.isnan(share):
            continue
        known = healthy[-_MEMORY:]
        if len(known) >= settings.least_days and share > _limit(known, jump, settings):
            found.append(day)
        else:
            healthy.append(float(share))
    return found


def _limit(known: list[float], jump: float, settings: TroubleSettings) -> float:
    # what comes and goes, such as a few bots, has a median of 0 and no spread, but it was seen before
    return max(usual(known) + max(jump, settings.spreads * spread(known)), max(known) + jump / 2)


def usual(values: Sequence[float]) -> float:
    """The median."""
    return float(np.median(values))


def spread(values: Sequence[float]) -> float:
    """The robust standard deviation, never quite 0."""
    return max(_LEAST_SPREAD, _SIGMA * float(np.median(np.abs(np.asarray(values) - usual(values)))))


def usual_before(shares: Floats, broken: Sequence[int]) -> float:
    """What was usual before the first broken day."""
    before = shares[: broken[0]]
    return float(np.nanmedian(before))
