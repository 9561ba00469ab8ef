"""How users buy, read off their history rows: the same at training, at serving and right after a posted event."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.history import History

HABIT_FEATURES: Final = ("liked_items", "liked_days", "idle_days", "last_basket", "liked_28", "per_day")
_BASKET_DAYS = 0.5
_MONTH_DAYS = 28


def user_habits(history: History) -> NDArray[np.float32]:
    """One row per user, columns as ``HABIT_FEATURES``, from liked pairs (the newest event of each).

    Items, distinct days, days since the newest event (NaN without any), items within half a day of it, items of the
    last 28 days, items a day.
    """
    age = _liked_ages(history)
    users = np.repeat(np.arange(age.shape[0]), np.diff(age.indptr))
    count = np.diff(age.indptr).astype(np.float64)
    newest = np.full(age.shape[0], np.inf)
    np.minimum.at(newest, users, age.data)
    days = _distinct_days(users, age)
    last = np.bincount(users[age.data <= newest[users] + _BASKET_DAYS], minlength=len(count))
    lately = np.bincount(users[age.data < _MONTH_DAYS], minlength=len(count))
    idle = np.where(count > 0, newest, np.nan)
    return np.stack([count, days, idle, last, lately, count / np.maximum(days, 1)], axis=1).astype(np.float32)


def _liked_ages(history: History) -> sparse.csr_matrix:
    """Ages of the liked pairs; the pattern of ``history.liked()``."""
    liked = history.weights.data > 0
    pattern = history.liked()
    pattern.data = history.age_days.data[liked]
    return pattern


def _distinct_days(users: NDArray[np.int64], age: sparse.csr_matrix) -> NDArray[np.int64]:
    days = np.floor(age.data).astype(np.int64)
    pairs = np.unique(np.stack([users, days], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=age.shape[0])
