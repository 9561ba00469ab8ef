"""Finished lists: items, scores, and the layer each item came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LAYER_SEGMENT: Final = "segment"
LAYER_GLOBAL: Final = "global"
LAYER_POPULAR: Final = "popular"
NO_ITEM: Final = ""


@dataclass(frozen=True, eq=False)
class Recommendations:
    """``k`` items a user, best first; short only when the catalogue has fewer than ``k`` items left.

    Args:
        users: user ids, shape ``(n,)``.
        items: item ids, shape ``(n, k)``; the empty string where no item is left.
        scores: shape ``(n, k)``, falling along a row; NaN where no item is left.
        layers: ``segment``, ``global`` or ``popular`` per item; empty where no item is left.
    """

    users: NDArray[np.str_]
    items: NDArray[np.str_]
    scores: NDArray[np.float32]
    layers: NDArray[np.str_]

    @property
    def k(self) -> int:
        """Length of every list."""
        return int(self.items.shape[1])
