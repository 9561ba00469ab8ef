"""Full lists: popular items after the ranked ones run out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.history import History
from recommender.recommendations import LAYER_POPULAR, NO_ITEM, Recommendations


def filled(
    codes: NDArray[np.int64],
    scores: NDArray[np.float32],
    history: History,
    popular: NDArray[np.int64],
    layer: str,
    exclude_seen: bool = True,
) -> Recommendations:
    """Lists of ids, short ones continued with popular unseen items.

    Args:
        codes: ranked item codes ``(n_users, k)``, -1 from where a list is short.
        scores: of the same shape.
        history: the users and what they have seen.
        popular: every item code, most popular first.
        layer: of the ranked items.
        exclude_seen: popular items skip the history too.
    """
    ranked = codes >= 0
    complete, values = codes.copy(), scores.copy()
    for user in np.flatnonzero(~ranked.all(axis=1)).tolist():
        seen = _seen_items(history, user) if exclude_seen else np.empty(0, dtype=np.int64)
        start = int(ranked[user].sum())
        fresh = _next_popular(popular, np.concatenate([seen, codes[user, :start]]), codes.shape[1] - start)
        complete[user, start : start + len(fresh)] = fresh
        # a falling score below the last ranked one keeps "higher is better" true along the list
        floor = float(scores[user, start - 1]) if start else 0.0
        values[user, start : start + len(fresh)] = floor - np.arange(1, len(fresh) + 1)
    present = complete >= 0
    layers = np.where(ranked, layer, np.where(present, LAYER_POPULAR, NO_ITEM))
    items = np.where(present, history.items.ids[complete], NO_ITEM)
    return Recommendations(history.users.ids, items, np.where(present, values, np.nan).astype(np.float32), layers)


def _seen_items(history: History, user: int) -> NDArray[np.int64]:
    matrix = history.weights
    return matrix.indices[matrix.indptr[user] : matrix.indptr[user + 1]].astype(np.int64)


def _next_popular(popular: NDArray[np.int64], taken: NDArray[np.int64], wanted: int) -> NDArray[np.int64]:
    # of the first wanted + taken popular items, at least `wanted` are free (or the catalogue ends)
    head = popular[: wanted + len(taken)]
    return head[~np.isin(head, taken)][:wanted]
