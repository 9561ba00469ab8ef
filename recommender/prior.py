"""What a segment likes more than everybody: counted once for all segments, then read per segment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.history import History
from recommender.matrices import rows_of
from recommender.vocabulary import Vocabulary

Base = Literal["lift", "popularity"]
Prior = dict[str, float]


@dataclass(frozen=True, eq=False)
class DecayedCounts:
    """How much every user liked every item, older events less: what the priors of all segments are read from.

    Args:
        users: the rows.
        items: the columns.
        matrix: float32 CSR, ``log(1 + decayed weight)`` of a pair: one user counts an item once, however often.
    """

    users: Vocabulary
    items: Vocabulary
    matrix: sparse.csr_matrix

    @classmethod
    def of(cls, history: History, half_life_days: float) -> DecayedCounts:
        """Count the liked pairs of ``history``.

        Raises:
            ValueError: a half-life that is not above 0.
        """
        if half_life_days <= 0:
            raise ValueError(f"a half-life must be above 0 days; found {half_life_days}")
        faded = history.decayed(half_life_days)
        faded.data = np.log1p(faded.data)
        return cls(history.users, history.items, faded)

    def of_users(self, members: NDArray[np.object_]) -> NDArray[np.float64]:
        """Sums by item over some users (unknown ids count nothing); reads their rows only."""
        codes = self.users.codes(members.tolist())
        return _by_item(rows_of(self.matrix, codes[codes >= 0]))

    @cached_property
    def everybody(self) -> NDArray[np.float64]:
        """Sums by item over all users."""
        return _by_item(self.matrix)

    def prior(self, members: NDArray[np.object_], strength: float, base: Base = "lift") -> Prior:
        """A segment's prior by item id, for every item that anybody liked.

        The segment's share of an item is ``p_i = (s_i + strength * g_i) / (S + strength)`` with its counts ``s``,
        their sum ``S`` and everybody's shares ``g`` (Dirichlet smoothing towards the global shares, as in language
        models: Zhai & Lafferty 2004). A segment without events shares what everybody likes.

        Args:
            members: user ids of the segment.
            strength: pseudo-events; the larger, the closer to everybody.
            base: ``lift`` is ``log(p_i / g_i)``, for parents that know what is popular; ``popularity`` is
                ``log(n * p_i)`` over the ``n`` items (above 0: more popular than the average item), which orders the
                unknown by itself.

        Raises:
            ValueError: a strength that is not above 0.
        """
        if strength <= 0:
            raise ValueError(f"strength must be above 0 pseudo-events; found {strength}")
        liked = self.everybody > 0
        share = self.everybody[liked] / max(float(self.everybody.sum()), 1e-12)
        own = self.of_users(members)[liked]
        segment = (own + strength * share) / (own.sum() + strength)
        values = np.log(segment / share) if base == "lift" else np.log(segment * len(share))
        return dict(zip(self.items.ids[liked].tolist(), values.tolist(), strict=True))


def _by_item(matrix: sparse.csr_matrix) -> NDArray[np.float64]:
    return np.asarray(matrix.sum(axis=0, dtype=np.float64), dtype=np.float64).ravel()
