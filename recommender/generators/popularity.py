"""Decayed popularity: what everybody likes lately."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.generators.protocol import Config, TrainingData
from recommender.history import History
from recommender.matrices import Arrays


def _unfitted() -> NDArray[np.float32]:
    return np.empty(0, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Popularity:
    """The same scores for everybody: decayed weights, summed over users, at most ``cap`` from one user.

    The cap bounds what one loud user (a bot) can do to an item.

    Args:
        half_life_days: after how many days an event counts half.
        cap: most that one user adds to one item.
        logarithmic: score the logarithm of one plus the sum: in a blend, the best-sellers are then not alone against
            all other items.
    """

    half_life_days: float = 7.0
    cap: float = 1.0
    logarithmic: bool = False
    scores: NDArray[np.float32] = field(default_factory=_unfitted)
    name: str = "popularity"

    def fit(self, training: TrainingData) -> Self:
        """Sum the capped, decayed history by item; scaled so that the best item scores 1."""
        training.require_items()
        faded = training.history.decayed(self.half_life_days)
        faded.data = np.minimum(faded.data, self.cap)
        total = np.asarray(faded.sum(axis=0), dtype=np.float32).ravel()
        total = np.log1p(total) if self.logarithmic else total
        return replace(self, scores=total / max(float(total.max()), 1e-12))

    def score(self, history: History) -> NDArray[np.float32]:
        """The popularity of every item, repeated for every user."""
        return np.repeat(self.scores[None, :], len(history.users), axis=0)

    def state(self) -> tuple[Arrays, Config]:
        """The scores and the settings."""
        names = ("half_life_days", "cap", "logarithmic", "name")
        return {"scores": self.scores}, {name: getattr(self, name) for name in names}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        return cls(scores=arrays["scores"], **config)
