"""Re-ranking for diversity: maximal marginal relevance (Carbonell & Goldstein 1998)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.matrices import rows_of, unit_rows

POOL = 5
"""Items looked at for one that is listed."""

_USERS = 2000  # at once: bounds the memory of publication

Codes = NDArray[np.int64]
Scores = NDArray[np.float32]


def diversified(
    codes: Codes, scores: Scores, vectors: sparse.csr_matrix, k: int, diversity: float
) -> tuple[Codes, Scores]:
    """The ``k`` items of every pool that are relevant and unlike those before them.

    Item after item, the one with the largest ``(1 - diversity) * relevance - diversity * similarity`` is taken:
    relevance is the score between the pool's worst (0) and best (1), similarity the cosine to the most similar item
    taken before. Ties go to the better score.

    Args:
        codes: item codes ``(n_users, pool)``, best first, -1 from where a pool is short.
        scores: of the same shape, minus infinity there.
        vectors: one row an item, such as its categories; an item whose row is empty is like no other.
        k: items wanted.
        diversity: 0 (the scores alone) to 1 (dissimilarity alone).

    Returns:
        Codes and marginal values ``(n_users, k)``, best first; -1 and minus infinity where a pool ran out. The values
        never rise along a list: what was taken before only makes the rest less welcome.
    """
    unit = unit_rows(vectors)
    starts = range(0, len(codes), _USERS)
    parts = [_some(codes[s : s + _USERS], scores[s : s + _USERS], unit, k, diversity) for s in starts]
    nothing = np.empty((0, k), dtype=np.int64), np.empty((0, k), dtype=np.float32)
    chosen, values = (np.concatenate(side) for side in zip(nothing, *parts, strict=True))
    return chosen, values


def _some(codes: Codes, scores: Scores, unit: sparse.csr_matrix, k: int, diversity: float) -> tuple[Codes, Scores]:
    users, pool = np.arange(len(codes)), codes.shape[1]
    vectors = rows_of(unit, codes.ravel())
    left = (1 - diversity) * _relevance(scores)
    nearest = np.zeros(codes.shape)
    chosen, values = np.full((len(codes), k), -1, dtype=np.int64), np.full((len(codes), k), -np.inf, dtype=np.float32)
    for place in range(min(k, pool)):
        worth = left - diversity * nearest
        best = worth.argmax(axis=1)
        values[:, place] = worth[users, best]
        chosen[:, place] = np.where(np.isfinite(values[:, place]), codes[users, best], -1)
        left[users, best] = -np.inf
        taken = rows_of(vectors, np.repeat(users * pool + best, pool))
        similar = np.asarray(vectors.multiply(taken).sum(axis=1), dtype=np.float64)
        nearest = np.maximum(nearest, similar.reshape(codes.shape))
    return chosen, values


def _relevance(scores: Scores) -> NDArray[np.float64]:
    """0 to 1 within every pool; minus infinity where there is no item."""
    there = np.isfinite(scores)
    worst = np.where(there, scores, np.inf).min(axis=1, keepdims=True, initial=np.inf)
    best = np.where(there, scores, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    span = np.where(best > worst, best - worst, 1)
    return np.where(there, (scores - np.where(np.isfinite(worst), worst, 0)) / span, -np.inf)
