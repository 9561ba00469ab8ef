"""What a candidate generator is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.history import History
from recommender.matrices import Arrays

Config = dict[str, Any]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What generators learn from.

    Args:
        history: all users before the cutoff.
        items: the catalogue, one row per ``history.items`` id in that order (columns may be absent).
        seed: of everything random.
        threads: how many a native library may use.
    """

    history: History
    items: pd.DataFrame
    seed: int = 7
    threads: int = 1

    def require_items(self) -> None:
        """Refuse an empty catalogue.

        Raises:
            ValueError: there is no item to learn about.
        """
        if len(self.history.items) == 0:
            raise ValueError("a generator needs a catalogue; found 0 items: ingest items or events before training")


class Generator(Protocol):
    """Scores every item for a history. Inductive: scores come from the rows, never from who the user is."""

    @property
    def name(self) -> str:
        """Short name, unique in a spine."""
        ...

    def fit(self, training: TrainingData) -> Self:
        """A fitted copy; this one stays as it was."""
        ...

    def score(self, history: History) -> NDArray[np.float32]:
        """Finite scores ``(n_users, n_items)``; a user of whom nothing is known scores 0 (or popularity)."""
        ...

    def state(self) -> tuple[Arrays, Config]:
        """Arrays and plain values that :meth:`from_state` restores."""
        ...

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        ...
