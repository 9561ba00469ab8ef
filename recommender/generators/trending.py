"""Trending: items that are liked more often now than they used to be."""

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
class Trending:
    """The same scores for everybody: ``log2((short + shrink) / (expected + shrink))``.

    ``short`` counts users by a fast decay; ``expected`` is what that count would be if the item had always been liked
    at the rate that a slow decay shows (``long * short half-life / long half-life``). So 0 means steady or unknown,
    1 twice as much as before, and a new item's few first users count for more than an old item's.

    Args:
        half_life_days: of the fast decay.
        slow_half_life_days: of the slow one.
        shrink: users that both sides get for nothing: below it, a rise is mostly chance.
    """

    half_life_days: float = 7.0
    slow_half_life_days: float = 60.0
    shrink: float = 20.0
    scores: NDArray[np.float32] = field(default_factory=_unfitted)
    name: str = "trending"

    def __post_init__(self) -> None:
        if not 0 < self.half_life_days < self.slow_half_life_days or self.shrink <= 0:
            raise ValueError(
                "expected 0 < half_life_days < slow_half_life_days and shrink > 0; found "
                f"{self.half_life_days}, {self.slow_half_life_days}, {self.shrink}"
            )

    def fit(self, training: TrainingData) -> Self:
        """Count every item's users by both decays."""
        training.require_items()
        short, long = (_users(training.history, days) for days in (self.half_life_days, self.slow_half_life_days))
        expected = long * (self.half_life_days / self.slow_half_life_days)
        scores = np.log2((short + self.shrink) / (expected + self.shrink))
        return replace(self, scores=scores.astype(np.float32))

    def score(self, history: History) -> NDArray[np.float32]:
        """The trend of every item, repeated for every user."""
        return np.repeat(self.scores[None, :], len(history.users), axis=0)

    def state(self) -> tuple[Arrays, Config]:
        """The scores and the settings."""
        names = ("half_life_days", "slow_half_life_days", "shrink", "name")
        return {"scores": self.scores}, {name: getattr(self, name) for name in names}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        return cls(scores=arrays["scores"], **config)


def _users(history: History, half_life_days: float) -> NDArray[np.float64]:
    """Decayed count of users per item; one user counts at most 1."""
    faded = history.decayed(half_life_days)
    faded.data = np.minimum(faded.data, 1)
    return np.asarray(faded.sum(axis=0), dtype=np.float64).ravel()
