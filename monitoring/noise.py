"""How far apart a reference and a current window come to lie when nothing has happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from monitoring.distances import Floats, jensen_shannon, wasserstein
from monitoring.settings import ColumnRule, DriftSettings

GRID = 256

Distance = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class Units:
    """The independent pieces of a reference: one (user, block of days) each.

    Events of one user resemble each other, so chance works on users, not on events. ``unit`` numbers the unit of each
    row, ``block`` the block of each unit; ``draws_current`` and ``draws_reference``, shape ``(replicates, units)``, say
    how often a unit is drawn into a pretended current window and a pretended reference.
    """

    unit: NDArray[np.int64]
    block: NDArray[np.int64]
    draws_current: csr_matrix
    draws_reference: csr_matrix


@dataclass(frozen=True)
class Noise:
    """What chance does to one column: squared distances of the replicates, and the largest between blocks of days."""

    squares: Floats
    blocks: float

    def ceiling(self, alpha: float) -> float:
        """The distance that chance exceeds with probability ``alpha``.

        A squared distance is, under no drift, nearly a weighted sum of chi-squares; a gamma of the same mean and
        variance stands in for it (Satterthwaite 1946), as ``alpha`` lies far beyond what replicates could count.
        """
        from scipy.stats import gamma

        mean, variance = float(self.squares.mean()), float(self.squares.var(ddof=1))
        if mean <= 0 or variance <= 0:
            return float(np.sqrt(max(mean, 0.0)))
        return float(np.sqrt(gamma.isf(alpha, mean**2 / variance, scale=variance / mean)))


def draw_units(users: NDArray[np.object_], blocks: NDArray[np.int64], current_units: int, s: DriftSettings) -> Units:
    """Draw ``s.replicates`` pretended pairs of windows out of the reference, once for all columns of a segment."""
    _, user = np.unique(users.astype(str), return_inverse=True)
    keys, unit = np.unique(np.stack([user, blocks], axis=1), axis=0, return_inverse=True)
    rng = np.random.default_rng(s.seed)
    even = np.full(len(keys), 1 / len(keys))
    current = rng.multinomial(current_units, even, size=s.replicates).astype(np.float64)
    reference = rng.multinomial(len(keys), even, size=s.replicates).astype(np.float64)
    return Units(unit.reshape(-1), keys[:, 1], csr_matrix(current), csr_matrix(reference))


def noise_floor(values: Floats, present: NDArray[np.bool_], units: Units, rule: ColumnRule, current_rows: int) -> Noise:
    """The noise of one column of the reference.

    ``values`` are its rows as codes (categorical) or numbers (numerical), ``present`` marks those that are not
    missing; blocks with less than half of their fair share, or of ``current_rows``, are too small to speak.
    """
    codes, distance = _levels(values[present], rule)
    shape = (len(units.block), int(codes.max()) + 1)
    counts = csr_matrix((np.ones(len(codes)), (units.unit[present], codes)), shape=shape)
    pretended = distance((units.draws_current @ counts).toarray(), (units.draws_reference @ counts).toarray())
    return Noise(np.nan_to_num(pretended, nan=0.0) ** 2, _between_blocks(counts, units.block, distance, current_rows))


def _levels(values: Floats, rule: ColumnRule) -> tuple[NDArray[np.int64], Distance]:
    if rule.kind == "categorical":
        return values.astype(np.int64), jensen_shannon
    grid = np.unique(np.quantile(values, np.linspace(0, 1, GRID), method="nearest"))
    spread = max(float(np.std(values)), 1e-3)
    nearest = np.searchsorted((grid[1:] + grid[:-1]) / 2, values)
    return nearest.astype(np.int64), lambda left, right: wasserstein(left, right, grid) / spread


def _between_blocks(counts: csr_matrix, block: NDArray[np.int64], distance: Distance, current_rows: int) -> float:
    names = np.unique(block)
    sums = np.stack([np.asarray(counts[block == name].sum(axis=0)).ravel() for name in names])
    big = sums.sum(axis=1) >= min(current_rows, sums.sum() / len(names)) / 2
    if len(names) < 2 or not big.any():
        return 0.0
    apart = distance(sums, sums.sum(axis=0) - sums)
    return float(np.nanmax(np.where(big, apart, np.nan)))
