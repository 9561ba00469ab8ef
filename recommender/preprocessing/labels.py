"""Text columns as numbers: a code per value where there are few, a hash bucket where there are many."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.preprocessing.columns import texts
from recommender.preprocessing.settings import PreprocessingSettings


@dataclass(frozen=True)
class Labels:
    """One text column.

    Args:
        column: its name.
        known: the values that have a code, which is their position; empty where the column is hashed.
        buckets: of the hash; 0 where the column is coded.
        seed: of the hash.
    """

    column: str
    known: tuple[str, ...] = ()
    buckets: int = 0
    seed: int = 0

    @classmethod
    def fit(cls, frame: pd.DataFrame, column: str, settings: PreprocessingSettings) -> Labels:
        """Code the values of the training rows, or hash them when there are more than ``settings.labels``."""
        values = tuple(sorted({value for value in texts(frame, column) if value is not None}))
        if len(values) > settings.labels:
            return cls(column, buckets=settings.buckets, seed=settings.seed)
        return cls(column, values)

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """Float32 ``(rows,)``; NaN where the value is missing or, for a coded column, was not known at training."""
        values = texts(frame, self.column)
        if self.buckets:
            code = {value: float(bucket(value, self.buckets, self.seed)) for value in set(values) if value is not None}
        else:
            code = {value: float(position) for position, value in enumerate(self.known)}
        return np.array([np.nan if v is None else code.get(v, np.nan) for v in values], dtype=np.float32)


def bucket(value: str, buckets: int, seed: int) -> int:
    """The bucket of a value, 0 to ``buckets - 1``: the same on every machine and in every process (BLAKE2b)."""
    digest = hashlib.blake2b(value.encode(), digest_size=8, key=seed.to_bytes(8, "little")).digest()
    return int.from_bytes(digest, "little") % buckets
