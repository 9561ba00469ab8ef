"""Ranking metrics per user: full ranking, seen items masked, binary relevance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.history import History
from recommender.recommendations import Recommendations
from recommender.vocabulary import Vocabulary
from warehouse.columns import ITEM, USER


@dataclass(frozen=True, eq=False)
class Truth:
    """What users liked in a holdout.

    Args:
        users: the evaluated users.
        items: the catalogue that lists are drawn from.
        matrix: relevant pairs, bool CSR ``(n_users, n_items)``.
        relevant: relevant items per user, those outside the catalogue included (they count as missed).
    """

    users: Vocabulary
    items: Vocabulary
    matrix: sparse.csr_matrix
    relevant: NDArray[np.int64]


def truth_of(holdout: pd.DataFrame, history: History, exclude_seen: bool = True) -> Truth:
    """Distinct (user, item) pairs of the positive ``holdout`` events, without items in the users' history.

    Users left without a relevant item are not evaluated.

    Args:
        holdout: columns ``user_id item_id``, already only positive events.
        history: what was known at the cutoff; users outside it count as having seen nothing.
        exclude_seen: mask seen items (the default protocol).
    """
    pairs = holdout[[USER, ITEM]].drop_duplicates()
    user_ids, item_ids = (pairs[name].to_numpy(dtype=object) for name in (USER, ITEM))
    items = history.items.codes(item_ids)
    if exclude_seen:
        fresh = ~_seen(history, history.users.codes(user_ids), items)
        user_ids, items = user_ids[fresh], items[fresh]
    users = Vocabulary.of(user_ids)
    rows = users.codes(user_ids)
    known = items >= 0
    ones = np.ones(int(known.sum()), dtype=np.bool_)
    matrix = sparse.csr_matrix((ones, (rows[known], items[known])), shape=(len(users), len(history.items)))
    return Truth(users, history.items, matrix, np.bincount(rows, minlength=len(users)).astype(np.int64))


def per_user(lists: NDArray[np.int64], truth: Truth, k: int) -> pd.DataFrame:
    """Metrics at ``k`` of lists of item codes.

    Args:
        lists: item codes ``(len(truth.users), >= 1)``, best first, -1 where a list is short.
        truth: rows in the same order as ``lists``.
        k: cut of the lists.

    Returns:
        ``user_id ndcg recall map precision hits relevant``. NDCG is divided by the best DCG of ``min(k, relevant)``
        hits (Järvelin & Kekäläinen 2002), average precision by ``min(k, relevant)``, recall by ``relevant``,
        precision by ``k``.
    """
    if k < 1 or len(lists) != len(truth.users):
        raise ValueError(f"expected k >= 1 and {len(truth.users)} lists; found k={k} and {len(lists)} lists")
    hits = hit_matrix(lists[:, :k], truth).astype(np.float64)
    depth = min(k, lists.shape[-1])
    discount = 1 / np.log2(np.arange(2, k + 2))
    possible = np.minimum(truth.relevant, k)
    precision_at = np.cumsum(hits, axis=1) / np.arange(1, depth + 1)
    found = hits.sum(axis=1)
    return pd.DataFrame(
        {
            USER: truth.users.ids.astype(object),
            "ndcg": hits @ discount[:depth] / np.cumsum(discount)[possible - 1],
            "recall": found / truth.relevant,
            "map": (precision_at * hits).sum(axis=1) / possible,
            "precision": found / k,
            "hits": found.astype(np.int64),
            "relevant": truth.relevant,
        }
    )


def evaluate(recommendations: Recommendations, truth: Truth, k: int | None = None) -> pd.DataFrame:
    """Like :func:`per_user`, for finished lists; users without a list count as all missed."""
    cut = k or recommendations.k
    codes = truth.items.codes(recommendations.items.ravel()).reshape(recommendations.items.shape)
    position = Vocabulary(recommendations.users).codes(truth.users.ids)
    lists = np.full((len(truth.users), recommendations.k), -1, dtype=np.int64)
    lists[position >= 0] = codes[position[position >= 0]]
    return per_user(lists, truth, cut)


def hit_matrix(lists: NDArray[np.int64], truth: Truth) -> NDArray[np.bool_]:
    """Which places of the lists are relevant; same shape as ``lists``."""
    rows = np.broadcast_to(np.arange(len(lists))[:, None], lists.shape)
    return hit_pairs(rows, lists, truth) & (lists >= 0)


def hit_pairs(users: NDArray[np.int64], items: NDArray[np.int64], truth: Truth) -> NDArray[np.bool_]:
    """Which pairs of codes are relevant; same shape as the inputs."""
    return np.isin(users * len(truth.items) + items, _keys(truth.matrix))


def _keys(matrix: sparse.csr_matrix) -> NDArray[np.int64]:
    rows, width = matrix.shape[0], matrix.shape[1]
    return np.repeat(np.arange(rows, dtype=np.int64), np.diff(matrix.indptr)) * width + matrix.indices


def _seen(history: History, users: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.bool_]:
    keys = users * len(history.items) + items
    return np.isin(keys, _keys(history.weights)) & (users >= 0) & (items >= 0)
