"""Novelty: how little known the recommended items are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.metrics.exposure import mean_of_items


def novelty(lists: NDArray[np.int64], users_of_item: NDArray[np.int64], users: int) -> NDArray[np.float64]:
    """Mean self-information ``-log2((n_i + 1) / (n + 1))`` of a list's items, in bits (Zhou et al. 2010).

    The one added to both counts gives an item that nobody has met a finite novelty.

    Args:
        lists: item codes ``(n_users, k)``, -1 where a list is short.
        users_of_item: how many training users met each item, ``(n_items,)``.
        users: how many training users there are.

    Returns:
        ``(n_users,)``, 0 for items that everybody has met; NaN for an empty list.
    """
    return mean_of_items(lists, -np.log2((users_of_item + 1) / (users + 1)))
