"""EASE: item-item weights in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


def ease_weights(profile: sparse.csr_matrix, regularisation: float, neighbours: int) -> sparse.csr_matrix:
    """Weights ``B = I - P / diag(P)`` with ``P = inv(XtWX + reg I)`` (Steck 2019), the strongest kept per item.

    Users weigh ``n ** -.25`` so that a few long histories do not decide. Costs an inverse of items by items.

    Args:
        profile: users by items.
        regularisation: L2 on the weights.
        neighbours: kept per row, by absolute value.

    Returns:
        float32 CSR ``(n_items, n_items)``, zero on the diagonal.
    """
    lengths = np.maximum(np.diff(profile.indptr), 1)
    damped = profile.astype(np.float64)
    gram = np.asarray((damped.T @ damped.multiply((lengths**-0.25)[:, None])).todense(), dtype=np.float64)
    gram[np.diag_indices_from(gram)] += regularisation
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return _strongest(weights, neighbours)


def _strongest(weights: NDArray[np.float64], count: int) -> sparse.csr_matrix:
    if count < weights.shape[1]:
        size = np.abs(weights)
        bound = np.partition(size, -count, axis=1)[:, -count]
        weights = np.where(size >= bound[:, None], weights, 0)
    kept = sparse.csr_matrix(weights.astype(np.float32))
    kept.sort_indices()
    return kept
