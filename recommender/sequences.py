"""What users liked, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.history import History

NOTHING = -1


@dataclass(frozen=True, eq=False)
class Sequences:
    """Liked items per user, oldest first; a pair stands where its newest event was.

    Args:
        items: item codes of all users, one user after the other.
        age_days: of the same length; falling within a user.
        indptr: user ``u`` owns ``items[indptr[u]:indptr[u + 1]]``; shape ``(n_users + 1,)``.
    """

    items: NDArray[np.int64]
    age_days: NDArray[np.float32]
    indptr: NDArray[np.int64]

    @classmethod
    def of(cls, history: History, ties: NDArray[np.float64] | None = None) -> Sequences:
        """Sort the liked pairs of a history.

        Args:
            history: users by items.
            ties: one number per stored pair that orders pairs of equal age; by default their item code.
        """
        liked = history.weights.data > 0
        users = np.repeat(np.arange(len(history.users)), np.diff(history.weights.indptr))[liked]
        items, age = history.weights.indices[liked].astype(np.int64), history.age_days.data[liked]
        order = np.lexsort((items if ties is None else ties[liked], -age, users))
        indptr = np.searchsorted(users, np.arange(len(history.users) + 1)).astype(np.int64)
        return cls(items[order], age[order], indptr)

    @property
    def users(self) -> NDArray[np.int64]:
        """The user code of every entry."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    def latest(self, length: int) -> NDArray[np.int64]:
        """The newest items of every user, oldest first; short rows end in -1. Shape ``(n_users, length)``."""
        counts = np.minimum(np.diff(self.indptr), length)
        place = np.arange(length)
        filled = place < counts[:, None]
        codes = np.full(filled.shape, NOTHING, dtype=np.int64)
        codes[filled] = self.items[((self.indptr[1:] - counts)[:, None] + place)[filled]]
        return codes

    def baskets(self, gap_days: float) -> NDArray[np.int64]:
        """The basket of every entry: what one user liked without a pause longer than ``gap_days``; ascending from 0."""
        starts = np.ones(len(self.items), dtype=np.bool_)
        starts[1:] = (np.diff(self.users) > 0) | (-np.diff(self.age_days) > gap_days)
        return np.asarray(np.cumsum(starts) - 1, dtype=np.int64)
