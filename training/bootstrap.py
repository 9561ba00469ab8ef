"""The paired bootstrap over windows, then users: how sure is a mean difference when only a few windows were seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# resampled users held in memory at once; 4 million indices are 16 MB
_DRAWS_AT_ONCE = 4_000_000


def bootstrap_difference(windows: Sequence[Floats], resamples: int, seed: int) -> Floats:
    """Resampled mean differences, sorted ascending.

    Each resample draws as many windows as there are, then as many users as each drawn window has, and takes the
    mean over all drawn users. Deviations of windows from the pooled mean are widened by ``sqrt(W / (W - 1))``:
    the plain bootstrap of ``W`` windows understates their variance by ``(W - 1) / W``, a third for three windows
    (Davison & Hinkley 1997, section 3.8).

    Args:
        windows: per window the per-user differences, shape (users,), none empty.
        resamples: how many means to draw.
        seed: equal seeds give equal bits.

    Returns:
        shape (resamples,), ascending, in the unit of the differences.
    """
    rng = np.random.default_rng(seed)
    sizes = np.array([len(w) for w in windows], dtype=np.float64)
    picked = rng.integers(0, len(windows), size=(resamples, len(windows)))
    means = np.empty(picked.shape)
    for number, values in enumerate(windows):
        drawn = picked == number
        means[drawn] = _user_means(values, int(drawn.sum()), rng)
    means += _widening(windows, sizes)[picked]
    weights = sizes[picked]
    return np.sort((means * weights).sum(axis=1) / weights.sum(axis=1))


def interval(draws: Floats, alpha: float) -> tuple[float, float]:
    """The one-sided lower and upper bounds at ``alpha`` of sorted ``draws`` (together a ``1 - 2 alpha`` interval).

    The lower bound lies above a threshold exactly when :func:`p_value` at that threshold is <= ``alpha``.
    Too few draws for ``alpha`` give minus and plus infinity: no claim.
    """
    rank = int(np.floor(alpha * (len(draws) + 1) + 1e-9))
    if rank < 1:
        return -np.inf, np.inf
    return float(draws[rank - 1]), float(draws[-rank])


def p_value(draws: Floats, threshold: float) -> float:
    """One-sided: how often a resampled mean does not exceed ``threshold`` (never 0: one is added to both counts)."""
    return float((1 + np.searchsorted(draws, threshold, side="right")) / (len(draws) + 1))


def _widening(windows: Sequence[Floats], sizes: Floats) -> Floats:
    if len(windows) < 2:
        return np.zeros(len(windows))
    means = np.array([w.mean() for w in windows])
    pooled = float((means * sizes).sum() / sizes.sum())
    factor = np.sqrt(len(windows) / (len(windows) - 1)) - 1
    widened: Floats = (means - pooled) * factor
    return widened


def _user_means(values: Floats, count: int, rng: np.random.Generator) -> Floats:
    step = max(1, _DRAWS_AT_ONCE // len(values))
    means = np.empty(count)
    for start in range(0, count, step):
        rows = min(step, count - start)
        picked = rng.integers(0, len(values), size=(rows, len(values)), dtype=np.int32)
        means[start : start + rows] = values[picked].mean(axis=1)
    return means
