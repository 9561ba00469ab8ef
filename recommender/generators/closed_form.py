"""Item-item weights by one inverse: EASE and its denoising sibling EDLAE."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.cooccurrence import cooccurrence

Weights = NDArray[np.float32]

_ROWS = 1024  # items handled at once: bounds what is held beside the matrix itself


def ease_weights(
    profile: sparse.csr_matrix, regularisation: float, dropout: float = 0.0, user_exponent: float = -0.25
) -> Weights:
    """Weights ``B = I - P / diag(P)`` with ``P = inv(XtWX + D)``, which rebuild a history without its own items.

    ``D = regularisation + dropout / (1 - dropout) * diag(XtWX)``: without dropout EASE (Steck 2019), with it EDLAE
    (Steck 2020), which learns to do without any one item. A user of ``n`` items weighs ``n ** user_exponent``, so that
    a few long histories do not decide. Single precision, in place: little more than ``4 * n_items ** 2`` bytes; the
    time goes with the cube of the items.

    Args:
        profile: users by items.
        regularisation: L2 on the weights, above 0.
        dropout: share of a history hidden in training, 0 to below 1.
        user_exponent: 0 weighs every user alike.

    Returns:
        float32 ``(n_items, n_items)``, zero on the diagonal.

    Raises:
        ValueError: the regularisation is too weak for an inverse.
    """
    gram = _gram(profile, user_exponent)
    diagonal = np.diag_indices_from(gram)
    gram[diagonal] = gram[diagonal] / (1 - dropout) + regularisation
    inverse = _inverse(gram, regularisation)
    inverse /= -inverse[diagonal]
    inverse[diagonal] = 0
    return inverse


def largest(weights: Weights, count: int) -> sparse.csr_matrix:
    """The ``count`` largest weights of every row by absolute value, as float32 CSR."""
    blocks = [_largest(weights[start : start + _ROWS], count) for start in range(0, len(weights), _ROWS)]
    kept = sparse.csr_matrix(sparse.vstack(blocks) if blocks else weights, dtype=np.float32)
    kept.sort_indices()
    return kept


def _largest(rows: Weights, count: int) -> sparse.csr_matrix:
    size = np.abs(rows)
    bound = np.partition(size, -count, axis=1)[:, -count] if count < rows.shape[1] else np.zeros(len(rows))
    return sparse.csr_matrix(np.where(size >= bound[:, None], rows, 0))


def _gram(profile: sparse.csr_matrix, user_exponent: float) -> Weights:
    lengths = np.maximum(np.diff(profile.indptr), 1)
    return cooccurrence(profile, (lengths**user_exponent).astype(np.float32))


def _inverse(gram: Weights, regularisation: float) -> Weights:
    """Of a symmetric positive definite matrix whose upper triangle is given; it is overwritten."""
    from scipy.linalg import lapack

    # LAPACK counts columns first: its lower triangle is the upper one here, and nothing is copied
    root, failed = lapack.spotrf(gram.T, lower=1, overwrite_a=1)
    inverse, singular = lapack.spotri(root, lower=1, overwrite_c=1)
    if failed or singular:
        raise ValueError(
            f"EASE needs a regularisation that lets the Gram matrix be inverted; {regularisation} is too weak for "
            f"{len(gram)} items: try ten times as much"
        )
    whole = inverse.T
    for start in range(0, len(whole), _ROWS):
        rows = slice(start, start + _ROWS)
        whole[rows, :start] = whole[:start, rows].T
        square = whole[rows, rows]
        square[:] = np.triu(square) + np.triu(square, 1).T
    return np.ascontiguousarray(whole)
