"""Means of several models on the same users in several bands, and gains with intervals: users are resampled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gain:
    """Of one model over another, in percent of the other's mean, with a 95 % interval."""

    percent: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return f"{self.percent:+.1f} [{self.lower:+.1f}, {self.upper:+.1f}]"

    def figures(self) -> dict[str, float]:
        """For the JSON."""
        return {"percent": round(self.percent, 3), "lower": round(self.lower, 3), "upper": round(self.upper, 3)}


@dataclass(frozen=True, eq=False)
class PairedMeans:
    """Bootstrap over users who may be judged in several bands: a user drawn is drawn in all of them.

    Args:
        frame: ``user_id band`` and a column of values per model.
        bands: in order; the macro mean weighs them alike.
        resamples: how many draws.
        seed: of the draws.
    """

    frame: pd.DataFrame
    bands: tuple[str, ...]
    resamples: int = 1000
    seed: int = 11

    def mean(self, model: str, band: str | None = None) -> float:
        """Over the users of ``band``; ``None``: the mean over bands of the bands' means."""
        return float(self._means(model, band)[0])

    def gain(self, model: str, over: str, band: str | None = None) -> Gain:
        """Relative to ``over``; the interval is the bootstrap's 2.5 and 97.5 percentile."""
        drawn = 100 * (self._means(model, band) / self._means(over, band) - 1)
        lower, upper = np.quantile(drawn[1:], [0.025, 0.975])
        return Gain(float(drawn[0]), float(lower), float(upper))

    def _means(self, model: str, band: str | None) -> Floats:
        """The mean of the users as they are, then of every resample."""
        values = self.frame.pivot_table(index="user_id", columns="band", values=model)[list(self.bands)]
        known = values.notna().to_numpy(np.float64)
        means = (self._weights @ values.fillna(0).to_numpy()) / (self._weights @ known)
        return np.asarray(means.mean(axis=1) if band is None else means[:, self.bands.index(band)])

    @cached_property
    def _weights(self) -> Floats:
        users = self.frame["user_id"].nunique()
        rng = np.random.default_rng(self.seed)
        drawn = rng.multinomial(users, np.full(users, 1 / users), size=self.resamples)
        return np.concatenate([np.ones((1, users)), drawn]).astype(np.float64)
