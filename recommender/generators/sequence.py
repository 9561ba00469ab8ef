"""SASRec: a self-attentive model of what comes next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.generators.positive import positive
from recommender.generators.protocol import Config, TrainingData
from recommender.generators.self_attention import encode
from recommender.history import History
from recommender.matrices import Arrays
from recommender.sequences import Sequences


@dataclass(frozen=True, eq=False)
class SASRec:
    """Self-attention over the user's newest items (Kang & McAuley 2018), trained with a sampled softmax.

    Torch trains it (extra ``neural``); scoring is numpy, so what serves needs no torch.

    Args:
        factors: length of a vector.
        blocks: attention layers.
        length: newest items that are looked at.
        epochs: passes over the sequences.
        learning_rate: of Adam.
        dropout: share of the embeddings' values dropped while training.
        negatives: drawn uniformly per step and shared by its targets; a catalogue no larger is used whole.
        horizon: a place's target is drawn from the next ``horizon`` items (1: always the very next one).
        memory_days: half-life of a target's weight in training, by its age; what counts below .05 is left out.
        batch: sequences per step.
        weights: by name, see :mod:`recommender.generators.self_attention`.
        trained: which items somebody liked.
    """

    factors: int = 64
    blocks: int = 1
    length: int = 50
    epochs: int = 10
    learning_rate: float = 0.005
    dropout: float = 0.2
    negatives: int = 512
    horizon: int = 20
    memory_days: float = 60.0
    batch: int = 64
    weights: Arrays = field(default_factory=dict)
    trained: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    name: str = "sasrec"

    def fit(self, training: TrainingData) -> Self:
        """Train on all sequences.

        Raises:
            ModuleNotFoundError: torch is not installed; the message names the extra.
        """
        from recommender.generators.sequence_training import train

        training.require_items()
        trained = np.asarray(training.history.liked().getnnz(axis=0) > 0)
        return replace(self, weights=train(training, self), trained=trained)

    def score(self, history: History) -> NDArray[np.float32]:
        """Logits of the next item, counted from the user's lowest one; 0 without history."""
        codes = Sequences.of(history).latest(self.length)
        known = codes[:, 0] >= 0
        states = np.zeros((len(codes), self.factors), dtype=np.float32)
        if known.any():
            states[known] = encode(self.weights, codes[known])
        return positive(states @ self.weights["items"].T, self.trained, history)

    def state(self) -> tuple[Arrays, Config]:
        """The weights and the settings."""
        names = (
            *("factors", "blocks", "length", "epochs", "learning_rate"),
            *("dropout", "negatives", "horizon", "memory_days", "batch", "name"),
        )
        return self.weights | {"trained": self.trained}, {name: getattr(self, name) for name in names}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        weights = {name: array for name, array in arrays.items() if name != "trained"}
        return cls(weights=weights, trained=arrays["trained"], **config)
