"""Item factors moved towards some users' likes, held by the factors of everybody."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Factors = NDArray[np.float32]

_BATCH = 512


def anchored_factors(items: Factors, users: Factors, confidence: sparse.csr_matrix, weight: float) -> Factors:
    """Every item's ``argmin_y sum_u c_u (p_u - x_u y)^2 + ridge |y - y0|^2``: one half-step of ALS that remembers.

    Plain fine-tuning forgets what everybody's likes said; the anchor ``y0`` keeps it. ``c`` is 1 and ``p`` 0 for pairs
    without a like (Hu, Koren & Volinsky 2008). The ridge is the mean curvature of the users' side,
    ``trace(XtX) / factors``, divided by ``weight``. Items that none of the users likes stay.

    Args:
        items: ``y0``, float32 ``(n_items, factors)``.
        users: ``x``, float32 ``(n_users, factors)``.
        confidence: ``c`` of the liked pairs, users by items.
        weight: of the users against the anchor, >= 0; 0 moves nothing.
    """
    by_item = sparse.csr_matrix(confidence.T)
    liked = np.flatnonzero(np.diff(by_item.indptr))
    ridge = float(np.trace(users.T @ users)) / items.shape[1] / weight if weight else 0.0
    if ridge == 0 or len(liked) == 0:
        return items
    found = items.copy()
    for start in range(0, len(liked), _BATCH):
        batch = liked[start : start + _BATCH]
        found[batch] = _solved(items[batch], users, by_item[batch], np.float32(ridge))
    return found


def _solved(anchors: Factors, users: Factors, by_item: sparse.csr_matrix, ridge: np.float32) -> Factors:
    size = users.shape[1]
    gram = users.T @ users + ridge * np.eye(size, dtype=np.float32)
    left = np.empty((len(anchors), size, size), dtype=np.float32)
    right = ridge * anchors
    for row in range(len(anchors)):
        span = slice(by_item.indptr[row], by_item.indptr[row + 1])
        fans, weight = users[by_item.indices[span]], by_item.data[span]
        left[row] = gram + (fans.T * (weight - 1)) @ fans
        right[row] += weight @ fans
    return np.asarray(np.linalg.solve(left, right[..., None])[..., 0], dtype=np.float32)
