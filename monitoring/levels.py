"""The values that a column takes, few enough to be counted, and the distance between two sets of counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitoring.distances import Floats, jensen_shannon, wasserstein
from monitoring.settings import ColumnRule

GRID = 256


@dataclass(frozen=True, eq=False)
class Levels:
    """What ``count`` counts: categories, or numbers rounded to ``GRID`` quantiles of themselves.

    Args:
        codes: the level of every row.
        count: how many levels there are.
        values: the numbers behind the levels; ``None`` for categories.
        spread: standard deviation in which distances of numbers are measured.
    """

    codes: NDArray[np.int64]
    count: int
    values: Floats | None = None
    spread: float = 1.0

    @classmethod
    def of(cls, values: Floats, rule: ColumnRule) -> Levels:
        """``values``: a column as `monitoring.coding.code` codes it, without missing rows."""
        if rule.kind == "categorical":
            codes = values.astype(np.int64)
            return cls(codes, int(codes.max()) + 1)
        grid = np.unique(np.quantile(values, np.linspace(0, 1, GRID), method="nearest"))
        nearest = np.searchsorted((grid[1:] + grid[:-1]) / 2, values).astype(np.int64)
        return cls(nearest, len(grid), grid, max(float(np.std(values)), 1e-3))

    def in_spread(self, spread: float) -> Levels:
        """The same levels of numbers, measured in another standard deviation."""
        return self if self.values is None else replace(self, spread=max(spread, 1e-3))

    def distance(self, left: Floats, right: Floats) -> Floats:
        """The column's distance between counts over the levels (the last axis); an empty side gives nan."""
        if self.values is None:
            return jensen_shannon(left, right)
        return wasserstein(left, right, self.values) / self.spread
