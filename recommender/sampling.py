"""A ranker's training sample from a fitted spine and what users liked after it was fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.history import History
from recommender.metrics import Truth, hit_pairs
from recommender.ranker import Labelled
from recommender.spine import Spine


def labelled_sample(
    spine: Spine, history: History, users: pd.DataFrame, truth: Truth, negatives: int, seed: int
) -> Labelled:
    """Candidates of ``spine`` with the ranker's columns, relevant where the truth says so.

    Leak-safe when the spine was fitted on, and ``history`` ends, before the truth begins.

    Args:
        spine: proposes.
        history: of the truth's users, in its order, over the spine's items.
        users: their features before the truth.
        truth: what they liked afterwards.
        negatives: unlabelled candidates a user; users without a relevant candidate are left out.
        seed: of the draw.

    Returns:
        Empty where no user has a relevant candidate.
    """
    parts = []
    for pairs, matrix in spine.columns(history, users):
        relevant = hit_pairs(pairs.user_code, pairs.item_code, truth)
        rows = sampled_rows(pairs.user_code, relevant, negatives, seed)
        groups = np.unique(pairs.user_code[rows], return_counts=True)[1].astype(np.int64)
        parts.append(Labelled(matrix[rows], relevant[rows], groups))
    return joined(parts, len(spine.schema.names))


def joined(parts: list[Labelled], columns: int) -> Labelled:
    """Samples one after the other; all have ``columns`` columns."""
    nothing = Labelled(np.empty((0, columns), np.float32), np.empty(0, np.bool_), np.empty(0, np.int64))
    every = [nothing, *parts]
    return Labelled(
        np.concatenate([part.features for part in every]),
        np.concatenate([part.relevant for part in every]),
        np.concatenate([part.groups for part in every]),
    )


def sampled_rows(users: NDArray[np.int64], relevant: NDArray[np.bool_], negatives: int, seed: int) -> NDArray[np.int64]:
    """Row numbers of a ranker's sample: every relevant row and ``negatives`` others, of users with a relevant row.

    Args:
        users: the code of every row's user, ascending.
        relevant: of the same shape.
        negatives: a user, at most.
        seed: of the draw.
    """
    useful = np.isin(users, users[relevant])
    lottery = np.random.default_rng(seed).random(len(users))
    lottery[relevant] = -1
    order = np.lexsort((lottery, users))
    start = np.searchsorted(users, users)  # first row of each row's user: rows are sorted by user
    position = np.empty(len(users), dtype=np.int64)
    position[order] = np.arange(len(users)) - start[order]
    wins = np.bincount(users, weights=relevant)[users]
    return np.flatnonzero(useful & (position < wins + negatives))
