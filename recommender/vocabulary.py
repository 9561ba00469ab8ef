"""Ids and the dense codes that arrays are indexed by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_FEW = 256


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Distinct ids in a fixed order; the code of an id is its position.

    Args:
        ids: distinct strings, shape ``(n,)``.

    Raises:
        ValueError: an id occurs twice.
    """

    ids: NDArray[np.str_]

    def __post_init__(self) -> None:
        if len(self._codes) != len(self.ids):
            raise ValueError(
                f"a vocabulary holds every id once; found {len(self.ids)} ids, {len(self._codes)} distinct: "
                "build it with Vocabulary.of(ids)"
            )

    @classmethod
    def of(cls, ids: Iterable[str]) -> Vocabulary:
        """The distinct ids, sorted: the same set always gives the same codes."""
        return cls(np.array(sorted({str(i) for i in ids}), dtype=np.str_))

    @classmethod
    def empty(cls) -> Vocabulary:
        """No ids at all."""
        return cls(np.empty(0, dtype=np.str_))

    def __len__(self) -> int:
        return len(self.ids)

    def codes(self, ids: Sequence[str] | NDArray[np.str_] | pd.Series) -> NDArray[np.int64]:
        """The code of every id, -1 where it is unknown; shape ``(len(ids),)``."""
        if len(ids) <= _FEW:
            return np.array([self._codes.get(i, -1) for i in ids], dtype=np.int64)
        return np.asarray(self._index.get_indexer(pd.Index(np.asarray(ids, dtype=object))), dtype=np.int64)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {name: code for code, name in enumerate(self.ids.tolist())}

    @cached_property
    def _index(self) -> pd.Index:
        index: pd.Index = pd.Index(self.ids.astype(object), dtype=object)
        return index
