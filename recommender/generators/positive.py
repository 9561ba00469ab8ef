"""Scores of any sign turned into proposals, which are above 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.history import History


def positive(scores: NDArray[np.float32], trained: NDArray[np.bool_], history: History) -> NDArray[np.float32]:
    """Scores counted from each user's lowest trained item.

    The order and the distances within a user stay. Items that training never saw score 0, and so does everything for
    a user without a liked item: neither is proposed.

    Args:
        scores: ``(n_users, n_items)``, any sign.
        trained: which items the model knows, ``(n_items,)``.
        history: the same users.
    """
    if not trained.any():
        return np.zeros_like(scores)
    lifted = scores - scores[:, trained].min(axis=1, initial=np.inf, keepdims=True)
    known = np.diff(history.liked().indptr) > 0
    return np.where(known[:, None] & trained, lifted, np.float32(0))
