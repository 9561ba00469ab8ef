"""The paired bootstrap over windows and users: how sure is a mean difference when only a few windows were seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# resampled users held in memory at once; 4 million indices are 16 MB
_DRAWS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Estimate:
    """A mean difference and how far it may be off.

    Args:
        mean: over all user-windows.
        error: standard error over resampled windows and users.
        freedom: degrees of freedom of ``error``; few windows leave few, however many users there are.
    """

    mean: float
    error: float
    freedom: float

    def bounds(self, alpha: float) -> tuple[float, float]:
        """The one-sided lower and upper bounds at ``alpha`` (together a ``1 - 2 alpha`` interval).

        The lower bound lies above a threshold exactly when :meth:`p_value` at that threshold is below ``alpha``.
        """
        if self.error == 0:
            return self.mean, self.mean
        reach = float(stdtrit(self.freedom, 1 - alpha)) * self.error
        return self.mean - reach, self.mean + reach

    def p_value(self, threshold: float) -> float:
        """One-sided: the chance of a mean this far above ``threshold`` if the true one were ``threshold``."""
        if self.error == 0:
            return 0.0 if self.mean > threshold else 1.0
        return float(stdtr(self.freedom, (threshold - self.mean) / self.error))


@dataclass(frozen=True, eq=False)
class Differences:
    """The evidence of one challenger: one row per evaluated user and window, at least one.

    Args:
        values: challenger minus parent, shape (rows,).
        window: code of each row's window, 0 .. windows - 1, each present.
        user: code of each row's user, 0 .. users - 1, each present; a user may be in several windows.
    """

    values: Floats
    window: Codes
    user: Codes

    def estimate(self, resamples: int, seed: int) -> Estimate:
        """The mean with the bootstrap's standard error, to be read by Student's t.

        The percentiles of the draws themselves are no bounds: of three windows the least is drawn alone once in 27
        times, so no percentile can lie far below it, and windows that shift together would pass one time in eight at
        any level. Hence the studentised interval, as for any few clusters (Cameron, Gelbach & Miller 2008; Ibragimov
        & Muller 2010): Student's t with the degrees of freedom of a sum of two variances (Satterthwaite 1946), where
        that of ``W`` windows has ``W - 1``. Windows of different sizes count as ``W = n^2 / sum(n_w^2)`` (Kish 1965):
        the two days since the parent was fitted are not one more window like the others.
        """
        draws = self.draws(resamples, seed)
        freedom = _satterthwaite(self._between(), max(1.0, self._count - 1), self._within(), len(self._users) - 1)
        return Estimate(float(self.values.mean()), float(draws.std()), freedom)

    def draws(self, resamples: int, seed: int) -> Floats:
        """Resampled means, shape (resamples,): windows are drawn with replacement, then users.

        Deviations of windows from the pooled mean are widened by ``sqrt(W / (W - 1))``: the plain bootstrap of ``W``
        windows understates their variance by ``(W - 1) / W``, a third for three windows (Davison & Hinkley 1997,
        section 3.8). A user is drawn with all of his windows, since his differences resemble one another (clusters
        in two ways: Cameron, Gelbach & Miller 2011). What users add is in the windows' deviations too; that it is
        not subtracted makes the error too wide by up to a factor of 1.4 when windows do not differ, and safe when
        users do. Equal seeds give equal bits.
        """
        rng = np.random.default_rng(seed)
        found: Floats = self._window_draws(resamples, rng) + self._user_draws(resamples, rng)
        return found + float(self.values.mean())

    def _window_draws(self, resamples: int, rng: np.random.Generator) -> Floats:
        shifts = self._shifts
        picked = rng.integers(0, len(shifts), size=(resamples, len(shifts)))
        drawn: Floats = shifts[picked].sum(axis=1) / len(self.values)
        return drawn * float(np.sqrt(_correction(self._count)))

    def _user_draws(self, resamples: int, rng: np.random.Generator) -> Floats:
        sums = self._users
        step = max(1, _DRAWS_AT_ONCE // len(sums))
        drawn = np.empty(resamples)
        for start in range(0, resamples, step):
            rows = min(step, resamples - start)
            picked = rng.integers(0, len(sums), size=(rows, len(sums)), dtype=np.int32)
            drawn[start : start + rows] = sums[picked].sum(axis=1)
        return drawn / len(self.values)

    @property
    def _windows(self) -> Floats:
        """Rows of every window."""
        return np.bincount(self.window).astype(np.float64)

    @property
    def _count(self) -> float:
        """Windows of equal size that say as much as these."""
        return float(len(self.values) ** 2 / (self._windows**2).sum())

    @property
    def _shifts(self) -> Floats:
        """Every window's sum of deviations from the pooled mean."""
        return _sums(self.window, self.values - self.values.mean())

    @property
    def _users(self) -> Floats:
        """Every user's sum of deviations from the means of the windows."""
        means = _sums(self.window, self.values) / self._windows
        return _sums(self.user, self.values - means[self.window])

    def _between(self) -> float:
        return float((self._shifts**2).sum()) / len(self.values) ** 2 * _correction(self._count)

    def _within(self) -> float:
        return float((self._users**2).sum()) / len(self.values) ** 2


def _sums(codes: Codes, values: Floats) -> Floats:
    return np.bincount(codes, weights=values).astype(np.float64)


def _correction(windows: float) -> float:
    return windows / (windows - 1) if windows > 1 else 0.0


def _satterthwaite(first: float, first_freedom: float, second: float, second_freedom: float) -> float:
    parts = [(first, first_freedom), (second, second_freedom)]
    squares = sum(variance**2 / max(freedom, 1) for variance, freedom in parts)
    return (first + second) ** 2 / squares if squares > 0 else float(max(second_freedom, 1))
