"""What the log says about every item as of a cutoff: how many users found it lately, and since when it is there."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.history import History

_DAYS: Final = (3, 7, 14, 28, 56)
TREND_FEATURES: Final = (
    *(f"adopters_{days}" for days in _DAYS),
    "adopters",
    "adopters_rise",
    "adopters_share_28",
    "age_days",
    "idle_days",
    "returned",
    "weight_each",
)
_PRIOR = 2.0  # users that both sides of a ratio get for nothing


def item_trends(history: History) -> NDArray[np.float32]:
    """One row per item, columns as ``TREND_FEATURES``, from events before ``history.as_of`` alone.

    ``adopters_d`` counts users whose first event with the item lies in the last ``d`` days, ``adopters`` all of them,
    each divided by its mean over the items: catalogues and seasons differ in volume. ``adopters_rise`` is the log ratio
    of the last week's rate to that of four weeks, ``adopters_share_28`` the share of all adopters that came in those.
    ``age_days`` and ``idle_days`` count from the first and the last adoption (NaN without any). ``returned`` is the
    share of the item's users who are left with no positive weight, ``weight_each`` the mean weight of the others.
    """
    age = history.adoptions()
    items, width = age.indices, len(history.items)
    counts = {days: np.bincount(items[age.data < days], minlength=width) for days in _DAYS}
    everybody = np.bincount(items, minlength=width)
    touched = np.bincount(history.weights.indices, minlength=width)
    columns: list[NDArray[np.floating]] = [_relative(count) for count in (*counts.values(), everybody)]
    columns.append(np.log((counts[7] + _PRIOR) / (counts[28] / 4 + _PRIOR)))
    columns.append(counts[28] / (everybody + _PRIOR))
    columns += [_extreme(np.maximum, items, age.data, width), _extreme(np.minimum, items, age.data, width)]
    columns.append((touched - everybody) / (touched + _PRIOR))
    weight = np.asarray(history.liked().sum(axis=0), dtype=np.float64).ravel()
    columns.append(weight / np.maximum(everybody, 1))
    return np.stack(columns, axis=1).astype(np.float32)


def _relative(count: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(count / max(float(count.mean()), 1e-12) if len(count) else count, dtype=np.float64)


def _extreme(better: np.ufunc, items: NDArray[np.int32], days: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    found = np.full(width, -np.inf if better is np.maximum else np.inf, dtype=np.float32)
    better.at(found, items, days)
    return np.where(np.isfinite(found), found, np.float32(np.nan))
