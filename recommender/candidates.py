"""Candidate rows: user, item and what every generator and the parent think of the pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.vocabulary import Vocabulary

Scores = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Flat arrays of equal length ``rows``, sorted by user code, then item code.

    Args:
        users: the users asked for; those without candidates are included.
        items: the catalogue.
        user_code: int64, ascending.
        item_code: int64.
        scores: one float32 array per generator, by name.
        parent: the global model's score.
        from_parent: False for rows that only ``extra`` asked for; the parent does not rank those.
    """

    users: Vocabulary
    items: Vocabulary
    user_code: NDArray[np.int64]
    item_code: NDArray[np.int64]
    scores: dict[str, Scores]
    parent: Scores
    from_parent: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.user_code)

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Rows of user ``u`` are ``offsets[u]:offsets[u + 1]``; shape ``(len(users) + 1,)``."""
        return np.searchsorted(self.user_code, np.arange(len(self.users) + 1)).astype(np.int64)

    def parent_ranking(self) -> Scores:
        """The parent's score, minus infinity on rows it did not propose."""
        return np.where(self.from_parent, self.parent, -np.inf).astype(np.float32)

    def standardised(self, values: Scores) -> Scores:
        """z-scores within each user, by the mean and deviation of the parent's own rows (0 where constant).

        Extra rows do not move the mean, so they never change how the parent's rows compare.
        """
        n = len(self.users)
        mask = self.from_parent.astype(np.float64)
        count = np.maximum(np.bincount(self.user_code, weights=mask, minlength=n), 1)
        mean = np.bincount(self.user_code, weights=mask * values, minlength=n) / count
        centred = values - mean[self.user_code]
        spread = np.sqrt(np.bincount(self.user_code, weights=mask * centred**2, minlength=n) / count)
        scale = np.where(spread > 1e-9, spread, np.inf)
        return np.asarray(centred / scale[self.user_code], dtype=np.float32)

    def blended(self, weights: Mapping[str, float]) -> Scores:
        """Weighted sum of standardised generator scores; names without a generator are refused."""
        unknown = sorted(set(weights) - set(self.scores))
        if unknown:
            raise ValueError(f"blend weights name {unknown}; this spine's generators are {sorted(self.scores)}")
        total = np.zeros(len(self), dtype=np.float32)
        # in the generators' order, not the weights': a model read back from a file must add up to the same bits
        for name, scores in self.scores.items():
            if weights.get(name):
                total += np.float32(weights[name]) * self.standardised(scores)
        return total

    def with_parent(self, parent: Scores) -> Candidates:
        """The same rows with another parent score."""
        return replace(self, parent=parent)

    def top(self, ranking: Scores, k: int) -> tuple[NDArray[np.int64], Scores]:
        """The best ``k`` items of every user by ``ranking``.

        Returns:
            Item codes ``(n_users, k)``, -1 where a user has fewer candidates, and their scores (minus infinity there).
            Ties go to the lower item code; rows ranked minus infinity are never taken.
        """
        order = np.lexsort((self.item_code, -ranking, self.user_code))
        rank = np.arange(len(self)) - self.offsets[self.user_code]
        codes = np.full((len(self.users), k), -1, dtype=np.int64)
        scores = np.full((len(self.users), k), -np.inf, dtype=np.float32)
        keep = (rank < k) & (ranking[order] > -np.inf)
        where = (self.user_code[keep], rank[keep])
        codes[where] = self.item_code[order][keep]
        scores[where] = ranking[order][keep]
        return codes, scores
