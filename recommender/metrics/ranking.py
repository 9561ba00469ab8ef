"""Ranking metrics per user: full ranking, seen items masked, binary relevance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.metrics.truth import Truth, hit_matrix
from recommender.recommendations import Recommendations
from recommender.vocabulary import Vocabulary
from warehouse.columns import USER


def per_user(lists: NDArray[np.int64], truth: Truth, k: int) -> pd.DataFrame:
    """Metrics at ``k`` of lists of item codes.

    Args:
        lists: item codes ``(len(truth.users), >= 1)``, best first, -1 where a list is short.
        truth: rows in the same order as ``lists``.
        k: cut of the lists.

    Returns:
        ``user_id ndcg recall map mrr precision hit_rate hits relevant``. NDCG is divided by the best DCG of
        ``min(k, relevant)`` hits (Järvelin & Kekäläinen 2002), average precision by ``min(k, relevant)``, recall by
        ``relevant``, precision by ``k``; the reciprocal rank is that of the first hit, 0 without one (Voorhees 1999);
        the hit rate says whether there is a hit at all.

    Raises:
        ValueError: ``k`` is below 1, or there are more or fewer lists than users.
    """
    if k < 1 or len(lists) != len(truth.users):
        raise ValueError(f"expected k >= 1 and {len(truth.users)} lists; found k={k} and {len(lists)} lists")
    hits = hit_matrix(lists[:, :k], truth).astype(np.float64)
    depth = min(k, lists.shape[-1])
    places = np.arange(1, depth + 1)
    discount = 1 / np.log2(np.arange(2, depth + 2))
    possible = np.minimum(truth.relevant, k)
    found = hits.sum(axis=1)
    return pd.DataFrame(
        {
            USER: truth.users.ids.astype(object),
            "ndcg": hits @ discount / ideal_dcg(truth.relevant, k),
            "recall": found / truth.relevant,
            "map": (hits * np.cumsum(hits, axis=1) / places).sum(axis=1) / possible,
            "mrr": (hits / places).max(axis=1, initial=0),
            "precision": found / k,
            "hit_rate": (found > 0).astype(np.float64),
            "hits": found.astype(np.int64),
            "relevant": truth.relevant,
        }
    )


def ideal_dcg(relevant: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """The best DCG@k that a list can have, by the number of relevant items (at least 1); same shape."""
    gains = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    return np.asarray(gains[np.minimum(relevant, k) - 1], dtype=np.float64)


def evaluate(recommendations: Recommendations, truth: Truth, k: int | None = None) -> pd.DataFrame:
    """Like :func:`per_user`, for finished lists; users without a list count as all missed."""
    return per_user(coded(recommendations, truth), truth, k or recommendations.k)


def coded(recommendations: Recommendations, truth: Truth) -> NDArray[np.int64]:
    """Finished lists as item codes ``(len(truth.users), k)`` in the order of the truth; -1 where there is no item."""
    codes = truth.items.codes(recommendations.items.ravel()).reshape(recommendations.items.shape)
    position = Vocabulary(recommendations.users).codes(truth.users.ids)
    lists = np.full((len(truth.users), recommendations.k), -1, dtype=np.int64)
    lists[position >= 0] = codes[position[position >= 0]]
    return lists
