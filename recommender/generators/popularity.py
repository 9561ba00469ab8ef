"""Decayed popularity: what everybody, or everybody new, likes lately."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.protocol import Config, TrainingData
from recommender.history import History
from recommender.matrices import Arrays, like

Counted = Literal["events", "adoptions", "newcomers"]


def _unfitted() -> NDArray[np.float32]:
    return np.empty(0, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Popularity:
    """The same scores for everybody: decayed weights, summed over users, at most ``cap`` from one user.

    The cap bounds what one loud user (a bot) can do to an item.

    Where lists hold only items that are new to the user, what users buy again says little: ``adoptions`` count a
    user's first event with each item, ``newcomers`` those of users who are themselves new, for users without history.

    Args:
        counted: ``events``, ``adoptions`` or ``newcomers``.
        newcomer_days: a user whose first event is not older is new.
        half_life_days: after how many days an event counts half.
        cap: most that one user adds to one item.
        logarithmic: score the logarithm of one plus the sum: in a blend, the best-sellers are then not alone against
            all other items.
    """

    half_life_days: float = 7.0
    cap: float = 1.0
    counted: Counted = "events"
    newcomer_days: float = 28.0
    logarithmic: bool = False
    scores: NDArray[np.float32] = field(default_factory=_unfitted)
    name: str = "popularity"

    def __post_init__(self) -> None:
        if self.counted not in get_args(Counted):
            raise ValueError(f"popularity counts one of {get_args(Counted)}; found {self.counted!r}")

    def fit(self, training: TrainingData) -> Self:
        """Sum the capped, decayed history by item; scaled so that the best item scores 1."""
        training.require_items()
        total = np.asarray(self._faded(training.history).sum(axis=0), dtype=np.float32).ravel()
        total = np.log1p(total) if self.logarithmic else total
        return replace(self, scores=total / max(float(total.max()), 1e-12))

    def _faded(self, history: History) -> sparse.csr_matrix:
        if self.counted == "events":
            faded = history.decayed(self.half_life_days)
            return like(faded, np.minimum(faded.data, np.float32(self.cap)))
        age = history.adoptions()
        weight = np.minimum(history.liked().data, np.float32(self.cap))
        faded = like(age, weight * np.exp2(-age.data / np.float32(self.half_life_days)))
        if self.counted == "newcomers":
            faded.data *= np.repeat(_oldest(age) <= self.newcomer_days, np.diff(age.indptr))
        return faded

    def score(self, history: History) -> NDArray[np.float32]:
        """The popularity of every item, repeated for every user."""
        return np.repeat(self.scores[None, :], len(history.users), axis=0)

    def state(self) -> tuple[Arrays, Config]:
        """The scores and the settings."""
        names = ("half_life_days", "cap", "counted", "newcomer_days", "logarithmic", "name")
        return {"scores": self.scores}, {name: getattr(self, name) for name in names}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        return cls(scores=arrays["scores"], **config)


def _oldest(age: sparse.csr_matrix) -> NDArray[np.float32]:
    """Age of every user's first event."""
    oldest = np.zeros(age.shape[0], dtype=np.float32)
    filled = np.diff(age.indptr) > 0
    if filled.any():
        oldest[filled] = np.maximum.reduceat(age.data, age.indptr[:-1][filled])
    return oldest
