"""NCF: neural collaborative filtering whose users are the mean of what they liked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.positive import positive
from recommender.generators.protocol import TrainingData
from recommender.generators.trained_weights import TrainedWeights
from recommender.history import History
from recommender.matrices import Arrays

_CELLS = 8_000_000  # floats of the hidden layer at once


@dataclass(frozen=True, eq=False)
class NCF(TrainedWeights):
    """NeuMF (He et al. 2017), made inductive: the user's vectors are the decayed mean of profile vectors of items.

    ``logit = w . (user * item) + perceptron([user, item])`` with two hidden layers. While training, an item is left
    out of the profile that it is predicted from. Torch trains it (extra ``neural``); scoring is numpy. Every user
    costs ``items * hidden * hidden / 2`` multiplications, so this is for catalogues of thousands, not more.

    Args:
        factors: length of a vector, in the product and in the perceptron alike.
        hidden: width of the first layer; the second has half of it.
        epochs: passes over the liked pairs.
        learning_rate: of Adam.
        decay: Adam's decoupled L2 (AdamW).
        negatives: drawn uniformly for one liked item.
        half_life_days: age counts from the user's own newest event.
        memory_days: half-life of a liked pair's weight in training, by its age.
        batch: users per step.
    """

    factors: int = 32
    hidden: int = 32
    epochs: int = 10
    learning_rate: float = 0.005
    decay: float = 0.001
    negatives: int = 4
    half_life_days: float = 60.0
    memory_days: float = 60.0
    batch: int = 64
    name: str = "ncf"

    def learnt(self, training: TrainingData) -> Arrays:
        """See `TrainedWeights`."""
        from recommender.generators.ncf_training import train

        return train(training, self)

    def score(self, history: History) -> NDArray[np.float32]:
        """Logits, counted from the user's lowest item; 0 without history."""
        users = profile(history, self.half_life_days) @ self.weights["profiles"]
        size = max(1, _CELLS // max(len(self.trained) * self.hidden, 1))
        blocks = [logits(self.weights, users[start : start + size]) for start in range(0, len(users), size)]
        scores = np.concatenate([np.empty((0, len(self.trained)), dtype=np.float32), *blocks])
        return positive(scores, self.trained, history)


def profile(history: History, half_life_days: float) -> sparse.csr_matrix:
    """Decayed likes; every row sums to 1, or is empty."""
    liked = history.decayed(half_life_days, anchor="user")
    total = np.asarray(liked.sum(axis=1), dtype=np.float32).ravel()
    liked.data /= np.repeat(total, np.diff(liked.indptr))
    return liked


def first_weights(items: int, factors: int, hidden: int, seed: int) -> Arrays:
    """Random weights; the first half of an item's vectors is for the product, the second for the perceptron."""
    rng = np.random.default_rng(seed)

    def normal(rows: int, columns: int, deviation: float) -> NDArray[np.float32]:
        return (rng.standard_normal((rows, columns)) * deviation).astype(np.float32)

    return {
        "profiles": normal(items, 2 * factors, 0.1),
        "items": normal(items, 2 * factors, 0.1),
        "product": np.ones(factors, dtype=np.float32),
        "user_layer": normal(factors, hidden, factors**-0.5),
        "item_layer": normal(factors, hidden, factors**-0.5),
        "first_bias": np.zeros(hidden, dtype=np.float32),
        "second_layer": normal(hidden, hidden // 2, (2 / hidden) ** 0.5),
        "second_bias": np.zeros(hidden // 2, dtype=np.float32),
        "last_layer": normal(hidden // 2, 1, (2 / hidden) ** 0.5),
    }


def logits(weights: Arrays, users: NDArray[np.float32]) -> NDArray[np.float32]:
    """Every item's logit for user vectors ``(n, 2 * factors)``; shape ``(n, n_items)``."""
    cut = len(weights["product"])
    items = weights["items"]
    product = (users[:, :cut] * weights["product"]) @ items[:, :cut].T
    by_user = users[:, cut:] @ weights["user_layer"] + weights["first_bias"]
    hidden = np.maximum(by_user[:, None] + items[:, cut:] @ weights["item_layer"], 0)
    deep = np.maximum(hidden @ weights["second_layer"] + weights["second_bias"], 0) @ weights["last_layer"]
    return np.asarray(product + deep[..., 0], dtype=np.float32)
