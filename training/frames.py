"""What judging one window needs, read once for all segments and kept on disk for tasks in other processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd

from recommender.history import History
from recommender.matrices import Arrays, pack, unpack
from recommender.metrics import Truth
from recommender.vocabulary import Vocabulary

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
        aside = folder.with_name(f".{folder.name}.{uuid4().hex}")
        aside.mkdir(parents=True)
        arrays: dict[str, Any] = self._arrays()
        np.savez(aside / _ARRAYS, **arrays)
        self.users.to_parquet(aside / _USERS, index=False)
        _settle(aside, folder)

    @classmethod
    def load(cls, folder: Path, items: Vocabulary, as_of: date) -> FoldFrames:
        """Read what :meth:`save` kept for the same items and cutoff."""
        with np.load(folder / _ARRAYS, allow_pickle=False) as kept:
            arrays: Arrays = dict(kept)
        weights, age = unpack("weights", arrays), unpack("age", arrays)
        history = History(Vocabulary(arrays["known"]), items, weights, age, as_of)
        liked = unpack("liked", arrays)
        truth = Truth(Vocabulary(arrays["judged"]), items, liked, arrays["relevant"])
        return cls(history, truth, pd.read_parquet(folder / _USERS))

    def _arrays(self) -> Arrays:
        packed = pack("weights", self.history.weights) | pack("age", self.history.age_days)
        packed |= pack("liked", self.truth.matrix)
        ids = {"known": self.history.users.ids, "judged": self.truth.users.ids, "relevant": self.truth.relevant}
        return packed | ids


def _settle(aside: Path, folder: Path) -> None:
    try:
        aside.rename(folder)
    except OSError:  # another task was first: the key says that its content is the same
        for file in aside.iterdir():
            file.unlink()
        aside.rmdir()
