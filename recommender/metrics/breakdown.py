"""Cold users and cold items apart: an average over everybody hides them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.history import History
from recommender.metrics.ranking import per_user
from recommender.metrics.truth import Truth
from recommender.vocabulary import Vocabulary

PARTS = ("all", "cold users", "known users", "cold items", "known items")


def breakdown(
    lists: NDArray[np.int64], truth: Truth, history: History, users_of_item: NDArray[np.int64], k: int
) -> pd.DataFrame:
    """:func:`per_user` of every part, one below the other.

    A *cold user* has no event in the history; a *cold item* was met by no training user (items outside the catalogue
    are cold too, and always missed). The items' parts keep the lists and count only relevant items of that kind, so
    their recall says how many of those are found; users without such an item are left out.

    Args:
        lists: item codes ``(len(truth.users), >= 1)``, best first, -1 where a list is short.
        truth: rows in the order of ``lists``.
        history: of any users; who is missing from it is cold.
        users_of_item: how many training users met each item, ``(n_items,)``.
        k: cut of the lists.

    Returns:
        ``part`` and the columns of :func:`per_user`; ``part`` is one of :data:`PARTS`.
    """
    events = np.diff(history.of_users(truth.users.ids).weights.indptr)
    known_items = _of_items(truth, users_of_item > 0, outside=False)
    cold_items = _of_items(truth, users_of_item == 0, outside=True)
    parts = {
        "all": (truth, np.ones(len(lists), dtype=np.bool_)),
        "cold users": (truth, events == 0),
        "known users": (truth, events > 0),
        "cold items": (cold_items, cold_items.relevant > 0),
        "known items": (known_items, known_items.relevant > 0),
    }
    frames = [_judged(lists, part, keep, k).assign(part=name) for name, (part, keep) in parts.items()]
    whole = pd.concat(frames, ignore_index=True)
    return whole[["part", *(name for name in whole.columns if name != "part")]]


def _of_items(truth: Truth, kept: NDArray[np.bool_], outside: bool) -> Truth:
    matrix = sparse.csr_matrix(truth.matrix @ sparse.diags(kept.astype(np.int8))).astype(np.bool_)
    matrix.eliminate_zeros()
    beyond = truth.relevant - np.diff(truth.matrix.indptr) if outside else 0
    return Truth(truth.users, truth.items, matrix, (np.diff(matrix.indptr) + beyond).astype(np.int64))


def _judged(lists: NDArray[np.int64], truth: Truth, keep: NDArray[np.bool_], k: int) -> pd.DataFrame:
    rows = np.flatnonzero(keep)
    chosen = Truth(Vocabulary(truth.users.ids[rows]), truth.items, truth.matrix[rows], truth.relevant[rows])
    return per_user(lists[rows], chosen, k)
