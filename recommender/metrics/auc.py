"""AUC per user over the whole catalogue."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.candidates import Candidates, Scores
from recommender.history import History
from recommender.metrics.truth import Truth, hit_pairs

Floats = NDArray[np.float64]


def auc(candidates: Candidates, ranking: Scores, truth: Truth, history: History) -> Floats:
    """How often a relevant item is ranked above another unseen one: full ranking, ties count half.

    The whole catalogue without the user's seen items is ranked, nothing is sampled; items that were not proposed (or
    are ranked minus infinity) share the last place. Computed from mid-ranks (Mann & Whitney 1947).

    Args:
        candidates: of the users of ``truth``, in that order, without seen items.
        ranking: one score per candidate row.
        truth: what was liked; items outside the catalogue have no rank and take no part.
        history: of the same users, in that order; its items are masked.

    Returns:
        ``(n_users,)`` in 0..1; NaN where no relevant item, or no other one, can be ranked.

    Raises:
        ValueError: the candidates are of other users.
    """
    if not np.array_equal(candidates.users.ids, truth.users.ids):
        raise ValueError(f"expected candidates of the truth's {len(truth.users)} users in its order; found others")
    proposed = np.flatnonzero(ranking > -np.inf)
    user, item = candidates.user_code[proposed], candidates.item_code[proposed]
    hit = hit_pairs(user, item, truth)
    open_items = len(truth.items) - np.diff(history.weights.indptr)
    unproposed = open_items - np.bincount(user, minlength=len(truth.users))
    ranks = unproposed[user] + _mid_ranks(user, ranking[proposed])
    relevant = np.diff(truth.matrix.indptr).astype(np.float64)
    missed = relevant - np.bincount(user, weights=hit, minlength=len(truth.users))
    total = np.bincount(user, weights=ranks * hit, minlength=len(truth.users)) + missed * (unproposed + 1) / 2
    pairs = relevant * (open_items - relevant)
    above = total - relevant * (relevant + 1) / 2
    share: Floats = np.divide(above, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    return share


def _mid_ranks(user: NDArray[np.int64], scores: Scores) -> Floats:
    """Rank 1 is the user's lowest score; equal scores share the mean of their ranks."""
    order = np.lexsort((scores, user))
    place = np.arange(1, len(user) + 1) - np.searchsorted(user[order], user[order])
    same = np.r_[True, (np.diff(scores[order]) != 0) | (np.diff(user[order]) != 0)][: len(user)]
    run = np.cumsum(same) - 1
    mean = np.bincount(run, weights=place) / np.bincount(run) if len(run) else np.empty(0)
    ranks = np.empty(len(user))
    ranks[order] = mean[run]
    return ranks
