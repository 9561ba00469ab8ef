"""Evidence drawn from a known truth, as the gate finds it: no model is trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.bootstrap import Differences

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One challenger's true state.

    Half of the differences of NDCG@10 are zero, the others are heavy in the tails.

    Args:
        effect: the true mean difference.
        users: distinct evaluated users; each is in a window with probability ``presence``.
        windows: of the gate.
        deviation: standard deviation of a user's difference in a window.
        shift: standard deviation of what a window adds to all of its users.
        alike: correlation of one user's differences in two windows.
        presence: see ``users``.
    """

    effect: float = 0.0
    users: int = 1000
    windows: int = 3
    deviation: float = 0.045
    shift: float = 0.0
    alike: float = 0.1
    presence: float = 0.6

    def draw(self, rng: np.random.Generator) -> Differences:
        """One outcome of the gate's windows."""
        own = self.alike**0.5 * _tailed(rng, (self.users, 1)) + (1 - self.alike) ** 0.5 * _tailed(
            rng, (self.users, self.windows)
        )
        values = self.effect + self.deviation * own + self.shift * rng.normal(0, 1, (1, self.windows))
        user, window = np.nonzero(rng.random(values.shape) < self.presence)
        return Differences(values[user, window], window, np.unique(user, return_inverse=True)[1])

    @property
    def window_error(self) -> float:
        """Standard error of one window's mean, from its users alone."""
        return float(self.deviation / np.sqrt(self.users * self.presence))

    def evaluation(self, rng: np.random.Generator) -> pd.DataFrame:
        """The same as the gate reads it."""
        rows = self.draw(rng)
        frame = pd.DataFrame({"fold": rows.window, "user_id": rows.user, "parent": 0.1})
        return frame.assign(challenger=0.1 + rows.values)


def _tailed(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Half zeros, the others Laplace: variance 1."""
    values: Floats = rng.laplace(0, 1, shape) * (rng.random(shape) < 0.5)
    return values
