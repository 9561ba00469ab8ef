"""What users liked in a holdout, and which recommended pairs are among it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.history import History
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

    def rows(self, user_codes: NDArray[np.int64]) -> Truth:
        """Only these users, in this order."""
        users = Vocabulary(self.users.ids[user_codes])
        return Truth(users, self.items, self.matrix[user_codes], self.relevant[user_codes])


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
