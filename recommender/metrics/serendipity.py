"""Serendipity: liked, and not what everybody would have got."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.metrics.truth import Truth, hit_matrix


def serendipity(lists: NDArray[np.int64], expected: NDArray[np.int64], truth: Truth, k: int) -> NDArray[np.float64]:
    """Share of the ``k`` places that hold a relevant item which the expected list lacks (Ge et al. 2010).

    Args:
        lists: item codes ``(n_users, >= 1)``, best first, -1 where a list is short.
        expected: what an unpersonal model, such as popularity, would have shown the same users.
        truth: rows in the same order.
        k: cut of both.

    Returns:
        ``(n_users,)`` in 0..1; never above the precision.
    """
    shown, usual = lists[:, :k], expected[:, :k]
    surprising = ~(shown[:, :, None] == usual[:, None, :]).any(axis=2)
    return np.asarray((hit_matrix(shown, truth) & surprising).sum(axis=1) / k, dtype=np.float64)
