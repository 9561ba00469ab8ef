"""How far apart a reference and a current window come to lie when nothing has happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from monitoring.distances import Floats
from monitoring.levels import Levels
from monitoring.settings import ColumnRule, DriftSettings


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
    levels = Levels.of(values[present], rule)
    ones = np.ones(len(levels.codes))
    counts = csr_matrix((ones, (units.unit[present], levels.codes)), shape=(len(units.block), levels.count))
    current, reference = ((draws @ counts).toarray() for draws in (units.draws_current, units.draws_reference))
    pretended = levels.distance(current, reference)
    return Noise(np.nan_to_num(pretended, nan=0.0) ** 2, _between_blocks(counts, units.block, levels, current_rows))


def _between_blocks(counts: csr_matrix, block: NDArray[np.int64], levels: Levels, current_rows: int) -> float:
    names = np.unique(block)
    sums = np.stack([np.asarray(counts[block == name].sum(axis=0)).ravel() for name in names])
    return float(apart(sums, levels, np.asarray(current_rows, dtype=np.float64)))


def apart(blocks: Floats, levels: Levels, current_rows: Floats) -> Floats:
    """The largest distance of a block of days from the other blocks of its reference.

    ``blocks``: counts, ``(blocks, ..., levels)``; ``current_rows`` and the result: ``(...)``. 0 where no block is big.
    """
    total = blocks.sum(axis=0)
    fair = np.minimum(current_rows, total.sum(axis=-1) / len(blocks)) / 2
    big = blocks.sum(axis=-1) >= fair
    if len(blocks) < 2:
        return np.zeros(total.shape[:-1])
    distances = levels.distance(blocks, total - blocks)
    return np.asarray(np.where(big & ~np.isnan(distances), distances, 0.0).max(axis=0))
