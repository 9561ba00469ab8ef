"""Popularity bias: how popular the recommended items are, and how unequally items are shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.metrics.interval import Estimate, interval_of

Floats = NDArray[np.float64]


def recommendation_popularity(lists: NDArray[np.int64], users_of_item: NDArray[np.int64], users: int) -> Floats:
    """Mean share of training users who met a list's items, ``(n_users,)`` in 0..1 (ARP: Yin et al. 2012)."""
    return mean_of_items(lists, users_of_item / max(users, 1))


def popularity_lift(lists: NDArray[np.int64], history: sparse.csr_matrix, users_of_item: NDArray[np.int64]) -> Floats:
    """Popularity of a user's list over that of the own history, minus one (Abdollahpouri et al. 2020).

    Args:
        lists: item codes ``(n_users, k)``, -1 where a list is short.
        history: what each user met, ``(n_users, n_items)`` in the same order.
        users_of_item: how many training users met each item.

    Returns:
        ``(n_users,)``: 0 where a list is as popular as the user's taste, above it where it is more popular; NaN
        without a list or a history.
    """
    popularity = users_of_item.astype(np.float64)
    lengths = np.diff(history.indptr)
    known = np.bincount(np.repeat(np.arange(len(lengths)), lengths), popularity[history.indices], len(lengths))
    usual = np.divide(known, lengths, out=np.full(len(lengths), np.nan), where=lengths > 0)
    return np.asarray(mean_of_items(lists, popularity) / np.where(usual > 0, usual, np.nan) - 1, dtype=np.float64)


def coverage(lists: NDArray[np.int64], items: int) -> Estimate:
    """Share of the catalogue that at least one list holds; it grows with the number of users, so compare at equal n."""
    return interval_of(lambda rows: float((_shown(lists[rows], items) > 0).mean()), len(lists))


def gini(lists: NDArray[np.int64], items: int) -> Estimate:
    """Inequality of exposure: 0 where all items are shown equally often, near 1 where one item takes all places."""
    return interval_of(lambda rows: _gini(_shown(lists[rows], items)), len(lists))


def mean_of_items(lists: NDArray[np.int64], values: Floats) -> Floats:
    """The mean value of each list's items, ``(n_users,)``; NaN for an empty list."""
    present = lists >= 0
    count = present.sum(axis=1)
    total = np.where(present, values[lists], 0).sum(axis=1)
    mean: Floats = np.divide(total, count, out=np.full(len(lists), np.nan), where=count > 0)
    return mean


def _shown(lists: NDArray[np.int64], items: int) -> NDArray[np.int64]:
    return np.bincount(lists[lists >= 0], minlength=items)


def _gini(amounts: NDArray[np.int64]) -> float:
    total = float(amounts.sum())
    if total == 0:
        return float("nan")
    place = np.arange(1, len(amounts) + 1)
    return float(((2 * place - len(amounts) - 1) * np.sort(amounts)).sum() / (len(amounts) * total))
