"""How sure a mean over users is: the bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 1000
# resampled values held in memory at once; 4 million are 32 MB
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Estimate:
    """A value over ``users`` users with its interval; NaN bounds where fewer than two users allow none."""

    value: float
    lower: float
    upper: float
    users: int

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.lower:.4f}, {self.upper:.4f}]"


def interval(values: ArrayLike, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 7) -> Estimate:
    """The mean with its percentile bootstrap interval over users (Efron & Tibshirani 1993, chapter 13).

    Args:
        values: one per user; users without a value (NaN) take no part.
        level: of the two-sided interval.
        resamples: how many means are drawn.
        seed: equal seeds give equal bits.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    if len(known) < 2:
        return Estimate(float(known[0]) if len(known) else np.nan, np.nan, np.nan, len(known))
    draws = _draws(known, np.mean, resamples, seed, vectorized=True)
    lower, upper = _quantiles(draws, level)
    return Estimate(float(known.mean()), lower, upper, len(known))


def interval_of(
    statistic: Callable[[NDArray[np.int64]], float],
    users: int,
    level: float = 0.95,
    resamples: int = RESAMPLES // 5,
    seed: int = 7,
) -> Estimate:
    """A value over all users, such as coverage, with a bootstrap interval.

    A resample holds about 63 % of the users, so it covers fewer items: the draws say how wide the interval is, not
    where. They are centred at the measured value (bias-corrected: Efron & Tibshirani 1993, section 10.6).

    Args:
        statistic: from positions of users, repeats included, to a number.
        users: how many there are.
        level: of the two-sided interval.
        resamples: how many values are drawn.
        seed: equal seeds give equal bits.
    """
    value = float(statistic(np.arange(users)))
    if users < 2:
        return Estimate(value, np.nan, np.nan, users)
    draws = _draws(np.arange(users), statistic, resamples, seed, vectorized=False)
    lower, upper = _quantiles(draws, level) - draws.mean() + value
    return Estimate(value, float(lower), float(upper), users)


def _draws(values: NDArray[Any], statistic: Any, resamples: int, seed: int, vectorized: bool) -> NDArray[np.float64]:
    from scipy.stats import bootstrap

    result = bootstrap(
        (values,),
        statistic,
        n_resamples=resamples,
        batch=max(1, _AT_ONCE // len(values)),
        vectorized=vectorized,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return np.asarray(result.bootstrap_distribution, dtype=np.float64)


def _quantiles(draws: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    return np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
