"""Implicit ALS whose users are folded in, so that anybody with a history has factors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.anchored_factors import anchored_factors
from recommender.generators.protocol import Config, TrainingData
from recommender.history import History
from recommender.matrices import Arrays

_BATCH = 512


def _unfitted() -> NDArray[np.float32]:
    return np.empty((0, 1), dtype=np.float32)


def _unweighted() -> NDArray[np.float32]:
    return np.empty(0, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class ALS:
    """Weighted matrix factorisation (Hu, Koren & Volinsky 2008), trained by implicit.

    A liked item has confidence ``alpha * log2(1 + decayed weight)``, everything else 1. That of a user of ``n`` items
    is multiplied by ``(n / typical) ** user_exponent``, that of an item of ``n`` users by ``(n / typical) **
    item_exponent``; typical is the geometric mean over the training pairs' users or items. Below 0, a like of somebody
    who likes everything, or of what everybody likes, says less.

    Args:
        factors: length of a vector.
        regularisation: L2; implicit's own default of .01 is far too weak.
        alpha: confidence of one event of weight 1.
        iterations: alternations.
        half_life_days: age counts from the user's own newest event.
        user_exponent: -1 to 0; at 0 all users' likes say the same.
        item_exponent: -1 to 0; at 0 likes of all items say the same.
        item_factors: float32 ``(n_items, factors)``.
        item_weights: float32 ``(n_items,)``, what a like of the item is multiplied by; both typical sizes are in it.
    """

    factors: int = 64
    regularisation: float = 30.0
    alpha: float = 4.0
    iterations: int = 10
    half_life_days: float = 60.0
    user_exponent: float = 0.0
    item_exponent: float = 0.0
    item_factors: NDArray[np.float32] = field(default_factory=_unfitted)
    item_weights: NDArray[np.float32] = field(default_factory=_unweighted)
    name: str = "als"

    def fit(self, training: TrainingData) -> Self:
        """Train on all users and keep the item factors."""
        training.require_items()
        weighted = replace(self, item_weights=self._item_weights(training.history))
        confidence = weighted._confidence(training.history)
        if confidence.nnz == 0:
            return replace(weighted, item_factors=np.zeros((confidence.shape[1], self.factors), dtype=np.float32))
        return replace(weighted, item_factors=self._factorised(confidence, training))

    def _item_weights(self, history: History) -> NDArray[np.float32]:
        liked = history.liked()
        of_users, of_items = np.diff(liked.indptr), np.bincount(liked.indices, minlength=liked.shape[1])
        weights = (np.maximum(of_items, 1) / _typical(of_items)) ** self.item_exponent
        return np.asarray(weights * _typical(of_users) ** -self.user_exponent, dtype=np.float32)

    def _factorised(self, confidence: sparse.csr_matrix, training: TrainingData) -> NDArray[np.float32]:
        from implicit.cpu.als import AlternatingLeastSquares

        model = AlternatingLeastSquares(
            factors=self.factors,
            regularization=self.regularisation,
            alpha=1.0,
            iterations=self.iterations,
            num_threads=training.threads,
            random_state=training.seed,
        )
        model.fit(confidence, show_progress=False)
        return np.ascontiguousarray(model.item_factors, dtype=np.float32)

    def anchored(self, history: History, weight: float) -> Self:
        """Moved towards the likes of ``history``, held by what it is; weight 0 moves nothing."""
        factors = anchored_factors(self.item_factors, self.user_factors(history), self._confidence(history), weight)
        return replace(self, item_factors=factors)

    def score(self, history: History) -> NDArray[np.float32]:
        """Fold the users in and multiply with the item factors; 0 without history."""
        return np.asarray(self.user_factors(history) @ self.item_factors.T, dtype=np.float32)

    def user_factors(self, history: History) -> NDArray[np.float32]:
        """Solve ``(YtY + reg I + sum (c-1) y yT) x = sum c y`` for every user; shape ``(n_users, factors)``."""
        confidence = self._confidence(history)
        found = np.zeros((confidence.shape[0], self.item_factors.shape[1]), dtype=np.float32)
        filled = np.flatnonzero(np.diff(confidence.indptr))
        for start in range(0, len(filled), _BATCH):
            batch = filled[start : start + _BATCH]
            found[batch] = self._solve(confidence, batch)
        return found

    def _solve(self, confidence: sparse.csr_matrix, users: NDArray[np.int64]) -> NDArray[np.float32]:
        size = self.item_factors.shape[1]
        left = np.empty((len(users), size, size), dtype=np.float32)
        right = np.empty((len(users), size), dtype=np.float32)
        for row, user in enumerate(users):
            span = slice(confidence.indptr[user], confidence.indptr[user + 1])
            liked, weight = self.item_factors[confidence.indices[span]], confidence.data[span]
            left[row] = self._gram + (liked.T * (weight - 1)) @ liked
            right[row] = weight @ liked
        return np.asarray(np.linalg.solve(left, right[..., None])[..., 0], dtype=np.float32)

    @cached_property
    def _gram(self) -> NDArray[np.float32]:
        size = self.item_factors.shape[1]
        gram = self.item_factors.T @ self.item_factors + self.regularisation * np.eye(size, dtype=np.float32)
        return np.asarray(gram, dtype=np.float32)

    def _confidence(self, history: History) -> sparse.csr_matrix:
        matrix = history.decayed(self.half_life_days, anchor="user")
        likes = np.diff(matrix.indptr)
        by_user = np.repeat(np.maximum(likes, 1) ** self.user_exponent, likes)
        worth = self.alpha * by_user * self.item_weights[matrix.indices]
        # a faded event still says "liked": never below the confidence of an unseen item
        matrix.data = np.maximum(worth * np.log2(1 + matrix.data), 1).astype(np.float32)
        return matrix

    def state(self) -> tuple[Arrays, Config]:
        """The item factors and weights, and the settings."""
        sizes = ("factors", "regularisation", "alpha", "iterations", "half_life_days")
        names = (*sizes, "user_exponent", "item_exponent", "name")
        arrays = {"item_factors": self.item_factors, "item_weights": self.item_weights}
        return arrays, {name: getattr(self, name) for name in names}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        return cls(item_factors=arrays["item_factors"], item_weights=arrays["item_weights"], **config)


def _typical(counts: NDArray[np.integer[Any]]) -> float:
    """Geometric mean of the counts above 0; 1 where there is none."""
    positive = counts[counts > 0]
    return float(np.exp(np.log(positive).mean())) if len(positive) else 1.0
