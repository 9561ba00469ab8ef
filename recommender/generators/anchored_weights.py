"""Item-item weights moved towards some users' histories, held by the weights of everybody."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.closed_form import largest

Dense = NDArray[np.float32]
Weights = sparse.csr_matrix | Dense

# most items that are moved, the most liked ones: the correction is dense
_MOST_ITEMS = 4000


def anchored_weights(weights: Weights, profile: sparse.csr_matrix, weight: float, neighbours: int = 0) -> Weights:
    """Weights ``B0 + D`` where ``D`` minimises ``|X - X (B0 + D)|^2 + ridge |D|^2`` with a diagonal of zeros.

    Ridge regression on what everybody's weights leave unexplained of the histories ``X``; the ridge is the mean
    squared length of an item's column divided by ``weight``. With fewer users than items the inverse is taken over
    users (Woodbury's identity), so that a small segment costs little. Without users or with weight 0 nothing moves.

    Args:
        weights: ``B0``, items by items, zero on the diagonal.
        profile: ``X``, the users' decayed histories.
        weight: of the histories against the anchor, >= 0.
        neighbours: corrections kept per item where ``weights`` are sparse; 0 keeps all.

    Returns:
        float32 of the same kind as ``weights``.
    """
    liked = np.bincount(profile.indices, minlength=profile.shape[1])
    moved = np.sort(np.argsort(-liked, kind="stable")[: min(_MOST_ITEMS, int((liked > 0).sum()))])
    if weight == 0 or len(moved) == 0:
        return weights
    own = sparse.csr_matrix(profile[:, moved], dtype=np.float32)
    start = _square(weights, moved)
    step = _correction(own[np.diff(own.indptr) > 0], start, weight)
    return _added(weights, step, moved, neighbours)


def _correction(own: sparse.csr_matrix, start: Dense, weight: float) -> Dense:
    ridge = np.float32(float(own.multiply(own).sum()) / own.shape[1] / weight)
    shrinkage, step = _by_users(own, start, ridge) if own.shape[0] < own.shape[1] else _by_items(own, start, ridge)
    # Lagrange: the column of the inverse that brings the diagonal back to zero
    excess: Dense = step.diagonal() / shrinkage.diagonal()
    step -= shrinkage * excess
    np.fill_diagonal(step, 0)
    return step


def _by_users(own: sparse.csr_matrix, start: Dense, ridge: np.float32) -> tuple[Dense, Dense]:
    kernel = _inverse((own @ own.T).toarray() + ridge * np.eye(own.shape[0], dtype=np.float32))
    unexplained = own.toarray() - own @ start
    explained = np.asarray(own.T @ np.ascontiguousarray((own.T @ kernel).T))
    shrinkage = (np.eye(own.shape[1], dtype=np.float32) - explained) / ridge
    return shrinkage, np.asarray(own.T @ (kernel @ unexplained), dtype=np.float32)


def _by_items(own: sparse.csr_matrix, start: Dense, ridge: np.float32) -> tuple[Dense, Dense]:
    gram = (own.T @ own).toarray()
    shrinkage = _inverse(gram + ridge * np.eye(len(gram), dtype=np.float32))
    return shrinkage, shrinkage @ (gram - gram @ start)


def _inverse(matrix: Dense) -> Dense:
    """Of a symmetric positive definite matrix."""
    from scipy.linalg import cho_factor, cho_solve

    factor = cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
    return np.asarray(cho_solve(factor, np.eye(len(matrix), dtype=np.float32), overwrite_b=True, check_finite=False))


def _square(weights: Weights, items: NDArray[np.int64]) -> Dense:
    if sparse.issparse(weights):
        return np.asarray(weights[items][:, items].toarray(), dtype=np.float32)
    return np.asarray(weights[np.ix_(items, items)], dtype=np.float32)


def _added(weights: Weights, step: Dense, items: NDArray[np.int64], neighbours: int) -> Weights:
    if not sparse.issparse(weights):
        moved = np.array(weights, dtype=np.float32)
        moved[np.ix_(items, items)] += step
        return moved
    kept = largest(step, neighbours or len(step)).tocoo()
    placed = sparse.csr_matrix((kept.data, (items[kept.row], items[kept.col])), shape=weights.shape)
    total = sparse.csr_matrix(weights + placed, dtype=np.float32)
    total.sort_indices()
    return total
