"""What generators share that torch trains and numpy scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.generators.protocol import Config, TrainingData
from recommender.matrices import Arrays

_LEARNT = ("weights", "trained")


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainedWeights(ABC):
    """A generator whose weights torch trains (extra ``neural``); what scores needs no torch.

    Args:
        weights: by name.
        trained: which items somebody liked.
    """

    weights: Arrays = field(default_factory=dict)
    trained: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))

    @abstractmethod
    def learnt(self, training: TrainingData) -> Arrays:
        """The weights after training."""

    def fit(self, training: TrainingData) -> Self:
        """Train on what users liked.

        Raises:
            ModuleNotFoundError: torch is not installed; the message names the extra.
        """
        training.require_items()
        trained = np.asarray(training.history.liked().getnnz(axis=0) > 0)
        return replace(self, weights=self.learnt(training), trained=trained)

    def state(self) -> tuple[Arrays, Config]:
        """The weights and the settings."""
        plain = (entry.name for entry in fields(self) if entry.name not in _LEARNT)
        return self.weights | {"trained": self.trained}, {name: getattr(self, name) for name in plain}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        weights = {name: array for name, array in arrays.items() if name != "trained"}
        return cls(weights=weights, trained=arrays["trained"], **config)
