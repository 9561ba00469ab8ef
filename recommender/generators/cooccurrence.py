"""How often items are liked together, as a whole matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.compilation import compiled

_MANY = 5_000_000  # pairs; fewer are multiplied sooner than a compiled function is loaded

Floats = NDArray[np.float32]


def cooccurrence(profile: sparse.csr_matrix, user_weights: Floats) -> Floats:
    """``Xt diag(w) X`` in single precision; the upper triangle alone is filled.

    Args:
        profile: users by items, at most one entry a pair.
        user_weights: float32 ``(n_users,)``.

    Returns:
        float32 ``(n_items, n_items)``; below the diagonal nothing is promised.
    """
    rows = profile.astype(np.float32)
    if np.square(np.diff(rows.indptr).astype(np.int64)).sum() < _MANY:
        return np.asarray((rows.T @ sparse.diags_array(user_weights) @ rows).toarray(), dtype=np.float32)
    rows.sort_indices()
    gram = np.zeros((rows.shape[1], rows.shape[1]), dtype=np.float32)
    compiled(add_pairs)(rows.indptr, rows.indices, rows.data, user_weights, gram)
    return gram


def add_pairs(
    indptr: NDArray[np.int32], indices: NDArray[np.int32], values: Floats, user_weights: Floats, gram: Floats
) -> None:
    """Add every user's pairs of items to the upper triangle of ``gram``; indices rise within a user."""
    for user in range(len(user_weights)):
        for first in range(indptr[user], indptr[user + 1]):
            strength = user_weights[user] * values[first]
            row = indices[first]
            for second in range(first, indptr[user + 1]):
                gram[row, indices[second]] += strength * values[second]
