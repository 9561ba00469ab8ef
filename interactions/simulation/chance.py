"""Seeded random streams and vectorised draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_STREAMS = ("catalogue", "population", "trends", "pilot", "day", "bots", "delivery", "drift", "waves", "breaks")


def stream(seed: int, name: str, index: int = 0) -> np.random.Generator:
    """The random stream ``name`` (number ``index``, such as the day): independent of how much others drew."""
    return np.random.default_rng([seed, _STREAMS.index(name), index])


def normalised(shares: Mapping[str, float], words: Sequence[str], rest: float = 0.0) -> Floats:
    """The weights of ``words`` adding up to one; words without a weight have ``rest``."""
    weights = np.array([shares.get(word, rest) for word in words], dtype=float)
    proportions: Floats = weights / weights.sum()
    return proportions


def pick_rows(weights: NDArray[np.floating], rng: np.random.Generator) -> Ints:
    """One column for every row of ``weights`` (n, k), drawn in proportion to the row's weights (any scale)."""
    cumulated = np.cumsum(weights, axis=1)
    thresholds = rng.random(len(weights)) * cumulated[:, -1]
    chosen = (cumulated <= thresholds[:, None]).sum(axis=1)
    columns: Ints = np.minimum(chosen, weights.shape[1] - 1).astype(np.int64)
    return columns


def pick(weights: Floats, size: int, rng: np.random.Generator) -> Ints:
    """``size`` draws out of one distribution ``weights`` (k,), any scale."""
    cumulated = np.cumsum(weights)
    drawn = np.searchsorted(cumulated, rng.random(size) * cumulated[-1], side="right")
    positions: Ints = np.minimum(drawn, len(weights) - 1).astype(np.int64)
    return positions


def pick_between(cumulated: Floats, low: Ints, high: Ints, rng: np.random.Generator) -> Ints:
    """One index from each slice ``[low, high)`` in proportion to its weight; ``cumulated`` (n + 1,) starts at 0."""
    floor, ceiling = cumulated[low], cumulated[high]
    at = floor + rng.random(len(low)) * (ceiling - floor)
    at = np.minimum(at, np.nextafter(ceiling, floor))
    return np.searchsorted(cumulated, at, side="right").astype(np.int64) - 1
