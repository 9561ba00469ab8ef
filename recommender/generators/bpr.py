"""BPR matrix factorisation whose users are folded in, so that anybody with a history has factors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.positive import positive
from recommender.generators.protocol import Config, TrainingData
from recommender.history import History
from recommender.matrices import Arrays, like

_RIDGE = 1.0
_ARRAYS = ("item_vectors", "item_biases", "fold", "trained")


def _nothing() -> NDArray[np.float32]:
    return np.empty((0, 0), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class BPR:
    """Bayesian personalised ranking (Rendle et al. 2009), trained by implicit.

    A user is the decayed mean of the liked items' vectors times a square matrix: the ridge regression, over the
    training users, of the factors that BPR learnt for them on that mean. Item biases are kept.

    Training runs on one thread whatever ``TrainingData.threads`` says: its lock-free updates race on more, and a model
    must come out the same twice.

    Args:
        factors: length of a vector.
        learning_rate: of the stochastic gradient.
        regularisation: L2.
        iterations: passes over the liked pairs.
        half_life_days: age counts from the user's own newest event.
        item_vectors: ``(n_items, factors)``, 0 for items nobody liked.
        item_biases: ``(n_items,)``.
        fold: ``(factors, factors)``.
        trained: which items somebody liked.
    """

    factors: int = 64
    learning_rate: float = 0.05
    regularisation: float = 0.01
    iterations: int = 60
    half_life_days: float = 60.0
    item_vectors: NDArray[np.float32] = field(default_factory=_nothing)
    item_biases: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    fold: NDArray[np.float32] = field(default_factory=_nothing)
    trained: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    name: str = "bpr"

    def fit(self, training: TrainingData) -> Self:
        """Train on the liked pairs of all users, then learn the fold."""
        training.require_items()
        liked = training.history.liked()
        trained = np.asarray(liked.getnnz(axis=0) > 0)
        if liked.nnz == 0:
            return self._with(np.zeros((liked.shape[1], self.factors + 1), dtype=np.float32), trained)
        model = self._trained(liked, training.seed)
        fitted = self._with(np.where(trained[:, None], model.item_factors, np.float32(0)), trained)
        users = np.asarray(model.user_factors, dtype=np.float32)[:, :-1]  # the last column is the bias' constant 1
        return replace(fitted, fold=_ridge(fitted._mean(training.history), users, liked))

    def _trained(self, liked: sparse.csr_matrix, seed: int) -> Any:
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        model = BayesianPersonalizedRanking(
            factors=self.factors,
            learning_rate=self.learning_rate,
            regularization=self.regularisation,
            iterations=self.iterations,
            num_threads=1,
            random_state=seed,
        )
        model.fit(like(liked, np.ones(liked.nnz, dtype=np.float32)), show_progress=False)
        return model

    def _with(self, factors: NDArray[np.float32], trained: NDArray[np.bool_]) -> Self:
        vectors, biases = np.ascontiguousarray(factors[:, :-1]), np.ascontiguousarray(factors[:, -1])
        return replace(
            self, item_vectors=vectors, item_biases=biases, fold=np.eye(self.factors, dtype=np.float32), trained=trained
        )

    def score(self, history: History) -> NDArray[np.float32]:
        """Folded user times item, plus the item's bias, counted from the user's lowest item; 0 without history."""
        scores = self._mean(history) @ self.fold @ self.item_vectors.T + self.item_biases
        return positive(np.asarray(scores, dtype=np.float32), self.trained, history)

    def _mean(self, history: History) -> NDArray[np.float32]:
        liked = history.decayed(self.half_life_days, anchor="user")
        total = np.asarray(liked.sum(axis=1), dtype=np.float32).reshape(-1, 1)
        return np.asarray(liked @ self.item_vectors / np.maximum(total, np.float32(1e-12)), dtype=np.float32)

    def state(self) -> tuple[Arrays, Config]:
        """Vectors, biases, fold and the settings."""
        names = ("factors", "learning_rate", "regularisation", "iterations", "half_life_days", "name")
        return {name: getattr(self, name) for name in _ARRAYS}, {name: getattr(self, name) for name in names}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        fitted: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
        return cls(**fitted, **config)


def _ridge(means: NDArray[np.float32], users: NDArray[np.float32], liked: sparse.csr_matrix) -> NDArray[np.float32]:
    """``inv(MtM + I) MtU`` over the users who like something."""
    known = np.diff(liked.indptr) > 0
    left = means[known].astype(np.float64)
    gram = left.T @ left + _RIDGE * np.eye(left.shape[1])
    return np.asarray(np.linalg.solve(gram, left.T @ users[known].astype(np.float64)), dtype=np.float32)
