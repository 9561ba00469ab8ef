"""SASRec: a self-attentive model of what comes next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.generators.positive import positive
from recommender.generators.protocol import TrainingData
from recommender.generators.self_attention import encode
from recommender.generators.trained_weights import TrainedWeights
from recommender.history import History
from recommender.matrices import Arrays
from recommender.sequences import Sequences


@dataclass(frozen=True, eq=False)
class SASRec(TrainedWeights):
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
    name: str = "sasrec"

    def learnt(self, training: TrainingData) -> Arrays:
        """See `TrainedWeights`."""
        from recommender.generators.sequence_training import train

        return train(training, self)

    def score(self, history: History) -> NDArray[np.float32]:
        """Logits of the next item, counted from the user's lowest one; 0 without history."""
        codes = Sequences.of(history).latest(self.length)
        known = codes[:, 0] >= 0
        states = np.zeros((len(codes), self.factors), dtype=np.float32)
        if known.any():
            states[known] = encode(self.weights, codes[known])
        return positive(states @ self.weights["items"].T, self.trained, history)
