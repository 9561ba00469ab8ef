"""Errors of predicted ratings: RMSE and MAE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.metrics.interval import Estimate, interval_of


@dataclass(frozen=True, eq=False)
class RatingErrors:
    """Errors summed by user, so that whole users are resampled.

    Args:
        users: distinct user ids.
        ratings: how many of each.
        squared: sum of squared errors of each.
        absolute: sum of absolute errors of each.
    """

    users: NDArray[np.object_]
    ratings: NDArray[np.int64]
    squared: NDArray[np.float64]
    absolute: NDArray[np.float64]

    @classmethod
    def of(
        cls, users: NDArray[np.object_], predicted: NDArray[np.float64], actual: NDArray[np.float64]
    ) -> RatingErrors:
        """From one row per rating; NaN is refused on either side.

        Raises:
            ValueError: a prediction or a rating is missing.
        """
        error = predicted - actual
        if np.isnan(error).any():
            raise ValueError(
                f"every rating needs a value and a prediction; found {int(np.isnan(error).sum())} without: "
                "predict unknown users and items by the mean"
            )
        distinct, codes = np.unique(users, return_inverse=True)
        return cls(distinct, np.bincount(codes).astype(np.int64), _sums(codes, error**2), _sums(codes, np.abs(error)))

    @property
    def rmse(self) -> Estimate:
        """Root of the mean squared error over ratings, users resampled."""
        return interval_of(lambda rows: float(np.sqrt(self._mean(self.squared, rows))), len(self.users))

    @property
    def mae(self) -> Estimate:
        """Mean absolute error over ratings, users resampled."""
        return interval_of(lambda rows: self._mean(self.absolute, rows), len(self.users))

    def _mean(self, errors: NDArray[np.float64], rows: NDArray[np.int64]) -> float:
        return float(errors[rows].sum() / max(self.ratings[rows].sum(), 1))


def _sums(codes: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.bincount(codes, weights=values), dtype=np.float64)
