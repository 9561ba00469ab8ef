"""What judging one window needs, read once for all segments and kept on disk for tasks in other processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recommender.history import History
from recommender.matrices import Arrays, pack, unpack
from recommender.metrics import Truth
from recommender.vocabulary import Vocabulary
from training.history_files import history_arrays, history_of, whole

_USERS = "users.parquet"
_ARRAYS = "arrays.npz"


@dataclass(frozen=True, eq=False)
class FoldFrames:
    """Everybody's side of a window, over the items of the window's parent.

    Args:
        history: what users did before the cutoff.
        truth: what they liked in the window and had not seen.
        users: their features at the cutoff.
    """

    history: History
    truth: Truth
    users: pd.DataFrame

    def save(self, folder: Path) -> None:
        """Keep as plain arrays and Parquet; ``folder`` appears whole or not at all, and a first one stays."""
        arrays: dict[str, Any] = self._arrays()
        with whole(folder) as aside:
            np.savez(aside / _ARRAYS, **arrays)
            self.users.to_parquet(aside / _USERS, index=False)

    @classmethod
    def load(cls, folder: Path, items: Vocabulary, as_of: date) -> FoldFrames:
        """Read what :meth:`save` kept for the same items and cutoff."""
        with np.load(folder / _ARRAYS, allow_pickle=False) as kept:
            arrays: Arrays = dict(kept)
        history = history_of(arrays, items, as_of)
        liked = unpack("liked", arrays)
        truth = Truth(Vocabulary(arrays["judged"]), items, liked, arrays["relevant"])
        return cls(history, truth, pd.read_parquet(folder / _USERS))

    def _arrays(self) -> Arrays:
        packed = history_arrays(self.history) | pack("liked", self.truth.matrix)
        return packed | {"judged": self.truth.users.ids, "relevant": self.truth.relevant}
