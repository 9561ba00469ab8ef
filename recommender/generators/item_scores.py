"""Scores from item-item weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_TINY = np.float32(1e-12)


def item_scores(profile: sparse.csr_matrix, weights: sparse.csr_matrix | NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean weight of every item from the items of a profile, float32 ``(n_users, n_items)``; 0 where it is empty.

    Args:
        profile: what users liked, ``(n_users, n_items)``, no value below 0.
        weights: from row to column, sparse or whole.
    """
    total = np.asarray(profile.sum(axis=1), dtype=np.float32).reshape(-1, 1)
    scores = profile @ weights
    whole = scores.toarray() if sparse.issparse(scores) else scores
    return np.asarray(whole / np.maximum(total, _TINY), dtype=np.float32)
